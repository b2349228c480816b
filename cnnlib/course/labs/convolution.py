"""The convolution laboratory: an image, a kernel, and what one makes of the other."""

import base64
import functools

import numpy as np
from sklearn.datasets import load_sample_image

from cnnlib._checks import number
from cnnlib.course.figures.conv_explorers import FILTERS, SMALL_IMAGES
from cnnlib.course.labs._arrays import grids, whole
from cnnlib.course.labs._laboratory import Laboratory
from cnnlib.data import load_digits

CHANNELS = 3
SIDE = 64  # of the photograph
# A blot and a stripe beside the first channel's mixed numbers.
SMALL = np.array([
    SMALL_IMAGES["mixed"],
    [[0, 0, 1, 0, 0, 0], [0, 2, 3, 2, 0, 0], [1, 3, 4, 3, 1, 0],
     [0, 2, 3, 2, 0, 1], [0, 0, 1, 0, 2, 0], [2, 0, 0, 0, 0, 3]],
    [[2, 2, 0, 0, 1, 3], [2, 1, 0, 1, 3, 1], [1, 0, 1, 3, 1, 0],
     [0, 1, 3, 1, 0, 0], [1, 3, 1, 0, 0, 2], [3, 1, 0, 0, 2, 2]],
])
EVERY = np.ones((CHANNELS, 1, 1))

# Three kernels each, one for a channel.
KERNELS = {
    "right minus left": EVERY * [[-1, 0, 1]] * np.ones((3, 1)),
    "below minus above": EVERY * np.array([[-1], [0], [1]]) * np.ones((1, 3)),
    "1 to 9": EVERY * np.arange(1.0, 10).reshape(3, 3),
    "outline": EVERY * [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": EVERY * [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "mean": EVERY * np.full((3, 3), 1 / 9),
    "5 × 5: blur": EVERY * np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256,
    "1 × 3: right minus left": EVERY * [[-1, 0, 1]],
    "2 × 2": EVERY * [[1, 2], [0, -1]],
    "from channel 0 to channel 2": FILTERS[0],
    "1 × 1: channel 0 minus channel 1": np.array([1.0, -1, 0]).reshape(3, 1, 1),
}


@functools.cache
def photograph():
    """A square piece of a photograph in bytes, (3, SIDE, SIDE): red, green and blue."""
    crop = load_sample_image("china.jpg")[16:16 + 6 * SIDE, 20:20 + 6 * SIDE].astype(np.int64)
    # In whole numbers, so that every machine rounds alike.
    means = (crop.reshape(SIDE, 6, SIDE, 6, CHANNELS).sum(axis=(1, 3)) + 18) // 36
    return means.transpose(2, 0, 1).astype(np.uint8)


def _pictures():
    dot = np.zeros((CHANNELS, 5, 5))
    dot[:, 2, 2] = 1
    pictures = {"small numbers": SMALL, "one bright pixel": dot, "handwritten digit": 16.0 * load_digits().images[2]}
    pixels = base64.b64encode(photograph().tobytes()).decode()
    return {name: {"planes": x, "shape": x.shape} for name, x in pictures.items()} | {
        "photograph": {"pixels": pixels, "shape": (CHANNELS, SIDE, SIDE), "light": True}}


class ConvolutionLab(Laboratory):
    """An image, a kernel, and what one makes of the other: each output with its window, each pixel with its readers.

    Parameters
    ----------
    image : array_like (H, W) or (C, H, W), optional
        Yours: one to three channels of at most 96 × 96 pixels. It stands first among those that can be chosen.
    kernel : array_like (kH, kW), (C, kH, kW) or (1, C, kH, kW), optional
        One filter, at most 5 × 5. Without channels it is used for each of them.
    bias : float, optional
    stride, padding, dilation : int, optional
        From 1, 0, 1 to 3, 2, 3.

    Raises
    ------
    TypeError, ValueError
        If an argument is nothing that the laboratory can show.

    Examples
    --------
    >>> ConvolutionLab([[0, 0, 2, 2], [0, 0, 2, 2], [0, 1, 2, 2]], [[-1, 1]]).config["start"]["picture"]
    'yours'
    """

    script, name, title = "lab-convolution", "lab-convolution", "Convolution laboratory"

    def __init__(self, image=None, kernel=None, *, bias=0.0, stride=1, padding=0, dilation=1):
        pictures, kernels = _pictures(), dict(KERNELS)
        start = {
            "bias": number("bias", bias, -999, 999), "stride": whole("stride", stride, 1, 3),
            "padding": whole("padding", padding, 0, 2), "dilation": whole("dilation", dilation, 1, 3),
        }
        if image is not None:
            x = grids("image", image, ndims=(2, 3), most=(CHANNELS, 96, 96))
            x = x.reshape(-1, *x.shape[-2:])
            light = x.min() >= 0 and x.max() <= 1
            pictures = {"yours": {"planes": x, "shape": x.shape, "light": bool(light)}} | pictures
            start |= {"picture": "yours", "channels": len(x)}
        if kernel is not None:
            kernels = {"yours": self._filter(kernel, None if image is None else len(x))} | kernels
            start |= {"kernel": "yours", "weights": kernels["yours"]}
            start.setdefault("channels", np.shape(kernel)[-3] if np.ndim(kernel) > 2 else 1)
        super().__init__({"pictures": pictures, "kernels": kernels, "start": start})

    @staticmethod
    def _filter(kernel, channels):
        """The reader's weights for all three channels; those that have none are 0."""
        w = grids("kernel", kernel, ndims=(2, 3, 4), most=(1, CHANNELS, 5, 5))
        if w.ndim == 2:
            return np.repeat(w[None], CHANNELS, axis=0)
        w = w.reshape(-1, *w.shape[-2:])
        if channels is not None and len(w) != channels:
            raise ValueError(f"kernel must have as many channels as image, {channels}, got {len(w)}")
        return np.concatenate([w, np.zeros((CHANNELS - len(w), *w.shape[1:]))])
