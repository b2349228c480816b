"""Explorer of chapter 12: the ledger of a small network, line by line, until a choice breaks it."""

import functools

import numpy as np

from cnnlib.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.receptive import receptive_field
from cnnlib.summary import summary

TAKES, HIDDEN = 400, (120, 84, 10)
LOOSE = ("flatten", f"linear {HIDDEN[-1]}")  # a view of the maps, and the scores, which no layer reads


def parts(kernel, stride, padding, filters, pool):
    """The network as named groups of layers: LeNet-5 with both convolutions changed alike."""
    conv, name = {"stride": stride, "padding": padding}, f"conv {kernel}×{kernel}"
    between = (f"pool {pool}×{pool}", [MaxPool2d(pool)] if pool > 1 else [])
    groups = [(name, [Conv2d(1, 6, kernel, **conv), ReLU()]), between,
              (name, [Conv2d(6, filters, kernel, **conv), ReLU()]), between, ("flatten", [Flatten()])]
    inputs = TAKES
    for k, outputs in enumerate(HIDDEN):
        last = k == len(HIDDEN) - 1
        groups.append((f"linear {outputs}", [Linear(inputs, outputs)] + ([] if last else [ReLU()])))
        inputs = outputs
    return [(name, layers) for name, layers in groups if layers]


@functools.cache
def numbers(image, kernel, stride, padding, filters, pool):
    """The ledger as far as the network holds, and what breaks it.

    Parameters
    ----------
    image : int
        Side of the image, which has one channel.
    kernel, stride, padding : int
        Of both convolutions.
    filters : int
        Of the second convolution.
    pool : int
        Side of the pooling windows; 1 for none.

    Returns
    -------
    dict
        ``rows``, each with ``name``, ``shape``, ``parameters``, ``multiply_adds``, ``kept`` (numbers kept for backward)
        and ``field`` (None from the flattening on); ``broken``, None or a dict with ``name``, ``shape`` (of what
        arrives) and ``error``, the first line of what the library says.
    """
    shape, done, broken = (1, image, image), [], None
    rows = [{"name": "image", "shape": shape, "parameters": 0, "multiply_adds": 0, "kept": image * image, "field": 1}]
    for name, layers in parts(kernel, stride, padding, filters, pool):
        try:
            new = summary(Sequential(*done, *layers), shape).rows[len(done):]
        except ValueError as error:
            broken = {"name": name, "shape": rows[-1]["shape"], "error": str(error).splitlines()[0]}
            break
        done += layers
        flat = len(new[-1].output_shape) == 1
        rows.append({"name": name, "shape": new[-1].output_shape, "parameters": sum(row.parameters for row in new),
                     "multiply_adds": sum(row.multiply_adds for row in new),
                     "kept": 0 if name in LOOSE else sum(int(np.prod(row.output_shape)) for row in new),
                     "field": None if flat else receptive_field(Sequential(*done)).size[0]})
    return {"rows": rows, "broken": broken}


def ledger(**values):
    """The stage, a table, and its caption; arguments as for `numbers`."""
    found = numbers(**values)
    return _table(**found), _said(**found)


def _table(rows, broken):
    names = ("layer", "output", "parameters", "multiply-adds", "kept", "field")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = "".join(map(_line, rows))
    if broken:
        lines += f'<tr><th scope="row">{broken["name"]}</th><td class="words" colspan="5">✗ {_cause(broken)}</td></tr>'
    return f'<table class="course-table"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def _line(row):
    counts = (f"{row[key]:,}" if row[key] else "" for key in ("parameters", "multiply_adds", "kept"))
    cells = (_by(row["shape"]), *counts, row["field"] or "all")
    return f'<tr><th scope="row">{row["name"]}</th>' + "".join(f"<td>{text}</td>" for text in cells) + "</tr>"


def _by(shape):
    return "×".join(map(str, shape))


def _cause(broken):
    """Why a layer cannot take what arrives, in a few words."""
    arrives = broken["shape"]
    if len(arrives) == 1:
        return f"takes {TAKES}, and {arrives[0]} arrive"
    return f"does not fit on {_by(arrives[1:])}"


def _said(rows, broken):
    parameters, work, kept = (sum(row[key] for row in rows) for key in ("parameters", "multiply_adds", "kept"))
    maps = next(row for row in reversed(rows) if row["field"])
    cost = f"{parameters:,} parameters, {work:,} multiply-adds, {kept:,} numbers kept for each image"
    sees = f"a unit of the last maps sees {maps['field']} × {maps['field']} pixels"
    if not broken:
        return (f"It fits: {_by(maps['shape'])} = {TAKES} numbers arrive at the first linear layer. In all {cost}; "
                f"{sees}.")
    if len(broken["shape"]) == 1:
        arrive = broken["shape"][0]
        return (f"Broken at the first linear layer: {_by(maps['shape'])} = {arrive} numbers arrive, and it takes "
                f"{TAKES}. Linear({arrive}, {HIDDEN[0]}) would hold, with {HIDDEN[0] * (arrive + 1):,} parameters in "
                f"place of {HIDDEN[0] * (TAKES + 1):,}. Down to the flattening: {cost}; {sees}.")
    return (f"Broken at {broken['name']}: its window does not fit on maps of {_by(broken['shape'][1:])}. Choose a "
            f"smaller kernel, a smaller stride, more padding or less pooling before it. Down to there: {cost}; {sees}.")
