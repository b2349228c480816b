"""Windows as columns, and back, as layers. The mathematics is in `cnnlib.conv`."""

from cnnlib import conv
from cnnlib.layers._common import as_given
from cnnlib.layers.pair import PairLayer


class Unfold(PairLayer):
    """Every window of an image as a column of a matrix, see `cnnlib.conv.unfold`.

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or pair of int
        The window. Mind the order, which is PyTorch's.

    Examples
    --------
    >>> import numpy as np
    >>> Unfold((1, 2))(np.array([[[1.0, 2.0, 3.0]]]))
    array([[1., 2.],
           [2., 3.]])
    """

    pair = conv.unfold, conv.unfold_backward
    options = ("kernel_size", "dilation", "padding", "stride")

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.kernel_size = as_given("kernel_size", kernel_size, 1)
        self.dilation = as_given("dilation", dilation, 1)
        self.padding = as_given("padding", padding, 0)
        self.stride = as_given("stride", stride, 1)


class Fold(PairLayer):
    """Columns put back as windows of an image, which add where they overlap, see `cnnlib.conv.fold`.

    Parameters
    ----------
    output_size : int or pair of int
        Height and width of the image.
    kernel_size, dilation, padding, stride : int or pair of int
        The window, as in `Unfold`.

    Examples
    --------
    >>> import numpy as np
    >>> Fold((1, 3), (1, 2))(np.array([[1.0, 2.0], [2.0, 3.0]]))
    array([[[1., 4., 3.]]])
    """

    pair = conv.fold, conv.fold_backward
    options = ("output_size", "kernel_size", "dilation", "padding", "stride")

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.output_size = as_given("output_size", output_size, 1)
        self.kernel_size = as_given("kernel_size", kernel_size, 1)
        self.dilation = as_given("dilation", dilation, 1)
        self.padding = as_given("padding", padding, 0)
        self.stride = as_given("stride", stride, 1)
