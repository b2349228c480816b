"""Finding, fetching and refusing the published files, with two small stand-ins for the published sets."""

import dataclasses
import gzip
import hashlib
import http.server
import threading

import numpy as np
import pytest
from test_idx import compress, idx_bytes

from cnnlib import _published as published
from cnnlib import data

NAMES = (data.TRAIN_IMAGES, data.TRAIN_LABELS, data.TEST_IMAGES, data.TEST_LABELS)


def stand_in(seed):
    generator = np.random.default_rng(seed)
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


@pytest.mark.skipif(not (data.mnist_available() and data.fashion_mnist_available()), reason="set CNNLIB_DATA")
def test_the_sums_of_the_unpacked_files_are_theirs():
    for key, source in published.SOURCES.items():
        for name in NAMES:
            path, _ = published.find(published.folder_of(key), name, source)
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            assert hashlib.sha256(content).hexdigest() == source.unpacked[name]
