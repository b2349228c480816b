"""What is required of cnnlib, as data, and what a result reached: `compare`.

A ratio is the time of cnnlib over the time of PyTorch's fastest mode with as many threads, unless the goal names
one mode. A result without a part, such as MNIST in a short run, has no line for it. ReLU and batch norm
are measured without a requirement.
"""

import re
from typing import NamedTuple


class Goal(NamedTuple):
    """A requirement for all measurements of a kind whose name starts like this."""

    kind: str
    name: str  # a regular expression
    must: float
    aim: float | None = None
    peer: str | None = None  # the mode of PyTorch to compare with, where it is not the fastest


class Line(NamedTuple):
    """A measured value beside what is required and what is aimed for."""

    name: str
    kind: str
    value: float
    must: float
    aim: float | None

    @property
    def met(self):
        return self.reaches(self.must)

    @property
    def aim_met(self):
        return self.aim is not None and self.reaches(self.aim)

    def reaches(self, limit):
        return self.value >= limit if self.kind == "accuracy" else self.value <= limit

    @property
    def texts(self):
        """The measured value, the requirement and the aim as they are printed."""
        limits = [limit for limit in (self.must, self.aim) if limit is not None]
        for more in range(7):  # as many digits as it takes to be on the right side of both
            text = write(self.value, self.kind, more)
            shown = self._replace(value=float(text.split()[0]) / UNITS[self.kind][0])
            if all(shown.reaches(limit) == self.reaches(limit) for limit in limits):
                break
        return text, write(self.must, self.kind), "–" if self.aim is None else write(self.aim, self.kind)


# How a kind is printed: times what, with how many digits, in which unit.
UNITS = {
    "ratio": (1, 2, ""), "exponent": (1, 2, ""), "memory": (1, 0, " MiB"), "accuracy": (100, 2, " %"),
    "seconds": (1, 1, " s"),
}  # fmt: skip

GOALS = (
    Goal("ratio", r"LeNet-5, batch (64|128), 1 thread$", 0.55, 0.35),
    Goal("ratio", r"LeNet-5, batch (64|128), 2 threads$", 0.70, 0.40),
    Goal("ratio", r"digits CNN, batch \d+, 1 thread$", 0.55, 0.35),
    Goal("ratio", r"VGG-like .*, 1 thread$", 1.0, 0.7),
    Goal("ratio", r"conv ", 1.15, 0.8),
    Goal("ratio", r"depthwise ", 2.0, 1.0, peer="torch eager"),
    Goal("ratio", r"(max|average) pooling |linear |softmax cross-entropy ", 0.7, 0.3),
    Goal("memory", r"peak memory", 100, 60),
    Goal("exponent", r"growth with (batch|image area)", 1.05, 1.0),
    Goal("accuracy", r"MNIST, mean test accuracy of ([5-9]|\d\d+) seeds", 0.99),
    Goal("seconds", r"MNIST, median time", 15, 8),
)


def write(value, kind, more=0):
    """A value with its unit, and so many digits more than usual."""
    factor, digits, unit = UNITS[kind]
    return f"{factor * value:.{digits + more}f}{unit}"


def threads(count):
    return f"{count} thread{'s' if count > 1 else ''}"


def measured(result):
    """Yield (kind, name, value) of everything in a result; a ratio's value is its whole record."""
    for run in result["runs"]:
        for step in run["steps"]:
            yield "ratio", f"{step['name']}, {threads(run['threads'])}", step
        if run["threads"] == 1:
            for operation in run.get("operations", ()):
                yield "ratio", operation["name"], operation
            for name, fit in run.get("growth", {}).items():
                yield "exponent", f"growth with {name}", fit["exponent"]
    if "memory" in result:
        yield "memory", "peak memory of LeNet-5 training", result["memory"]["cnnlib"]
    if "mnist" in result:
        mnist = result["mnist"]
        yield "accuracy", f"MNIST, mean test accuracy of {len(mnist['cnnlib'])} seeds", mnist["mean_accuracy"]
        yield "seconds", f"MNIST, median time of a training, {threads(mnist['threads'])}", mnist["seconds"]


def at_best(record):
    """The ratio if an operation took ``least_ms``: a limit for matrix products, an estimate for poolings."""
    return record["least_ms"] / record["ms"][record["fastest"]]


def compare(result):
    """The lines of a result that have a requirement, in the order of the goals.

    Parameters
    ----------
    result : dict
        As written by ``python -m benchmarks``.

    Returns
    -------
    list of Line
    """
    lines = []
    for goal in GOALS:
        for kind, name, value in measured(result):
            if kind != goal.kind or not re.match(goal.name, name):
                continue
            if kind == "ratio":
                ms = value["ms"]
                value = ms["cnnlib"] / ms[goal.peer] if goal.peer else value["ratio"]
            lines.append(Line(f"{name} (beside {goal.peer})" if goal.peer else name, kind, value, goal.must, goal.aim))
    return lines
