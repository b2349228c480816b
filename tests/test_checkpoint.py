"""Checkpoints: what goes in comes out, and nothing else does."""

import json
import os
import pickle

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

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
        for bit in (1, 128) if place % 2 else (32,):
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


@pytest.mark.parametrize(("dtype", "name"), [(torch.bfloat16, "BF16"), (torch.float8_e5m2, "F8_E5M2")])
def test_a_type_that_numpy_has_not_is_refused(tmp_path, dtype, name):
    safetensors.torch.save_file({"w": torch.ones(2, dtype=dtype)}, tmp_path / "c")
    for verify in (True, False):
        with pytest.raises(ValueError, match=f"c holds 'w' as '{name}', a type of number that NumPy has not"):
            checkpoint.load(tmp_path / "c", verify=verify)


# --- Headers: what the file says of itself


def file_with(header, arrays=b""):
    """The content of a file with this header, a text or what JSON makes of it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + arrays


def entry(dtype="F32", shape=(1,), ends=(0, 4)):
    return {"dtype": dtype, "shape": shape, "data_offsets": ends}


HEADERS = [  # header, bytes of the arrays, what is wrong
    ({"__metadata__": {"a": 1}}, 0, "its notes"),
    ({"__metadata__": [["a", "b"]]}, 0, "its notes"),
    ({"__metadata__": "a"}, 0, "its notes"),
    ([entry()], 4, "its header holds"),
    (b"[" * 100_000, 0, "recursion|nested"),
    (b'{"a": 1', 0, "Expecting"),
    (b"\xff\xfe{}", 0, "can't decode"),
    ('{"a": 1}'.encode("utf-16"), 0, "can't decode"),
    (b'{"\\ud800": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}', 0, "surrogates"),
    (b'{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "a": {}}', 1, "'a' is in its header twice"),
    (b'{"a": {"dtype": "U8", "dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}', 1, "'dtype' is in its header"),
    ({"a": None}, 0, "'a' must have dtype"),
    ({"a": {"dtype": "F32", "shape": [1]}}, 4, "'a' must have dtype"),
    ({"a": entry(7)}, 4, "a dtype by name"),
    ({"a": entry("float32")}, 4, "the unknown dtype 'float32'"),
    ({"a": entry("F33")}, 4, "the unknown dtype 'F33'"),
    ({"a": entry(shape=1)}, 4, "a shape and two offsets"),
    ({"a": entry(shape=[1.0])}, 4, "a shape and two offsets"),
    ({"a": entry(shape=[True])}, 4, "a shape and two offsets"),
    ({"a": entry(shape=[-1, -1])}, 4, "a shape and two offsets"),
    ({"a": entry(ends=[0, 4, 8])}, 4, "a shape and two offsets"),
    ({"a": entry(ends=[-4, 0])}, 4, "a shape and two offsets"),
    ({"a": entry(ends=[4, 0])}, 4, "a shape and two offsets"),
    ({"a": entry(ends=[4, 8])}, 8, "'a' begins at byte 4 .* not at 0"),
    ({"a": entry(), "b": entry(ends=[8, 12])}, 12, "'b' begins at byte 8 .* not at 4"),
    ({"a": entry(), "b": entry(ends=[0, 4])}, 8, "'b' begins at byte 0 .* not at 4"),
    ({"a": entry(), "b": entry(ends=[2, 6])}, 6, "a gap or an overlap"),
    ({"a": entry(ends=[0, 2**70], shape=[2**68])}, 4, "its arrays should have 1180591620717411303424 bytes"),
    ({"a": entry(shape=[2])}, 4, "'a' has 4 bytes, not those of shape"),
    ({"a": entry(shape=[2**40, 2**40])}, 4, "'a' has 4 bytes"),
    ({"a": entry(shape=[0, 2**64], ends=[0, 0])}, 0, "Maximum allowed dimension"),
    ({"a": entry(shape=[1] * 100)}, 4, "dim"),
    ({"a": entry("BOOL", [2], [0, 2])}, 2, None),
    ({"a": entry()}, 3, "there are 3"),
    ({"a": entry()}, 5, "there are 5"),
]


@pytest.mark.parametrize(("header", "size", "message"), HEADERS)
def test_a_header_that_lies_is_refused(tmp_path, header, size, message):
    (tmp_path / "c").write_bytes(file_with(header, b"\2" * size))
    for verify in (True, False):
        with pytest.raises(ValueError, match=f"c is not a complete safetensors file: .*{message or 'truth values'}"):
            checkpoint.load(tmp_path / "c", verify=verify)


def test_null_stands_for_no_notes_as_in_the_library(tmp_path):
    (tmp_path / "c").write_bytes(file_with({"__metadata__": None, "a": entry("U8", [2], [0, 2])}, b"\1\2"))
    arrays, metadata = checkpoint.load(tmp_path / "c", verify=False)
    assert arrays["a"].tolist() == [1, 2] and metadata == {}
    with pytest.raises(ValueError, match="c has no checksum"):
        checkpoint.load(tmp_path / "c")


@pytest.mark.parametrize("length", [0, 1, 8, 100_000_001, 2**63, 2**64 - 1])
def test_a_header_said_to_be_huge_is_not_read(tmp_path, length):
    with open(tmp_path / "c", "wb") as file:
        file.write(length.to_bytes(8, "little") + b"{}")
        if length == 100_000_001:
            file.truncate(length + 8)  # a hole: it takes no room
    with pytest.raises(ValueError, match="c is not a complete safetensors file"):
        checkpoint.load(tmp_path / "c")


def mutated(value, draw):
    """A header in which something is another."""
    odd = st.sampled_from([None, True, -1, 0, 1, 4, 2**64, 1.0, "a", "U8", "BF16", [], [1], [0, 4], [-1, 3], {}])
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(odd)
    value = value.copy()
    key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
    value[key] = mutated(value[key], draw)
    return value


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_it_reads_and_what_it_refuses_is_what_the_library_does(tmp_path_factory, data):
    dtypes = st.sampled_from(["f2", "f4", "f8", "i1", "i2", "i8", "u1", "u4", "?", "c8"])
    arrays = {
        name: np.arange(np.prod(shape, dtype=int)).astype(data.draw(dtypes)).reshape(shape)
        for name in "aé"
        for shape in [data.draw(st.lists(st.integers(0, 3), max_size=3))]
    }
    content = safetensors.numpy.save(arrays, data.draw(st.sampled_from([None, {"n": "m"}])))
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    for _ in range(data.draw(st.integers(0, 2))):
        header = mutated(header, data.draw)
    content = file_with(header, content[8 + length :])
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(content)
    try:
        theirs = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError):  # KeyError: a type that NumPy has not
        with pytest.raises(ValueError, match="fuzzed"):
            checkpoint.load(path, verify=False)
    else:
        ours, _ = checkpoint.load(path, verify=False)
        assert same(ours, theirs) and all(a.flags.writeable and a.flags.aligned for a in ours.values())


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        checkpoint.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        checkpoint.save(tmp_path / "nothing" / "c", {})


def test_an_interrupted_save_leaves_the_old_file_and_a_link_a_link(tmp_path, monkeypatch):
    checkpoint.save(tmp_path / "c", {"a": np.ones(2)})
    (tmp_path / "link").symlink_to("c")
    before = (tmp_path / "c").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *_: raise_(OSError("no space left")))
        with pytest.raises(OSError, match="no space left"):
            checkpoint.save(tmp_path / "link", {"a": np.zeros(1000)})
    assert (tmp_path / "c").read_bytes() == before and sorted(os.listdir(tmp_path)) == ["c", "link"]
    checkpoint.save(tmp_path / "link", {"a": np.zeros(1000)})
    assert (tmp_path / "link").is_symlink() and len(checkpoint.load(tmp_path / "c")[0]["a"]) == 1000


def raise_(error):
    raise error


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
        ({"\ud800": np.ones(2)}, None, ValueError, "names in arrays must be Unicode text"),
        ({}, {"a": "\ud800"}, ValueError, "metadata must be Unicode text"),
        ({}, {"sha256": "0"}, ValueError, "metadata must not use the name 'sha256'"),
    ],
)
def test_bad_arguments_write_nothing(tmp_path, arrays, metadata, error, message):
    with pytest.raises(error, match=message):
        checkpoint.save(tmp_path / "c", arrays, metadata)
    assert not os.listdir(tmp_path)
