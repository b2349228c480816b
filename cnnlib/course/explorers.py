"""Explorers: one object, two faces, one drawing.

In the built book an explorer is HTML with native controls: every frame is drawn beforehand, or, where the frames would
be too many, a module of ``page/`` computes and draws them. In Jupyter the same controls and the same drawing are an
ipywidget (``_widget.py``) that asks Python what to show: a frame, or the numbers that the module draws. Without
JavaScript, in a notebook that is not trusted and on code hosts the first frame, as an image, and its caption remain:
what those places would tear apart (frames, controls, SVG) is kept from them in attributes, styles and image addresses.

While notebooks are executed for committing (``make notebooks``), ``CNNLIB_STATIC`` asks for all frames and leaves the
widget out, so that outputs are the same from run to run.

Examples
--------
>>> from cnnlib.course.explorers import Explorer, Slider
>>> def draw(n):
...     return f"<p>{'●' * n}</p>", f"{n} dots"
>>> Explorer(draw, [Slider("n", [1, 2, 3], label="dots")], name="explore-dots", title="Count dots")
Explorer «Count dots»: dots (3 values). 1 dots
"""

import functools
import html
import itertools
import json
import os
from typing import NamedTuple

import numpy as np

from cnnlib.course._still import available, call, plain
from cnnlib.course.figures import images, minus, to_svg, unbroken
from cnnlib.course.figures._numbers import minus_in_markup
from cnnlib.course.figures._picture import single_quoted

FRAME_LIMIT = 160
STILL = "A still picture. It moves in the built book, and in Jupyter once its cell is run."
NOTHING = "Nothing is drawn here: it moves in the built book, and in Jupyter once its cell is run."
CLICK = "Clicking a cell of {} moves there, too."


class Frame(NamedTuple):
    """One state of an explorer.

    Attributes
    ----------
    stage : str
        HTML.
    caption : str
    limits : dict of str to int
        The last index of sliders whose length depends on the other controls.
    off : list of str
        Controls that change nothing in this state.
    """

    stage: str
    caption: str
    limits: dict = {}
    off: list = []


class Slider:
    """A row of values to slide along.

    Parameters
    ----------
    name : str
        The argument of ``draw`` it sets.
    values : sequence
    label : str
    start : optional
        The first value shown; the first of ``values`` by default.
    texts : sequence of str, optional
        How each value reads; ``f"{value:g}"`` by default.
    play : bool, optional
        Adds a button that steps through the values.
    """

    kind = "slider"

    def __init__(self, name, values, *, label, start=None, texts=None, play=False):
        self.name, self.label, self.play = name, label, play
        self.values = [v.item() if isinstance(v, np.generic) else v for v in values]
        self.texts = [minus(text) for text in texts or (f"{v:g}" for v in self.values)]
        nearest = [abs(v - start) for v in self.values] if start is not None else [0]
        self.index = int(np.argmin(nearest))

    @property
    def place(self):
        """Where the control stands at the start: an index into its values."""
        return self.index

    @property
    def start(self):
        return self.value(self.place)

    def value(self, place):
        """What the control says at a place."""
        return self.values[place]

    def html(self, last=None, off=False):
        """The native control; ``last`` is its highest index for now, ``off`` says that it changes nothing for now."""
        name = html.escape(self.label)
        play = f'<button type="button" class="course-play" aria-label="Play, {name}">▶ Play</button>'
        last = len(self.values) - 1 if last is None else last
        return (
            f'<div class="course-control"><label><span class="course-label">{name}</span>'
            f'<input type="range" data-name="{self.name}" min="0" max="{last}" value="{min(self.index, last)}" '
            f'data-values="{_attribute(self.values)}" data-texts="{_attribute(self.texts)}"'
            f'{" disabled" if off else ""}></label>'
            f'<output aria-live="off">{html.escape(self.texts[self.index])}</output>{play if self.play else ""}</div>'
        )

    def __str__(self):
        return f"{self.label} ({len(self.values)} values)"


