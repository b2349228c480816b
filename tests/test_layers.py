"""Every layer against the same module in PyTorch: output, gradients, state, names; and bad arguments."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnlib import layers as L

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}
IMAGE = (3, 4, 7, 6)


def rng(seed=0):
    return np.random.default_rng(seed)


def close(ours, theirs, dtype, what=""):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype, (what, ours.dtype, theirs.dtype)
    if ours.size:
        worst = np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)
        assert worst <= TOLERANCE[dtype], f"{what}: {worst:.3g}"


# (our layer, PyTorch's, shape of the input); the same arguments go to both.
CASES = [
    ("Linear", (6, 5), {}, (4, 6)),
    ("Linear", (6, 5, False), {}, (2, 3, 6)),
    ("Conv2d", (4, 6, 3), {}, IMAGE),
    ("Conv2d", (4, 6, (3, 2), (2, 1), (1, 0), (1, 2)), {"groups": 2, "bias": False}, IMAGE),
    ("Conv2d", (4, 8, 3), {"padding": 1, "groups": 4}, IMAGE),
    ("Conv2d", (4, 6, (4, 3)), {"padding": "same", "dilation": (1, 2)}, IMAGE),
    ("Conv2d", (4, 6, 3), {"padding": "valid"}, IMAGE),
    ("Conv2d", (4, 6, 3), {"padding": (2, 1), "stride": 2, "padding_mode": "reflect"}, IMAGE),
    ("Conv2d", (4, 6, (4, 3)), {"padding": "same", "padding_mode": "reflect"}, IMAGE),
    ("Conv2d", (4, 6, (2, 4)), {"padding": "same", "padding_mode": "circular"}, IMAGE),
    ("Conv2d", (4, 6, 3), {"padding": (1, 3), "padding_mode": "replicate", "dilation": 2}, IMAGE),
    ("Conv2d", (4, 6, 3), {"padding": "valid", "padding_mode": "circular"}, IMAGE),
    ("ConvTranspose2d", (4, 6, 3), {}, IMAGE),
    ("ConvTranspose2d", (4, 6, (3, 2), 2, 1, (1, 0), 2, False), {"dilation": (1, 2)}, IMAGE),
    ("BatchNorm2d", (4,), {}, IMAGE),
    ("BatchNorm2d", (4, 1e-2, 0.3), {"affine": False}, IMAGE),
    ("BatchNorm2d", (4,), {"momentum": None}, IMAGE),
    ("BatchNorm1d", (4,), {}, (5, 4)),
    ("BatchNorm1d", (4,), {}, (5, 4, 3)),
    ("BatchNorm2d", (4, 1e-5, 0.1, True, False), {}, IMAGE),
    ("BatchNorm2d", (4,), {"track_running_stats": False, "momentum": None, "affine": False}, IMAGE),
    ("BatchNorm2d", (4,), {"bias": False}, IMAGE),
    ("BatchNorm1d", (4,), {"track_running_stats": False}, (5, 4)),
    ("BatchNorm1d", (4,), {"momentum": None, "bias": False}, (5, 4, 3)),
    ("BatchNorm1d", (4,), {"affine": False}, (5, 4, 3)),
    ("GroupNorm", (2, 4), {}, IMAGE),
    ("GroupNorm", (4, 4, 1e-2), {"bias": False}, IMAGE),
    ("GroupNorm", (1, 4), {"affine": False}, (5, 4)),
    ("GroupNorm", (2, 4), {}, (5, 4, 3)),
    ("LayerNorm", (6,), {}, IMAGE),
    ("LayerNorm", ((7, 6), 1e-3), {}, IMAGE),
    ("LayerNorm", (6,), {"elementwise_affine": False}, IMAGE),
    ("LayerNorm", (6,), {"bias": False}, IMAGE),
    ("PReLU", (), {}, IMAGE),
    ("PReLU", (4, 0.1), {}, IMAGE),
    ("MaxPool2d", (2,), {}, IMAGE),
    ("MaxPool2d", ((3, 2), 2, (1, 0)), {"ceil_mode": True}, IMAGE),
    ("MaxPool2d", (2, (1, 2), 0, 2), {}, IMAGE),
    ("AvgPool2d", (2,), {}, IMAGE),
    ("AvgPool2d", (3, 2, 1, True, False), {}, IMAGE),
    ("AvgPool2d", (3,), {"divisor_override": 5}, IMAGE),
    ("AdaptiveAvgPool2d", (1,), {}, IMAGE),
    ("AdaptiveAvgPool2d", ((3, None),), {}, IMAGE),
    ("AdaptiveMaxPool2d", ((3, 2),), {}, IMAGE),
    ("Flatten", (), {}, IMAGE),
    ("Flatten", (2,), {}, IMAGE),
    ("Flatten", (0, 1), {}, IMAGE),
    ("Identity", (), {}, IMAGE),
    ("Unfold", (2,), {}, IMAGE),
    ("Unfold", ((3, 2), 1, (0, 2)), {"stride": (2, 1)}, IMAGE),
    ("Fold", ((4, 5), (2, 3)), {}, (3, 12, 9)),
    ("Fold", (4, 2, 1, 1, 2), {}, (3, 8, 9)),
    ("ZeroPad2d", (2,), {}, IMAGE),
    ("ZeroPad2d", ((1, -2, 0, 3),), {}, IMAGE),
    ("ConstantPad2d", ((3, 0, -1, 2), 1.5), {}, IMAGE),
    ("ReflectionPad2d", (3,), {}, IMAGE),
    ("ReflectionPad2d", ((1, -2, 0, 3),), {}, IMAGE),
    ("ReplicationPad2d", (9,), {}, IMAGE),
    ("ReplicationPad2d", ((-1, 2, 3, -4),), {}, IMAGE),
    ("CircularPad2d", ((6, 2, 7, 0),), {}, IMAGE),
    ("CircularPad2d", ((-2, 4, 1, -3),), {}, IMAGE),
    ("ReLU", (), {}, IMAGE),
    ("ReLU6", (), {}, IMAGE),
    ("Hardtanh", (), {}, IMAGE),
    ("Hardtanh", (-0.5, 2.5), {}, IMAGE),
    ("Hardtanh", (0.5, float("inf")), {}, IMAGE),
    ("SELU", (), {}, IMAGE),
    ("LogSigmoid", (), {}, IMAGE),
    ("LeakyReLU", (), {}, IMAGE),
    ("LeakyReLU", (0.3,), {}, IMAGE),
    ("Sigmoid", (), {}, IMAGE),
    ("Tanh", (), {}, IMAGE),
    ("ELU", (1.5,), {}, IMAGE),
    ("GELU", (), {}, IMAGE),
    ("GELU", (), {"approximate": "tanh"}, IMAGE),
    ("SiLU", (), {}, IMAGE),
    ("Softplus", (2.0, 1.0), {}, IMAGE),
    ("Softmax", (1,), {}, IMAGE),
    ("LogSoftmax", (-1,), {}, IMAGE),
    ("Dropout", (0.0,), {}, IMAGE),
]
WITH_DTYPE = {"Linear", "Conv2d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm", "PReLU"}
WITH_RNG = {"Linear", "Conv2d", "ConvTranspose2d"}


def both(name, args, options, dtype=np.float64):
    """Our layer, and PyTorch's with the same numbers in it."""
    extra = {"dtype": dtype} if name in WITH_DTYPE else {}
    extra |= {"rng": rng()} if name in WITH_RNG else {}
    ours = getattr(L, name)(*args, **options, **extra)
    theirs = getattr(nn, name)(*args, **options).to(torch.float64 if dtype == np.float64 else torch.float32)
    for p in ours.parameters():
        p.data += rng(5).normal(size=p.shape).astype(dtype)
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.state_dict().items()})
    return ours, theirs


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "args", "options", "shape"), CASES)
def test_layer_is_that_of_torch(name, args, options, shape, dtype):
    ours, theirs = both(name, args, options, dtype)
    for seed, training in enumerate((True, True, False)):
        ours.train(training), theirs.train(training)
        x = rng(seed).normal(1, 2, size=shape).astype(dtype)
        x.flags.writeable = False
        tx = torch.tensor(x).requires_grad_()
        ty = theirs(tx)
        dy = rng(3).normal(size=tuple(ty.shape)).astype(dtype)
        ty.backward(torch.from_numpy(dy))
        close(ours(x), ty, dtype, "y")
        close(ours.backward(dy), tx.grad, dtype, "dx")
    for (n, p), (m, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert n == m
        close(p.grad, q.grad, dtype, f"gradient of {n}")
    for (n, a), (m, t) in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert n == m
        close(a, t, dtype if a.dtype.kind == "f" else np.float64, n)
    with pytest.raises(RuntimeError, match=f"{name}.backward has no forward pass to go back through"):
        ours.backward(dy)


@pytest.mark.parametrize(("name", "args", "options", "shape"), [case for case in CASES if case[1] != (0, 1)])
def test_layer_takes_an_empty_batch(name, args, options, shape):
    ours, theirs = both(name, args, options)
    ours.eval(), theirs.eval()
    x = np.zeros((0, *shape[1:]))
    y = ours(x)
    assert y.shape == tuple(theirs(torch.from_numpy(x)).shape)
    assert ours.backward(y).shape == x.shape
    assert all(not p.grad.any() for p in ours.parameters())


@pytest.mark.parametrize(("name", "args", "options", "shape"), CASES)
def test_repr_is_that_of_torch_where_it_says_all(name, args, options, shape):
    ours, theirs = both(name, args, options)
    if name in ("AvgPool2d", "Dropout"):  # ours say more, or know fewer options
        assert repr(ours).startswith(f"{name}(")
    else:
        assert repr(ours) == repr(theirs)


def test_parameters_start_as_in_torch():
    """Evenly in ±1 / sqrt(fan_in): the bound, the variance, and that they fill the range."""
    for make, fan_in in (
        (lambda **s: L.Linear(400, 300, **s), 400),
        (lambda **s: L.Conv2d(64, 128, 3, groups=4, **s), 16 * 9),
        (lambda **s: L.ConvTranspose2d(128, 64, 3, groups=4, **s), 16 * 9),
    ):
        layer = make(rng=rng(), dtype=np.float64)
        bound = 1 / np.sqrt(fan_in)
        for p in layer.parameters():
            assert 0.9 * bound < np.abs(p.data).max() <= bound
        assert abs(layer.weight.data.std() / (bound / np.sqrt(3)) - 1) < 0.02
        assert abs(layer.weight.data.mean()) < 0.02 * bound
        again = make(rng=rng(), dtype=np.float64)
        assert (again.weight.data == layer.weight.data).all()
        assert (make(rng=rng(1)).weight.data != layer.weight.data).any()
        assert (make().weight.data != make().weight.data).any()  # without a generator: another start each time
    assert L.PReLU(3).weight.data.tolist() == [0.25] * 3


def test_dropout_draws_from_its_generator_only_in_training():
    x = np.ones((50, 40), np.float32)
    layer = L.Dropout(0.3, rng=rng(4))
    y = layer(x)
    survivors = y > 0
    assert y.dtype == np.float32 and abs(survivors.mean() - 0.7) < 0.04
    np.testing.assert_allclose(y[survivors], 1 / 0.7, rtol=1e-6)
    np.testing.assert_array_equal(layer.backward(2 * x), 2 * y)
    np.testing.assert_array_equal(L.Dropout(0.3, rng=rng(4))(x), y)
    assert (layer(x) != y).any()
    before = layer.rng.bit_generator.state
    layer.eval()
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer.backward(3 * x), 3 * x)
    assert layer.rng.bit_generator.state == before
    assert not L.Dropout(1.0)(x).any() and (L.Dropout()(x) != L.Dropout()(x)).any()


