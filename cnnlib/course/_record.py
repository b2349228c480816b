"""Records of the chapters' long experiments: JSON files in ``records/``, read and written in one way."""

import json
import pathlib

from cnnlib import _files

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "records"


def read(path):
    """The record in this file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, record):
    """Write a record whole or not at all: an interrupted measurement leaves the one that was there."""
    _files.write(path, (json.dumps(record, indent=1) + "\n").encode())
