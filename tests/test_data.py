"""Datasets, the IDX reader, splitting and batching."""

import dataclasses
import functools
import gzip
import hashlib
import http.server
import struct
import threading
import tracemalloc
import zlib

import numpy as np
import pytest

from cnnlib import _published as published
from cnnlib import data
from cnnlib.data import Dataset, batches, split
from cnnlib.idx import read_idx

# Without the time in it: every process that collects the tests has to name them alike.
compress = functools.partial(gzip.compress, mtime=0)

mnist = pytest.mark.skipif(not data.mnist_available(), reason="MNIST is not at hand: set CNNLIB_DATA to its folder")
fashion = pytest.mark.skipif(
    not data.fashion_mnist_available(), reason="Fashion-MNIST is not at hand: set CNNLIB_DATA to its folder"
)


def rng(seed=0):
    return np.random.default_rng(seed)


def numbered(n, classes=3):
    """A dataset in which every sample is its own number, so that one can be told from another."""
    return Dataset(np.arange(n, dtype=np.float64)[:, None], np.arange(n) % classes)


def idx_bytes(values, code=0x08, dtype="u1"):
    """The content of an IDX file."""
    values = np.asarray(values)
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape) + values.astype(dtype).tobytes()


good = idx_bytes(np.arange(60).reshape(3, 4, 5))


# --- Dataset


def test_dataset_unpacks_counts_and_selects():
    data = numbered(10)
    x, y = data
    assert x is data.images and y is data.labels and len(data) == 10
    assert data[[7, 2]].images.ravel().tolist() == [7, 2]
    assert data[data.labels == 1].images.ravel().tolist() == [1, 4, 7]
    assert Dataset(x, y, ("a", "b", "c"))[:2].classes == ("a", "b", "c")
    assert repr(data) == "Dataset(images (10, 1) float64, labels (10,) int64)"


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        ([[1.0]], np.array([0]), TypeError, "images must be a NumPy array, got list"),
        (np.ones((2, 1)), [0, 1], TypeError, "labels must be a NumPy array, got list"),
        (np.ones((2, 1)), np.array([0, 1, 2]), ValueError, "2 images and 3 labels"),
        (np.array(1.0), np.array([0]), ValueError, "images must have a first axis"),
    ],
)
def test_dataset_refuses_what_does_not_fit(images, labels, error, message):
    with pytest.raises(error, match=message):
        Dataset(images, labels)


def test_dataset_refuses_a_single_index():
    with pytest.raises(TypeError, match="a slice or an array as index.*got 3"):
        numbered(5)[3]


def test_digits():
    digits = data.load_digits()
    assert digits.images.shape == (1797, 1, 8, 8) and digits.images.dtype == np.float32
    assert digits.labels.shape == (1797,) and digits.labels.dtype == np.int64
    assert digits.images.min() == 0 and digits.images.max() == 1
    assert digits.labels[:10].tolist() == list(range(10)) and len(digits.classes) == 10
    assert (digits.images * 16)[0, 0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]  # the first row of the first digit


# --- split


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize(("n", "fractions"), [(10, (0.6, 0.2, 0.2)), (7, (0.5, 0.5)), (101, (1 / 3,) * 3), (5, (1.0,))])
def test_split_puts_every_sample_in_one_part(n, fractions, stratify):
    whole = numbered(n)
    parts = split(whole, fractions, rng(), stratify=stratify)
    together = np.concatenate([part.images.ravel() for part in parts])
    assert sorted(together.tolist()) == list(range(n))
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - n * fraction) <= 1
        assert (part.labels == part.images.ravel().astype(int) % 3).all()  # labels stay with their images


def test_split_shuffles_by_its_seed():
    a, b, c = (split(numbered(60), (0.5, 0.5), rng(seed))[0].images.ravel().tolist() for seed in (0, 0, 1))
    assert a == b and a != c and a != sorted(a)


def test_stratified_split_keeps_the_mix():
    labels = rng().permutation(np.repeat([0, 1, 2], [600, 90, 10]))
    whole = Dataset(np.zeros((700, 1)), labels)
    for part, fraction in zip(split(whole, (0.7, 0.2, 0.1), rng(), stratify=True), (0.7, 0.2, 0.1), strict=True):
        counts = np.bincount(part.labels, minlength=3)
        assert len(part) == round(700 * fraction)
        assert np.abs(counts - fraction * np.array([600, 90, 10])).max() <= 1.5


def test_stratified_split_sends_a_single_sample_to_the_larger_part():
    whole = Dataset(np.zeros((10, 1)), np.array([0] * 9 + [1]))
    small, large = split(whole, (0.3, 0.7), rng(), stratify=True)
    assert small.labels.sum() == 0 and large.labels.sum() == 1