@pytest.mark.parametrize(("name", "args", "options"), [
    ("MaxPool2d", (2,), {}), ("MaxPool2d", (3, 2, 1, 2, True, True), {}),
    ("MaxPool2d", ((3, 2),), {"padding": (1, 0), "ceil_mode": True}), ("AdaptiveMaxPool2d", ((3, 2),), {}),
    ("AdaptiveMaxPool2d", (2, True), {}),
])
@pytest.mark.parametrize("shape", [IMAGE, IMAGE[1:]])
def test_max_pooling_says_where_the_maxima_stood(name, args, options, shape):
    if len(args) < 2 or name == "MaxPool2d" and len(args) < 5:
        options = options | {"return_indices": True}
    ours, theirs = getattr(L, name)(*args, **options), getattr(nn, name)(*args, **options)
    x = rng(1).integers(-2, 3, shape).astype(float)  # ties
    x.flat[::11] = np.nan
    tx = torch.tensor(x).requires_grad_()
    ty, places = theirs(tx)
    dy = rng(2).normal(size=tuple(ty.shape))
    ty.backward(torch.from_numpy(dy))
    y, indices = ours(x)
    np.testing.assert_array_equal(y, ty.detach().numpy())
    np.testing.assert_array_equal(indices, places.numpy())
    assert indices.dtype == np.int64
    indices[...] = 0  # they are the caller's
    close(ours.backward(dy), tx.grad, np.float64)


