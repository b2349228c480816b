"""An image (C, H, W) goes wherever a batch (N, C, H, W) goes, and both agree with PyTorch, refusals included.

For every operation on images, ranks, sizes and options are drawn freely, good and bad: both sides refuse the call, or
both take it and agree forward and backward. Where they part on purpose stands in ``ON_PURPOSE``.
"""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, layouts
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib import conv, padding, pooling
from cnnlib import layers as L
from cnnlib.gradcheck import gradcheck

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # PyTorch, of a copy it makes
EXAMPLES = settings(max_examples=120, deadline=None, derandomize=True)


# ---- What is drawn

few = st.integers(1, 3)
RANKS = [3] * 5 + [4] * 5 + [2, 5]


def mostly(good, *bad):
    """One of the good values, and now and then a bad one."""
    return st.sampled_from([*good] * (1 + 8 * len(bad) // len(good)) + [*bad])


def number(good, *bad):
    """An integer or a pair of integers, mostly good."""
    one = mostly(good, *bad)
    return st.one_of(one, st.tuples(one, one))


@st.composite
def images(draw, channels=(1, 2, 3)):
    """The shape of an image, of a batch, or now and then of neither; or of an empty image."""
    height, width = (draw(mostly(range(1, 9), 0)) for _ in "hw")
    shape = draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(mostly(channels, 0)), height, width
    return shape[-draw(st.sampled_from(RANKS)) :]


STRIDE, PADDING, DILATION = number([1, 2, 3], 0), number([0, 1, 2], -1), number([1, 2], 0)


@st.composite
def conv2d(draw):
    groups, c, f = draw(few), draw(few), draw(few)
    bias = draw(mostly([None, (groups * f,)], (7,)))
    shapes = [draw(images([groups * c])), (groups * f, c, draw(few), draw(few)), bias]
    return shapes, {"stride": draw(STRIDE), "padding": draw(st.one_of(PADDING, mostly(["same", "valid"], "full"))),
                    "dilation": draw(DILATION), "groups": draw(mostly([groups], 0, 4))}


@st.composite
def conv_transpose2d(draw):
    groups, c, f = draw(few), draw(few), draw(few)
    bias = draw(mostly([None, (groups * f,)], (7,)))
    shapes = [draw(images([groups * c])), (groups * c, f, draw(few), draw(few)), bias]
    return shapes, {"stride": draw(STRIDE), "padding": draw(PADDING), "output_padding": draw(number([0, 0, 1], -1)),
                    "dilation": draw(DILATION), "groups": draw(mostly([groups], 0, 4))}


@st.composite
def unfold(draw):
    return [draw(images())], {"kernel_size": draw(number([1, 2, 3], 0)), "stride": draw(STRIDE),
                              "padding": draw(PADDING), "dilation": draw(DILATION)}


@st.composite
def fold(draw):
    (size, kernel, stride), c = (draw(st.tuples(few, few)) for _ in range(3)), draw(few)
    size = tuple(n + k for n, k in zip(size, kernel, strict=True))
    count = [(n - k) // s + 1 for n, k, s in zip(size, kernel, stride, strict=True)]
    shape = draw(st.integers(0, 2)), c * kernel[0] * kernel[1] + draw(mostly([0], 1)), count[0] * count[1]
    shape = (1, *shape)[-draw(st.sampled_from([2, 2, 2, 3, 3, 3, 1, 4])) :]
    return [shape], {"output_size": size, "kernel_size": kernel, "stride": draw(mostly([stride], 0))}


@st.composite
def pooled(draw, **more):
    options = {"kernel_size": draw(number([2, 3, 4], 0)), "stride": draw(st.one_of(st.none(), STRIDE)),
               "padding": draw(number([0, 0, 1], -1, 2)), "ceil_mode": draw(st.booleans())}
    return [draw(images())], options | {name: draw(some) for name, some in more.items()}


@st.composite
def adaptive(draw):
    return [draw(images())], {"output_size": draw(number([1, 2, 3, 5, None], 0))}


@st.composite
def padded(draw):
    mode = draw(st.sampled_from(padding.MODES))
    return [draw(images())], {"padding": tuple(draw(st.integers(-2, 3)) for _ in range(4)), "mode": mode}


AVERAGE = {"count_include_pad": st.booleans(), "divisor_override": mostly([None, 1, 3, -2], 0)}
OPERATIONS = {  # forward, backward, PyTorch's, calls
    "conv2d": (conv.conv2d, conv.conv2d_backward, F.conv2d, conv2d()),
    "conv_transpose2d": (conv.conv_transpose2d, conv.conv_transpose2d_backward, F.conv_transpose2d, conv_transpose2d()),
    "unfold": (conv.unfold, conv.unfold_backward, F.unfold, unfold()),
    "fold": (conv.fold, conv.fold_backward, F.fold, fold()),
    "max_pool2d": (pooling.max_pool2d, pooling.max_pool2d_backward, F.max_pool2d, pooled(dilation=DILATION)),
    "avg_pool2d": (pooling.avg_pool2d, pooling.avg_pool2d_backward, F.avg_pool2d, pooled(**AVERAGE)),
    "adaptive_avg_pool2d": (pooling.adaptive_avg_pool2d, pooling.adaptive_avg_pool2d_backward,
                            F.adaptive_avg_pool2d, adaptive()),
    "adaptive_max_pool2d": (pooling.adaptive_max_pool2d, pooling.adaptive_max_pool2d_backward,
                            F.adaptive_max_pool2d, adaptive()),
    "pad": (padding.pad, padding.pad_backward, lambda x, padding, mode: F.pad(x, padding, mode), padded()),
}


# ---- Where the two part on purpose: who refuses, with which words, and why

ON_PURPOSE = [
    # cnnlib refuses
    ("cnnlib", "x must have at least one channel, row and column", "an empty image is a mistake; PyTorch takes some"),
    ("cnnlib", "nothing but padding", "PyTorch gives minus infinity and a place outside the image"),
    ("cnnlib", "output_size must be at least 1, got 0", "an output without pixels is a mistake"),
    ("cnnlib", "x must have 3 or 4 dimensions, got [25]", "PyTorch takes output size 1 for a mean, of any shape"),
    ("cnnlib", "dilation must be at least 1|padding must leave|output_padding must be smaller",
     "PyTorch does not look at the options when the batch is empty"),
    ("cnnlib", "padding must leave something of", "PyTorch lets one of two sizes become 0 in some modes"),
    ("cnnlib", "padding must be at most .* for mode 'circular'", "PyTorch reads memory that nobody has written"),
    ("cnnlib", "mode '.*' needs something to copy", "PyTorch takes empty images where nothing is copied"),
    # PyTorch refuses
    ("torch", "object of type 'NoneType' has no len", "output_size=None keeps both sizes, as (None, None) does"),
    ("torch", "Padding size 4 is not supported for [25]D", "pad takes any number of dimensions"),
    ("torch", "Expected 3D or 4D .* tensor with possibly 0 batch size", "a batch of no images may be padded"),
]


def on_purpose(who, message):
    return any(who == side and re.search(words, message) for side, words, _ in ON_PURPOSE)


def attempt(f, *arrays, **options):
    """What ``f`` returns and None, or None and what it says against it."""
    try:
        return f(*arrays, **options), None
    except Exception as error:  # PyTorch raises errors of many types
        return None, error


def tuple_of(value):
    return value if isinstance(value, tuple) else (value,)


def both_or_neither(op, call, dtype):
    """Both refuse the call, or they agree on output, places and gradients; return whether it was taken."""
    f, f_backward, reference, _ = OPERATIONS[op]
    shapes, options = call
    rng = np.random.default_rng(0)
    arrays = [None if shape is None else rng.uniform(0.5, 1.5, shape).astype(dtype) for shape in shapes]
    tensors = [None if a is None else torch.tensor(a, requires_grad=True) for a in arrays]
    theirs, their_error = attempt(reference, *tensors, **options)
    ours, our_error = attempt(f, *arrays, **options)
    if our_error is not None:
        assert type(our_error) in (ValueError, TypeError), repr(our_error)
        assert their_error is not None or on_purpose("cnnlib", str(our_error)), f"only cnnlib refuses: {our_error}"
        return False
    if their_error is not None:
        assert on_purpose("torch", str(their_error)), f"only PyTorch refuses: {their_error}"
        return False
    assert_close(ours, theirs.detach().numpy())
    assert ours.ndim == arrays[0].ndim - (op == "unfold") + (op == "fold")
    dy = rng.uniform(0.5, 1.5, ours.shape).astype(dtype)
    theirs.backward(torch.from_numpy(dy))
    gradients = tuple_of(f_backward(dy, *arrays, **options))
    for a, t, gradient in zip(arrays, tensors, gradients, strict=True):
        assert (gradient is None) == (a is None)
        if a is not None:
            assert_close(gradient, t.grad.numpy())
    if "max" in op:
        _, places = f(*arrays, **options, return_indices=True)
        _, expected = reference(*tensors, **options, return_indices=True)
        assert np.array_equal(places, expected.numpy()) and places.shape == ours.shape
        if op == "max_pool2d":
            assert np.array_equal(f_backward(dy, *arrays, **options, indices=places), gradients[0])
    return True


@pytest.mark.parametrize("op", OPERATIONS)
def test_single_images_batches_and_bad_calls_are_treated_as_in_torch(op):
    taken, single = dict.fromkeys(range(1, 6), 0), 2 if op == "fold" else 3

    @EXAMPLES
    @given(call=OPERATIONS[op][-1], dtype=st.sampled_from(["float64", "float32"]))
    def run(call, dtype):
        taken[len(call[0][0])] += both_or_neither(op, call, dtype)

    run()
    assert taken[single] >= 10 and taken[single + 1] >= 10, taken  # not only refusals


# ---- By hand, and what else a single image must do

GOOD = {  # shapes of the arrays of a call with a single image, and options
    "conv2d": ([(4, 5, 6), (6, 2, 3, 2), (6,)], {"stride": (2, 1), "padding": 1, "groups": 2}),
    "conv_transpose2d": ([(4, 3, 4), (4, 3, 3, 2), (6,)], {"stride": 2, "output_padding": (1, 0), "groups": 2}),
    "unfold": ([(2, 5, 6)], {"kernel_size": (3, 2), "padding": 1}),
    "fold": ([(12, 12)], {"output_size": (5, 4), "kernel_size": (3, 2), "padding": (0, 1), "dilation": (1, 2)}),
    "max_pool2d": ([(3, 7, 5)], {"kernel_size": (3, 2), "stride": 2, "ceil_mode": True}),
    "avg_pool2d": ([(3, 7, 5)], {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    "adaptive_avg_pool2d": ([(3, 7, 5)], {"output_size": (3, 2)}),
    "adaptive_max_pool2d": ([(3, 7, 5)], {"output_size": (3, 2)}),
    "pad": ([(2, 4, 5)], {"padding": (2, -1, 1, 3), "mode": "reflect"}),
}
each = pytest.mark.parametrize("op", GOOD)


def good(op):
    shapes, options = GOOD[op]
    rng = np.random.default_rng(1)
    return [rng.permutation(int(np.prod(s))).reshape(s) / 10 for s in shapes], options


def test_by_hand():
    x = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    assert conv.conv2d(x, np.array([[[[1.0, 10.0]]]])).tolist() == [[[21], [43]]]
    assert pooling.max_pool2d(x, 2, return_indices=True)[1].tolist() == [[[3]]]
    assert pooling.max_pool2d_backward(np.array([[[5.0]]]), x, 2).tolist() == [[[0, 0], [0, 5]]]
    assert conv.unfold(x, (1, 2)).tolist() == [[1, 3], [2, 4]]


@each
def test_it_is_a_batch_of_one(op):
    f, f_backward, *_ = OPERATIONS[op]
    (x, *rest), options = good(op)
    y = f(x, *rest, **options)
    assert np.array_equal(y, f(x[None], *rest, **options)[0])
    dx, *others = tuple_of(f_backward(y, x, *rest, **options))
    expected, *more = tuple_of(f_backward(y[None], x[None], *rest, **options))
    assert np.array_equal(dx, expected[0]) and dx.shape == x.shape
    assert all(np.array_equal(a, b) for a, b in zip(others, more, strict=True))


@each
def test_gradients_by_finite_differences(op):
    arrays, options = good(op)
    gradcheck(*OPERATIONS[op][:2], *arrays, **options)


@each
def test_any_layout_gives_the_same_and_inputs_stay(op):
    f, f_backward, *_ = OPERATIONS[op]
    arrays, options = good(op)
    y = f(*arrays, **options)
    arrays = [np.cos(y), *arrays]
    gradients = tuple_of(f_backward(*arrays, **options))
    for others in zip(*map(layouts, arrays), strict=True):
        assert_close(f(*others[1:], **options), y, 1e-14)
        for again, first in zip(tuple_of(f_backward(*others, **options)), gradients, strict=True):
            assert_close(again, first, 1e-14)
        assert all(np.array_equal(a, b) for a, b in zip(others, arrays, strict=True))


@each
def test_arguments_may_be_named(op):
    f, f_backward, *_ = OPERATIONS[op]
    arrays, options = good(op)
    named = dict(zip("xwb", arrays, strict=False)) | options
    y = f(**named)
    assert np.array_equal(y, f(*arrays, **options))
    dx = tuple_of(f_backward(dy=y, **named))[0]
    assert np.array_equal(dx, tuple_of(f_backward(y, *arrays, **options))[0])


@each
def test_image_and_upstream_gradient_are_of_one_rank(op):
    f, f_backward, *_ = OPERATIONS[op]
    (x, *rest), options = good(op)
    y = f(x, *rest, **options)
    for dy, image in ((y[None], x), (y, x[None])):
        with pytest.raises(ValueError, match="^dy must have shape"):
            f_backward(dy, image, *rest, **options)


def test_an_error_says_how_a_single_image_was_taken():
    with pytest.raises(ValueError, match="x must have 4 channels") as caught:
        conv.conv2d(np.zeros((3, 5, 5)), np.zeros((6, 4, 3, 3)))
    assert "x, of shape (3, 5, 5), is without a batch, and was taken for a batch of one" in caught.value.__notes__[0]
    with pytest.raises(ValueError) as caught:
        conv.conv2d(np.zeros((1, 3, 5, 5)), np.zeros((6, 4, 3, 3)))
    assert not hasattr(caught.value, "__notes__")


# ---- Layers

LAYERS = {
    "Conv2d": lambda: L.Conv2d(4, 6, 3, 2, 1, groups=2, dtype=np.float64),
    "Conv2d, reflect": lambda: L.Conv2d(4, 6, 3, padding="same", padding_mode="reflect", dtype=np.float64),
    "ConvTranspose2d": lambda: L.ConvTranspose2d(4, 6, 3, 2, 1, 1, dtype=np.float64),
    "Unfold": lambda: L.Unfold(3, padding=1),
    "Fold": lambda: L.Sequential(L.Unfold(3, padding=1, stride=2), L.Tanh(), L.Fold((7, 6), 3, padding=1, stride=2)),
    "MaxPool2d": lambda: L.MaxPool2d(2, ceil_mode=True),
    "AvgPool2d": lambda: L.AvgPool2d(3, 2, 1),
    "AdaptiveAvgPool2d": lambda: L.AdaptiveAvgPool2d((None, 2)),
    "AdaptiveMaxPool2d": lambda: L.AdaptiveMaxPool2d(3),
    "ZeroPad2d": lambda: L.ZeroPad2d((1, -2, 0, 3)),
    "ConstantPad2d": lambda: L.ConstantPad2d(2, -1.5),
    "ReflectionPad2d": lambda: L.ReflectionPad2d((1, -2, 0, 3)),
    "ReplicationPad2d": lambda: L.ReplicationPad2d(9),
    "CircularPad2d": lambda: L.CircularPad2d((5, 0, -1, 2)),
    "Residual": lambda: L.Residual(L.Sequential(L.Conv2d(4, 4, 3, padding=1, dtype=np.float64), L.ReLU())),
    "Sequential": lambda: L.Sequential(L.Conv2d(4, 3, 3, dtype=np.float64), L.ReLU(), L.MaxPool2d(2), L.Flatten(0)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_takes_an_image_and_returns_its_gradient(name):
    layer, alone = LAYERS[name](), LAYERS[name]()
    alone.load_state_dict(layer.state_dict())
    x = np.random.default_rng(0).standard_normal((4, 7, 6))
    flat = name == "Sequential"  # Flatten(0) would take the batch along
    y = alone(x)
    batch = (layer[:-1] if flat else layer)(x[None])[0]
    assert np.array_equal(y, batch.ravel() if flat else batch)
    dx = alone.backward(y)
    expected = (layer[:-1] if flat else layer).backward(batch[None])
    assert np.array_equal(dx, expected[0]) and dx.shape == x.shape
    for p, q in zip(alone.parameters(), layer.parameters(), strict=True):
        assert np.array_equal(p.grad, q.grad)


@pytest.mark.parametrize("name, args, shape", [
    ("Linear", (4, 3), (4,)), ("LayerNorm", (4,), (4,)), ("Flatten", (0,), (2, 3)), ("Flatten", (), (2, 3, 4)),
    ("Softmax", (0,), (3,)), ("GroupNorm", (1, 3), (2, 3)), ("Tanh", (), ()), ("PReLU", (), (4,)),
    ("PReLU", (3,), (4, 3)),
])
def test_layers_on_features_take_what_comes_without_a_batch_as_torch_does(name, args, shape):
    ours, theirs = getattr(L, name)(*args).astype(np.float64), getattr(torch.nn, name)(*args).double()
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    x, dy = (np.asarray(np.random.default_rng(seed).standard_normal(shape)) for seed in (0, 1))
    tx = torch.tensor(x, requires_grad=True)
    y, ty = ours(x), theirs(tx)
    assert_close(y, ty.detach().numpy())
    dy = np.resize(dy, y.shape)
    ty.backward(torch.from_numpy(dy))
    assert_close(ours.backward(dy), tx.grad.numpy())


@pytest.mark.parametrize("layer, shape", [(L.BatchNorm2d(3), (3, 4, 4)), (L.BatchNorm1d(3), (3,))])
def test_batch_norm_needs_a_batch(layer, shape):
    with pytest.raises(ValueError, match="x must have"):
        layer(np.zeros(shape, np.float32))
    with pytest.raises(ValueError):
        getattr(torch.nn, type(layer).__name__)(3)(torch.zeros(shape))


@pytest.mark.parametrize("loss", [L.CrossEntropyLoss(), L.NLLLoss()])
def test_losses_take_one_item_and_its_label(loss):
    scores = np.log([0.2, 0.3, 0.5])
    for label in (2, np.int64(2), np.array(2)):
        assert np.isclose(loss(scores, label), -np.log(0.5))
        gradient = loss.backward()
        expected = [0.2, 0.3, -0.5] if isinstance(loss, L.CrossEntropyLoss) else [0, 0, -1]
        np.testing.assert_allclose(gradient, expected)
