"""The IDX file format, in which MNIST and its relatives are published: an array with a short header, often gzipped.

`read_idx` returns the whole array or raises an error. It never returns part of a damaged file, and never reads
further than the header says, whatever the file would unpack to.
"""

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np

from cnnlib import _files

# What the third byte of the header says about the values, as NumPy type codes (">": most significant byte first).
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PIECE = 1 << 20  # bytes at a time


def read_idx(path, sha256=None):
    """Read an array from an IDX file, gzipped or not, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file, as ``train-images-idx3-ubyte.gz``. Its content, not its name, says whether it is gzipped.
    sha256 : str, optional
        The file must have exactly this SHA256 checksum.

    Returns
    -------
    array
        With the shape and the type that the file's header states, in this machine's byte order.

    Raises
    ------
    TypeError
        If ``path`` is no path or ``sha256`` no string.
    OSError
        If there is no such file (FileNotFoundError), or it is a folder, a device or a pipe.
    ValueError
        If the checksum differs, the compression is damaged, or the content is not what its header states.

    Notes
    -----
    The format: two zero bytes, a byte for the type (0x08 stands for unsigned bytes), a byte for the number of axes;
    for each axis its length in four bytes, most significant first; then the values, last axis fastest.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST Database of Handwritten Digits", 1998, "File formats".

    Examples
    --------
    >>> import tempfile
    >>> header = bytes([0, 0, 0x08, 2]) + bytes([0, 0, 0, 2]) + bytes([0, 0, 0, 3])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tiny-idx2-ubyte.gz"
    ...     _ = path.write_bytes(gzip.compress(header + bytes([1, 2, 3, 4, 5, 6])))
    ...     read_idx(path)
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    path = Path(_files.readable(path))
    if sha256 is not None and not isinstance(sha256, str):
        raise TypeError(f"sha256 must be a str, got {type(sha256).__name__}")
    if sha256 is not None and (found := checksum(path)) != sha256:
        raise ValueError(
            f"{path} is damaged, incomplete or not the published file: its SHA256 is {found}, expected {sha256}. "
            "Delete it and fetch it again"
        )
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            shape, dtype, values = _parse(path, gzip.GzipFile(fileobj=file) if compressed else file)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path} is not a complete gzip file: {error}") from error
    try:
        return np.frombuffer(values, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    except ValueError as error:
        raise ValueError(f"{path} states shape {shape}, which NumPy does not take: {error}") from error


def _parse(path, file):
    """Return shape, dtype and the bytes of the values, and read no further than the header says, and one byte."""
    header = file.read(4)
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] not in IDX_TYPES:
        raise ValueError(f"{path} is not an IDX file: it begins with {header!r}")
    dtype, ndim = np.dtype(IDX_TYPES[header[2]]), header[3]
    lengths = file.read(4 * ndim)
    start = 4 + 4 * ndim
    if len(lengths) < 4 * ndim:
        raise ValueError(f"{path} ends within its header: {4 + len(lengths)} of {start} bytes")
    shape = tuple(np.frombuffer(lengths, ">u4").tolist())
    size = math.prod(shape) * dtype.itemsize
    values = bytearray()
    while len(values) < size and (piece := file.read(min(size - len(values), PIECE))):
        values += piece
    more = file.read(1)  # at the end of a gzip file this is what checks its checksum
    if len(values) < size or more:
        holds = "more" if more else start + len(values)
        raise ValueError(f"{path} states shape {shape} {dtype}, {start + size} bytes, but holds {holds}")
    return shape, dtype, values


def checksum(path):
    """Return the SHA256 checksum of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