@pytest.mark.parametrize("shape", [IMAGE, IMAGE[1:]])
def test_unpooling_is_that_of_torch(shape):
    pool, unpool = L.MaxPool2d((3, 2), return_indices=True), L.MaxUnpool2d((3, 2))
    theirs = nn.MaxUnpool2d((3, 2))
    y, indices = pool(rng(1).normal(size=shape))
    for size in ((), (shape[-2:],)):
        ty = torch.tensor(y, requires_grad=True)
        expected = theirs(ty, torch.from_numpy(indices), *size)
        close(unpool(y, indices, *size), expected, np.float64)
        dy = rng(2).normal(size=tuple(expected.shape))
        expected.backward(torch.from_numpy(dy))
        close(unpool.backward(dy), ty.grad, np.float64)
    assert repr(unpool) == repr(theirs)


def test_the_cumulative_mean_is_the_mean_of_the_batches():
    """With momentum=None batch n counts 1 / n, so the running mean is the mean of all means."""
    norm, batches = L.BatchNorm1d(2, momentum=None, dtype=np.float64), rng(3).normal(size=(5, 8, 2))
    for n, x in enumerate(batches, 1):
        norm(x)
        assert int(norm.num_batches_tracked) == n
        np.testing.assert_allclose(norm.running_mean, batches[:n].mean(axis=(0, 1)), rtol=1e-12)
        np.testing.assert_allclose(norm.running_var, batches[:n].var(axis=1, ddof=1).mean(axis=0), rtol=1e-12)


