"""Explorers: one object, two faces.

In Jupyter an explorer is a set of ipywidgets whose callbacks run Python. In the built book the same object is
HTML with native controls: every frame is drawn beforehand, or, where the frames would be too many, a function of
``_ext/assets/explorers/*.js`` computes them in the page. Without JavaScript the first frame and caption remain.

While notebooks are executed for committing, ``CNNLIB_STATIC`` leaves the widget out, so that outputs are the
same from run to run.

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

import numpy as np

from cnnlib.course.figures import to_svg

FRAME_LIMIT = 160


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

    def __init__(self, name, values, *, label, start=None, texts=None, play=False):
        self.name, self.label, self.play = name, label, play
        self.values = [v.item() if isinstance(v, np.generic) else v for v in values]
        self.texts = list(texts or (f"{v:g}".replace("-", "−") for v in self.values))
        nearest = [abs(v - start) for v in self.values] if start is not None else [0]
        self.index = int(np.argmin(nearest))

    @property
    def start(self):
        return self.values[self.index]

    def html(self, uid):
        play = f'<button type="button" class="course-play" aria-label="Play {self.label}">▶</button>'
        return (
            f'<div class="course-control"><label for="{uid}">{html.escape(self.label)}</label>'
            f'<input type="range" id="{uid}" data-name="{self.name}" min="0" max="{len(self.values) - 1}" '
            f'value="{self.index}" data-values="{_attribute(self.values)}" data-texts="{_attribute(self.texts)}">'
            f'<output for="{uid}">{html.escape(self.texts[self.index])}</output>{play if self.play else ""}</div>'
        )

    def widget(self):
        import ipywidgets

        options = list(zip(self.texts, self.values, strict=True))
        return ipywidgets.SelectionSlider(
            options=options, value=self.start, description=self.label, continuous_update=True,
            style={"description_width": "initial"}, layout={"width": "28em"},
        )

    def __str__(self):
        return f"{self.label} ({len(self.values)} values)"


class Choice(Slider):
    """One of a few named options; arguments as for :class:`Slider`, drawn as a menu."""

    def __init__(self, name, values, *, label, start=None, texts=None):
        values = list(values)
        super().__init__(name, values, label=label, texts=texts or [str(v) for v in values])
        self.index = values.index(start) if start is not None else 0

    def html(self, uid):
        options = "".join(
            f'<option value="{i}"{" selected" if i == self.index else ""}>{html.escape(text)}</option>'
            for i, text in enumerate(self.texts)
        )
        return (
            f'<div class="course-control"><label for="{uid}">{html.escape(self.label)}</label>'
            f'<select id="{uid}" data-name="{self.name}" data-values="{_attribute(self.values)}">{options}</select>'
            "</div>"
        )

    def widget(self):
        import ipywidgets

        options = list(zip(self.texts, self.values, strict=True))
        return ipywidgets.Dropdown(
            options=options, value=self.start, description=self.label, style={"description_width": "initial"}
        )


class Numbers:
    """A grid of numbers to edit; only for explorers computed in the page.

    Parameters
    ----------
    name : str
    values : array (H, W)
    label : str
    step : float, optional
    """

    def __init__(self, name, values, *, label, step=1.0):
        self.name, self.label, self.step = name, label, step
        self.start = np.array(values, dtype=np.float64)

    def html(self, uid):
        cells = "".join(
            "<tr>" + "".join(
                f'<td><input type="number" step="{self.step:g}" value="{v:g}" '
                f'aria-label="{html.escape(self.label)}, row {i + 1}, column {j + 1}"></td>'
                for j, v in enumerate(row)
            ) + "</tr>"
            for i, row in enumerate(self.start)
        )
        return (
            f'<fieldset class="course-control" data-name="{self.name}"><legend>{html.escape(self.label)}</legend>'
            f'<table class="course-numbers" role="presentation">{cells}</table></fieldset>'
        )

    def widget(self):
        return _NumberGrid(self)

    def __str__(self):
        return f"{self.label} ({self.start.shape[0]}×{self.start.shape[1]} numbers)"


class _NumberGrid:
    """The ipywidgets face of :class:`Numbers`: behaves like a widget with a ``value``."""

    def __init__(self, numbers):
        import ipywidgets

        self.shape = numbers.start.shape
        self.cells = [
            ipywidgets.FloatText(value=v, step=numbers.step, layout={"width": "5em"}) for v in numbers.start.flat
        ]
        columns = f"repeat({self.shape[1]}, 5.5em)"
        grid = ipywidgets.GridBox(self.cells, layout={"grid_template_columns": columns})
        self.box = ipywidgets.VBox([ipywidgets.Label(numbers.label), grid])

    @property
    def value(self):
        return np.array([cell.value for cell in self.cells]).reshape(self.shape)

    def observe(self, callback, names):
        for cell in self.cells:
            cell.observe(callback, names)


class Explorer:
    """Something to play with: controls, a drawing that follows them, and a caption that says what to see.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` returns ``(stage, caption)``; the stage is a matplotlib figure or HTML, the caption plain
        text computed from the values. Both faces start from it.
    controls : list of Slider, Choice or Numbers
    name : str
        The anchor in the page, such as ``"explore-neuron"``.
    title : str
    script : str, optional
        Name of the in-page function that draws in the built book (``course.explorer(name, function)``). Without it,
        all frames are drawn beforehand, at most ``FRAME_LIMIT``.
    config : dict, optional
        Data for the script, JSON.
    """

    def __init__(self, draw, controls, *, name, title, script=None, config=None):
        self.draw, self.controls, self.name, self.title = draw, list(controls), name, title
        self.script, self.config = script, config or {}
        frames = 1 if script else int(np.prod([len(c.values) for c in self.controls]))
        if frames > FRAME_LIMIT:
            raise ValueError(f"controls make {frames} frames, at most {FRAME_LIMIT}: drop values or give a script")

    def frame(self, key="0", **values):
        """Draw one frame: ``(HTML of the stage, caption)``."""
        stage, caption = self.draw(**values)
        return (stage if isinstance(stage, str) else to_svg(stage, f"{self.name}-{key}", caption)), caption

    @functools.cached_property
    def first(self):
        """The frame of the starting values, drawn once: text, page and widget all begin with it."""
        return self.frame(**{c.name: c.start for c in self.controls})

    def to_html(self):
        """The static face."""
        stage, caption = self.first
        controls = "".join(c.html(f"{self.name}-{c.name}") for c in self.controls)
        return (
            f'<section class="course-explorer" id="{self.name}" aria-label="{html.escape(self.title)}"'
            f'{self._script_attributes()}><p class="course-explorer-title">{html.escape(self.title)}</p>'
            f'<div class="course-controls" hidden>{controls}</div><div class="course-stage">{stage}</div>'
            f'<p class="course-caption" aria-live="polite">{html.escape(caption)}</p>'
            f"{self._templates()}</section>"
        )

    def _script_attributes(self):
        if not self.script:
            return ""
        return f' data-script="{self.script}" data-config="{_attribute(self.config)}"'

    def _templates(self):
        if self.script:
            return ""
        parts = []
        for indices in itertools.product(*(range(len(c.values)) for c in self.controls)):
            values = {c.name: c.values[i] for c, i in zip(self.controls, indices, strict=True)}
            key = "-".join(map(str, indices))
            stage, caption = self.frame(key, **values)
            parts.append(f'<template data-key="{key}">{stage}<p>{html.escape(caption)}</p></template>')
        return "".join(parts)

    def widget(self):
        """The live face: an ipywidgets box whose controls call ``draw``."""
        import ipywidgets

        stage, caption = (ipywidgets.HTML(value=text) for text in self.first)
        widgets = {c.name: c.widget() for c in self.controls}

        def update(_):
            stage.value, caption.value = self.frame(**{name: w.value for name, w in widgets.items()})

        for widget in widgets.values():
            widget.observe(update, "value")
        boxes = [getattr(w, "box", w) for w in widgets.values()]
        title = ipywidgets.HTML(value=f"<b>{html.escape(self.title)}</b>")
        return ipywidgets.VBox([title, *boxes, stage, caption])

    def __repr__(self):
        return f"Explorer «{self.title}»: {', '.join(map(str, self.controls))}. {self.first[1]}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "text/html": self.to_html()}
        if not os.environ.get("CNNLIB_STATIC"):
            live = self.widget()._repr_mimebundle_()
            bundle |= {mime: data for mime, data in live.items() if "widget-view" in mime}
        return bundle


def _attribute(data):
    return html.escape(json.dumps(data, default=lambda a: np.asarray(a).tolist()))
