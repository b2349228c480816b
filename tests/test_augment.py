"""Augmentation: by hand, against NumPy's and PyTorch's ways to move images."""

import numpy as np
import pytest
import torch

from cnnlib import augment

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def rng(seed=0):
    return np.random.default_rng(seed)


def images(n=3, channels=2, h=5, w=6, dtype=np.float64, seed=0):
    return rng(seed).random((n, channels, h, w)).astype(dtype)


def moved(x, down, right, value=0.0):
    """``x`` moved by whole pixels, with loops."""
    y = np.full_like(x, value)
    h, w = x.shape[2:]
    for i in range(h):
        for j in range(w):
            if 0 <= i - down < h and 0 <= j - right < w:
                y[:, :, i, j] = x[:, :, i - down, j - right]
    return y


CHANGES = [
    lambda x, g: augment.shift(x, 1.5, g),
    lambda x, g: augment.rotate(x, 20, g),
    lambda x, g: augment.scale(x, 0.8, 1.3, g),
    lambda x, g: augment.noise(x, 0.1, g),
    lambda x, g: augment.flip(x, 0.5, g),
    lambda x, g: augment.random_affine(x, g, pixels=1, degrees=10, factors=(0.9, 1.1)),
]
change = pytest.mark.parametrize("change", CHANGES, ids=["shift", "rotate", "scale", "noise", "flip", "random_affine"])


# --- affine


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_identity_changes_nothing(dtype):
    x = images(dtype=dtype)
    y = augment.affine(x, IDENTITY)
    assert y.dtype == dtype and y is not x
    np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("value", [0.0, -0.5])
@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, 1), (-2, 3), (4, -5), (9, 0), (0, -100)])
def test_whole_pixels_are_exact(down, right, value):
    x = images()
    y = augment.affine(x, np.array([[1.0, 0.0, -down], [0.0, 1.0, -right]]), value)
    np.testing.assert_array_equal(y, moved(x, down, right, value))


def test_halves_and_quarters_mix_their_neighbours():
    x = np.array([[[[0.0, 4.0], [8.0, 16.0]]]])
    between = np.array([[0.0, 0.0, 0.25], [0.0, 0.0, 0.0]])  # every pixel from the point 3/4 down, 1/2 across
    np.testing.assert_allclose(augment.affine(x, between), np.full((1, 1, 2, 2), 0.25 * 2 + 0.75 * 12))


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_quarter_turns_are_those_of_numpy(quarter_turns):
    x = images(h=5, w=5)
    a = np.pi / 2 * quarter_turns
    turn = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0]])
    np.testing.assert_allclose(augment.affine(x, turn), np.rot90(x, quarter_turns, axes=(2, 3)), atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
@pytest.mark.parametrize(("h", "w"), [(5, 6), (7, 4), (2, 9)])
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_affine_as_in_torch(h, w, mode, dtype, tolerance):
    x = images(4, 3, h, w, dtype)
    matrix = IDENTITY + rng(1).normal(0, 0.3, (4, 2, 3))
    # PyTorch has x before y and counts from -1 to 1 across the image: (r, c) = (y, x) times these
    half = np.array([(h - 1) / 2, (w - 1) / 2])
    theta = matrix.copy()
    theta[:, :, :2] = matrix[:, :, :2] * half / half[:, None]
    theta[:, :, 2] = matrix[:, :, 2] / half
    theta = torch.tensor(np.ascontiguousarray(theta[:, ::-1][:, :, [1, 0, 2]]))
    grid = torch.nn.functional.affine_grid(theta, x.shape, align_corners=True).to(torch.tensor(x).dtype)
    expected = torch.nn.functional.grid_sample(torch.tensor(x), grid, mode, "zeros", align_corners=True)
    y = augment.affine(x, matrix, mode=mode)
    assert y.dtype == dtype
    assert np.abs(y - expected.numpy()).max() <= tolerance * np.abs(expected.numpy()).max()


def test_the_nearest_pixel_is_taken_whole():
    x, turn = images(), rng(2).normal(0, 0.4, (3, 2, 3)) + IDENTITY
    y = augment.affine(x, turn, value=-1.0, mode="nearest")
    assert all(set(new.ravel()) <= {-1.0, *old.ravel()} for new, old in zip(y, x, strict=True))
    third = IDENTITY + np.array([[0, 0, 0.4], [0, 0, -0.6]])  # 0.4 down is the same row, 0.6 left the column before
    np.testing.assert_array_equal(augment.affine(x, third, mode="nearest"), moved(x, 0, 1))


def test_one_pixel_images_and_far_sources():
    x = np.full((2, 1, 1, 1), 3.0)
    np.testing.assert_array_equal(augment.affine(x, IDENTITY), x)
    np.testing.assert_array_equal(augment.affine(x, IDENTITY + 1e18, value=7.0), np.full_like(x, 7.0))


# --- Random changes


@change
def test_seeded_float32_stays_and_inputs_are_left_alone(change):
    x = images(4, 2, 6, 6, np.float32)
    x.setflags(write=False)
    a, b, c = change(x, rng(1)), change(x, rng(1)), change(x, rng(2))
    assert a.dtype == np.float32 and a.shape == x.shape
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 0.01
    np.testing.assert_array_equal(x, images(4, 2, 6, 6, np.float32))


@change
def test_dtypes_agree_and_any_layout_works(change):
    x = images(4, 2, 6, 7)
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=3)[..., ::2], x[::-1].copy()[::-1]):
        np.testing.assert_array_equal(change(other, rng()), change(x, rng()))
    if change is not CHANGES[3]:  # noise draws other numbers in float32
        np.testing.assert_allclose(change(x.astype(np.float32), rng()), change(x, rng()), atol=1e-5)