def test_batch_norm_without_running_statistics_uses_the_batch_in_evaluation_too():
    norm, x = L.BatchNorm2d(4, track_running_stats=False, dtype=np.float64), rng(1).normal(3, 2, size=IMAGE)
    trained = norm(x)
    np.testing.assert_array_equal(norm.eval()(x), trained)
    assert list(norm.state_dict()) == ["weight", "bias"] and not norm.named_buffers()
    assert norm.running_mean is None and norm.num_batches_tracked is None
    with pytest.raises(ValueError, match="more than one value per channel"):
        norm(x[:1, :, :1, :1])
    assert norm.astype(np.float32)(x.astype(np.float32)).dtype == np.float32
    tracked = L.BatchNorm2d(4, dtype=np.float64)
    with pytest.raises(ValueError, match="running_mean is unexpected"):
        norm.load_state_dict(tracked.state_dict())


def test_batch_norm_used_twice_sees_two_batches():
    norm, other = L.BatchNorm2d(4, dtype=np.float64), nn.BatchNorm2d(4).double()
    ours, theirs = L.Sequential(norm, L.Tanh(), norm), nn.Sequential(other, nn.Tanh(), other)
    x, dy = rng(1).normal(size=IMAGE), rng(2).normal(size=IMAGE)
    tx = torch.from_numpy(x).requires_grad_()
    theirs(tx).backward(torch.from_numpy(dy))
    ours(x)
    close(ours.backward(dy), tx.grad, np.float64)
    close(norm.weight.grad, other.weight.grad, np.float64)
    close(norm.running_var, other.running_var, np.float64)
    assert int(norm.num_batches_tracked) == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: L.Linear(0, 1), ValueError, "in_features must be at least 1, got 0"),
        (lambda: L.Linear(1, 2.0), TypeError, "out_features must be an integer, got 2.0"),
        (lambda: L.Linear(1, 1, bias=1), TypeError, "bias must be True or False, got 1"),
        (lambda: L.Linear(1, 1, rng=0), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: L.Linear(1, 1, dtype=np.float16), TypeError, "dtype must be float32 or float64"),
        (lambda: L.Linear(1, 1, dtype="nonsense"), TypeError, "dtype must be float32 or float64, got 'nonsense'"),
        (lambda: L.Conv2d(3, 4, 0), ValueError, "kernel_size must be at least 1, got 0"),
        (lambda: L.Conv2d(3, 4, (1, 2, 3)), ValueError, "kernel_size must be an integer or a pair"),
        (lambda: L.Conv2d(3, 4, 3, stride=0), ValueError, "stride must be at least 1"),
        (lambda: L.Conv2d(3, 4, 3, padding=-1), ValueError, "padding must be at least 0"),
        (lambda: L.Conv2d(3, 4, 3, padding="full"), ValueError, "padding must be one of 'valid', 'same', got 'full'"),
        (lambda: L.Conv2d(3, 4, 3, padding="same", stride=2), ValueError, "padding='same' needs stride 1, got 2"),
        (lambda: L.Conv2d(3, 4, 3, dilation=0), ValueError, "dilation must be at least 1"),
        (lambda: L.Conv2d(3, 4, 3, groups=2), ValueError, "groups must divide in_channels=3, got 2"),
        (lambda: L.Conv2d(3, 4, 3, groups=3), ValueError, "groups must divide out_channels=4, got 3"),
        (lambda: L.Conv2d(3, 4, 3, padding_mode="mirror"), ValueError, "padding_mode must be one of 'zeros'"),
        (lambda: L.ConvTranspose2d(2, 2, 3, output_padding=1), ValueError, "output_padding must be less than stride"),
        (lambda: L.ConvTranspose2d(2, 3, 3, groups=2), ValueError, "groups must divide out_channels=3"),
        (lambda: L.BatchNorm2d(0), ValueError, "num_features must be at least 1"),
        (lambda: L.BatchNorm2d(2, eps=0), ValueError, "eps must be greater than 0"),
        (lambda: L.BatchNorm2d(2, momentum=1.5), ValueError, r"momentum must be in \[0, 1\]"),
        (lambda: L.BatchNorm2d(2, affine=None), TypeError, "affine must be True or False"),
        (lambda: L.BatchNorm2d(2, track_running_stats=1), TypeError, "track_running_stats must be True or False"),
        (lambda: L.BatchNorm1d(2, bias=None), TypeError, "bias must be True or False"),
        (lambda: L.GroupNorm(0, 4), ValueError, "num_groups must be at least 1"),
        (lambda: L.GroupNorm(3, 4), ValueError, "num_groups must divide num_channels=4, got 3"),
        (lambda: L.GroupNorm(2, 4, affine=1), TypeError, "affine must be True or False"),
        (lambda: L.ZeroPad2d((1, 2)), ValueError, r"padding must be an integer or \(left, right, top, bottom\)"),
        (lambda: L.CircularPad2d(1.5), TypeError, "padding must be an integer, got 1.5"),
        (lambda: L.ReflectionPad2d(1)(np.zeros((3, 3))), ValueError, "x must have 3 or 4 dimensions, got 2"),
        (lambda: L.ConstantPad2d(1, "0"), TypeError, "value must be a number, got '0'"),
        (lambda: L.Hardtanh(1, 1), ValueError, "max_val must be over min_val, got 1 and 1"),
        (lambda: L.MaxPool2d(2, return_indices=1), TypeError, "return_indices must be True or False"),
        (lambda: L.LayerNorm((2, 0)), ValueError, "normalized_shape must be at least 1"),
        (lambda: L.LayerNorm(2, eps="tiny"), TypeError, "eps must be a number"),
        (lambda: L.Dropout(1.5), ValueError, r"p must be in \[0, 1\], got 1.5"),
        (lambda: L.Dropout(0.5, rng=3), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: L.MaxPool2d(0), ValueError, "kernel_size must be at least 1"),
        (lambda: L.MaxPool2d(2, padding=2), ValueError, "padding must be at most half of kernel_size 2, got 2"),
        (lambda: L.MaxPool2d(2, ceil_mode=1), TypeError, "ceil_mode must be True or False"),
        (lambda: L.AvgPool2d((2, 4), padding=(1, 3)), ValueError, "padding must be at most half of kernel_size"),
        (lambda: L.AvgPool2d(2, divisor_override=0), ValueError, "divisor_override must be at least 1"),
        (lambda: L.AdaptiveAvgPool2d(0), ValueError, "output_size must be at least 1"),
        (lambda: L.AdaptiveMaxPool2d((1, 2, 3)), ValueError, "output_size must be an integer, None or a pair"),
        (lambda: L.Softmax(None), TypeError, "dim must be an integer, got None"),
        (lambda: L.Softplus(beta=0), ValueError, "beta must be greater than 0"),
        (lambda: L.GELU("exact"), ValueError, "approximate must be one of 'none', 'tanh'"),
        (lambda: L.LeakyReLU("steep"), TypeError, "negative_slope must be a number"),
        (lambda: L.PReLU(0), ValueError, "num_parameters must be at least 1"),
        (lambda: L.Flatten(1.5), TypeError, "start_dim must be an integer"),
        (lambda: L.Conv2d(3, 4, 3)(np.zeros((1, 3, 5, 5))), TypeError, "share one dtype"),
        (lambda: L.BatchNorm2d(3)(np.zeros((2, 3), np.float32)), ValueError, "x must have 4 dimensions, got 2"),
        (lambda: L.BatchNorm2d(3)(np.zeros((3, 4, 4), np.float32)), ValueError, "x must have 4 dimensions, got 3"),
        (lambda: L.BatchNorm1d(3)(np.zeros((2, 3, 4, 4), np.float32)), ValueError, "x must have 2 or 3 dimensions"),
        (lambda: L.BatchNorm1d(3)(np.zeros(3, np.float32)), ValueError, "x must have 2 or 3 dimensions, got 1"),
        (lambda: L.BatchNorm2d(3)(np.zeros((1, 3, 1, 1), np.float32)), ValueError, "more than one value per channel"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_batch_does_not_count():
    norm = L.BatchNorm2d(3)
    with pytest.raises(ValueError):
        norm(np.zeros((1, 3, 1, 1), np.float32))
    assert int(norm.num_batches_tracked) == 0 and not norm.running_mean.any()
