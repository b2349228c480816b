"""Checkpoints: what goes in comes out, and nothing else does."""

import json
import os
import pickle

import numpy as np
import pytest
import safetensors.torch
import torch

from cnnlib import checkpoint
from cnnlib.models import digits_cnn


def some_arrays():
    return {
        "0.weight": np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32),
        "double": np.array([[1.0, np.nan], [np.inf, -0.0]]),
        "step": np.array(7),
        "none": np.zeros((0, 4)),
        "flags": np.array([True, False]),
        "bytes": np.arange(5, dtype=np.uint8),
    }


def same(a, b):
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes() for k in a
    )


def test_round_trip(tmp_path):
    path, arrays = tmp_path / "a file.safetensors", some_arrays()
    checkpoint.save(path, arrays, {"epoch": "3", "note": "ä\n"})
    loaded, metadata = checkpoint.load(str(path))
    assert same(loaded, arrays) and metadata == {"epoch": "3", "note": "ä\n"}
    assert all(a.flags.writeable for a in loaded.values()) and os.listdir(tmp_path) == [path.name]
    checkpoint.save(path, {})
    assert checkpoint.load(path) == ({}, {})


def test_every_memory_layout_is_stored_right(tmp_path):
    a = np.arange(24.0).reshape(2, 3, 4)
    layouts = {"fortran": np.asfortranarray(a), "view": np.repeat(a, 2, axis=2)[:, :, ::2], "flip": a[::-1][::-1]}
    layouts |= {"turned": np.ascontiguousarray(a.T).T, "big": a.astype(">f8")}
    checkpoint.save(tmp_path / "c", layouts)
    for name, value in checkpoint.load(tmp_path / "c")[0].items():
        np.testing.assert_array_equal(value, a, err_msg=name)
        assert value.dtype == np.float64


def test_models_travel_to_torch_and_back(tmp_path):
    model = digits_cnn(rng=np.random.default_rng(0))
    checkpoint.save(tmp_path / "ours", model.state_dict())
    tensors = safetensors.torch.load_file(tmp_path / "ours")
    assert all((tensors[k].numpy() == v).all() for k, v in model.state_dict().items())
    safetensors.torch.save_file({k: v + 1 for k, v in tensors.items()}, tmp_path / "theirs")
    with pytest.raises(ValueError, match="has no checksum, so cnnlib did not write it"):
        checkpoint.load(tmp_path / "theirs")
    other = digits_cnn()
    other.load_state_dict(checkpoint.load(tmp_path / "theirs", verify=False)[0])
    assert (other[0].weight.data == model[0].weight.data + 1).all()


def test_cut_at_any_length_it_is_refused(tmp_path):
    path = tmp_path / "c"
    checkpoint.save(path, some_arrays(), {"a": "b"})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="c is (not a complete safetensors file|damaged)"):
            checkpoint.load(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(ValueError, match="not a complete"):
        checkpoint.load(path)


def test_a_changed_bit_anywhere_is_noticed(tmp_path):
    path, arrays = tmp_path / "c", some_arrays()
    checkpoint.save(path, arrays, {"a": "b"})
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in (1, 32, 128):
            damaged = bytearray(content)
            damaged[place] ^= bit
            path.write_bytes(damaged)
            try:
                loaded, metadata = checkpoint.load(path)
            except ValueError:
                continue
            assert same(loaded, arrays) and metadata == {"a": "b"}, place  # a space in the padding of the header


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        b"\xff" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        pickle.dumps({"weight": [1.0]}),
        json.dumps({"weight": [1.0]}).encode(),
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"null",
    ],
)
def test_foreign_files_are_refused(tmp_path, content):
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(ValueError, match="c (is not a complete safetensors file|has no checksum)"):
        checkpoint.load(tmp_path / "c")


def test_torch_and_numpy_files_are_refused_and_no_pickle_runs(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    (tmp_path / "bomb").write_bytes(pickle.dumps(Bomb()))
    torch.save({"weight": torch.ones(2)}, tmp_path / "torch")
    with open(tmp_path / "numpy", "wb") as file:
        np.savez(file, weight=np.ones(2))
    for name in ("bomb", "torch", "numpy"):
        for verify in (True, False):
            with pytest.raises(ValueError, match=f"{name} is not a complete safetensors file"):
                checkpoint.load(tmp_path / name, verify=verify)
    assert not (tmp_path / "exploded").exists()


def test_a_type_that_numpy_has_not_is_refused(tmp_path):
    safetensors.torch.save_file({"w": torch.ones(2, dtype=torch.float8_e5m2)}, tmp_path / "c")
    with pytest.raises(ValueError, match="c is not a complete safetensors file|cannot"):
        checkpoint.load(tmp_path / "c", verify=False)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        checkpoint.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        checkpoint.save(tmp_path / "nothing" / "c", {})


@pytest.mark.parametrize("culprit", ["fsync", "replace"])
def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch, culprit):
    path = tmp_path / "c"
    checkpoint.save(path, {"a": np.ones(2)})
    before = path.read_bytes()

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, culprit, fail)
    with pytest.raises(OSError, match="no space left"):
        checkpoint.save(path, {"a": np.zeros(1000)})
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["c"]


@pytest.mark.parametrize(
    ("arrays", "metadata", "error", "message"),
    [
        ([np.ones(2)], None, TypeError, "arrays must be a dict, got list"),
        ({1: np.ones(2)}, None, TypeError, "names in arrays must be strings, got 1"),
        ({"a": [1.0]}, None, TypeError, "a in arrays must be a NumPy array, got list"),
        ({"a": 1.0}, None, TypeError, "a in arrays must be a NumPy array, got float"),
        ({"a": np.array([None])}, None, TypeError, "a in arrays must hold numbers of at most 64 bits, got object"),
        ({"a": np.array(["b"])}, None, TypeError, "a in arrays must hold numbers"),
        ({"a": np.ones(2, complex)}, None, TypeError, "a in arrays must hold numbers"),
        ({"a": np.ones(2, np.longdouble)}, None, TypeError, "a in arrays must hold numbers of at most 64 bits"),
        ({"__metadata__": np.ones(2)}, None, ValueError, "a name in arrays must not be '__metadata__'"),
        ({}, {"epoch": 3}, TypeError, "metadata must be a dict of strings to strings, got 'epoch': 3"),
        ({}, {3: "epoch"}, TypeError, "metadata must be a dict of strings"),
        ({}, "epoch", TypeError, "metadata must be a dict, got str"),
        ({}, {"sha256": "0"}, ValueError, "metadata must not use the name 'sha256'"),
    ],
)
def test_bad_arguments_write_nothing(tmp_path, arrays, metadata, error, message):
    with pytest.raises(error, match=message):
        checkpoint.save(tmp_path / "c", arrays, metadata)
    assert not os.listdir(tmp_path)
