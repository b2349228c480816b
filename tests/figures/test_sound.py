"""Sounds in the page: a WAV file that other programs read, with a name and a caption."""

import base64
import io
import re
import wave as wav

import numpy as np
import pytest
from scipy.io import wavfile

from cnnlib.course.figures import hear
from cnnlib.course.figures._sound import FADE, Sound, to_wav


def test_another_reader_hears_the_same_samples():
    wave = np.sin(np.arange(2000) / 7)
    rate, samples = wavfile.read(io.BytesIO(to_wav(wave, 8000)))
    assert rate == 8000 and samples.dtype == np.int16 and samples.shape == (2000,)
    inner = slice(int(FADE * 8000), -int(FADE * 8000) - 1)
    np.testing.assert_allclose(samples[inner] / 32767, 0.5 * wave[inner] / np.abs(wave).max(), atol=1e-3)


def test_a_sound_begins_and_ends_in_silence_and_stays_within_its_volume():
    with wav.open(io.BytesIO(to_wav(np.ones(1000), 8000, volume=0.25))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getnframes()) == (1, 2, 1000)
        samples = np.frombuffer(file.readframes(1000), "<i2")
    assert samples[0] == samples[-1] == 0 and samples.max() == round(0.25 * 32767)
    assert (np.diff(samples[:100]) >= 0).all() and samples.min() == 0


def test_silence_stays_silence():
    assert not np.frombuffer(to_wav(np.zeros(10), 8000)[44:], "<i2").any()


@pytest.mark.parametrize("wave", [np.zeros((2, 3)), np.zeros(0), [0.0, np.nan], [np.inf]])
def test_what_is_no_sound_is_refused(wave):
    with pytest.raises(ValueError, match="wave must be one row of finite numbers"):
        to_wav(wave, 8000)


def test_the_player_has_a_name_a_caption_and_its_samples(monkeypatch):
    shown = []
    monkeypatch.setattr("cnnlib.course.figures._sound.display", shown.append)
    hear([0.0, 1.0, 0.0], 8000, name="sound-a", label='One "click"', caption="Hear < and > here.")
    data = shown[0]._repr_mimebundle_()
    assert data["text/plain"] == "Sound: Hear < and > here."
    assert 'aria-label="One &quot;click&quot;"' in data["text/html"] and "<audio controls" in data["text/html"]
    assert "<figcaption>Hear &lt; and &gt; here.</figcaption>" in data["text/html"]
    assert "autoplay" not in data["text/html"]
    held = re.search(r'src="data:audio/wav;base64,([^"]+)"', data["text/html"])[1]
    assert base64.b64decode(held) == Sound([0.0, 1.0, 0.0], 8000, "a", "b", "c").data


@pytest.mark.parametrize("missing", ["name", "label", "caption"])
def test_a_sound_without_its_texts_is_refused(missing):
    texts = {"name": "n", "label": "l", "caption": "c"} | {missing: " "}
    with pytest.raises(ValueError, match=f"{missing} must be a non-empty text"):
        hear([0.0], 8000, **texts)
