"""Checkpoints: named arrays in a file that is either whole or refused.

The format is safetensors: names, dtypes and shapes as JSON, then the bytes of the arrays. It holds data and
nothing else, so a file from a stranger cannot run code, as a pickle can. PyTorch and others read it too.

Two things are added. `save` writes to another file first and puts it in place when it is complete, so
that an interruption leaves the old checkpoint. And it stores a checksum of everything, so that `load` notices
a single changed bit. `load` believes nothing that a file says of itself before it has compared it with the file.
"""

import hashlib
import json
import math
import os

import numpy as np
import safetensors.numpy

from cnnlib import _checks as checks
from cnnlib import _files

CHECKSUM = "sha256"
KINDS = "fiub"  # floats, integers, unsigned integers, truth values
LONGEST_HEADER = 100_000_000  # bytes; the format's own limit
# The format's names of types, and NumPy's.
TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?", "C64": "<c8",
}  # fmt: skip
NOT_IN_NUMPY = ("BF16", "F8_", "F6_", "F4")  # short floats, of which the format knows several


def save(path, arrays, metadata=None):
    """Write named arrays to a file, all at once.

    Parameters
    ----------
    path : str or path
        The file; an existing one is replaced when the new one is complete, and keeps its mode. A symbolic link
        stays a link: what it points to is written.
    arrays : dict of str to array
        For example ``model.state_dict()``. Numbers or truth values, of any shape and memory layout.
    metadata : dict of str to str, optional
        Notes to keep with them.

    Raises
    ------
    TypeError
        If ``arrays`` is no dict of arrays of numbers or ``metadata`` no dict of strings.
    ValueError
        If a name is reserved, or a text is no Unicode.
    OSError
        If it cannot be written: then the old file is still there, whole.

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
        _unicode("metadata", key + value)
    if CHECKSUM in metadata:
        raise ValueError(f"metadata must not use the name {CHECKSUM!r}: the checksum stands there")
    metadata[CHECKSUM] = _checksum(arrays, metadata)
    _files.write(path, safetensors.numpy.save(arrays, metadata))


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
    TypeError
        If ``path`` is no path.
    OSError
        If there is none (FileNotFoundError), or it is a folder, a device or a pipe.
    ValueError
        If it is cut short, damaged, no safetensors file, or holds a type of number that NumPy has not (bfloat16).
    """
    with open(_files.readable(path), "rb") as file:
        try:
            header, start = _header(file, size := os.fstat(file.fileno()).st_size)
            metadata = _notes(header.pop("__metadata__", None))
            places = _places(header, size - start)
            arrays = {name: _read(file, start, *place) for name, place in places.items()}
        except _UnknownType as error:
            raise ValueError(f"{path} {error}") from None
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not a complete safetensors file: {error}") from error
    checksum = metadata.pop(CHECKSUM, None)
    if verify and checksum is None:
        raise ValueError(f"{path} has no checksum, so cnnlib did not write it; load(path, verify=False) reads it")
    if verify and checksum != _checksum(arrays, metadata):
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    return arrays, metadata


# --- Reading: eight bytes for the length of the header, the header, and the bytes of the arrays without a gap ---------


class _UnknownType(ValueError):
    """An array of a type that NumPy has not."""


def _header(file, size):
    """Return the header, a dict, and where the arrays begin."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise ValueError(f"it has {size} bytes, and its header should have {length}")
    if length > LONGEST_HEADER:
        raise ValueError(f"its header has {length} bytes, the format allows {LONGEST_HEADER}")
    header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_each_once)
    if not isinstance(header, dict):
        raise ValueError(f"its header holds {_short(header)}, no names")
    return header, 8 + length


def _each_once(pairs):
    """Make a dict of what stands between two braces, without names that come twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is in its header twice")
    for name in made:
        name.encode()  # half a surrogate pair is no text; the error is a ValueError
    return made


def _notes(metadata):
    """Check the notes; the format lets null stand for none."""
    metadata = {} if metadata is None else metadata
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its notes (__metadata__) are not strings by name")
    return metadata


def _places(header, size):
    """Return dtype, shape, and first and last byte of each array, checked against the ``size`` bytes that are there."""
    places = {}
    for name, entry in header.items():
        if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
            raise ValueError(f"{name!r} must have dtype, shape and data_offsets, has {_short(entry)}")
        shape, ends = entry["shape"], entry["data_offsets"]
        if not _counts(shape) or not _counts(ends) or len(ends) != 2 or ends[0] > ends[1]:
            raise ValueError(f"{name!r} must have a shape and two offsets, has {_short(shape)} and {_short(ends)}")
        if not isinstance(entry["dtype"], str):
            raise ValueError(f"{name!r} must have a dtype by name, has {_short(entry['dtype'])}")
        places[name] = entry["dtype"], tuple(shape), *ends
    at = 0
    for name, (_, _, first, last) in sorted(places.items(), key=lambda place: place[1][2:]):
        if first != at:
            raise ValueError(f"{name!r} begins at byte {first} of the arrays, not at {at}: a gap or an overlap")
        at = last
    if at != size:
        raise ValueError(f"its arrays should have {at} bytes, and there are {size}")
    for name, (dtype, shape, first, last) in places.items():
        if dtype not in TYPES and not dtype.startswith(NOT_IN_NUMPY):
            raise ValueError(f"{name!r} has the unknown dtype {_short(dtype)}")
        if dtype not in TYPES:
            raise _UnknownType(
                f"holds {name!r} as {_short(dtype)}, a type of number that NumPy has not; "
                "store it as F32 with the program that wrote it"
            )
        if math.prod(shape) * np.dtype(TYPES[dtype]).itemsize != last - first:
            raise ValueError(f"{name!r} has {last - first} bytes, not those of shape {_short(shape)} in {dtype}")
    return places


def _counts(value):
    """Whether ``value`` is a list of whole numbers, none negative."""
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def _read(file, start, dtype, shape, first, last):
    """Read an array."""
    file.seek(start + first)
    raw = np.fromfile(file, "u1", last - first)
    if raw.size < last - first:
        raise ValueError("it became shorter while it was read")
    if dtype == "BOOL" and raw.max(initial=0) > 1:
        raise ValueError("it has truth values other than 0 and 1")
    kind = np.dtype(TYPES[dtype])
    return raw.view(kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _short(value):
    """``value`` as it may stand in a message, however long it is."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


# --- What is stored, and its checksum ---------------------------------------------------------------------------------


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
    _unicode("names in arrays", name)
    if name == "__metadata__":
        raise ValueError("a name in arrays must not be '__metadata__': the format needs it")
    checks.array(f"{name} in arrays", array)
    if array.dtype.kind not in KINDS or array.dtype.itemsize > 8:
        raise TypeError(f"{name} in arrays must hold numbers of at most 64 bits, got {array.dtype}")
    return np.array(array, array.dtype.newbyteorder("<"), order="C")


def _unicode(name, text):
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} must be Unicode text, got {text!r}: {error.reason}") from None