class Choice(Slider):
    """One of a few named options; arguments as for :class:`Slider`, drawn as a menu."""

    kind = "menu"

    def __init__(self, name, values, *, label, start=None, texts=None):
        values = list(values)
        super().__init__(name, values, label=label, texts=texts or [str(v) for v in values])
        self.index = values.index(start) if start is not None else 0

    def html(self, last=None, off=False):
        options = "".join(
            f'<option value="{i}"{" selected" if i == self.index else ""}>{html.escape(text)}</option>'
            for i, text in enumerate(self.texts)
        )
        return (
            f'<div class="course-control"><label><span class="course-label">{html.escape(self.label)}</span>'
            f'<select data-name="{self.name}" data-values="{_attribute(self.values)}"'
            f'{" disabled" if off else ""}>{options}</select></label></div>'
        )


class Numbers:
    """A grid of numbers to edit; only for explorers that a module draws.

    Parameters
    ----------
    name : str
    values : array (H, W)
    label : str
    step : float, optional
    sets : tuple (str, object), optional
        Another control and the value that it takes as soon as one of the numbers is edited: without it they count for
        nothing.
    """

    kind = "numbers"

    def __init__(self, name, values, *, label, step=1.0, sets=None):
        self.name, self.label, self.step, self.sets, self.move = name, label, step, sets, ""
        self.start = np.array(values, dtype=np.float64)

    @property
    def place(self):
        """All numbers as they stand at the start."""
        return self.start.tolist()

    def value(self, place):
        """The numbers as an array."""
        return np.array(place, dtype=np.float64)

    def html(self, last=None, off=False):
        cells = "".join(
            "<tr>" + "".join(
                f'<td><input type="text" class="course-number" maxlength="20" autocomplete="off" spellcheck="false" '
                f'data-step="{self.step:g}" value="{minus(f"{v:g}")}" '
                f'aria-label="{html.escape(self.label)}, row {i}, column {j}"></td>'
                for j, v in enumerate(row)
            ) + "</tr>"
            for i, row in enumerate(self.start)
        )
        return (
            f'<fieldset class="course-control" data-name="{self.name}"{self.move}{" disabled" if off else ""}>'
            f'<legend>{html.escape(self.label)}</legend>'
            f'<table class="course-numbers" role="presentation">{cells}</table></fieldset>'
        )

    def __str__(self):
        return f"{self.label} ({self.start.shape[0]}×{self.start.shape[1]} numbers)"