@change
@pytest.mark.parametrize("shape", [(0, 2, 5, 5), (3, 0, 5, 5), (2, 1, 0, 5)])
def test_empty_batches(change, shape):
    x = np.zeros(shape, np.float32)
    y = change(x, rng())
    assert y.shape == shape and y.dtype == np.float32


@change
def test_every_image_has_its_own_change_and_its_channels_share_it(change):
    picture = images(1, 1, 8, 8)
    y = change(np.repeat(np.repeat(picture, 5, axis=0), 2, axis=1), rng())
    if change is not CHANGES[4]:  # a flip is one of two
        assert all(np.abs(y[i] - y[j]).max() > 1e-3 for i in range(5) for j in range(i))
    if change is not CHANGES[3]:
        np.testing.assert_array_equal(y[:, 0], y[:, 1])


def centre_of_mass(x):
    r, c = np.indices(x.shape[2:])
    return np.stack([(x * r).sum((1, 2, 3)), (x * c).sum((1, 2, 3))], 1) / x.sum((1, 2, 3))[:, None]


def dots(n, at, size=21):
    x = np.zeros((n, 1, size, size))
    x[:, 0, at[0], at[1]] = 1
    return x


def test_shift_distances():
    way = centre_of_mass(augment.shift(dots(2000, (10, 10)), 3, rng())) - 10
    assert np.abs(way).max() <= 3 + 1e-9
    assert np.abs(way.mean(axis=0)).max() < 0.15 and np.abs(way.std(axis=0) - 3 / np.sqrt(3)).max() < 0.05
    assert abs(np.corrcoef(way.T)[0, 1]) < 0.1


def test_a_shift_to_the_nearest_pixel_is_by_whole_pixels_each_as_often():
    way = centre_of_mass(augment.shift(dots(3000, (10, 10)), 1.5, rng(), mode="nearest")) - 10
    for step in (-1, 0, 1):
        assert np.abs((way == step).mean(axis=0) - 1 / 3).max() < 0.04
    assert set(way.ravel()) == {-1, 0, 1}


def test_rotate_angles_keep_the_radius():
    down, right = (centre_of_mass(augment.rotate(dots(500, (10, 18)), 30, rng())) - 10).T
    angle = np.degrees(np.arctan2(-down, right))
    assert angle.min() > -32 and angle.max() < 32 and angle.min() < -27 and angle.max() > 27
    assert abs(angle.mean()) < 2
    assert np.abs(np.hypot(down, right) - 8).max() < 0.5


def test_scale_factors():
    ramp = np.zeros((500, 1, 21, 21)) + np.arange(-10.0, 11)  # a pixel's value is its column, and reads c / factor
    factor = 2 / augment.scale(ramp, 0.5, 1.5, rng())[:, 0, 10, 12]
    assert 0.5 <= factor.min() < 0.52 and 1.48 < factor.max() <= 1.5
    assert abs(factor.mean() - 1) < 0.04 and abs(factor.std() - 1 / np.sqrt(12)) < 0.02


def test_a_factor_of_two_doubles():
    x = np.zeros((1, 1, 9, 9))
    x[0, 0, 3:6, 3:6] = 1
    y = augment.scale(x, 2.0, 2.0, rng())
    assert y[0, 0, 2:7, 2:7].min() == 1 and y.sum() == pytest.approx(4 * x.sum())


