"""The sheet to pin to the wall, made from the library: its operations, their docstrings, and numbers that it computes.

Nothing on it is written here but the headings. ``tools/print_sheet.py`` prints it; the book has it as a page.
"""

import functools
import html
import importlib
import inspect
import re
from pathlib import Path

from cnnlib import criteria, gradcheck, init, layers, models, optim, receptive, schedules, summary
from cnnlib.conv import conv2d_output_size, conv_transpose2d

STYLE = Path(__file__).with_suffix(".css")
# Modules of operations in the order of the sheet, with what they are called there.
GROUPS = {
    "conv": "Convolution", "pooling": "Pooling", "padding": "Padding", "linear": "Linear",
    "normalization": "Normalization", "dropout": "Dropout", "activations": "Activations", "losses": "Losses",
}
ELSEWHERE = {"flatten": "torch.flatten"}  # the only one that is not in torch.nn.functional
OPTIMIZERS = ("SGD", "RMSprop", "Adam", "AdamW")
STARTS = ("default_", "kaiming_normal_", "kaiming_uniform_", "xavier_normal_", "xavier_uniform_")
WINDOWS = (  # size, kernel, stride, padding, dilation
    (28, 5, 1, 0, 1), (28, 3, 1, 1, 1), (28, 3, 2, 1, 1), (28, 2, 2, 0, 1), (28, 3, 1, 0, 2), (28, 3, 1, 2, 2),
)
LAYERS = {
    "Linear(20, 10)": lambda: layers.Linear(20, 10), "Conv2d(3, 8, 5)": lambda: layers.Conv2d(3, 8, 5),
    "Conv2d(8, 8, 3, groups=8)": lambda: layers.Conv2d(8, 8, 3, groups=8),
    "ConvTranspose2d(8, 3, 4)": lambda: layers.ConvTranspose2d(8, 3, 4),
    "BatchNorm2d(8)": lambda: layers.BatchNorm2d(8), "PReLU()": lambda: layers.PReLU(),
}
CODE = re.compile(r"``(.+?)``")
FORWARD = re.compile(r"(?!d[a-z])\w+(?:\[.*?\]|\(x\))? \+?= ")
BACKWARD = re.compile(r"d\w+(?:\[.*?\])? \+?= ")


SIGNS = {
    r"\*\*2\b": "²", r"\*\*3\b": "³", r" \* ": " · ", r"\bsqrt\b": "√", "<=": "≤", ">=": "≥", r" - ": " − ",
    r"(?<![\w\])])-(?=[\w(])": "−", "sum over ([^:]+?) of ": r"Σ{\1} ", "max over ([^:]+?) of ": r"max{\1} ",
}


# What the docstrings say


def section(thing, name):
    """A section of a numpydoc docstring, or an empty text."""
    found = re.search(rf"^{name}\n-+\n(.*?)(?=^\w[^\n]*\n-{{3,}}$|\Z)", inspect.getdoc(thing) or "", flags=re.S | re.M)
    return found[1].strip() if found else ""


def displayed(text):
    """The formulas that stand on lines of their own, a line for each; lines that go on are joined."""
    lines = re.findall(r"^    (.+)$", text, flags=re.M) if "::" in text else []
    joined = []
    for line in lines:
        if re.match(r"\w+(\[.*?\])?\s+[-+*]?= ", line):
            joined.append(re.sub(r"\s+([-+*]?=) ", r" \1 ", line, count=1))
        elif joined:
            joined[-1] += " " + line.strip()
    return [f"``{line}``" for line in joined]


def sentences(text):
    """The sentences of a text, with its lists run in."""
    text = re.sub(r"\n+\* ", " · ", text)
    parts = re.split(r"\n\n", text)
    return [s for part in parts for s in re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join(part.split()))]


def formula(text, kind):
    """The sentence with a formula of a kind, cut where one of the other kind begins; None where there is none."""
    for sentence in sentences(text):
        codes = list(CODE.finditer(sentence))
        if not any(kind.match(code[1]) for code in codes):
            continue
        start = 0
        if kind is BACKWARD:
            start = next(code.start() for code in codes if kind.match(code[1]))
        end = next((code.start() for code in codes if kind is FORWARD and BACKWARD.match(code[1])), len(sentence))
        whole = [code.end() for code in codes if code.end() <= end]
        return sentence[start:end if end == len(sentence) else whole[-1]].strip().rstrip(".:,")
    return None


