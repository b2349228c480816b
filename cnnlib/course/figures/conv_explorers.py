"""Explorers of chapter 9: small images, kernels and photographs, and the numbers that ``page/conv-window.js``,
``page/conv-channels.js`` and ``page/photo-kernel.js`` draw, from `cnnlib.conv`.
"""

import base64
import functools

import numpy as np
from sklearn.datasets import load_sample_image

from cnnlib.conv import conv2d, conv2d_backward
from cnnlib.padding import pad

SMALL_IMAGES = {
    "edge": np.array([[0, 0, 0, 3, 3, 3]] * 6, dtype=np.float64),
    "dot": np.pad(np.ones((1, 1)), ((2, 3), (3, 2))),
    "mixed": np.array([[1, 0, 2, 1, 3, 0], [0, 4, 1, 0, 1, 2], [2, 1, 5, 2, 0, 1],
                       [0, 3, 0, 1, 6, 2], [1, 0, 2, 4, 1, 0], [3, 1, 0, 2, 0, 1]], dtype=np.float64),
}
IMAGE_TEXTS = ["a vertical edge", "one bright pixel", "mixed numbers"]

# Red on the left, blue on the right, and where green comes to red a yellow cross.
PLANES = np.array([
    [[2, 2, 1, 0, 0], [2, 3, 2, 0, 0], [3, 3, 3, 0, 1], [2, 3, 2, 0, 0], [1, 2, 2, 0, 0]],
    [[0, 0, 0, 0, 1], [0, 2, 0, 0, 0], [2, 3, 2, 0, 0], [0, 2, 0, 1, 0], [0, 0, 0, 0, 0]],
    [[0, 0, 0, 2, 3], [0, 0, 0, 3, 2], [0, 0, 1, 2, 2], [0, 0, 0, 2, 3], [1, 0, 0, 3, 2]]], dtype=np.float64)
UPRIGHT, CROSS = [[-1, 0, 1]] * 3, [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
# From red to blue, whatever green does; and yellow crosses.
FILTERS = np.array([np.multiply.outer([-1, 0, 1], UPRIGHT), np.multiply.outer([1, 1, -1], CROSS)], dtype=np.float64)

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


# ---- what the explorers show ------------------------------------------------------------------------------------


def window_config():
    """What the module conv-window needs to know."""
    return {"images": SMALL_IMAGES}


def window_numbers(image, kernel, padding, stride, dilation, step):
    """The padded input, the output, and the nine products of one window; arguments are the explorer's controls."""
    x, w = pad(SMALL_IMAGES[image], (padding,) * 4), np.asarray(kernel, dtype=np.float64)
    y = conv2d(x[None, None], w[None, None], stride=stride, dilation=dilation)[0, 0]
    step = min(step, y.size - 1)
    i, j = (stride * k for k in divmod(step, y.shape[1]))
    under = x[i:i + 2 * dilation + 1:dilation, j:j + 2 * dilation + 1:dilation]
    return {"x": x, "y": y, "step": step, "products": w * under}


def channels_config():
    """What the module conv-channels needs to know."""
    return {"planes": PLANES, "filters": FILTERS}


def channels_numbers(ask, output, pixel, stride, padding, bias):
    """Two filters on three planes, and what belongs together; arguments are the explorer's controls.

    ``parts`` are what each plane adds to the output. ``lit``, ``used`` and ``reached`` mark inputs, weights, outputs:
    those of one output, or those of one pixel. The library's gradients find them: a weight of 1 marks what it meets.
    """
    x = pad(PLANES, (padding,) * 4)[None]
    y = conv2d(x, FILTERS, np.ravel(bias), stride=stride)
    output = min(output, y.size - 1)
    o, i, j = np.unravel_index(output, y.shape[1:])
    parts = [conv2d(x[:, c:c + 1], FILTERS[o:o + 1, c:c + 1], stride=stride)[0, 0, i, j] for c in range(3)]
    lit, reached, ones = np.zeros_like(x), np.zeros_like(y), np.ones_like(FILTERS)
    if ask == "output":
        reached.flat[output] = 1
        lit, used, *_ = conv2d_backward(reached, np.ones_like(x), ones, stride=stride)
    else:
        c, p, q = np.unravel_index(pixel, PLANES.shape)
        lit[0, c, p + padding, q + padding] = 1
        reached = conv2d(lit, ones, stride=stride)
        used = conv2d_backward(np.ones_like(y), lit, ones, stride=stride)[1]
    marks = {name: v.astype(np.int64) for name, v in (("lit", lit[0]), ("used", used), ("reached", reached[0]))}
    return {"x": x[0], "y": y[0], "output": output, "parts": parts, **marks}


def photo_config():
    """What the module photo-kernel needs to know: the pixels and the kernels."""
    pixels = {name: base64.b64encode(_pixels(name).tobytes()).decode() for name in PICTURES}
    return {"rows": 192, "columns": 160, "pixels": pixels, "kernels": KERNELS}


def photo_numbers(picture, kernel, own):
    """A kernel's response to a photograph, and what its weights add up to; arguments are the explorer's controls."""
    w = weights_of(kernel, own)
    return {"y": conv2d(photograph(picture)[None, None], w[None, None])[0, 0], "total": w.sum()}