def test_stratified_parts_are_shuffled():
    part, _ = split(numbered(90), (0.5, 0.5), rng(), stratify=True)
    assert len({tuple(part.labels[i : i + 3]) for i in range(0, 45, 3)}) > 3  # not 0 1 2, 0 1 2, ...


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fractions": (0.5, 0.4)}, ValueError, "fractions must add up to 1"),
        ({"fractions": (1.5, -0.5)}, ValueError, r"fractions must be in \[0, 1\]"),
        ({"fractions": 0.5}, TypeError, "fractions must be a tuple"),
        ({"fractions": ()}, TypeError, "fractions must be a tuple"),
        ({"rng": None}, TypeError, "rng must be a numpy.random.Generator"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
        ({"stratify": 1}, TypeError, "stratify must be True or False"),
        ({"dataset": np.ones(4)}, TypeError, "dataset must be a Dataset or a pair"),
        ({"dataset": (np.ones((4, 1)), np.ones(4)), "stratify": True}, TypeError, "labels must hold integers"),
    ],
)
def test_split_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        split(**{"dataset": numbered(10), "fractions": (0.5, 0.5), "rng": rng()} | arguments)


# --- batches


def test_batches_in_order_with_a_partial_last_one():
    x, y = numbered(7)
    got = list(batches(x, y, 3))
    assert [xb.ravel().tolist() for xb, _ in got] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [yb.tolist() for _, yb in got] == [[0, 1, 2], [0, 1, 2], [0]]
    assert [len(xb) for xb, _ in batches(x, y, 3, drop_last=True)] == [3, 3]
    assert [len(xb) for xb, _ in batches(x, y, 3, rng(), drop_last=True)] == [3, 3]
    assert [len(xb) for xb, _ in batches(x, y, 8)] == [7]
    assert list(batches(x, y, 8, drop_last=True)) == []
    assert list(batches(x[:0], y[:0], 8, rng())) == []


def test_batches_shuffle_samples_not_batches():
    x, y = numbered(1000)
    got = list(batches(x, y, 10, rng()))
    seen = np.concatenate([xb.ravel() for xb, _ in got])
    assert sorted(seen.tolist()) == list(range(1000))
    assert all((yb == xb.ravel().astype(int) % 3).all() for xb, yb in got)
    neighbours = sum(1 in np.diff(sorted(xb.ravel())) for xb, _ in got)  # batches with two consecutive numbers
    assert neighbours < 30


def test_batches_follow_the_generator():
    x, y = numbered(20)

    def order(generator):
        return np.concatenate([xb.ravel() for xb, _ in batches(x, y, 6, generator)]).tolist()

    one = rng()
    first, second = order(one), order(one)
    assert first != second and order(rng()) == first
    assert first == rng().permutation(20).tolist()


def test_batches_draw_their_order_at_the_call():
    x, y = numbered(20)
    generator = rng()
    waiting = batches(x, y, 20, generator)
    generator.random(100)
    assert next(waiting)[0].ravel().tolist() == rng().permutation(20).tolist()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an integer"),
        ({"y": np.arange(3)}, ValueError, "4 images and 3 labels"),
        ({"x": [1, 2]}, TypeError, "images must be a NumPy array"),
        ({"rng": 7}, TypeError, "rng must be a numpy.random.Generator"),
        ({"drop_last": "yes"}, TypeError, "drop_last must be True or False"),
    ],
)
def test_batches_refuse_at_the_call(arguments, error, message):
    with pytest.raises(error, match=message):
        batches(**{"x": np.ones((4, 1)), "y": np.arange(4), "batch_size": 2} | arguments)


# --- The IDX reader


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


# --- Finding, fetching and refusing files, with two small stand-ins for the published sets

NAMES = (data.TRAIN_IMAGES, data.TRAIN_LABELS, data.TEST_IMAGES, data.TEST_LABELS)


def stand_in(seed):
    generator = rng(seed)
    files = {}
    for n, (images, labels) in ((6, NAMES[:2]), (4, NAMES[2:])):
        files[images] = compress(idx_bytes(generator.integers(0, 256, (n, 3, 3))))
        files[labels] = compress(idx_bytes(generator.integers(0, 10, n)))
    return files


FILES = {"mnist": stand_in(1), "fashion": stand_in(2)}


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """Small datasets in place of the published ones, an empty cache and no CNNLIB_DATA."""
    for key, files in FILES.items():
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        bare = {name: hashlib.sha256(gzip.decompress(content)).hexdigest() for name, content in files.items()}
        changes = {"url": "http://invalid/", "sha256": sums, "unpacked": bare}
        monkeypatch.setitem(published.SOURCES, key, dataclasses.replace(published.SOURCES[key], **changes))
    monkeypatch.setattr(published, "cache", lambda key: tmp_path / "cache" / key)
    monkeypatch.delenv("CNNLIB_DATA", raising=False)
    return tmp_path


