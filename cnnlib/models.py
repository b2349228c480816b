"""The networks of the course, small enough to train on one processor core.

Each function returns a `Sequential` whose last layer gives scores (logits), one for each class, as
`CrossEntropyLoss` wants them. Because every model is a plain chain of layers, it can be printed, cut
(``model[:3]``), changed and compared with the same chain in PyTorch, weight by weight.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential


def mlp(sizes, *, rng: np.random.Generator | None = None, dtype=np.float32) -> Sequential:
    """A multilayer perceptron: linear layers with ReLU between them.

    Parameters
    ----------
    sizes : list of int
        Numbers of inputs, of units in each hidden layer, and of classes.
    rng : numpy.random.Generator, optional
        Where the starting values come from.
    dtype : float32 or float64
        Of the parameters.

    Returns
    -------
    Sequential
        From images or vectors (N, ...) with ``sizes[0]`` numbers each to scores (N, ``sizes[-1]``).

    Examples
    --------
    >>> mlp([64, 32, 10])
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=64, out_features=32, bias=True)
      (2): ReLU()
      (3): Linear(in_features=32, out_features=10, bias=True)
    )
    """
    if not isinstance(sizes, (tuple, list)) or len(sizes) < 2:
        raise ValueError(f"sizes must be a list of at least 2 integers, inputs and classes, got {sizes!r}")
    rng = np.random.default_rng() if rng is None else rng
    model = Sequential(Flatten())
    for i in range(len(sizes) - 1):
        if i > 0:
            model.append(ReLU())
        model.append(Linear(sizes[i], sizes[i + 1], rng=rng, dtype=dtype))
    return model


def digits_cnn(classes: int = 10, *, rng: np.random.Generator | None = None, dtype=np.float32) -> Sequential:
    """A convolutional network for the 8x8 digits: 6,090 parameters.

    Parameters
    ----------
    classes : int
        How many scores.
    rng, dtype
        See `mlp`.

    Returns
    -------
    Sequential
        From images (N, 1, 8, 8) to scores (N, classes).

    Examples
    --------
    >>> digits_cnn()(np.zeros((5, 1, 8, 8), np.float32)).shape
    (5, 10)
    """
    start = {"rng": np.random.default_rng() if rng is None else rng, "dtype": dtype}
    return Sequential(
        Conv2d(1, 16, 3, padding=1, **start),
        ReLU(),
        MaxPool2d(2),
        Conv2d(16, 32, 3, padding=1, **start),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(32 * 2 * 2, checks.integer("classes", classes, 1), **start),
    )


def lenet5(classes: int = 10, *, rng: np.random.Generator | None = None, dtype=np.float32) -> Sequential:
    """LeNet-5 as it is built today, with max-pooling, ReLU and full connections: 61,706 parameters.

    Parameters
    ----------
    classes : int
        How many scores.
    rng, dtype
        See `mlp`.

    Returns
    -------
    Sequential
        From images (N, 1, 28, 28) to scores (N, classes).

    Notes
    -----
    ``156 + 2,416 + 48,120 + 10,164 + 850 = 61,706``. The network of 1998 averaged and scaled where this one
    takes the maximum, connected only some of the maps to some, and compared with drawn prototypes at the end.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
    section II.B.

    Examples
    --------
    >>> sum(p.size for p in lenet5().parameters())
    61706
    """
    start = {"rng": np.random.default_rng() if rng is None else rng, "dtype": dtype}
    return Sequential(
        Conv2d(1, 6, 5, padding=2, **start),
        ReLU(),
        MaxPool2d(2),
        Conv2d(6, 16, 5, **start),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(16 * 5 * 5, 120, **start),
        ReLU(),
        Linear(120, 84, **start),
        ReLU(),
        Linear(84, checks.integer("classes", classes, 1), **start),
    )


def vgg_like(
    classes: int = 10,
    *,
    channels=(32, 64, 128),
    batch_norm: bool = False,
    rng: np.random.Generator | None = None,
    dtype=np.float32,
) -> Sequential:
    """A small relative of VGG: two 3x3 convolutions, then halve the image, three times over.

    Parameters
    ----------
    classes : int
        How many scores.
    channels : tuple of int
        Of the convolutions in each block. Each block halves height and width, so at most 5.
    batch_norm : bool
        Whether to put batch norm behind each convolution (which then needs no bias).
    rng, dtype
        See `mlp`.

    Returns
    -------
    Sequential
        From images (N, 3, 32, 32) to scores (N, classes).

    References
    ----------
    Simonyan and Zisserman (2015), Very deep convolutional networks for large-scale image recognition,
    section 2.

    Examples
    --------
    >>> sum(p.size for p in vgg_like().parameters())
    550570
    """
    if not isinstance(channels, (tuple, list)) or not 1 <= len(channels) <= 5:
        raise ValueError(f"channels must be 1 to 5 integers, one for each block, got {channels!r}")
    checks.flag("batch_norm", batch_norm)
    start = {"rng": np.random.default_rng() if rng is None else rng, "dtype": dtype}
    model, inputs, size = Sequential(), 3, 32
    for outputs in channels:
        for _ in range(2):
            model.append(Conv2d(inputs, outputs, 3, padding=1, bias=not batch_norm, **start))
            if batch_norm:
                model.append(BatchNorm2d(outputs, dtype=dtype))
            model.append(ReLU())
            inputs = outputs
        model.append(MaxPool2d(2))
        size //= 2
    model.append(Flatten())
    model.append(Linear(inputs * size * size, 128, **start)).append(ReLU())
    return model.append(Linear(128, checks.integer("classes", classes, 1), **start))