def forward(op):
    """What an operation computes."""
    notes = section(op, "Notes")
    return displayed(notes) or [formula(notes, FORWARD) or inspect.getdoc(op).partition("\n")[0].rstrip(".")]


def backward(op):
    """The gradients that its backward returns."""
    way_back = backward_of(op)
    notes, returns = section(way_back, "Notes"), re.split(r"\n(?=\w)", section(way_back, "Returns"))
    found = []
    for entry in returns:
        name, _, words = entry.partition(" : ")
        says = " ".join(words.partition("\n")[2].split())
        if "``" in says:
            found.append(f"``{name} =`` {says.rstrip('.')}".replace("=`` ``", "= "))
    return displayed(notes) or found or [formula(notes, BACKWARD) or " ".join(notes.split())]


# What there is


def backward_of(op):
    """The other half of a pair."""
    return getattr(inspect.getmodule(op), f"{op.__name__}_backward")


def operations(module):
    """The operations of a module, in the order in which it names them."""
    room = importlib.import_module(f"cnnlib.{module}")
    names = getattr(room, "__all__", None) or [name for name in vars(room) if hasattr(room, f"{name}_backward")]
    return [getattr(room, name) for name in names if hasattr(room, f"{name}_backward")]


@functools.cache
def classes():
    """The public layers and losses that are objects, each with its code and that of the classes it stands on."""
    rooms = {name: getattr(room, name) for room in (layers, criteria) for name in dir(room) if name[0] != "_"}
    kept = {name: kind for name, kind in rooms.items() if inspect.isclass(kind) and kind.__module__[:7] == "cnnlib."}
    return {name: "".join(inspect.getsource(base) for base in kind.__mro__ if base.__module__ == kind.__module__)
            for name, kind in kept.items()}


def torch_names(op):
    """What PyTorch calls an operation: a function, and the layers that stand on it here and there."""
    name = op.__name__
    alike, use = name.replace("_", ""), re.compile(rf"\b{name}\(")
    standing = [kind for kind, source in classes().items() if re.search(rf"\bpair = (?:\w+\.)?{name},", source)
                or alike in kind.lower() and use.search(source)]
    return [ELSEWHERE.get(name, f"F.{name}"), *(f"nn.{kind}" for kind in standing)]


# The sheet


def tidy(code):
    """A formula in Python's signs, closer to mathematics."""
    for old, new in SIGNS.items():
        code = re.sub(old, new, code)
    return re.sub(r"(Σ|max)\{([\w, ]+)\}", r"\1<sub>\2</sub>", html.escape(code, quote=False))


def marked(text):
    """Text of a docstring as HTML: its code set as formulas."""
    parts = re.split(r"``(.+?)``", text)
    words = [re.sub(r"`(?:\w+\.)*(\w+)`", r"<i>\1</i>", html.escape(part, quote=False)) for part in parts[::2]]
    codes = [f"<code>{tidy(part)}</code>" for part in parts[1::2]] + [""]
    return "".join(word + code for word, code in zip(words, codes, strict=True))


def row(name, names, *lines):
    """One entry: its name here, its names elsewhere, and lines."""
    also = f"<small>{html.escape(' · '.join(names))}</small>" if names else ""
    return (f"<div class='entry'><div class='name'><code>{html.escape(name)}</code>{also}</div>"
            + "".join(f"<p class='{kind}'>{text}</p>" for kind, text in lines) + "</div>")


def pair(op):
    """The entry of an operation."""
    lines = [("there", marked(line)) for line in forward(op)] + [("back", marked(line)) for line in backward(op)]
    return row(op.__name__, torch_names(op), *lines)


def table(head, rows):
    """A table of numbers."""
    lines = "".join(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in line)}</tr>" for line in rows)
    kind = " class='sum'" if rows[-1][0] == "sum" else ""
    return f"<table{kind}><tr>{''.join(f'<th scope=col>{name}</th>' for name in head)}</tr>{lines}</table>"


