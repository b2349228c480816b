"""Chapter 16's experiments, each in a file of its own, and the record of their many seeds.

- ``finding``: digits in scenes, with and without a class for background.
- ``showing``: is it the class that helps, or the windows that it is shown with?
- ``labelling``: a label for every pixel.
- ``painting``: transposed convolutions and the pattern they leave.
- ``listening``: rising and falling tones.
- ``remembering``: how much of its first token a sequence network's last output still feels.

``python -m cnnlib.course.beyond`` measures again and writes ``records/beyond_one_label.json``; names of parts, such as
``finding`` or ``painting``, measure only those.
"""

from cnnlib.course import _record

RECORD = _record.FOLDER / "beyond_one_label.json"


def load():
    """The committed record."""
    return _record.read(RECORD)
