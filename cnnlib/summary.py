"""What a network consists of, layer by layer: shapes, parameters, multiply-adds."""

import math
from dataclasses import dataclass

import numpy as np

from cnnlib import _checks as checks
from cnnlib.layers import Conv2d, ConvTranspose2d, Linear
from cnnlib.module import Layer


@dataclass
class Row:
    """One use of one layer."""

    name: str
    kind: str
    output_shape: tuple
    parameters: int
    multiply_adds: int


@dataclass(repr=False)
class Summary:
    """The rows and their sums; prints as a table.

    Attributes
    ----------
    rows : list of Row
        In the order in which the layers run.
    input_shape : tuple of int
        Of one sample.
    parameters, multiply_adds : int
        Of the whole network, for one sample.
    """

    rows: list
    input_shape: tuple
    parameters: int
    multiply_adds: int

    def __repr__(self):
        head = ("layer", "output shape", "parameters", "multiply-adds")
        body = [
            (
                f"{row.name} {row.kind}".strip(),
                _shape(row.output_shape),
                f"{row.parameters:,}",
                f"{row.multiply_adds:,}",
            )
            for row in self.rows
        ]
        total = ("total", "", f"{self.parameters:,}", f"{self.multiply_adds:,}")
        lines = [head, ("input", _shape(self.input_shape), "", ""), *body, total]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([text[0], rule, *text[1:-1], rule, text[-1]])


def summary(model: Layer, input_shape) -> Summary:
    """Run a network once and note what each layer gives, has and costs.

    Parameters
    ----------
    model : Layer
        Any network. It is run in evaluation on one sample of zeros and left as it was.
    input_shape : tuple of int
        Of one sample, without the batch: ``(1, 28, 28)``.

    Returns
    -------
    Summary
        Prints as a table. Shapes are of one sample. A layer that is used twice has two rows; its parameters count
        once. Multiply-adds are those of linear layers and convolutions.

    Notes
    -----
    A linear layer multiplies each input with each output. A convolution needs ``in_channels / groups * kH * kW``
    multiplications for every number in its output; a transposed convolution
    ``out_channels / groups * kH * kW`` for every number in its input.

    Examples
    --------
    >>> from cnnlib.models import mlp
    >>> summary(mlp([4, 3, 2]), (4,))
    layer      output shape  parameters  multiply-adds
    --------------------------------------------------
    input                 4
    0 Flatten             4           0              0
    1 Linear              3          15             12
    2 ReLU                3           0              0
    3 Linear              2           8              6
    --------------------------------------------------
    total                            23             18
    """
    if not isinstance(model, Layer):
        raise TypeError(f"model must be a Layer, got {type(model).__name__}")
    if not isinstance(input_shape, (tuple, list)):
        raise TypeError(f"input_shape must be a tuple such as (1, 28, 28), got {input_shape!r}")
    input_shape = tuple(checks.integer("input_shape", size, 1) for size in input_shape)

    rows, seen = [], set()
    modes = [(layer, layer.training) for layer in model.modules()]
    watched = [(name, layer) for name, layer in model.named_modules() if not layer.children()]
    parameters = model.parameters()
    x = np.zeros((1, *input_shape), parameters[0].dtype if parameters else np.float32)
    try:
        model.eval()
        for name, layer in watched:
            layer.forward = _watch(name, layer, rows, seen)
        model(x)
    finally:
        for _, layer in watched:
            layer.__dict__.pop("forward", None)
        for layer, training in modes:
            layer.training = training
        model.forget()
    total = sum(p.size for p in parameters)
    return Summary(rows, input_shape, total, sum(row.multiply_adds for row in rows))


def _watch(name, layer, rows, seen):
    """A stand-in for ``layer.forward`` that adds a row."""
    forward = layer.forward

    def watching(x):
        y = forward(x)
        count = sum(p.size for p in layer.parameters() if id(p) not in seen)
        seen.update(id(p) for p in layer.parameters())
        first = y[0] if isinstance(y, tuple) else y  # of maxima and their places, the maxima
        rows.append(Row(name, type(layer).__name__, first.shape[1:], count, _multiply_adds(layer, x, first)))
        return y

    return watching


def _multiply_adds(layer, x, y):
    if isinstance(layer, Linear):
        return y.size * layer.in_features
    if isinstance(layer, Conv2d):
        return y.size * layer.in_channels // layer.groups * math.prod(layer.kernel_size)
    if isinstance(layer, ConvTranspose2d):
        return x.size * layer.out_channels // layer.groups * math.prod(layer.kernel_size)
    return 0


def _shape(shape):
    return " x ".join(map(str, shape))


def _aligned(cells, widths):
    """The first cell to the left, numbers to the right."""
    return [cells[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True)]