def shapes():
    """How large outputs are: the rules, and some of them worked out."""
    rule = CODE.search(section(conv2d_output_size, "Notes"))[1]
    rows = [(*window, conv2d_output_size(*window)[0]) for window in WINDOWS]
    wider = CODE.search(section(conv_transpose2d, "Returns"))[1]
    field = displayed(section(receptive.receptive_field, "Notes"))
    return (
        row("conv2d, max_pool2d, avg_pool2d", [], ("there", marked(f"``{rule}``")))
        + table(("size", "kernel", "stride", "padding", "dilation", "out"), rows)
        + row("conv_transpose2d", [], ("there", marked(f"``{wider}``")))
        + row("receptive field", [], *(("there", marked(line)) for line in field))
    )


def ledger():
    """LeNet-5, layer by layer, as the library counts it."""
    counted = summary.summary(models.lenet5(), (1, 28, 28))
    rows = [(row.kind, " × ".join(map(str, row.output_shape)), f"{row.parameters:,}", f"{row.multiply_adds:,}")
            for row in counted.rows if row.parameters or row.kind == "MaxPool2d"]
    rows.append(("sum", "", f"{counted.parameters:,}", f"{counted.multiply_adds:,}"))
    return table(("layer", "output", "parameters", "multiply-adds"), rows)


def rules():
    """The optimisers: how a weight moves."""
    said = {name: sentences(section(getattr(optim, name), "Notes").split("\n\n")[0]) for name in OPTIMIZERS}
    return "".join(row(name, [f"optim.{name}"], ("there", marked(" ".join(s for s in lines if "``" in s))))
                   for name, lines in said.items())


def starts():
    """The initialisers."""
    lines = {name: inspect.getdoc(getattr(init, name)).partition("\n")[0].rstrip(".") for name in STARTS}
    return "".join(row(name, [] if name == "default_" else [f"nn.init.{name}"], ("there", marked(text)))
                   for name, text in lines.items())


def rates():
    """The schedules: how the learning rate moves."""
    kinds = [kind for name, kind in vars(schedules).items() if inspect.isclass(kind) and name[0] != "_"]
    lines = {kind.__name__: inspect.getdoc(kind).partition("\n")[0].rstrip(".") for kind in kinds
             if issubclass(kind, schedules.Schedule) and kind is not schedules.Schedule}
    return "".join(row(name, [f"lr_scheduler.{name}"], ("there", marked(text))) for name, text in sorted(lines.items()))


def states():
    """What layers learn and remember, by the names of PyTorch's ``state_dict``."""
    rows = [(said, name, " × ".join(map(str, array.shape)) or "one number")
            for said, layer in LAYERS.items() for name, array in layer().state_dict().items()]
    return table(("layer", "name", "shape"), [(said if i == 0 or rows[i - 1][0] != said else "", *rest)
                                              for i, (said, *rest) in enumerate(rows)])


def check():
    """The first example of the gradient check."""
    lines = section(gradcheck.gradcheck, "Examples").split("\n\n")[0]
    code = "\n".join(line[4:] for line in lines.splitlines() if line.startswith((">>>", "...")))
    return f"<pre>{html.escape(code, quote=False)}</pre>"


def markup():
    """The whole sheet as HTML."""
    pairs = [(title, "".join(map(pair, operations(module)))) for module, title in GROUPS.items()]
    blocks = [("Shapes", shapes()), *pairs, ("Optimisers", rules()), ("Rates over time", rates()),
              ("First weights", starts()), ("What a layer holds", states()), ("LeNet-5, counted", ledger()),
              ("Check any gradient", check())]
    parts = "".join(f"<div class='block'><h2>{title}</h2>{body}</div>" for title, body in blocks)
    return (
        "<div class='sheet'><p class='legend'><span class='there'>forward</span> <span class='back'>backward</span> "
        "<code>dy</code> is the gradient of the loss with respect to <code>y</code>. Beside each name: what PyTorch "
        "calls it (F is torch.nn.functional; lr_scheduler is in torch.optim). Made from the library’s docstrings.</p>"
        f"<div class='columns'>{parts}</div></div>"
    )


def fill(app, docname, source):
    """The ``source-read`` event: put the sheet where a page asks for it."""
    if "% sheet" in source[0]:
        style = STYLE.read_text(encoding="utf-8")
        source[0] = source[0].replace("% sheet", f"```{{raw}} html\n<style>{style}</style>\n{markup()}\n```")


def setup(app):
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
