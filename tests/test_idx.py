"""The IDX reader: whole files, and what it says of others."""

import functools
import gzip
import hashlib
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from cnnlib.idx import read_idx

# Without the time in it: every process that collects the tests has to name them alike.
compress = functools.partial(gzip.compress, mtime=0)


def idx_bytes(values, code=0x08, dtype="u1"):
    """The content of an IDX file."""
    values = np.asarray(values)
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape) + values.astype(dtype).tobytes()


good = idx_bytes(np.arange(60).reshape(3, 4, 5))


@pytest.mark.parametrize(
    ("code", "dtype"), [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
def test_idx_types(tmp_path, code, dtype):
    path = tmp_path / "a.gz"
    values = np.array([[1, 2, 3], [4, 5, 100]])
    path.write_bytes(compress(idx_bytes(values, code, dtype)))
    read = read_idx(path)
    assert read.tolist() == values.tolist() and read.dtype == np.dtype(dtype).newbyteorder("=")
    assert read.flags.writeable


@pytest.mark.parametrize("name", ["a-ubyte", "a.gz"])
def test_idx_need_not_be_gzipped_whatever_its_name(tmp_path, name):
    (tmp_path / name).write_bytes(good)
    np.testing.assert_array_equal(read_idx(tmp_path / name), np.arange(60).reshape(3, 4, 5))


def test_idx_reads_no_further_than_its_header_says(tmp_path):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(good[:16])] + [packer.compress(bytes(2**22)) for _ in range(20)]
    (tmp_path / "bomb.gz").write_bytes(b"".join(packed) + packer.flush())  # 82 kB that unpack to 84 MB
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"bomb.gz states shape \(3, 4, 5\) uint8, 76 bytes, but holds more"):
            read_idx(tmp_path / "bomb.gz")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_idx_without_samples(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(compress(idx_bytes(np.zeros((0, 28, 28)))))
    assert read_idx(path).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (compress(good)[:-20], "not a complete gzip file"),
        (compress(good)[:10], "not a complete gzip file"),
        (compress(good)[:-8] + b"\0" * 8, "not a complete gzip file: CRC"),
        (compress(good) + b"more", "not a complete gzip file"),
        (b"<html>404 not found</html>", "not an IDX file: it begins with b'<htm'"),
        (b"\x1f\x8b", "not a complete gzip file"),
        (compress(good)[:40] + b"\0" * 30, "not a complete gzip file"),
        (compress(good) + compress(b"more"), "76 bytes, but holds more"),
        (good[:-1], "76 bytes, but holds 75"),
        (good + b"\0", "76 bytes, but holds more"),
        (good[:9], "ends within its header: 9 of 16 bytes"),
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\0", "NumPy does not take"),
        (b"\0\0\x08\x04" + b"\0" * 4 + b"\xff" * 12, "NumPy does not take"),
        (b"", "not an IDX file"),
        (compress(b""), "not an IDX file"),
        (compress(b"PK\3\4 something else"), "not an IDX file"),
        (compress(b"\0\0\x07\1" + good[4:]), "not an IDX file"),
        (compress(b"\1" + good[1:]), "not an IDX file"),
        (compress(good[:9]), "ends within its header: 9 of 16 bytes"),
        (compress(good[:-1]), r"states shape \(3, 4, 5\) uint8, 76 bytes, but holds 75"),
        (compress(good + b"\0"), "76 bytes, but holds more"),
        (compress(b"\0\0\x0d" + good[3:]), r"states shape \(3, 4, 5\) >f4, 256 bytes, but holds 76"),
        (compress(b"\0\0\x08\2" + good[4:]), r"states shape \(3, 4\) uint8"),
        (compress(b"\0\0\x08\2" + b"\xff" * 8), r"states shape \(4294967295, 4294967295\)"),
    ],
)
def test_idx_refuses_damaged_files(tmp_path, content, message):
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_idx_checks_the_sum(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(compress(good))
    assert read_idx(path, hashlib.sha256(path.read_bytes()).hexdigest()).shape == (3, 4, 5)
    with pytest.raises(ValueError, match="is damaged, incomplete or not the published file.*expected 0000"):
        read_idx(path, "0" * 64)
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "none.gz")


def test_a_checksum_is_a_string():
    with pytest.raises(TypeError, match="sha256 must be a str, got int"):
        read_idx(__file__, sha256=5)
