"""Max-unpooling: every maximum back in its place, zeros elsewhere."""

import numpy as np

from cnnlib import _checks as check
from cnnlib import _windows as windows
from cnnlib.pooling.maximum import check_places, flat_places


@windows.single_or_batch(ndim=3)
def max_unpool2d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put each maximum back where `max_pool2d` found it, in an image of zeros.

    Parameters
    ----------
    x : array (N, C, H, W) or (C, H, W)
        Maxima, or whatever has become of them.
    indices : integer array (shape of x)
        Where each stands: ``row * W_out + column``, as `max_pool2d` returns it with ``return_indices=True``.
    kernel_size, stride, padding : int or pair of int
        Of that pooling.
    output_size : pair of int, or the whole shape, optional
        Height and width of the image, since several sizes shrink to the same one. Without it, the size in which the
        windows fit exactly.

    Returns
    -------
    y : array (N, C, H_out, W_out), or (C, H_out, W_out) without N
        Unless given, ``H_out = (H - 1) * stride - 2 * padding + kernel_size``, W_out alike.

    Raises
    ------
    TypeError
        If ``x`` is not a float32 or float64 array, ``indices`` not one of integers, or an option not an integer.
    ValueError
        If ``x`` has neither three dimensions nor four, an option is out of range, ``output_size`` differs from the
        size in which the windows fit by a stride or more, or an index is not a place in the image.

    Notes
    -----
    ``y[n, c, place indices[n, c, i, j]] = x[n, c, i, j]``. Where windows overlapped, two may come to the same place:
    then the last stands.

    References
    ----------
    Zeiler and Fergus (2014), Visualizing and understanding convolutional networks, section 2.1 (switches).

    Examples
    --------
    >>> x = np.array([[[7.0, 8.0]]])
    >>> max_unpool2d(x, np.array([[[4, 3]]]), 2)
    array([[[0., 0., 0., 8.],
            [7., 0., 0., 0.]]])
    """
    places, size = _check(x, indices, kernel_size, stride, padding, output_size)
    y = np.zeros(x.shape[0] * x.shape[1] * size[0] * size[1], dtype=x.dtype)
    y[places] = x.ravel()
    return y.reshape(*x.shape[:2], *size)


@windows.single_or_batch(ndim=3)
def max_unpool2d_backward(dy, x, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Gradient of `max_unpool2d`: each number takes the gradient of its place.

    Parameters
    ----------
    dy : array (N, C, H_out, W_out), or (C, H_out, W_out) without N
        Gradient of the loss with respect to the image.
    x, indices, kernel_size, stride, padding, output_size
        As in `max_unpool2d`.

    Returns
    -------
    dx : array (shape of x)

    Raises
    ------
    TypeError, ValueError
        As in `max_unpool2d`, and if ``dy`` differs from the image in dtype or shape.

    Notes
    -----
    ``dx[n, c, i, j] = dy[n, c, place indices[n, c, i, j]]``. This holds where no two have the same place; of two, the
    first is overwritten, and PyTorch gives it that gradient all the same, as does this.

    Examples
    --------
    >>> dy = np.arange(8.0).reshape(1, 2, 4)
    >>> max_unpool2d_backward(dy, np.array([[[7.0, 8.0]]]), np.array([[[4, 3]]]), 2)
    array([[[4., 3.]]])
    """
    places, size = _check(x, indices, kernel_size, stride, padding, output_size)
    windows.upstream(dy, x, (*x.shape[:2], *size))
    return dy.reshape(-1)[places].reshape(x.shape)


def _check(x, indices, kernel_size, stride, padding, output_size):
    """Check the arguments; return the places in the flattened output, and its (H_out, W_out)."""
    windows.images("x", x)
    kernel, stride, padding = windows.pooling(kernel_size, stride, padding)
    fitting = [(x.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + kernel[i] for i in (0, 1)]
    size = tuple(fitting) if output_size is None else _size(output_size)
    if min(size) < 1 or any(abs(size[i] - fitting[i]) >= stride[i] for i in (0, 1)):
        raise ValueError(
            f"output_size must be at least 1 and differ from {tuple(fitting)}, where the windows fit, by less than the "
            f"stride {stride}, got {size}"
        )
    return flat_places(check_places(indices, x.shape, size), size), size


def _size(output_size):
    """The last two of a pair or of a whole shape."""
    if not isinstance(output_size, (tuple, list)) or len(output_size) not in (2, 4):
        raise ValueError(f"output_size must be a pair (H, W) or a shape (N, C, H, W), got {output_size!r}")
    return tuple(check.integer("output_size", side) for side in output_size[-2:])
