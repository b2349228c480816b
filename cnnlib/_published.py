"""The files of MNIST and Fashion-MNIST: where they may lie, which they are, and where they can be fetched.

`cnnlib.data` reads them. A file counts as one of them only if its SHA256 is that of the published one.
"""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from cnnlib import _files
from cnnlib.idx import checksum


@dataclass(frozen=True)
class Source:
    """Where a dataset's four files lie, where they may be downloaded, and the SHA256 of each: gzipped, and unpacked."""

    title: str
    folders: tuple
    url: str
    sha256: dict
    unpacked: dict
    classes: tuple


TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"

SOURCES = {
    "mnist": Source(
        title="MNIST",
        folders=("mnist", "MNIST/raw"),
        url="https://ossci-datasets.s3.amazonaws.com/mnist/",
        sha256={
            TRAIN_IMAGES: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            TRAIN_LABELS: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            TEST_IMAGES: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            TEST_LABELS: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
        unpacked={
            TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        classes=tuple("0123456789"),
    ),
    "fashion": Source(
        title="Fashion-MNIST",
        folders=("fashion", "FashionMNIST/raw"),
        url="https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        sha256={
            TRAIN_IMAGES: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            TRAIN_LABELS: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            TEST_IMAGES: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            TEST_LABELS: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        unpacked={
            TRAIN_IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            TRAIN_LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        classes=tuple("T-shirt trouser pullover dress coat sandal shirt sneaker bag boot".split()),
    ),
}


def folder_of(key):
    """Return the first folder that holds all four files of a dataset, whole or damaged, or None."""
    source = SOURCES[key]
    named = os.environ.get("CNNLIB_DATA")
    root = Path(named).expanduser() if named else None
    folders = [root / folder for folder in source.folders] + [root] if root else []
    for folder in [*folders, cache(key)]:
        if not all(find(folder, name, source) for name in source.sha256):
            continue
        # Both datasets use the same file names. Where the folder's name does not tell which it is, the content does.
        if folder != root or _holds(folder) in (key, None):
            return folder
    return None


def find(folder, name, source):
    """Return the path of one of a dataset's files in a folder and the SHA256 it should have; None if it is not there.

    It may be as published, or unpacked, or unpacked and with a dot in its name, as some programs leave it.
    """
    bare = name.removesuffix(".gz")
    for spelling in (name, bare, bare.replace("-idx", ".idx")):
        if (folder / spelling).is_file():
            return folder / spelling, (source.sha256 if spelling == name else source.unpacked)[name]
    return None


def _holds(folder):
    """Return the key of the dataset that the folder holds, by its first file that is whole; None if none is."""
    for name in (TEST_LABELS, TRAIN_LABELS, TEST_IMAGES, TRAIN_IMAGES):
        for key, source in SOURCES.items():
            path, expected = find(folder, name, source)
            if checksum(path) == expected:
                return key
    return None


def download(key):
    """Fetch into the user's cache what is missing or damaged there; each file is verified before it is kept."""
    source = SOURCES[key]
    folder = cache(key)
    for name, expected in source.sha256.items():
        at_hand = find(folder, name, source)
        if at_hand is not None and checksum(at_hand[0]) == at_hand[1]:
            continue
        content = _fetch(source.url + name)
        if (found := hashlib.sha256(content).hexdigest()) != expected:
            raise ValueError(f"{source.url}{name} is not the published file: SHA256 {found}, expected {expected}")
        folder.mkdir(parents=True, exist_ok=True)
        _files.write(folder / name, content)
    return folder


def _fetch(url):
    """Return what is at an address."""
    import pooch

    content = io.BytesIO()
    try:
        pooch.HTTPDownloader()(url, content, None)
    except OSError as error:
        raise OSError(f"{url} could not be fetched: {error}") from error
    return content.getvalue()


def cache(key):
    """Return the folder for a dataset's files in the user's cache."""
    import pooch

    return Path(pooch.os_cache("cnnlib")) / key