def put(folder, key, spelled=lambda name: name):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES[key].items():
        (folder / spelled(name)).write_bytes(content if spelled(name) == name else gzip.decompress(content))


def first_pixels(key, name=data.TRAIN_IMAGES):
    return np.frombuffer(gzip.decompress(FILES[key][name])[16:25], "u1").reshape(3, 3) / np.float32(255)


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "."])
def test_files_in_the_named_folder(sources, monkeypatch, folder):
    assert not data.mnist_available()
    put(sources / "named" / folder, "mnist")
    monkeypatch.setenv("CNNLIB_DATA", str(sources / "named"))
    assert data.mnist_available() and not data.fashion_mnist_available()
    train, test = data.load_mnist(), data.load_mnist(train=False)
    assert train.images.shape == (6, 1, 3, 3) and test.images.shape == (4, 1, 3, 3)
    assert train.images.dtype == np.float32 and train.labels.dtype == np.int64
    np.testing.assert_array_equal(train.images[0, 0], first_pixels("mnist"))
    np.testing.assert_array_equal(test.images[0, 0], first_pixels("mnist", data.TEST_IMAGES))


SPELLINGS = {
    "as published": lambda name: name,
    "unpacked": lambda name: name.removesuffix(".gz"),
    "unpacked, with a dot": lambda name: name.removesuffix(".gz").replace("-idx", ".idx"),
}


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "."])
def test_unpacked_files_are_found_and_verified_too(sources, monkeypatch, folder, spelled):
    folder = sources / "named" / folder
    put(folder, "mnist", SPELLINGS[spelled])
    monkeypatch.setenv("CNNLIB_DATA", str(sources / "named"))
    assert data.mnist_available() and not data.fashion_mnist_available()
    np.testing.assert_array_equal(data.load_mnist().images[0, 0], first_pixels("mnist"))
    victim = folder / SPELLINGS[spelled](data.TRAIN_IMAGES)
    victim.write_bytes(victim.read_bytes()[:-1] + b"\7")
    with pytest.raises(ValueError, match="train-images.* is damaged"):
        data.load_mnist()
    assert len(data.load_mnist(train=False)) == 4


@pytest.mark.parametrize("name", [data.TRAIN_IMAGES, data.TRAIN_LABELS, data.TEST_IMAGES, data.TEST_LABELS])
@pytest.mark.parametrize("folder", ["mnist", "."])
def test_a_damaged_file_is_reported_as_damaged(sources, monkeypatch, folder, name):
    put(sources / "cache" / "mnist", "mnist")  # what was meant is the named folder
    put(sources / folder, "mnist")
    (sources / folder / name).write_bytes(b"damaged")
    monkeypatch.setenv("CNNLIB_DATA", str(sources))
    for download in (False, True):
        with pytest.raises(ValueError, match=f"{name} is damaged"):
            data.load_mnist(train=name.startswith("train"), download=download)
    with pytest.raises(FileNotFoundError):
        data.load_fashion_mnist()
    assert (sources / folder / name).read_bytes() == b"damaged"


def test_a_folder_in_which_all_is_damaged_is_reported_as_damaged(sources, monkeypatch):
    put(sources, "mnist")
    for name in NAMES:
        (sources / name).write_bytes(b"")
    monkeypatch.setenv("CNNLIB_DATA", str(sources))
    with pytest.raises(ValueError, match="train-images.* is damaged"):
        data.load_mnist()


def test_both_datasets_side_by_side(sources, monkeypatch):
    put(sources / "mnist", "mnist")
    put(sources / "fashion", "fashion")
    monkeypatch.setenv("CNNLIB_DATA", str(sources))
    np.testing.assert_array_equal(data.load_fashion_mnist().images[0, 0], first_pixels("fashion"))
    np.testing.assert_array_equal(data.load_mnist().images[0, 0], first_pixels("mnist"))


def test_the_named_folder_comes_before_the_cache(sources, monkeypatch):
    put(sources / "cache" / "mnist", "mnist")
    assert data.mnist_available() and len(data.load_mnist()) == 6
    put(sources / "named" / "mnist", "mnist")
    (sources / "named" / "mnist" / data.TRAIN_LABELS).write_bytes(b"damaged")
    monkeypatch.setenv("CNNLIB_DATA", str(sources / "named"))
    with pytest.raises(ValueError, match=r"named.*train-labels.* is damaged"):
        data.load_mnist()
    assert len(data.load_mnist(train=False)) == 4


