"""What the laboratories share: one object, two faces, both of which compute by themselves.

In the built book a laboratory is HTML with its data in attributes; in Jupyter a widget gets the same data as traitlets.
Without JavaScript, in a notebook that is not trusted and on code hosts a still picture and its caption remain.
"""

import base64
import functools
import html
import json
import os

from cnnlib.course import bundle
from cnnlib.course._still import available, call, plain
from cnnlib.course.explorers import NOTHING, STILL
from cnnlib.course.figures import images, unbroken


class Laboratory:
    """A laboratory with its data; subclasses name its module and take the reader's objects.

    Parameters
    ----------
    config : dict, optional
        Data for the module, JSON once :func:`cnnlib.course._still.plain` has seen it.
    data : bytes, optional
        Numbers in bulk, such as weights: the module finds them as ``config.bytes``.

    Attributes
    ----------
    script : str
        The module in ``page/``. It exports ``start(config)``, ``numbers(state, config)``,
        ``draw(numbers, state, config)`` and ``open(root, config)``; ``lab.js`` says what they do.
    name : str
        The anchor in the page.
    title : str
    """

    script = name = title = ""

    def __init__(self, config=None, data=b""):
        self.config, self.data = plain(config or {}), bytes(data)
        self._views = []

    @functools.cached_property
    def first(self):
        """The still picture and the caption of the start; empty where nothing can draw it."""
        if not available():
            return "", ""
        config = self.config | {"base64": base64.b64encode(self.data).decode()}
        state = call(self.script, "start", config)
        shown = call(self.script, "draw", call(self.script, "numbers", state, config), state, config)
        return shown.get("still") or "".join(shown["html"].values()), shown["caption"]

    def to_html(self):
        """The static face, which lives where there is JavaScript."""
        data = f' data-config="{html.escape(json.dumps(self.config))}"'
        if self.data:
            data += f' data-bytes="{base64.b64encode(self.data).decode()}"'
        stage, caption = self.first
        body = (
            f'<div class="course-lab-still">{images(stage)}</div>'
            f'<p class="course-caption">{html.escape(unbroken(caption))}</p>'
            f'<p class="course-still">{STILL if stage else NOTHING}</p>'
        )
        return self._section(f' id="{self.name}"{data}', body)

    def _section(self, data, body):
        title = html.escape(self.title)
        return (
            f'<section class="course-lab course-{self.script}" aria-label="{title}" data-script="{self.script}"{data}>'
            f'<p class="course-lab-title">{title}</p><div class="course-lab-body">{body}</div></section>'
        )

    def widget(self):
        """The live face: a widget that holds the same data as the page."""
        view = _view_class()(page=self._section("", ""), config=self.config, bytes=self.data)
        self._views.append(view)
        return view

    def _renew(self, config, data):
        """Other data: every view of this laboratory opens anew with them."""
        self.config, self.data = plain(config), bytes(data)
        self.__dict__.pop("first", None)
        for view in self._views:
            with view.hold_sync():
                view.config, view.bytes, view.serial = self.config, self.data, view.serial + 1

    def __repr__(self):
        return f"Laboratory «{self.title}». {self.first[1]}".rstrip()

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"text/plain": repr(self), "text/html": self.to_html()}
        return data if os.environ.get("CNNLIB_STATIC") else self.widget()._repr_mimebundle_()[0] | data


@functools.cache
def _view_class():
    import anywidget
    import traitlets

    class LaboratoryView(anywidget.AnyWidget):
        """``page`` is the empty markup; ``serial`` counts how often the data have become others."""

        _esm = bundle.for_jupyter("labs")
        _css = bundle.labs_style() + "\n".join((bundle.PAGE / name).read_text(encoding="utf-8")
                         for name in ("explorer.css", "jupyter.css"))
        page = traitlets.Unicode().tag(sync=True)
        config = traitlets.Dict().tag(sync=True)
        bytes = traitlets.Bytes().tag(sync=True)
        serial = traitlets.Int(0).tag(sync=True)

    return LaboratoryView
