"""The backward laboratory: a convolution and a pooling on their way back, term by term."""

import numpy as np

from cnnlib._checks import one_of
from cnnlib.course.figures import back_explorers, pooling
from cnnlib.course.labs._arrays import grids, whole
from cnnlib.course.labs._laboratory import Laboratory

LARGEST_SIDE = 6
LAYERS = ("convolution", "max pooling", "average pooling")
TIES = np.array([[0, 1, 0, 0, 0], [0, 0, 3, 3, 0], [1, 0, 3, 3, 0], [2, 2, 0, 0, 1], [2, 2, 0, 1, 1]], dtype=np.float64)
PICTURES = {"mixed numbers": back_explorers.X, "many ties": TIES, "chapter 11's map": pooling.EXAMPLE}
WEIGHTS = {"3 × 3": back_explorers.W, "2 × 2": np.array([[1.0, 2], [3, 4]])}
# Chapter 10's upstream gradient stands in the corner; it goes on as often as there are outputs.
DY = np.array([[1, -1, 2, 1, -2], [-2, 2, 1, -1, 3], [3, 1, -2, 2, 1], [1, -3, 1, 2, -1], [2, 1, -1, -2, 1]],
              dtype=np.float64)


class BackwardLab(Laboratory):
    """A convolution and a pooling on their way back: what a window scatters, what a pixel and what a weight gather.

    Parameters
    ----------
    x : array_like (H, W), optional
        Your plane, at most 6 × 6. It stands first among those that can be chosen.
    w : array_like (kH, kW), optional
        Your kernel, at most 4 × 4; pooling takes its size alone.
    dy : array_like (H_out, W_out), optional
        The upstream gradient, at most 12 × 12; it is repeated where the output is larger than it.
    layer : {"convolution", "max pooling", "average pooling"}, optional
    stride, padding, dilation : int, optional
        From 1, 0, 1 to 3, 2, 2; pooling has no dilation here, and pads by half its window at most.

    Raises
    ------
    TypeError, ValueError
        If an argument is nothing that the laboratory can show.

    Examples
    --------
    >>> BackwardLab([[1, 3], [3, 3]], w=[[1, 1], [1, 1]], layer="max pooling")
    Laboratory «Backward laboratory». Window 1 of 1, where dy = 1: the largest number, 3 at row 0, column 1, gets all \
of it. It stands there 3 times, a tie: the first in reading order gets it, as in PyTorch.
    """

    script, name, title = "lab-backward", "lab-backward", "Backward laboratory"

    def __init__(self, x=None, w=None, dy=None, *, layer="convolution", stride=1, padding=0, dilation=1):
        start = {"layer": one_of("layer", layer, LAYERS), "stride": whole("stride", stride, 1, 3),
                 "padding": whole("padding", padding, 0, 2), "dilation": whole("dilation", dilation, 1, 2)}
        pictures, weights = PICTURES, WEIGHTS
        if x is not None:
            pictures = {"yours": grids("x", x, ndims=(2,), most=(LARGEST_SIDE, LARGEST_SIDE))} | pictures
        if w is not None:
            weights = {"yours": grids("w", w, ndims=(2,), most=(4, 4))} | weights
        upstream = DY if dy is None else grids("dy", dy, ndims=(2,), most=(12, 12))
        super().__init__({"pictures": pictures, "weights": weights, "dy": upstream, "start": start})
