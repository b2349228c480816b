"""The ipywidgets face of explorers: the same controls as in the page, and Python behind them."""

import html

import ipywidgets
import numpy as np

from cnnlib.course.figures import unbroken

PAPER = "background:#fffefc;color:#1f2429;padding:0.5rem"  # drawings are made for paper, whatever Jupyter's theme
PAUSE = 700  # milliseconds between two frames


class LiveSlider:
    """A slider or a menu over the indices of its values, with a player where the slider has one."""

    def __init__(self, control, indent):
        self.control, self.texts = control, control.texts
        menu = control.kind == "menu"
        kind = ipywidgets.Dropdown if menu else ipywidgets.SelectionSlider
        more = {} if menu else {"continuous_update": True}
        self.select = kind(options=self.texts, index=control.index, description=control.label,
                           style={"description_width": indent}, layout={"width": "32em"}, **more)
        self.box, self.play = self.select, None
        if control.play:
            self.play = ipywidgets.Play(min=0, max=len(self.texts) - 1, value=control.index, interval=PAUSE,
                                        show_repeat=False)
            self.play.observe(self._step, "value")
            self.select.observe(self._moved, "index")
            self.box = ipywidgets.HBox([self.select, self.play])

    def _step(self, change):
        self.select.index = min(change["new"], len(self.select.options) - 1)

    def _moved(self, change):
        if change["new"] is not None and change["new"] != self.play.value:
            self.play.playing = False  # somebody else moved the slider
            self.play.value = change["new"]

    @property
    def value(self):
        return self.control.values[self.select.index]

    def observe(self, callback):
        self.select.observe(callback, "index")

    def set(self, last, off):
        """Shorten the row to its first ``last + 1`` values, or all; ``off`` says that it changes nothing for now."""
        texts = self.texts if last is None else self.texts[:last + 1]
        if list(self.select.options) != texts:
            index = min(self.select.index, len(texts) - 1)
            self.select.options = texts
            self.select.index = index
            if self.play:
                self.play.max = len(texts) - 1
        self.select.disabled = off


class LiveNumbers:
    """A grid of numbers to edit."""

    def __init__(self, control, indent):
        self.shape = control.start.shape
        self.cells = [
            ipywidgets.FloatText(value=v, step=control.step, layout={"width": "5em"}) for v in control.start.flat
        ]
        grid = ipywidgets.GridBox(self.cells, layout={"grid_template_columns": f"repeat({self.shape[1]}, 5.5em)"})
        label = ipywidgets.Label(control.label, layout={"width": indent, "justify_content": "flex-end"})
        self.box = ipywidgets.HBox([label, grid])

    @property
    def value(self):
        return np.array([cell.value for cell in self.cells]).reshape(self.shape)

    def observe(self, callback):
        for cell in self.cells:
            cell.observe(callback, "value")

    def set(self, last, off):
        for cell in self.cells:
            cell.disabled = off


def live(explorer):
    """The box of an explorer's widgets: title, controls, stage, caption.

    Parameters
    ----------
    explorer : Explorer

    Returns
    -------
    ipywidgets.VBox
    """
    indent = f"{0.6 * max((len(c.label) for c in explorer.controls), default=0) + 1:.1f}em"
    controls = {c.name: (LiveNumbers if c.kind == "numbers" else LiveSlider)(c, indent) for c in explorer.controls}
    stage, caption = ipywidgets.HTML(), ipywidgets.HTML()
    busy = False

    def show(frame):
        stage.value = f'<div style="{PAPER}">{frame.stage}</div>'
        caption.value = html.escape(unbroken(frame.caption))
        for name, control in controls.items():
            control.set(frame.limits.get(name), name in frame.off)

    def update(_):
        nonlocal busy
        if busy:  # a slider that was shortened moves by itself; its new place is drawn already
            return
        busy = True
        try:
            show(explorer.frame(**{name: control.value for name, control in controls.items()}))
        finally:
            busy = False

    show(explorer.first)
    for control in controls.values():
        control.observe(update)
    title = ipywidgets.HTML(value=f"<b>{html.escape(explorer.title)}</b>")
    return ipywidgets.VBox([title, *(control.box for control in controls.values()), stage, caption])