def test_one_file_short_is_not_at_hand(sources, monkeypatch):
    put(sources / "mnist", "mnist")
    (sources / "mnist" / data.TEST_LABELS).unlink()
    monkeypatch.setenv("CNNLIB_DATA", str(sources))
    assert not data.mnist_available()
    with pytest.raises(FileNotFoundError, match=r"MNIST is not at hand: set .*CNNLIB_DATA.*or pass download=True"):
        data.load_mnist()


def test_one_dataset_under_the_other_ones_name_is_refused(sources, monkeypatch):
    put(sources / "mnist", "fashion")
    monkeypatch.setenv("CNNLIB_DATA", str(sources))
    with pytest.raises(ValueError, match="not the published file"):
        data.load_mnist()


def test_load_refuses_arguments_that_are_no_flags():
    with pytest.raises(TypeError, match="train must be True or False"):
        data.load_mnist("train")
    with pytest.raises(TypeError, match="download must be True or False"):
        data.load_fashion_mnist(download=1)


@pytest.fixture
def server(sources, monkeypatch):
    """A web server on this machine that offers the stand-in for MNIST; yields its folder."""
    put(sources / "web", "mnist")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=sources / "web")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{httpd.server_port}/"
        monkeypatch.setitem(published.SOURCES, "mnist", dataclasses.replace(published.SOURCES["mnist"], url=url))
        yield sources / "web"
        httpd.shutdown()


def test_download_only_when_asked_and_only_once(server):
    with pytest.raises(FileNotFoundError):
        data.load_mnist()
    assert len(data.load_mnist(download=True)) == 6
    for file in server.iterdir():
        file.unlink()
    assert data.mnist_available() and len(data.load_mnist(train=False)) == 4


@pytest.mark.parametrize("content", [b"not it", FILES["mnist"][data.TEST_IMAGES][:-5]])
def test_a_damaged_download_is_not_kept(server, sources, content):
    (server / data.TEST_IMAGES).write_bytes(content)
    with pytest.raises(ValueError, match="t10k-images.* is not the published file"):
        data.load_mnist(download=True)
    assert not (sources / "cache" / "mnist" / data.TEST_IMAGES).exists()
    assert not data.mnist_available()
    put(server, "mnist")
    assert len(data.load_mnist(train=False, download=True)) == 4


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"", b"not it", None])
def test_a_damaged_file_in_the_cache_is_fetched_again(server, sources, name, content):
    cache = sources / "cache" / "mnist"
    put(cache, "mnist")
    (cache / name).write_bytes(FILES["mnist"][name][:-5] if content is None else content)
    with pytest.raises(ValueError, match=f"{name} is damaged"):
        data.load_mnist(train=name.startswith("train"))
    whole = {other: (cache / other).stat().st_ino for other in NAMES if other != name}
    assert len(data.load_mnist(download=True)) == 6 and len(data.load_mnist(train=False)) == 4
    assert (cache / name).read_bytes() == FILES["mnist"][name]
    assert whole == {other: (cache / other).stat().st_ino for other in whole}  # the others were left alone
    assert sorted(path.name for path in cache.iterdir()) == sorted(NAMES)


def test_a_server_that_fails_is_named(server, sources):
    (server / data.TEST_LABELS).unlink()
    with pytest.raises(OSError, match="http://127.0.0.1:.*t10k-labels.* could not be fetched: 404"):
        data.load_mnist(download=True)
    assert not data.mnist_available()
    put(server, "mnist")
    assert len(data.load_mnist(download=True)) == 6


# --- The published files


@mnist
def test_mnist():
    train, test = data.load_mnist(), data.load_mnist(train=False)
    assert train.images.shape == (60000, 1, 28, 28) and test.images.shape == (10000, 1, 28, 28)
    assert train.images.dtype == np.float32 and train.images.min() == 0 and train.images.max() == 1
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert abs(train.images.mean(dtype=np.float64) - 0.1307) < 1e-4  # the mean everybody normalises with


@mnist
@fashion
def test_the_sums_of_the_unpacked_files_are_theirs():
    for key, source in published.SOURCES.items():
        for name in NAMES:
            path, _ = published.find(published.folder_of(key), name, source)
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            assert hashlib.sha256(content).hexdigest() == source.unpacked[name]


@fashion
def test_fashion_mnist():
    train, test = data.load_fashion_mnist(), data.load_fashion_mnist(train=False)
    assert train.images.shape == (60000, 1, 28, 28) and test.images.shape == (10000, 1, 28, 28)
    assert np.bincount(train.labels).tolist() == [6000] * 10 and len(train.classes) == 10
    assert train.classes[train.labels[0]] == "boot"
    assert abs(train.images.mean(dtype=np.float64) - 0.2860) < 1e-4
