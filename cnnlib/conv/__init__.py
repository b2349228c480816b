"""Convolution: one small filter, slid over the whole image.

The fast way to convolve is to write every window of the image as a column of a matrix (`unfold`); then all
the sliding is one matrix product. Three facts are the whole story:

* forward, ``y = w @ columns``;
* backward, ``dw = dy @ columns.T`` and ``dcolumns = w.T @ dy``, as for any matrix product;
* a pixel stands in several columns, so on the way back its gradients **add**.

Read ``columns.py`` first (`unfold`), then ``convolution.py`` (`conv2d`), then ``transposed.py``
(`conv_transpose2d`, the same machine run in the other direction); ``folding.py`` (`fold`) puts columns back, and
``sizes.py`` (`conv2d_output_size`) is the arithmetic of shapes. All are offered here.
"""

from cnnlib.conv.columns import unfold, unfold_backward
from cnnlib.conv.convolution import conv2d, conv2d_backward
from cnnlib.conv.folding import fold, fold_backward
from cnnlib.conv.sizes import conv2d_output_size
from cnnlib.conv.transposed import conv_transpose2d, conv_transpose2d_backward

__all__ = [
    "unfold", "unfold_backward", "fold", "fold_backward", "conv2d", "conv2d_backward",
    "conv2d_output_size", "conv_transpose2d", "conv_transpose2d_backward",
]  # fmt: skip
