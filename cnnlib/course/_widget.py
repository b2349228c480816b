"""Explorers in Jupyter: an ipywidget, by way of anywidget, whose controls and drawing are the page's own."""

import functools

from cnnlib.course import bundle


@functools.cache
def _view_class():
    import anywidget
    import traitlets

    class ExplorerView(anywidget.AnyWidget):
        """``page`` is the markup, ``asked`` a question of the reader's controls, ``answer`` Python's answer to it."""

        _esm = bundle.for_jupyter()
        _css = "\n".join((bundle.PAGE / name).read_text(encoding="utf-8") for name in ("explorer.css", "jupyter.css"))
        page = traitlets.Unicode().tag(sync=True)
        asked = traitlets.Dict().tag(sync=True)
        answer = traitlets.Dict().tag(sync=True)

    return ExplorerView


def widget(explorer):
    """The view of an explorer that asks Python for everything that it shows.

    Parameters
    ----------
    explorer : Explorer

    Returns
    -------
    ipywidgets.DOMWidget
    """
    start = {"serial": 0, "places": {c.name: c.place for c in explorer.controls}}
    # A serial number with each: two states with equal numbers would be no change, and late answers are known as such.
    view = _view_class()(page=explorer.live_html(), asked=start, answer=start | explorer.answer(start["places"]))
    view.observe(lambda change: view.set_trait("answer", change.new | explorer.answer(change.new["places"])), "asked")
    return view
