"""Checkpoints: named arrays in a file that is either whole or refused.

The format is safetensors: names, dtypes and shapes as JSON, then the bytes of the arrays. It holds data and
nothing else, so a file from a stranger cannot run code, as a pickle can. PyTorch and others read it too.

Two things are added. `save` writes to another file first and puts it in place when it is complete, so
that an interruption leaves the old checkpoint. And it stores a checksum of everything, so that `load` notices
a single changed bit.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

CHECKSUM = "sha256"
KINDS = "fiub"  # floats, integers, unsigned integers, truth values


def save(path, arrays, metadata=None):
    """Write named arrays to a file, all at once.

    Parameters
    ----------
    path : str or path
        The file; an existing one is replaced when the new one is complete.
    arrays : dict of str to array
        For example ``model.state_dict()``. Numbers or truth values, of any shape and memory layout.
    metadata : dict of str to str, optional
        Notes to keep with them.

    Raises
    ------
    TypeError
        If ``arrays`` is no dict of arrays of numbers or ``metadata`` no dict of strings.
    ValueError
        If a name is reserved.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> save(folder.name + "/model.safetensors", {"weight": np.array([1.0, 2.0])}, {"epoch": "3"})
    >>> load(folder.name + "/model.safetensors")
    ({'weight': array([1., 2.])}, {'epoch': '3'})
    >>> folder.cleanup()
    """
    arrays = {name: _storable(name, array) for name, array in _dict("arrays", arrays).items()}
    metadata = dict(_dict("metadata", {} if metadata is None else metadata))
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"metadata must be a dict of strings to strings, got {key!r}: {value!r}")
    if CHECKSUM in metadata:
        raise ValueError(f"metadata must not use the name {CHECKSUM!r}: the checksum stands there")
    metadata[CHECKSUM] = _checksum(arrays, metadata)
    content = safetensors.numpy.save(arrays, metadata)

    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path, *, verify: bool = True):
    """Read what `save` wrote, or nothing.

    Parameters
    ----------
    path : str or path
        The file.
    verify : bool
        Whether to insist on the checksum. False reads safetensors files that other programs wrote.

    Returns
    -------
    arrays : dict of str to array
        Ready for ``model.load_state_dict``.
    metadata : dict of str to str
        The notes.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is cut short, damaged, or no safetensors file.
    """
    content = Path(path).read_bytes()
    try:
        arrays = safetensors.numpy.load(content)
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a complete safetensors file: {error}") from error
    checksum = metadata.pop(CHECKSUM, None)
    if verify and checksum is None:
        raise ValueError(f"{path} has no checksum, so cnnlib did not write it; load(path, verify=False) reads it")
    if verify and checksum != _checksum(arrays, metadata):
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    return arrays, metadata


def _checksum(arrays, metadata):
    """The SHA-256 of names, dtypes, shapes, values and notes."""
    digest = hashlib.sha256(json.dumps(sorted(metadata.items())).encode())
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _dict(name, value):
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a dict, got {type(value).__name__}")
    return value


def _storable(name, array):
    """``array`` in the layout that the format wants: C order, little-endian."""
    if not isinstance(name, str):
        raise TypeError(f"names in arrays must be strings, got {name!r}")
    if name == "__metadata__":
        raise ValueError("a name in arrays must not be '__metadata__': the format needs it")
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} in arrays must be a NumPy array, got {type(array).__name__}")
    if array.dtype.kind not in KINDS or array.dtype.itemsize > 8:
        raise TypeError(f"{name} in arrays must hold numbers of at most 64 bits, got {array.dtype}")
    return np.array(array, array.dtype.newbyteorder("<"), order="C")