def test_random_affine_scales_then_turns_then_moves():
    x = dots(300, (10, 13))
    y = centre_of_mass(augment.random_affine(x, rng(), pixels=2, degrees=40, factors=(1.5, 2.0))) - 10
    draw = rng().uniform(-1, 1, (300, 4))
    angle, factor = np.radians(40 * draw[:, 0]), 1.75 + 0.25 * draw[:, 1]
    expected = 3 * factor[:, None] * np.stack([-np.sin(angle), np.cos(angle)], 1) + 2 * draw[:, 2:]
    assert np.abs(y - expected).max() < 0.6 and np.abs(y - expected).mean() < 0.12


def test_a_flip_mirrors_left_and_right_of_its_share_of_the_images():
    x = np.tile(np.arange(12.0).reshape(1, 2, 2, 3), (2000, 1, 1, 1))
    y = augment.flip(x, 0.3, rng())
    mirrored = (y == x[..., ::-1]).all(axis=(1, 2, 3))
    assert (mirrored | (y == x).all(axis=(1, 2, 3))).all() and abs(mirrored.mean() - 0.3) < 0.03
    np.testing.assert_array_equal(augment.flip(x, 1, rng()), np.flip(x, 3))
    np.testing.assert_array_equal(augment.flip(x, 1, rng())[0, 0], [[2, 1, 0], [5, 4, 3]])


def test_a_flip_returns_a_new_array():
    x = images()
    for p in (0, 1):
        assert not np.shares_memory(augment.flip(x, p, rng()), x)


def test_no_change_is_the_identity():
    x = images(dtype=np.float32)
    np.testing.assert_array_equal(augment.flip(x, 0, rng()), x)
    np.testing.assert_array_equal(augment.random_affine(x, rng()), x)
    np.testing.assert_array_equal(augment.noise(x, 0, rng()), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_has_its_spread(dtype):
    x = images(20, 3, 20, 20, dtype)
    added = augment.noise(x, 0.25, rng()) - x
    assert abs(added.mean()) < 0.01 and abs(added.std() - 0.25) < 0.01


# --- Bad input

x = np.ones((2, 1, 4, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: augment.shift(x[0], 1, rng()), ValueError, "x must have 4 dimensions, got 3"),
        (lambda: augment.shift(x.astype(int), 1, rng()), TypeError, "x must be float32 or float64, got int64"),
        (lambda: augment.shift(x.tolist(), 1, rng()), TypeError, "x must be a NumPy array, got list"),
        (lambda: augment.shift(x, -1, rng()), ValueError, "pixels must be at least 0"),
        (lambda: augment.shift(x, "1", rng()), TypeError, "pixels must be a number"),
        (lambda: augment.shift(x, 1, None), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: augment.rotate(x, np.nan, rng()), ValueError, "degrees must be finite"),
        (lambda: augment.rotate(x, 5, np.random), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: augment.scale(x, 0, 1, rng()), ValueError, "factors must be greater than 0"),
        (lambda: augment.scale(x, 2, 1, rng()), ValueError, "factors must be in rising order, got 2.0 and 1.0"),
        (lambda: augment.random_affine(x, rng(), factors=1.1), TypeError, "factors must be a pair of numbers"),
        (lambda: augment.random_affine(x, rng(), value=np.inf), ValueError, "value must be finite"),
        (lambda: augment.noise(x, -0.1, rng()), ValueError, "std must be at least 0"),
        (lambda: augment.noise(x, 0.1, 0), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: augment.noise(x > 0, 0.1, rng()), TypeError, "x must be float32 or float64, got bool"),
        (lambda: augment.flip(x[0], 0.5, rng()), ValueError, "x must have 4 dimensions, got 3"),
        (lambda: augment.flip(x, 1.5, rng()), ValueError, r"p must be in \[0, 1\], got 1.5"),
        (lambda: augment.flip(x, 0.5, 0), TypeError, "rng must be a numpy.random.Generator"),
        (lambda: augment.affine(x, np.eye(3)), ValueError, r"matrix must have shape \(2, 3\) or \(2, 2, 3\)"),
        (lambda: augment.affine(x, np.ones((3, 2, 3))), ValueError, r"matrix must have shape .* got \(3, 2, 3\)"),
        (lambda: augment.affine(x, IDENTITY.astype(int)), TypeError, "matrix must be float32 or float64"),
        (lambda: augment.affine(x, IDENTITY * np.nan), ValueError, "matrix must be finite"),
        (lambda: augment.affine(x, IDENTITY, mode="bicubic"), ValueError, "mode must be .* got 'bicubic'"),
        (lambda: augment.shift(x, 1, rng(), mode=None), ValueError, "mode must be 'bilinear' or 'nearest', got None"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()
