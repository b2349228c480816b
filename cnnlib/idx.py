"""The IDX file format, in which MNIST and its relatives are published: an array with a short header, gzipped.

`read_idx` returns the whole array or raises an error. It never returns part of a damaged file.
"""

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np

# What the third byte of the header says about the values, as NumPy type codes (">": most significant byte first).
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path, sha256=None):
    """Read an array from a gzipped IDX file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file, as in ``train-images-idx3-ubyte.gz``.
    sha256 : str, optional
        The file must have exactly this SHA256 checksum.

    Returns
    -------
    array
        With the shape and the type that the file's header states, in this machine's byte order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
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
    path = Path(path)
    if sha256 is not None and (found := checksum(path)) != sha256:
        raise ValueError(
            f"{path} is damaged, incomplete or not the published file: its SHA256 is {found}, expected {sha256}. "
            "Delete it and fetch it again"
        )
    try:
        content = gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a complete gzip file: {error}") from error

    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_TYPES:
        raise ValueError(f"{path} is not an IDX file: it begins with {content[:4]!r}")
    dtype, ndim = np.dtype(IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"{path} ends within its header: {len(content)} of {start} bytes")
    shape = tuple(np.frombuffer(content, ">u4", ndim, offset=4).tolist())
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(f"{path} states shape {shape} {dtype}, {expected} bytes, but holds {len(content)}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def checksum(path):
    """Return the SHA256 checksum of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
