"""Sounds in a page: an audio element that holds its own samples, with a name and a caption."""

import base64
import html
import io
import wave as wav

import numpy as np
from IPython.display import display

FADE = 0.02  # seconds from silence to full volume and back: without them a sound begins and ends with a click


def to_wav(wave, rate, volume=0.5):
    """The bytes of a WAV file: one channel, 16 bits a sample.

    Parameters
    ----------
    wave : array of float (samples,)
    rate : int
        Samples per second.
    volume : float, optional
        How loud the loudest sample is; 1 is the most that the file can hold.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the wave is not one row of finite numbers, or has none.

    Examples
    --------
    >>> to_wav(np.zeros(3), rate=8000)[:4], len(to_wav(np.zeros(3), rate=8000))
    (b'RIFF', 50)
    """
    wave = np.asarray(wave, dtype=np.float64)
    if wave.ndim != 1 or wave.size == 0 or not np.isfinite(wave).all():
        raise ValueError(f"wave must be one row of finite numbers, got an array of shape {wave.shape}")
    edge = np.minimum(np.arange(wave.size), np.arange(wave.size)[::-1]) / (FADE * rate)
    wave = wave * np.minimum(edge, 1) * volume / max(np.abs(wave).max(), 1e-12)
    buffer = io.BytesIO()
    with wav.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(32767 * wave).astype("<i2").tobytes())
    return buffer.getvalue()


class Sound:
    """A sound with its name and caption; displays as an audio element, or as its caption where there is no HTML."""

    def __init__(self, wave, rate, name, label, caption):
        self.data, self.name, self.label, self.caption = to_wav(wave, rate), name, label, caption

    def _repr_mimebundle_(self, include=None, exclude=None):
        address = "data:audio/wav;base64," + base64.b64encode(self.data).decode()
        markup = (
            f'<figure class="course-figure course-sound" id="{self.name}"><audio controls preload="metadata" '
            f'aria-label="{html.escape(self.label)}" src="{address}" style="max-width:100%"></audio>'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )
        return {"text/html": markup, "text/plain": f"Sound: {self.caption}"}


def hear(wave, rate, *, name, label, caption):
    """Display a sound that the reader can play.

    Parameters
    ----------
    wave : array of float (samples,)
    rate : int
        Samples per second.
    name : str
        The sound's anchor in the page, such as ``"sound-chord"``.
    label : str
        What the player is called, for those who do not see the page.
    caption : str
        What there is to hear.

    Raises
    ------
    ValueError
        If a text is missing, or the wave is no sound.
    """
    for argument, text in {"name": name, "label": label, "caption": caption}.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{argument} must be a non-empty text, got {text!r}")
    display(Sound(wave, rate, name, label, caption))
