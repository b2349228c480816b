"""Explorers of chapter 9: the sliding window, and kernels on a photograph.

Both are computed in the page by a script of the same name in ``_ext/assets/explorers``; the functions here draw the
same pictures in Python, from `cnnlib.conv`, and a browser test holds the two faces against each other.
"""

import base64
import functools
import io

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from cnnlib.conv import conv2d
from cnnlib.course.figures._numbers import number
from cnnlib.padding import pad

ACCENT, WARM, LINE = "var(--course-accent, #0072b2)", "var(--course-bad, #b04a00)", "var(--course-line, #d5dbe1)"
FLEX = "display:flex;flex-wrap:wrap;gap:0.6rem 1.6rem;justify-content:center;align-items:flex-start"
HEAD = "font-size:0.85rem;margin:0 0 0.2rem"

SMALL_IMAGES = {
    "edge": np.array([[0, 0, 0, 3, 3, 3]] * 6, dtype=np.float64),
    "dot": np.pad(np.ones((1, 1)), ((2, 3), (3, 2))),
    "mixed": np.array([[1, 0, 2, 1, 3, 0], [0, 4, 1, 0, 1, 2], [2, 1, 5, 2, 0, 1],
                       [0, 3, 0, 1, 6, 2], [1, 0, 2, 4, 1, 0], [3, 1, 0, 2, 0, 1]], dtype=np.float64),
}
IMAGE_TEXTS = ["a vertical edge", "one bright pixel", "mixed numbers"]

# Each kernel of the photograph explorer: whole weights and what they are divided by.
KERNELS = {
    "copy": ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1),
    "blur 3×3": ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
    "blur 5×5": (np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]).tolist(), 256),
    "sharpen": ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1),
    "vertical edges": ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 1),
    "horizontal edges": ([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], 1),
    "outline": ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 1),
    "your own": (None, 1),
}
PICTURES = {"temple": ("china.jpg", 16, 50), "flower": ("flower.jpg", 43, 150)}


