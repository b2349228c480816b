"""Interpretation: what a network computes inside, and which pixels a score depends on.

Every function runs the model as it is used for prediction (`eval` mode), leaves its mode and the gradients of its
parameters as they were, and looks at *scores*: the numbers before the softmax.

- `feature_maps`: what every layer makes of an image.
- `input_gradient`, `saliency`, `gradient_times_input`: how a score changes with each pixel, one backward pass.
- `occlusion`: how far a score falls when a patch is covered, one forward pass for each place.
- `grad_cam`: which places of a layer's maps speak for a class.
- `maximize_activation`: an image that drives a score up.

What a map shows is a claim to be tested, not a fact: compare it with that of an untrained network, and delete what it
names.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib._modes import predicting
from cnnlib.module import Layer, Sequential

# --- What every layer computes --------------------------------------------------------------------------------------


def feature_maps(model, x):
    """Return what every layer of a chain makes of ``x``.

    Parameters
    ----------
    model : Sequential
        Its direct parts are looked at; a Sequential inside it is one part.
    x : array (N, ...)
        What the model takes.

    Returns
    -------
    list of (str, array)
        The name of each layer, as in ``named_children``, and its output, in order.

    Examples
    --------
    >>> from cnnlib.layers import Conv2d, ReLU
    >>> model = Sequential(Conv2d(1, 2, 3), ReLU())
    >>> [(name, y.shape) for name, y in feature_maps(model, np.zeros((1, 1, 5, 5), np.float32))]
    [('0', (1, 2, 3, 3)), ('1', (1, 2, 3, 3))]
    """
    _chain(model)
    maps = []
    with predicting(model):
        for name, layer in model.named_children():
            x = layer.forward(x)
            maps.append((name, x))
    return maps


# --- Which pixels does a score depend on? ---------------------------------------------------------------------------


def input_gradient(model, x, target):
    """Return the gradient of one score of each image with respect to its pixels.

    Parameters
    ----------
    model : Layer
        From images (N, C, H, W), or any (N, ...), to scores (N, classes).
    x : array (N, ...)
        Images.
    target : int or array of int (N,)
        Which score, for all images or for each.

    Returns
    -------
    array (N, ...)
        In the shape of ``x``.

    Raises
    ------
    ValueError
        If the model has no such score, or does not give one row of scores for each image.

    Examples
    --------
    >>> from cnnlib.layers import Linear
    >>> model = Linear(2, 3, dtype=np.float64)
    >>> model.weight.data[...] = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    >>> input_gradient(model, np.array([[7.0, 7.0]]), target=1)
    array([[3., 4.]])
    """
    with predicting(_layer(model)):
        return _gradient(model, x, target)


def saliency(model, x, target):
    """Return how strongly a score reacts to each pixel: the size of its gradient.

    Parameters
    ----------
    model, x, target
        As for `input_gradient`; ``x`` is (N, C, H, W).

    Returns
    -------
    array (N, H, W)
        The largest absolute gradient over the channels.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep Inside Convolutional Networks", 2014, section 3.

    Examples
    --------
    >>> from cnnlib.layers import Conv2d, Flatten
    >>> model = Sequential(Conv2d(2, 1, 1, bias=False, dtype=np.float64), Flatten())
    >>> model[0].weight.data[...] = np.array([3.0, -5.0]).reshape(1, 2, 1, 1)
    >>> saliency(model, np.ones((1, 2, 1, 2)), target=1)     # the score is the right pixel's
    array([[[0., 5.]]])
    """
    checks.floats("x", x, ndim=4)
    return np.abs(input_gradient(model, x, target)).max(axis=1)


def gradient_times_input(model, x, target):
    """Return each pixel's first-order share of a score: its gradient times its value, summed over the channels.

    Parameters
    ----------
    model, x, target
        As for `input_gradient`; ``x`` is (N, C, H, W).

    Returns
    -------
    array (N, H, W)
        Signed. For a model without biases whose only bends are ReLUs and max pools, the shares add up to the score.

    References
    ----------
    .. [1] A. Shrikumar and others, "Not Just a Black Box", 2016, section 2.

    Examples
    --------
    >>> from cnnlib.layers import Conv2d, Flatten
    >>> model = Sequential(Conv2d(1, 1, (1, 2), bias=False, dtype=np.float64), Flatten())
    >>> model[0].weight.data[...] = [[[[3.0, -5.0]]]]
    >>> gradient_times_input(model, np.array([[[[2.0, 1.0]]]]), target=0)      # 6 - 5 = 1, the score
    array([[[ 6., -5.]]])
    """
    checks.floats("x", x, ndim=4)
    return (input_gradient(model, x, target) * x).sum(axis=1)


def occlusion(model, x, target, size=3, stride=1, value=0.0):
    """Return how far a score falls when a square of the image is covered.

    Parameters
    ----------
    model, x, target
        As for `input_gradient`; ``x`` is (N, C, H, W).
    size : int or pair of int
        Of the patch; it stays inside the image.
    stride : int or pair of int
        Step from one place of the patch to the next.
    value : float
        What the patch is filled with.

    Returns
    -------
    array (N, H_out, W_out)
        Score without the patch minus score with it: entry (i, j) belongs to the patch whose upper left corner is at
        ``(i * stride, j * stride)``. Large where the covered pixels spoke for the class.

    Raises
    ------
    ValueError
        If the patch is larger than the image, or the model has no such score.

    References
    ----------
    .. [1] M. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2.

    Examples
    --------
    >>> from cnnlib.layers import Flatten, Linear
    >>> model = Sequential(Flatten(), Linear(3, 1, dtype=np.float64))
    >>> model[1].weight.data[...] = [[1.0, 2.0, 3.0]]
    >>> occlusion(model, np.ones((1, 1, 1, 3)), target=0, size=1).round(9)
    array([[[1., 2., 3.]]])
    """
    checks.floats("x", x, ndim=4)
    (height, width), (down, right) = checks.pair("size", size, 1), checks.pair("stride", stride, 1)
    value = checks.fitting("value", checks.number("value", value), x.dtype)
    if height > x.shape[2] or width > x.shape[3]:
        raise ValueError(f"size must be at most the image's {x.shape[2:]}, got {(height, width)}")
    rows, columns = range(0, x.shape[2] - height + 1, down), range(0, x.shape[3] - width + 1, right)
    drop = np.empty((len(x), len(rows), len(columns)), x.dtype)
    with predicting(_layer(model)):
        whole = _scores_of(model(x), target)
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                covered = x.copy()
                covered[:, :, row : row + height, column : column + width] = value
                drop[:, i, j] = whole - _scores_of(model(covered), target)
    return drop


def grad_cam(model, x, target, layer):
    """Return which places of a layer's feature maps speak for a class.

    Parameters
    ----------
    model : Sequential
    x : array (N, C, H, W)
    target : int or array of int (N,)
        Which score.
    layer : int
        Index of a layer whose output is (N, K, H', W'); the last one with maps is usual. Negative ones count from the
        end.

    Returns
    -------
    array (N, H', W')
        At least 0. `cnnlib.augment` or any resampling brings it to the size of the image.

    Raises
    ------
    ValueError
        If the model has no such layer, or its output is not maps.

    Notes
    -----
    Each map is weighted by the mean of the score's gradient over its places; the weighted maps are added, and only
    then is what is negative cut off: ``relu(sum_k mean(dA_k) * A_k)``.

    References
    ----------
    .. [1] R. Selvaraju and others, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization",
       2017, section 3.

    Examples
    --------
    >>> from cnnlib.layers import Flatten, Identity, Linear
    >>> model = Sequential(Identity(), Flatten(), Linear(4, 1, dtype=np.float64))
    >>> model[2].weight.data[...] = [[1.0, 1.0, -2.0, -2.0]]           # two maps of two places each
    >>> grad_cam(model, np.array([[[[3.0, 1.0]], [[1.0, 1.0]]]]), target=0, layer=0)     # 3 - 2, and 1 - 2
    array([[[1., 0.]]])
    """
    _chain(model)
    at = checks.integer("layer", layer)
    if not -len(model) <= at < len(model):
        raise ValueError(f"layer must be from {-len(model)} to {len(model) - 1} in a model of {len(model)}, got {at}")
    at %= len(model)
    with predicting(model):
        maps = model[: at + 1](x)
        if maps.ndim != 4:
            raise ValueError(f"layer must give maps (N, K, H, W), but the output of {model[at]!r} is {maps.shape}")
        weights = _gradient(model[at + 1 :], maps, target).mean(axis=(2, 3), keepdims=True)
    return np.maximum((weights * maps).sum(axis=1), 0)


# --- An image that drives a score up --------------------------------------------------------------------------------


def maximize_activation(model, x, target, *, steps=100, lr=0.1, weight_decay=0.0, low=None, high=None):
    """Change images step by step so that a score grows: activation maximisation.

    Parameters
    ----------
    model, target
        As for `input_gradient`. To look at an inner unit, hand over the part of the model that ends there.
    x : array (N, ...)
        Where to start. It is not changed.
    steps : int
    lr : float
        How far a step goes: the gradient of each image is divided by its root mean square first.
    weight_decay : float
        Each step first multiplies the image by ``1 - lr * weight_decay``: strange pixels that the score does not need
        fade.
    low, high : float, optional
        Pixels are kept within.

    Returns
    -------
    x : array (N, ...)
        The images after the last step.
    scores : array (steps + 1, N)
        The score before the first step and after each.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep Inside Convolutional Networks", 2014, section 2.

    Examples
    --------
    >>> from cnnlib.layers import Linear
    >>> model = Linear(2, 1, bias=False, dtype=np.float64)
    >>> model.weight.data[...] = [[2.0, 2.0]]
    >>> image, scores = maximize_activation(model, np.zeros((1, 2)), target=0, steps=2, lr=0.5)
    >>> image, scores[:, 0]
    (array([[1., 1.]]), array([0., 2., 4.]))
    """
    x = checks.floats("x", x).copy()
    steps, lr = checks.integer("steps", steps, 0), checks.number("lr", lr, above=0)
    weight_decay = checks.number("weight_decay", weight_decay, 0)
    low, high = (v if v is None else checks.number(name, v) for name, v in (("low", low), ("high", high)))
    for name, value in (("lr", lr), ("weight_decay", lr * weight_decay), ("low", low), ("high", high)):
        checks.fitting(name, value, x.dtype)
    if low is not None and high is not None and low > high:
        raise ValueError(f"low must be at most high, got {low} and {high}")
    axes, scores = tuple(range(1, x.ndim)), []
    with predicting(_layer(model)):
        for _ in range(steps):
            y = model(x)
            scores.append(_scores_of(y, target))
            gradient = model.backward(_one_hot(y, target))
            size = np.sqrt(np.mean(gradient**2, axis=axes, keepdims=True))
            step = np.divide(gradient, size, out=np.zeros_like(gradient), where=size > 0)
            x = x * x.dtype.type(1 - lr * weight_decay) + x.dtype.type(lr) * step
            if low is not None or high is not None:
                x = np.clip(x, low, high)
        scores.append(_scores_of(model(x), target))
    return x, np.array(scores)


# --- Scores and checks ----------------------------------------------------------------------------------------------


def _gradient(model, x, target):
    y = model(x)
    return model.backward(_one_hot(y, target))


def _one_hot(y, target):
    dy = np.zeros_like(y)
    dy[np.arange(len(y)), _targets(y, target)] = 1
    return dy


def _scores_of(y, target):
    return y[np.arange(len(y)), _targets(y, target)]


def _targets(y, target):
    if y.ndim != 2:
        raise ValueError(f"model must give one row of scores for each image, (N, classes), got {y.shape}")
    if isinstance(target, np.ndarray) and target.ndim:
        checks.shape("target", checks.integers("target", target), (len(y),))
    else:
        one = checks.integer("target", target if not isinstance(target, np.ndarray) else target[()])
        target = np.full(max(len(y), 1), one)  # checked, too, where there are no images
    if target.size and not (0 <= target.min() and target.max() < y.shape[1]):
        raise ValueError(
            f"target must be from 0 to {y.shape[1] - 1}, the scores of the model, got {target.min()} to {target.max()}"
        )
    return target.astype(np.intp)[: len(y)]


def _layer(model):
    if not isinstance(model, Layer):
        raise TypeError(f"model must be a Layer, got {type(model).__name__}")
    return model


def _chain(model):
    if not isinstance(model, Sequential):
        raise TypeError(f"model must be a Sequential, got {type(model).__name__}")
    return model
