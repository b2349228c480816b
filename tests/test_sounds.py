"""Sounds and spectrograms, by hand and against SciPy."""

import numpy as np
import pytest
import scipy.signal

from cnnlib.conv import conv2d
from cnnlib.sounds import chirp, make_chirps, spectrogram, tone


@pytest.mark.parametrize(("window", "hop"), [(128, 64), (50, 7), (9, 9), (2, 1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_spectrogram_against_scipy(window, hop, dtype):
    wave = np.random.default_rng(0).standard_normal((3, 400)).astype(dtype)
    _, _, expected = scipy.signal.spectrogram(
        wave, window=scipy.signal.get_window("hann", window), nperseg=window, noverlap=window - hop, detrend=False,
        scaling="spectrum", mode="complex",
    )  # fmt: skip
    expected = np.abs(expected * scipy.signal.get_window("hann", window).sum()) ** 2
    given = spectrogram(wave, window, hop)
    assert given.dtype == dtype
    np.testing.assert_allclose(given, expected, rtol=0, atol=(1e-10 if dtype == np.float64 else 1e-5) * expected.max())
    np.testing.assert_array_equal(spectrogram(wave[1], window, hop), given[1])


def test_a_spectrogram_is_a_convolution_with_waves():
    wave, (window, hop) = np.random.default_rng(1).standard_normal(200), (16, 5)
    n, k = np.arange(window), np.arange(window // 2 + 1)[:, None]
    fade = np.sin(np.pi * n / window) ** 2
    kernels = np.concatenate([np.cos(2 * np.pi * k * n / window) * fade, np.sin(2 * np.pi * k * n / window) * fade])
    parts = conv2d(wave[None, None, None], kernels[:, None, None], stride=(1, hop))[0, :, 0]
    np.testing.assert_allclose(spectrogram(wave, window, hop), parts[:9] ** 2 + parts[9:] ** 2, atol=1e-10)


@pytest.mark.parametrize(("first", "last"), [(100, 100), (200, 1500), (1500, 200)])
def test_chirp_against_scipy(first, last):
    t = np.arange(4000) / 8000
    expected = scipy.signal.chirp(t, first, 0.5, last, phi=-90)
    np.testing.assert_allclose(chirp(first, last, 0.5), expected, atol=1e-9)
    if first == last:
        np.testing.assert_array_equal(tone(first, 0.5), chirp(first, last, 0.5))


def test_twins_hold_the_same_frequencies_and_run_opposite_ways():
    data = make_chirps(40, np.random.default_rng(0), noise=0)
    assert data.labels.tolist() == [1, 0] * 20 and data.classes == ("falling", "rising")
    whole = np.abs(np.fft.rfft(data.images))
    np.testing.assert_allclose(whole[::2], whole[1::2], atol=1e-4 * whole.max())
    images = spectrogram(data.images)
    pitch = images.argmax(axis=1)
    assert (pitch[::2, -2] > pitch[::2, 1]).all() and (pitch[1::2, -2] < pitch[1::2, 1]).all()
    assert (make_chirps(2, np.random.default_rng(0)).images != data.images[:2]).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: spectrogram(np.zeros(100)), ValueError, "wave must be at least as long as the window, 128 samples"),
        (lambda: spectrogram(np.zeros(100, int)), TypeError, "wave must be float32 or float64"),
        (lambda: spectrogram(np.zeros((1, 1, 200))), ValueError, "wave must have 1 or 2 dimensions"),
        (lambda: spectrogram(np.zeros(200), hop=0), ValueError, "hop must be at least 1"),
        (lambda: tone(4000, 1), ValueError, "below half of the rate, 4000 Hz"),
        (lambda: chirp(-1, 5, 1), ValueError, "first must be from 0"),
        (lambda: tone(440, 0), ValueError, "seconds must be greater than 0"),
        (lambda: make_chirps(3, np.random.default_rng(0)), ValueError, "count must be even"),
        (lambda: make_chirps(2, np.random.default_rng(0), low=500, high=400), ValueError, "low must be below high"),
        (lambda: make_chirps(2, 0), TypeError, "rng must be"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tone(1, 1e-9), "seconds must make from 1 to"),
        (lambda: tone(1, 1e300), "seconds must make from 1 to .* got 1e[+]300"),
        (lambda: chirp(1, 2, 1e6), "seconds must make .* at most 125000 at 8000 a second"),
        (lambda: make_chirps(0, np.random.default_rng(0), high=4000), "high must be below half of the rate"),
        (lambda: make_chirps(2, np.random.default_rng(0), high=1500, rate=2000), "high must be below half"),
        (lambda: make_chirps(2, np.random.default_rng(0), noise=1e39), "noise must fit into float32"),
        (lambda: spectrogram(np.full(128, 1e30, np.float32)), "wave must have squares that fit into float32"),
    ],
)
def test_what_is_out_of_range_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
