"""Chapter 13's explorer: filters, loss and answers of a small CNN at chosen steps of its training."""

import numpy as np

from cnnlib.activations import softmax
from cnnlib.course.figures._numbers import fixed, number
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.data import batches
from cnnlib.engine import compile
from cnnlib.models import digits_cnn
from cnnlib.optim import SGD
from cnnlib.training import evaluate, predict, train_step

STEPS = (0, 1, 2, 4, 8, 16, 34, 68, 136, 204, 340, 510)
RATES = (0.005, 0.05, 0.5)
WINDOW = 8  # steps whose losses are averaged
ROWS = "\n".join  # one element a line keeps the markup readable
WHITE = "#ffffff"


def shoot(train, validation, shown, rate, steps=STEPS, batch_size=32):
    """Train once and keep a frame at each of ``steps``.

    Parameters
    ----------
    train, validation : Dataset
    shown : list of int
        Validation digits whose answers are kept.
    rate : float
    steps : sequence of int, optional
    batch_size : int, optional

    Returns
    -------
    dict
        ``losses`` (one for each step), and for each of ``steps`` the filters ``w``, the probabilities ``p`` of the
        shown digits and the validation ``accuracy``.
    """
    model = digits_cnn(rng=np.random.default_rng([1, 0]), dtype=np.float64)
    criterion, optimizer = CrossEntropyLoss(), SGD(model.parameters(), lr=rate, momentum=0.9)
    engine, rng = compile(model), np.random.default_rng([2, 0])
    losses, frames = [], {}
    while True:
        for x, y in batches(*train, batch_size, rng):
            if len(losses) in steps:
                p = softmax(predict(model, validation.images[shown]), dim=1)
                accuracy = evaluate(model, criterion, validation, engine=engine).accuracy
                frames[len(losses)] = {"w": model[0].weight.data.copy(), "p": p, "accuracy": accuracy}
            if len(losses) == max(steps):
                return {"losses": losses, "frames": frames, "per_epoch": -(-len(train) // batch_size)}
            losses.append(train_step(engine, criterion, optimizer, x, y)[0])


def running_mean(losses, window=WINDOW):
    """The mean of the last losses before each step: what the curve shows and the caption says.

    Parameters
    ----------
    losses : sequence of float
    window : int, optional

    Returns
    -------
    array (len(losses) + 1,)
        The first is the first loss itself.

    Examples
    --------
    >>> running_mean([4.0, 2.0, 0.0], window=2)
    array([4., 4., 3., 1.])
    """
    total = np.concatenate([[0.0], np.cumsum(losses)])
    ends = np.arange(1, len(total))
    starts = np.maximum(ends - window, 0)
    return np.concatenate([losses[:1], (total[ends] - total[starts]) / (ends - starts)])


class Film:
    """All frames of several runs; ``film.draw(step, rate)`` is the explorer's drawing.

    Parameters
    ----------
    train, validation : Dataset
    shown : list of int
        Six validation digits.
    """

    def __init__(self, train, validation, shown):
        self.images, self.labels = validation.images[shown], validation.labels[shown]
        self.runs = {rate: shoot(train, validation, shown, rate) for rate in RATES}

    def draw(self, step, rate):
        """One frame: the stage as SVG, and its caption."""
        run = self.runs[rate]
        frame, losses = run["frames"][step], run["losses"]
        means = running_mean(losses)
        epochs = step / run["per_epoch"]
        right = int((frame["p"].argmax(axis=1) == self.labels).sum())
        caption = (
            f"Learning rate {number(rate, 3)}, after {step} steps ({epochs:.2g} epochs): the loss is "
            f"{fixed(means[step], 3)}, {fixed(100 * frame['accuracy'], 1)}% of the validation digits are right, and "
            f"{right} of these 6."
        )
        parts = [
            _text(88, 14, "the 16 filters"), _filters(frame["w"], 10, 24),
            _text(320, 14, f"loss, mean of {WINDOW} steps"), _curve(means, step, 220, 24, 200, 150),
            _digits(self.images, self.labels, frame["p"], 10, 216),
        ]
        svg = (
            '<svg role="img" aria-label="Filters, loss curve and the answers for six digits" viewBox="0 0 430 330" '
            'style="width:100%;max-width:38rem;height:auto;overflow:hidden"><g fill="currentColor">'
            f"{ROWS(parts)}</g></svg>"
        )
        return svg, caption


def _text(x, y, text, size=13, anchor="middle", weight=""):
    weight = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"{weight}>{text}</text>'


def _cells(values, x, y, size, color):
    """A small image: the pixels of each colour are dashes of one path, and white is the ground."""
    height, width = (size * n for n in values.shape)
    dashes = {}
    for (i, j), value in np.ndenumerate(values):
        dashes.setdefault(color(value), []).append(f"M{x + j * size:g} {y + (i + 0.5) * size:g}h{size:g}")
    dashes.pop(WHITE, None)
    return (
        f'<g fill="none" stroke-width="{size:g}" shape-rendering="crispEdges"><rect x="{x:g}" y="{y:g}" '
        f'width="{width:g}" height="{height:g}" fill="{WHITE}" stroke="none"/>'
        + "".join(f'<path d="{"".join(d)}" stroke="{name}"/>' for name, d in sorted(dashes.items())) + "</g>"
    )


def _ink(value):
    level = round(15 * (1 - float(value))) * 17
    return f"#{level:02x}{level:02x}{level:02x}"


def _weight(value, limit=1.0):
    """Orange below zero, white at zero, blue above, in steps."""
    t = round(8 * float(np.clip(value / limit, -1, 1))) / 8
    end = (0, 114, 178) if t > 0 else (213, 94, 0)
    return "#" + "".join(f"{round(255 + (c - 255) * abs(t)):02x}" for c in end)


def _filters(w, x, y):
    parts = []
    for k in range(16):
        left, top = x + 40 * (k % 4), y + 38 * (k // 4)
        parts.append(_cells(w[k, 0], left, top, 11, _weight))
    return ROWS(parts)


def _curve(means, step, x, y, width, height, top=5.0, bottom=0.001):
    scale, last = np.log(top / bottom), len(means) - 1

    def point(i):
        level = np.log(np.clip(means[i], bottom, top) / bottom) / scale
        return f"{x + width * i / last:.1f} {y + height * (1 - level):.1f}"

    # Every sixth step, and every step at which the dot can stand.
    line = "M" + "L".join(map(point, sorted({*range(0, last, 6), *(s for s in STEPS if s <= last), last})))
    marks = [
        f'<g class="tick"><path d="M{x} {y + height * (1 - np.log(v / bottom) / scale):.1f}h{width}" '
        'stroke="var(--course-line, #d5dbe1)"/>'
        + _text(x - 4, y + height * (1 - np.log(v / bottom) / scale) + 4, number(v, 3), 11, "end") + "</g>"
        for v in (1, 0.1, 0.01, 0.001)
    ]
    px, py = point(step).split()
    ends = (_text(x, y + height + 16, "0", 11), _text(x + width, y + height + 16, f"{last}", 11, "end"))
    return ROWS([
        '<g class="axis">', *marks, "</g>", '<g class="axis">', *(f'<g class="tick">{end}</g>' for end in ends), "</g>",
        f'<path d="{line}" fill="none" stroke="var(--course-accent, #0072b2)" stroke-width="1.2" opacity="0.55"/>',
        f'<circle cx="{px}" cy="{py}" r="5" fill="#d55e00"/>',
    ])


def _digits(images, labels, p, x, y):
    parts = []
    for k, (image, label, row) in enumerate(zip(images[:, 0], labels, p, strict=True)):
        left, says = x + 70 * k, int(row.argmax())
        parts.append(_cells(image, left + 6, y, 6, _ink))
        mark = "✓" if says == label else "✗"
        parts.append(_text(left + 30, y + 64, f"{says} {mark}", 13, weight=700 if says == label else ""))
        bars = {"var(--course-accent, #0072b2)": [], "#d55e00": []}
        for c, value in enumerate(row):
            height = 36 * value
            bar = f"M{left + 5.5 * c + 3:g} {y + 106:g}v-{height:.1f}h4.5v{height:.1f}z"
            bars["#d55e00" if c == label else "var(--course-accent, #0072b2)"].append(bar)
        parts += [f'<path d="{"".join(d)}" fill="{color}"/>' for color, d in bars.items()]
        parts.append(f'<path d="M{left + 2} {y + 106.5:g}h58" stroke="var(--course-muted, #6b7075)" stroke-width="1"/>')
    return ROWS(parts)