class Explorer:
    """Something to play with: controls, a drawing that follows them, and a caption that says what to see.

    Parameters
    ----------
    compute : callable
        Without a script, ``compute(**values)`` draws: it returns ``(stage, caption)``; the stage is a matplotlib figure
        or HTML, the caption plain text computed from the values. A third entry may name ``limits`` and ``off``, see
        :class:`Frame`. With a script, it returns the numbers to be drawn, as a dict of arrays and numbers.
    controls : list of Slider, Choice or Numbers
    name : str
        The anchor in the page, such as ``"explore-neuron"``.
    title : str
    script : str, optional
        Name of the module in ``page/`` that draws: its ``draw`` gets the controls' values and the numbers, and its own
        ``numbers`` compute them where there is no Python. Without it, all frames are drawn beforehand, at most
        ``FRAME_LIMIT``.
    config : dict, optional
        Data for the script, JSON.
    click : str, optional
        What to call the grid whose cells move there when they are clicked, such as ``"the output"``: the others
        stay still. Needed if a stage has such cells (``data-set``).
    """

    def __init__(self, compute, controls, *, name, title, script=None, config=None, click=None):
        self.compute, self.controls, self.name, self.title, self.click = compute, list(controls), name, title, click
        self.script, self.config = script, plain(config or {})
        for control in (c for c in self.controls if getattr(c, "sets", None)):
            other, value = control.sets
            place = next(c.values.index(value) for c in self.controls if c.name == other)
            control.move = f' data-set="{other}:{place}"'
        frames = 1 if script else int(np.prod([len(c.values) for c in self.controls]))
        if frames > FRAME_LIMIT:
            raise ValueError(f"controls make {frames} frames, at most {FRAME_LIMIT}: drop values or give a script")

    def frame(self, key="0", **values):
        """Draw one :class:`Frame`; ``key`` keeps the ids inside apart from those of other frames."""
        if self.script:
            shown = call(self.script, "draw", values | self.compute(**values), self.config)
            return Frame(shown["html"], shown["caption"], shown.get("limits", {}), shown.get("off", []))
        stage, caption, *state = self.compute(**values)
        caption = minus(caption)
        stage = minus_in_markup(stage) if isinstance(stage, str) else to_svg(stage, f"{self.name}-{key}", caption)
        return Frame(stage, caption, **(state[0] if state else {}))

    @functools.cached_property
    def first(self):
        """The frame of the starting values, with which text, page and widget begin; empty where nothing can draw it."""
        if self.script and not available():
            return Frame("", "")
        first = self.frame(**{c.name: c.start for c in self.controls})
        if ("data-set=" in first.stage) != bool(self.click):
            raise ValueError(f"click={self.click!r}: name the grid that can be clicked, and only where there is one")
        return first

    def to_html(self, frames=True):
        """The static face; without its frames, which take a while to draw, a still picture."""
        first = self.first
        note = f'<p class="course-still">{STILL if first.stage else NOTHING}</p>'
        data = self._script_data() if self.script else self._frame_data() if frames else ""
        return self._section(f' id="{self.name}"{data}', images(first.stage), first.caption, note)

    def live_html(self):
        """The same for the widget, which asks Python for its frames or numbers."""
        return self._section(self._script_data() if self.script else "", "", "", "")

    def _section(self, data, stage, caption, note):
        title = html.escape(self.title)
        return (
            f'<section class="course-explorer" aria-label="{title}"{data}><p class="course-explorer-title">{title}</p>'
            f'<div class="course-controls" style="display:none">{self.controls_html()}</div>'
            f'<div class="course-stage">{stage}</div>'
            f'<p class="course-caption">{html.escape(unbroken(caption))}</p>{note}</section>'
        )

    def controls_html(self):
        """The native controls, as they stand at the start."""
        first = self.first
        controls = "".join(c.html(first.limits.get(c.name), c.name in first.off) for c in self.controls)
        return controls + (f'<p class="course-hint">{CLICK.format(self.click)}</p>' if self.click else "")

    def _script_data(self):
        """What the player needs, in attributes, which are never shown."""
        return f' data-script="{self.script}" data-config="{_attribute(self.config)}"'

    def _frame_data(self):
        frames = {}
        for indices in itertools.product(*(range(len(c.values)) for c in self.controls)):
            values = {c.name: c.values[i] for c, i in zip(self.controls, indices, strict=True)}
            key = "-".join(map(str, indices))
            stage, *others = self.frame(key, **values)
            frames[key] = [single_quoted(stage), *others]
        text = json.dumps(frames, ensure_ascii=False, separators=(",", ":"))
        return ' data-frames="' + text.replace("&", "&amp;").replace('"', "&quot;") + '"'

    def answer(self, places):
        """What the widget shows where its controls stand at ``places``: numbers for its script, or a frame."""
        values = {c.name: c.value(places[c.name]) for c in self.controls}
        if self.script:
            return {"numbers": plain(self.compute(**values))}
        frame = self.frame(**values)
        return {"shown": {"html": frame.stage, "caption": frame.caption, "limits": frame.limits, "off": frame.off}}

    def widget(self):
        """The live face: an ipywidget that draws as the page does, and asks Python what to show."""
        from cnnlib.course._widget import widget

        return widget(self)

    def __repr__(self):
        return f"Explorer «{self.title}»: {', '.join(map(str, self.controls))}. {self.first.caption}".rstrip()

    def _repr_mimebundle_(self, include=None, exclude=None):
        if os.environ.get("CNNLIB_STATIC"):
            return {"text/plain": repr(self), "text/html": self.to_html()}
        view = self.widget()._repr_mimebundle_()[0]
        return view | {"text/plain": repr(self), "text/html": self.to_html(frames=False)}


def _attribute(data):
    return html.escape(json.dumps(plain(data)))
