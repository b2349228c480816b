"""Sounds: a wave made from a formula, and the picture that shows which pitches it has when.

- `tone`, `chirp`: a pitch that stays, and one that glides.
- `spectrogram`: time from left to right, frequency from bottom to top: a sound as an image.
- `make_chirps`: a dataset of gliding tones, half of them rising and half falling.
"""

import numpy as np

from cnnlib import _checks as checks
from cnnlib.data import Dataset

RATE = 8000  # samples per second
MOST = 10**9  # samples in a sound: eight gigabytes


def tone(frequency, seconds, rate=RATE):
    """Return a sine wave.

    Parameters
    ----------
    frequency : float
        Vibrations per second (Hz), below half of ``rate``.
    seconds : float
        How long it sounds.
    rate : int
        Samples per second.

    Returns
    -------
    array of float64 (samples,)
        From -1 to 1, beginning at 0.

    Examples
    --------
    >>> tone(1, 1, rate=4).round(9) + 0.0
    array([ 0.,  1.,  0., -1.])
    """
    return chirp(frequency, frequency, seconds, rate)


def chirp(first, last, seconds, rate=RATE):
    """Return a tone that glides evenly from one pitch to another.

    Parameters
    ----------
    first, last : float
        Frequency at the start and at the end (Hz), at least 0 and below half of ``rate``.
    seconds : float
        How long it sounds.
    rate : int
        Samples per second.

    Returns
    -------
    array of float64 (samples,)
        ``round(seconds * rate)`` samples from -1 to 1.

    Raises
    ------
    ValueError
        If a frequency cannot be heard at that rate: half of it is the most that samples can carry. If that is no
        sample, or more than a billion.

    Notes
    -----
    At time t the frequency is ``first + (last - first) * t / seconds``. The phase is its integral, times 2π.

    Examples
    --------
    >>> chirp(0, 2, 0.5, rate=8).round(4)                 # phase 4π t²: 0, π/16, π/4, 9π/16
    array([0.    , 0.1951, 0.7071, 0.9808])
    """
    rate = checks.integer("rate", rate, 1)
    seconds = checks.number("seconds", seconds, above=0)
    if not 1 <= round(min(seconds * rate, MOST + 1)) <= MOST:
        raise ValueError(
            f"seconds must make from 1 to {MOST} samples, so be at most {MOST / rate:g} at {rate} a second, "
            f"got {seconds:g}"
        )
    for name, value in (("first", first), ("last", last)):
        if not 0 <= checks.number(name, value) < rate / 2:
            raise ValueError(f"{name} must be from 0 to below half of the rate, {rate / 2:g} Hz, got {value}")
    t = np.arange(round(seconds * rate)) / rate
    return np.sin(2 * np.pi * (first * t + (last - first) * t**2 / (2 * seconds)))


def spectrogram(wave, window=128, hop=64):
    """Return how strong each frequency is in each stretch of a sound.

    Parameters
    ----------
    wave : array of float (samples,) or (N, samples)
        One sound or several.
    window : int
        Samples in a stretch; longer ones tell pitches apart better, shorter ones times.
    hop : int
        Samples from the start of one stretch to the next.

    Returns
    -------
    array (window // 2 + 1, stretches) or (N, window // 2 + 1, stretches)
        Squared magnitude, in the dtype of ``wave``. Row k is the frequency ``k * rate / window``: row 0 the lowest.

    Raises
    ------
    ValueError
        If the sound is shorter than a window, or so loud that its squares do not fit into the dtype.

    Notes
    -----
    Each stretch is multiplied by a Hann window, ``sin(π n / window)**2``, so that it fades in and out, and then
    correlated with waves of every frequency (the discrete Fourier transform). That is a convolution with stride
    ``hop`` whose kernels are waves.

    Examples
    --------
    >>> image = spectrogram(tone(1000, 0.1), window=64, hop=32)
    >>> image.shape
    (33, 24)
    >>> int(image[:, 5].argmax()) * 8000 / 64           # the strongest row, in Hz
    1000.0
    """
    checks.floats("wave", wave, ndim=(1, 2))
    window, hop = checks.integer("window", window, 2), checks.integer("hop", hop, 1)
    if wave.shape[-1] < window:
        raise ValueError(f"wave must be at least as long as the window, {window} samples, got {wave.shape[-1]}")
    stretches = np.lib.stride_tricks.sliding_window_view(wave, window, axis=-1)[..., ::hop, :]
    fade = np.sin(np.pi * np.arange(window) / window) ** 2
    with np.errstate(all="ignore"):
        spectrum = np.fft.rfft(stretches * fade.astype(wave.dtype), axis=-1)
        power = np.swapaxes(np.abs(spectrum) ** 2, -1, -2).astype(wave.dtype)
    if not np.isfinite(power).all() and np.isfinite(wave).all():
        raise ValueError(f"wave must have squares that fit into {wave.dtype}, got up to {np.abs(wave).max():g}")
    return power


def make_chirps(count, rng, seconds=0.25, rate=RATE, low=300.0, high=3000.0, noise=0.1):
    """Draw gliding tones: some rise (class 1), some fall (class 0), and each pair uses the same two pitches.

    Parameters
    ----------
    count : int
        How many sounds; even, since every rising tone has its falling twin.
    rng : numpy.random.Generator
        Draws the pitches and the noise.
    seconds, rate
        As for `chirp`.
    low, high : float
        Pitches are drawn between these, at least a fifth of the range apart (Hz).
    noise : float
        Standard deviation of what is added to every sample.

    Returns
    -------
    Dataset
        Its "images" are waves (count, samples) in float32, its classes "falling" and "rising". A falling tone is its
        twin played backwards: over the whole sound both hold the same frequencies, only their order tells them apart.

    Examples
    --------
    >>> data = make_chirps(4, np.random.default_rng(0))
    >>> data
    Dataset(images (4, 2000) float32, labels (4,) int64)
    >>> data.labels
    array([1, 0, 1, 0])
    """
    count = checks.integer("count", count, 0)
    if count % 2:
        raise ValueError(f"count must be even, a rising and a falling tone for each pair of pitches, got {count}")
    checks.generator("rng", rng)
    noise, low, high = checks.number("noise", noise, 0), checks.number("low", low, 0), checks.number("high", high, 0)
    if low >= high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    if high >= checks.integer("rate", rate, 1) / 2:
        raise ValueError(f"high must be below half of the rate, {rate / 2:g} Hz, got {high:g}")
    checks.fitting("noise", 100 * noise, np.float32)  # what is drawn may be many times as large
    waves = []
    for _ in range(count // 2):
        first = rng.uniform(low, high - 0.2 * (high - low))
        last = rng.uniform(first + 0.2 * (high - low), high)
        rising = chirp(first, last, seconds, rate)
        waves += [rising, rising[::-1]]
    samples = len(chirp(0, 0, seconds, rate))
    waves = np.array(waves).reshape(count, samples)
    waves = waves + rng.normal(0, noise, waves.shape)
    return Dataset(waves.astype(np.float32), np.tile([1, 0], count // 2).astype(np.int64), ("falling", "rising"))