@functools.cache
def _pixels(name):
    file, top, left = PICTURES[name]
    crop = load_sample_image(file)[top:top + 384, left:left + 320].astype(np.int64)
    luminance = (crop * [299, 587, 114]).sum(axis=2)  # in whole numbers, so that every machine rounds alike
    return ((luminance.reshape(192, 2, 160, 2).sum(axis=(1, 3)) + 2000) // 4000).astype(np.uint8)


def photograph(name="temple"):
    """One of scikit-learn's photographs in grey, 192 rows × 160 columns of values in 0..1: temple or flower."""
    return _pixels(name) / 255


def weights_of(kernel, own=None):
    """The kernel of a name in ``KERNELS`` as an array; "your own" is ``own``."""
    weights, divisor = KERNELS[kernel]
    return np.array(own if weights is None else weights, dtype=np.float64) / divisor


# ---- the sliding window ----------------------------------------------------------------------------------------


def window_config():
    """What the script conv-window needs to know."""
    return {"images": {name: image.astype(int).tolist() for name, image in SMALL_IMAGES.items()}}


def sliding_window(image, kernel, padding, stride, dilation, step):
    """Draw one position of the window with its nine products; arguments are the explorer's controls."""
    kernel = np.asarray(kernel, dtype=np.float64)
    x = pad(SMALL_IMAGES[image], (padding,) * 4)
    y = conv2d(x[None, None], kernel[None, None], stride=stride, dilation=dilation)[0, 0]
    step = min(int(step), y.size - 1)
    row, column = divmod(step, y.shape[1])
    taps = [(row * stride + u * dilation, column * stride + v * dilation) for u in range(3) for v in range(3)]
    parts = [_input_grid(x, taps, padding, dilation), _products(x, kernel, taps, y[row, column]), _output_grid(y, step)]
    caption = (
        f"Window {step + 1} of {y.size}: the nine products add up to {number(y[row, column])}, the output at row "
        f"{row + 1}, column {column + 1}. Rows of the output: ⌊(6 + 2·{padding} − {dilation}·(3 − 1) − 1) / {stride}⌋ "
        f"+ 1 = {y.shape[0]}, and as many columns."
    )
    return f'<div style="{FLEX}">{"".join(parts)}</div>', caption, {"limits": {"step": y.size - 1}}


def _text(x, y, size, content, extra=""):
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="middle" fill="currentColor"{extra}>{content}</text>'


def _tint(value, most):
    if value == 0:
        return 'fill="none"'
    return f'fill="{WARM if value < 0 else ACCENT}" fill-opacity="{number(0.4 * abs(value) / most)}"'


def _panel(head, width, height, label, body):
    return (
        f'<div style="flex:0 1 {width}px"><p style="{HEAD}">{head}</p><svg role="img" aria-label="{label}" '
        f'viewBox="-2 -2 {width + 4} {height + 4}" style="width:100%;max-width:{width + 4}px;height:auto">{body}'
        "</svg></div>"
    )


def _input_grid(x, taps, padding, dilation):
    size, most, cells = len(x), max(float(x.max()), 1e-12), []
    for i in range(size):
        for j in range(size):
            border = min(i, j) < padding or max(i, j) >= size - padding
            dash = ' stroke-dasharray="2 3"' if border else ""
            cells.append(f'<rect x="{32 * j}" y="{32 * i}" width="32" height="32" {_tint(x[i, j], most)} '
                         f'stroke="{LINE}"{dash}/>')
            cells.append(_text(32 * j + 16, 32 * i + 21, 14, number(x[i, j]), ' opacity="0.65"' if border else ""))
    for i, j in taps:
        cells.append(f'<rect x="{32 * j + 1}" y="{32 * i + 1}" width="30" height="30" fill="none" stroke="{ACCENT}" '
                     'stroke-width="2.5"/>')
    side, head = 32 * size, f"input, padded by {padding}" if padding else "input"
    label = f"{head}: {size} by {size} numbers, nine of them under the window, {dilation} apart"
    return _panel(head, side, side, label, "".join(cells))


def _products(x, kernel, taps, total):
    products = [kernel.flat[k] * x[tap] for k, tap in enumerate(taps)]
    most, cells = max(max(abs(p) for p in products), 1e-12), []
    for k, tap in enumerate(taps):
        left, top = 76 * (k % 3), 46 * (k // 3)
        cells.append(f'<rect x="{left}" y="{top}" width="76" height="46" {_tint(products[k], most)} stroke="{LINE}"/>')
        cells.append(_text(left + 38, top + 18, 13, f"{number(x[tap])} × {number(kernel.flat[k])}"))
        cells.append(_text(left + 38, top + 37, 14, number(products[k]), ' font-weight="700"'))
    cells.append(_text(114, 162, 15, f"sum = {number(total)}", ' font-weight="700"'))
    label = f"nine products of an input and a weight, which add up to {number(total)}"
    return _panel("input × weight", 228, 170, label, "".join(cells))


def _output_grid(y, step):
    size, most, cells = len(y), max(float(np.abs(y).max()), 1e-12), []
    for k, value in enumerate(y.flat):
        left, top, done = 40 * (k % size), 32 * (k // size), k <= step
        tint = _tint(value, most) if done else 'fill="none"'
        cells.append(f'<g data-set="step:{k}"><rect x="{left}" y="{top}" width="40" height="32" {tint} '
                     f'stroke="{LINE}" pointer-events="all"/>')
        cells.append(_text(left + 20, top + 21, 14, number(value), "" if done else ' opacity="0.65"') + "</g>")
    left, top = 40 * (step % size), 32 * (step // size)
    cells.append(f'<rect x="{left + 1}" y="{top + 1}" width="38" height="30" fill="none" stroke="{ACCENT}" '
                 'stroke-width="2.5"/>')
    label = f"output: {size} by {size} numbers"
    return _panel("output", 40 * size, 32 * size, label, "".join(cells))


# ---- kernels on a photograph -----------------------------------------------------------------------------------


def photo_config():
    """What the script photo-kernel needs to know: the pixels and the kernels."""
    pixels = {name: base64.b64encode(_pixels(name).tobytes()).decode() for name in PICTURES}
    return {"rows": 192, "columns": 160, "pixels": pixels, "kernels": KERNELS}


def photo_kernel(picture, kernel, own):
    """Draw a photograph, a kernel and the response; arguments are the explorer's controls."""
    x, w = photograph(picture), weights_of(kernel, own)
    weights, divisor = (own, 1) if kernel == "your own" else KERNELS[kernel]
    y = conv2d(x[None, None], w[None, None])[0, 0]
    total = float(np.sum(weights)) / divisor
    stage = _photo_stage(picture, kernel, weights, divisor, x, shown(y, total))
    return stage, _photo_caption(y, total), {"off": [] if kernel == "your own" else ["own"]}


def shown(y, total):
    """A response as grey values in 0..1: as it is, or around mid-grey where the weights add up to 0."""
    if abs(total) < 1e-9:
        return 0.5 + 0.5 * y / max(float(np.abs(y).max()), 1e-12)
    return np.clip(y, 0, 1)


def _photo_caption(y, total):
    grey = (
        "no difference gives 0, shown as mid-grey; lighter is positive, darker negative" if abs(total) < 1e-9
        else "0 is shown as black, 1 as white, and what lies beyond is cut off"
    )
    return (
        f"The weights add up to {number(total)}: a plain area of brightness 0.5 gives {number(total * 0.5)}. The "
        f"response lies between {number(y.min())} and {number(y.max())}; {grey}. Size {y.shape[0]} × {y.shape[1]}."
    )


def _photo_stage(picture, kernel, weights, divisor, x, response):
    size, cells = len(weights), []
    for k, weight in enumerate(np.ravel(weights)):
        left, top = 44 * (k % size), 32 * (k // size)
        cells.append(f'<rect x="{left}" y="{top}" width="44" height="32" '
                     f'{_tint(weight, max(float(np.abs(weights).max()), 1e-12))} stroke="{LINE}"/>')
        cells.append(_text(left + 22, top + 21, 14, number(weight)))
    head = "kernel" if divisor == 1 else f"kernel, divided by {divisor}"
    grid = _panel(head, 44 * size, 32 * size, f"{head}: {size} by {size} weights", "".join(cells))
    photos = "".join(
        f'<div style="flex:0 1 240px"><p style="{HEAD}">{text}</p><img src="{_png(image)}" alt="{alt}" '
        'style="width:100%;max-width:240px"></div>'
        for text, image, alt in (("photograph", x, f"The {picture} in grey"),
                                 (f"after “{kernel}”", response, f"The {picture} after the kernel {kernel}"))
    )
    return f'<div style="{FLEX}">{photos}{grid}</div>'


def _png(values):
    buffer = io.BytesIO()
    Image.fromarray(np.floor(255 * values + 0.5).astype(np.uint8)).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
