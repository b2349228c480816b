"""Explorer of chapter 17: one training program in two columns, a line and its twin, and the shapes that meet there."""

import functools
import html
import re

import numpy as np

from cnnlib.course import transplant
from cnnlib.course.figures._panels import ACCENT, HEAD, LINE
from cnnlib.summary import summary

BATCH = 32
CODE = "font:.76rem/1.55 monospace;white-space:pre-wrap;overflow-wrap:anywhere;text-align:left;color:inherit"
TABLE = f"border-collapse:collapse;width:100%;table-layout:fixed;margin:0 auto;{CODE}"
# A line of cnnlib, its twin in PyTorch, which layer it makes (or None), and what to say about the pair.
PROGRAM = (
    ("model = Sequential(", "model = nn.Sequential(", None,
     "The same container. In PyTorch any class with a forward can take its place."),
    ("  Conv2d(1, 8, 3, padding=1),", "  nn.Conv2d(1, 8, 3, padding=1),", 0,
     "Kernels are (C_out, C_in, kH, kW) in both."),
    ("  ReLU(), MaxPool2d(2),", "  nn.ReLU(), nn.MaxPool2d(2),", 2,
     "No parameters. Padding, where asked for, is −∞ in both."),
    ("  Conv2d(8, 16, 3, padding=1, bias=False),", "  nn.Conv2d(8, 16, 3, padding=1, bias=False),", 3,
     "Each of the 16 filters reads all 8 maps. Batch norm follows, and its shift does the bias's work."),
    ("  BatchNorm2d(16),", "  nn.BatchNorm2d(16),", 4,
     "Two learned numbers for each channel, and two remembered ones, which travel in the state_dict, too."),
    ("  ReLU(), MaxPool2d(2),", "  nn.ReLU(), nn.MaxPool2d(2),", 6, "No parameters."),
    ("  Flatten(),", "  nn.Flatten(),", 7, "Channel, then row, then column, in both."),
    ("  Linear(144, 10))", "  nn.Linear(144, 10))", 8,
     "The weight is (out, in) in both: y is x times its transpose, plus b."),
    ("loss_fn = CrossEntropyLoss()", "loss_fn = nn.CrossEntropyLoss()", None,
     "Takes scores and labels; the softmax is inside. Both average over the batch."),
    ("opt = SGD(model.parameters(), lr=0.05)", "opt = optim.SGD(model.parameters(), lr=0.05)", None,
     "The same names and defaults. The optimiser keeps these very parameters, so make the model first."),
    ("model.train()", "model.train()", None, "Batch norm uses the batch, dropout drops."),
    ("opt.zero_grad()", "opt.zero_grad()", None, "Gradients add up in both, so they are cleared before each step."),
    ("y = model(x)", "y = model(x)", "forward", "Ours saves inputs inside each layer. PyTorch hangs a graph on y."),
    ("loss = loss_fn(y, t)", "loss = loss_fn(y, t)", "loss",
     "Ours returns a number. PyTorch returns a tensor without axes that knows where it came from."),
    ("model.backward(loss_fn.backward())", "loss.backward()", "backward",
     "Here the programs differ: ours is sent back by hand, loss first. PyTorch walks the graph from loss."),
    ("opt.step()", "opt.step()", "step", "w is changed in place, outside the graph."),
    ("model.eval()", "model.eval()", None,
     "Batch norm uses its memory, dropout does nothing. Weights stay as they are."),
    ("y = model(x); model.forget()", "with torch.no_grad(): y = model(x)", "forward",
     "For prediction: ours drops what was saved, PyTorch does not even build the graph."),
)


@functools.cache
def _rows():
    return summary(transplant.network(0), (1, transplant.SIZE, transplant.SIZE)).rows


def numbers(line):
    """What the explorer says about a line: shapes and parameters.

    Parameters
    ----------
    line : int
        A line of `PROGRAM`.

    Returns
    -------
    dict
        ``input`` and ``output`` are shapes of a batch, or None; ``weights`` lists the shapes of parameters;
        ``parameters`` is how many numbers are learned.
    """
    kind, rows = PROGRAM[line][2], _rows()
    image, scores = (BATCH, 1, transplant.SIZE, transplant.SIZE), (BATCH, 10)
    if isinstance(kind, int):
        before = rows[kind - 1].output_shape if kind else image[1:]  # a ReLU on the same line keeps the shape
        weights = [p.shape for _, p in transplant.network(0)[kind].named_parameters()]
        return {"input": (BATCH, *before), "output": (BATCH, *rows[kind].output_shape), "weights": weights,
                "parameters": rows[kind].parameters}
    inside = [p.shape for _, p in transplant.network(0).named_parameters()]
    shapes = {"forward": (image, scores, []), "loss": (scores, (), []), "backward": ((), image, inside),
              "step": (None, None, inside)}
    given, made, weights = shapes.get(kind, (None, None, []))
    return {"input": given, "output": made, "weights": weights, "parameters": sum(int(np.prod(s)) for s in weights)}


def draw(line):
    """The stage and the caption for one line of the program."""
    line, found = int(line), numbers(int(line))
    head = "<tr><th>cnnlib</th><th>PyTorch</th></tr>"
    rows = "".join(_row(k, k == line) for k in range(len(PROGRAM)))
    table = f'<table role="presentation" style="{TABLE}">{head}{rows}</table>'
    stage = f'{_shapes(found)}<p style="{HEAD}">a training step in both libraries: the program</p>{table}'
    return f'<div style="max-width:44rem;margin:auto">{stage}</div>', _caption(line, found)


def _row(k, chosen):
    """A line and its twin."""
    mark = f"outline:2px solid {ACCENT};font-weight:700" if chosen else f"border-bottom:1px solid {LINE}"
    cells = "".join(f"<td>{_breakable(html.escape(text))}</td>" for text in PROGRAM[k][:2])
    return f'<tr data-set="line:{k}" style="vertical-align:top;{mark}">{cells}</tr>'


def _breakable(code):
    """Code that a narrow page breaks behind a bracket or a dot, and not inside a name."""
    return re.sub(r"([(.](?=[A-Za-z]))", r"\1<wbr>", code)


def _shapes(found):
    """Two lines over the program, which stay two lines: what goes in and comes out, and the weights."""
    flow = "no shapes on this line" if found["input"] is None else f"{_text(found['input'])} → {_text(found['output'])}"
    weights = ", ".join(map(_text, found["weights"])) or "none"
    return f'<p style="margin:0">{flow}<br>parameters: {weights}</p>'


def _text(shape):
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _caption(line, found):
    kind, note = PROGRAM[line][2], PROGRAM[line][3]
    said = [f"Line {line}."]
    if isinstance(kind, int) or kind in ("forward", "loss"):
        said.append(f"Shapes in both: {_text(found['input'])} → {_text(found['output'])}.")
    elif kind == "backward":
        count = len(found["weights"])
        said.append(f"One number goes in; {count} gradients come out, each with the shape of its parameter.")
    if found["parameters"]:
        said.append(f"{found['parameters']:,} parameters.")
    return " ".join([*said, note])
