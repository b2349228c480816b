"""The network laboratory's numbers: what the page computes of a drawing is what cnnlib computes."""

import base64
import json

import numpy as np
import pytest

from cnnlib import checkpoint
from cnnlib.course import drawings
from cnnlib.course._still import call, engine
from cnnlib.course.labs import NetworkLab
from cnnlib.course.labs.network import describe
from cnnlib.course.reader import network, reader
from cnnlib.data import load_mnist, mnist_available
from cnnlib.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    Tanh,
)
from cnnlib.models import digits_cnn, lenet5, mlp
from cnnlib.training import predict

DRAWN = drawings.load()
SMALL, STATES, CLOSE = 8, 8, {"rtol": 1e-9, "atol": 1e-11}


def data(lab):
    """What the page has, as far as quickjs is concerned."""
    return lab.config | {"base64": base64.b64encode(lab.data).decode()}


def array(tensor):
    return np.array(tensor["data"], dtype=np.float64).reshape(tensor["shape"])


def chain(model, image):
    """What each layer makes of one image, dropout left out."""
    maps = [image[None]]
    for layer in model.eval():
        if not isinstance(layer, Dropout):
            maps.append(layer(maps[-1]))
    return maps


def slopes(model, maps, target):
    """The gradient of a score with respect to the image and to each layer's output."""
    dy = np.eye(maps[-1].shape[1])[[target]]
    found = [dy]
    layers = [layer for layer in model if not isinstance(layer, Dropout)]
    for layer, x in zip(layers[::-1], maps[-2::-1], strict=True):
        layer(x)
        found.append(dy := layer.backward(dy))
    return found[::-1]


def rest(model, m, x):
    """The scores, from the output of layer m on."""
    for layer in [layer for layer in model if not isinstance(layer, Dropout)][m:]:
        x = layer(x)
    return x[0]


def switched_off(model, off):
    """A copy in which some filters are 0."""
    arrays = {name: array.copy() for name, array in model.state_dict().items()}
    names = [name for name, layer in model.named_children() if not isinstance(layer, Dropout)]
    for k, f in off:
        for part in ("weight", "bias"):
            if f"{names[k]}.{part}" in arrays:
                arrays[f"{names[k]}.{part}"][f] = 0
    return arrays


def check(model, config, state):
    """All numbers of one state against the model."""
    seen = call("lab-network", "numbers", state, config)
    before = {name: array.copy() for name, array in model.state_dict().items()}
    model.load_state_dict(switched_off(model, state["off"]))
    maps = chain(model, array(seen["maps"][0]))
    for found, wanted in zip(seen["maps"], maps, strict=True):
        np.testing.assert_allclose(array(found), wanted[0], **CLOSE)
    p = np.exp(maps[-1][0] - maps[-1].max())
    np.testing.assert_allclose(seen["p"], p / p.sum(), **CLOSE)
    if state["view"] == "backward":
        target = int(np.argmax(maps[-1])) if state["target"] is None else state["target"]
        for found, wanted in zip(seen["slopes"], slopes(model, maps, target), strict=True):
            np.testing.assert_allclose(array(found), wanted[0], **CLOSE)
    if state["cell"]:
        check_unit(model, maps, seen["unit"], seen["slopes"], state)
    model.load_state_dict(before)
    return seen


def check_unit(model, maps, unit, gradients, state):
    """One unit's place, its sum term by term, and what the scores owe to it."""
    m, i, j = int(state["cell"][0]), *state["cell"][1:]
    planes = maps[m][0] if maps[m].ndim == 4 else maps[m][0][None, None]
    c, column = divmod(j, planes.shape[2])
    assert (unit["map"], unit["row"], unit["column"]) == (c, i, column)
    np.testing.assert_allclose(unit["value"], planes[c, i, column], **CLOSE)
    without = maps[m].copy()
    without.reshape(planes.shape)[c, i, column] = 0
    np.testing.assert_allclose(unit["effect"], maps[-1][0] - rest(model, m, without), **CLOSE)
    if unit.get("kind") == "conv":
        parts = [np.sum(channel["products"]) for channel in unit["channels"]]
        np.testing.assert_allclose([channel["sum"] for channel in unit["channels"]], parts, **CLOSE)
        np.testing.assert_allclose(sum(parts) + unit["bias"], unit["value"], **CLOSE)
    if unit.get("kind") == "linear":
        np.testing.assert_allclose(sum(unit["sums"]) + unit["bias"], unit["value"], **CLOSE)
    if unit.get("kind") in ("maxpool", "avgpool"):
        inside = [v for row in unit["patch"] for v in row if v is not None]
        count = sum(map(len, unit["patch"]))
        np.testing.assert_allclose(
            unit["value"], max(inside) if unit["kind"] == "maxpool" else sum(inside) / count, **CLOSE
        )
    if gradients:
        np.testing.assert_allclose(
            unit["check"]["gradient"], array(gradients[m]).reshape(planes.shape)[c, i, column], **CLOSE
        )
        kink = abs(unit["value"]) < 1e-4  # a ReLU's, or a maximum that others share
        assert unit["check"]["agrees"] or kink or unit["kind"] in ("conv", "relu", "maxpool")


def networks(rng):
    """A small network with options of every kind, for images of 8 × 8."""
    start = {"rng": rng, "dtype": np.float64}
    pool = [MaxPool2d(2), AvgPool2d(2), MaxPool2d(3, 2, 1), AvgPool2d((2, 3), (2, 1), (1, 0))][rng.integers(4)]
    conv = [
        Conv2d(1, 3, 3, padding="same", **start),
        Conv2d(1, 2, (3, 2), stride=(1, 2), padding=(0, 1), **start),
        Conv2d(1, 2, 3, dilation=(2, 1), bias=False, **start),
    ][rng.integers(3)]
    layers = [
        conv,
        [ReLU(), Tanh()][rng.integers(2)],
        pool,
        Conv2d(conv.out_channels, 4, 2, **start),
        Dropout(0.5),
        ReLU(),
        Flatten(),
    ]
    width = Sequential(*layers).eval()(np.zeros((1, 1, SMALL, SMALL))).shape[1]
    return Sequential(*layers, Linear(width, 5, **start), Tanh(), Linear(5, 4, bias=bool(rng.integers(2)), **start))


def states(rng, lab, count):
    """States of a laboratory, drawn at random."""
    layers, size = lab.config["layers"], lab.config["size"]
    kinds = ["input", *(layer["kind"] for layer in layers)]
    shapes = [y.shape[1:] for y in chain(lab.model, np.zeros((1, size, size)))]
    for _ in range(count):
        m = rng.choice([k for k, kind in enumerate(kinds) if kind != "flatten"])
        C, H, W = shapes[m] if len(shapes[m]) == 3 else (1, 1, *shapes[m])
        convs = [k for k, layer in enumerate(layers) if layer["kind"] == "conv"]
        off = [[int(k), int(rng.integers(layers[k]["shape"][0]))] for k in rng.permutation(convs)[: rng.integers(3)]]
        yield call("lab-network", "start", lab.config) | {
            "picked": int(rng.integers(len(DRAWN))),
            "centre": bool(rng.integers(2)),
            "off": off,
            "covered": rng.integers(0, size, (rng.integers(3), 2)).tolist(),
            "view": ["forward", "backward"][int(rng.integers(2))],
            "target": [None, *range(lab.config["classes"])][int(rng.integers(lab.config["classes"] + 1))],
            "cell": [None, [str(m), int(rng.integers(H)), int(rng.integers(C * W))]][int(rng.integers(4) > 0)],
        }


@pytest.mark.parametrize("seed", range(25))
def test_small_networks_of_all_kinds_compute_as_in_the_library(seed):
    rng = np.random.default_rng(seed)
    lab = NetworkLab(networks(rng), SMALL)
    for state in states(rng, lab, STATES):
        check(lab.model, data(lab), state)


def test_the_courses_network_computes_as_in_the_library():
    rng, lab = np.random.default_rng(0), NetworkLab()
    model = lab.model = reader()
    for state in states(rng, lab, 3):
        check(model, data(lab), state)


def test_the_untrained_network_is_one_that_cnnlib_might_begin_with():
    config = data(NetworkLab())
    layers = call("lab-network-model", "untrained", config["layers"])
    model = network(dtype=np.float64)
    model.load_state_dict(
        {
            f"{layer['name']}.{part}": array(layer[short])
            for layer in layers
            if layer.get("shape")
            for part, short in (("weight", "w"), ("bias", "b"))
        }
    )
    check(model, config, call("lab-network", "start", config) | {"weights": "random", "view": "backward"})
    for name, drawn in model.state_dict().items():
        bound = 1 / np.sqrt(dict(network().named_children())[name[0]].weight.data[0].size)
        assert np.abs(drawn).max() <= bound and len(np.unique(drawn)) == drawn.size
        assert drawn.size < 100 or (np.abs(drawn).max() > 0.95 * bound and abs(drawn.mean()) < 0.2 * bound)


# --- Drawings --------------------------------------------------------------------------------------------------------


def raster(drawn, size=28, **options):
    return array(call("lab-network-ink", "raster", drawn["strokes"], size, {"pen": drawn["pen"], **options}))[0]


def test_at_least_nine_drawings_of_ten_are_read_right():
    """Here by cnnlib, from the page's pixels; tests/labs/test_network_page.py draws them in a browser."""
    scores = reader()(np.array([raster(drawn) for drawn in DRAWN])[:, None])
    right = (scores.argmax(axis=1) == [drawn["digit"] for drawn in DRAWN]).sum()
    assert len(DRAWN) >= 30 and right >= 0.9 * len(DRAWN)


def test_all_drawings_are_read_at_once():
    lab = NetworkLab(networks(np.random.default_rng(5)), SMALL)
    state = call("lab-network", "start", lab.config) | {"all": True, "centre": False, "off": [[0, 1]]}
    read = call("lab-network", "numbers", state, data(lab))["read"]
    for k in (0, 17, 49):
        one = call("lab-network", "numbers", state | {"picked": k, "all": False}, data(lab))["p"]
        assert read[k]["digit"] == np.argmax(one) and read[k]["p"] == max(one)
    markup = call("lab-network-draw", "drawingsTable", {"read": read}, lab.config)
    wrong = sum(answer["digit"] != drawn["digit"] for answer, drawn in zip(read, DRAWN, strict=True))
    assert markup.count('class="misread"') == wrong > 0 and f"{50 - wrong} of 50 drawings are read right" in markup


def test_the_committed_drawings_are_those_of_the_program():
    assert drawings.drawings() == DRAWN
    assert len({d["hand"] for d in DRAWN}) >= 4 and len({d["pen"] for d in DRAWN}) >= 4
    assert all(call("lab-network-ink", "isStroke", stroke) for d in DRAWN for stroke in d["strokes"])


def distance(point, line):
    """From a point to a line of points."""
    a, b = line, np.concatenate([line[1:], line[-1:]])
    t = ((point - a) * (b - a)).sum(1) / np.maximum(((b - a) ** 2).sum(1), 1e-300)
    return np.linalg.norm(a + np.clip(t, 0, 1)[:, None] * (b - a) - point, axis=1).min()


def points(stroke):
    return np.array([int(stroke[k : k + 2], 36) for k in range(0, len(stroke), 2)]).reshape(-1, 2) / 1295


def test_ink_is_where_a_line_is_near():
    for drawn in DRAWN[::7]:
        image = raster(drawn, centre=False)
        lines = [28 * points(stroke) for stroke in drawn["strokes"]]
        for i, j in np.ndindex(28, 28):
            far = min(distance(np.array([j + 0.5, i + 0.5]), line) for line in lines)
            assert image[i, j] == pytest.approx(np.clip(14 * drawn["pen"] + 0.5 - far, 0, 1), abs=1e-12)


@pytest.mark.parametrize("size", [28, 8])
def test_a_centred_drawing_fills_its_room_and_has_its_ink_in_the_middle(size):
    room = {28: 20, 8: 8}[size]
    for drawn in DRAWN:
        image = raster(drawn, size)
        rows, columns = np.nonzero(image.max(1))[0], np.nonzero(image.max(0))[0]
        longer = max(np.ptp(rows), np.ptp(columns)) + 1
        assert room - 2 <= longer <= min(room + 2, size)
        if size == 28:
            middle = [np.average(np.arange(28) + 0.5, weights=image.sum(axis)) for axis in (1, 0)]
            np.testing.assert_allclose(middle, 14, atol=0.15)


def test_a_drawing_is_the_same_wherever_it_stands_and_however_large_it_is():
    drawn = DRAWN[23]
    line = [points(stroke) for stroke in drawn["strokes"]]
    moved = {
        "pen": 1.5 * drawn["pen"],
        "strokes": [drawings.packed(0.1 + 1.5 * (part - np.min(line[0], 0))) for part in line],
    }
    np.testing.assert_allclose(raster(moved), raster(drawn), atol=0.06)
    assert np.abs(raster(moved, centre=False) - raster(drawn, centre=False)).max() == 1


def test_an_empty_pad_is_an_empty_image():
    assert not raster({"strokes": [], "pen": 0.1}).any()
    assert raster({"strokes": ["i0i0"], "pen": 0.1}).sum() > 3  # a dot


def test_strokes_are_packed_as_python_packs_them():
    line = np.array([[0, 1], [0.5, 0.123], [-1, 2]])
    assert call("lab-network-ink", "packed", line) == drawings.packed(line)
    np.testing.assert_allclose(call("lab-network-ink", "points", drawings.packed(line)), line.clip(0, 1), atol=1 / 2590)
    for wrong in ("", "abc", "ABCD", 5, None, "a c1"):
        assert call("lab-network-ink", "isStroke", wrong) is False


@pytest.mark.skipif(not mnist_available(), reason="MNIST is not at hand: CNNLIB_DATA names its folder")
def test_the_network_reads_mnist():
    test = load_mnist(train=False)[:2000]
    assert (predict(reader(np.float32), test.images).argmax(axis=1) == test.labels).mean() > 0.985


# --- Files -----------------------------------------------------------------------------------------------------------


def parsed(content):
    """What the page says of a file: its tensors, or why it is refused."""
    engine().set("hex", bytes(content).hex())
    return json.loads(
        engine().eval("""(() => {
        const bytes = Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
        try { return JSON.stringify(modules["lab-network-file"].parse(bytes), list); }
        catch (error) { return JSON.stringify(error.message); }
    })()""")
    )


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2"])
def test_files_of_cnnlib_and_of_others_are_read(tmp_path, dtype):
    import safetensors.numpy

    rng = np.random.default_rng(0)
    arrays = {
        "0.weight": np.array([1, -2, 0.5, 65504, 6e-8, 0]).astype(dtype),
        "0.bias": rng.normal(size=(2, 3)).astype(dtype),
    }
    checkpoint.save(tmp_path / "ours", arrays, {"note": "ü"})
    safetensors.numpy.save_file(arrays, tmp_path / "theirs")
    for name in ("ours", "theirs"):
        found = parsed((tmp_path / name).read_bytes())
        assert found.keys() == arrays.keys()
        for key, wanted in arrays.items():
            assert np.array_equal(array(found[key]), wanted.astype(np.float64))


def file(header, numbers=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


W = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def test_a_file_that_is_far_too_long_is_not_read():
    too_long = 'try { modules["lab-network-file"].parse(new Uint8Array(8000001)) } catch (error) { error.message }'
    assert "at most 8000000 are read" in engine().eval(too_long)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"abc", "3 bytes"),
        (b"\xff" * 40, "cut short"),
        (b"PK\x03\x04" + bytes(60), "cut short"),
        (file(b"nonsense"), "no JSON"),
        (file([1]), "no names"),
        (file({"w": 1}), "w has no shape"),
        (file({"w": None}), "w has no shape"),
        (file({"w": W | {"shape": [-1]}}, bytes(8)), "w has no shape"),
        (file({"w": W | {"dtype": "BF16"}}, bytes(8)), "stored as BF16"),
        (file({"w": W | {"dtype": "toString"}}, bytes(8)), "stored as toString"),
        (file({"w": W | {"shape": [3]}}, bytes(8)), "8 bytes, its shape needs 12"),
        (file({"w": W}, bytes(7)), "cut short"),
        (file({"w": W}, bytes(9)), "should have 8 bytes, and there are 9"),
        (file({"w": W}, np.array([1, np.nan], "<f4").tobytes()), "w holds numbers that are not finite"),
    ],
)
def test_a_wrong_file_is_refused_with_a_reason(content, reason):
    assert reason in parsed(content), parsed(content)


def fitted(arrays, known):
    """Which network the page takes arrays for, or why it takes them for none."""
    tensors = {name: {"shape": a.shape, "data": a.ravel()} for name, a in arrays.items()}
    try:
        return call("lab-network-file", "networkOf", tensors, known)
    except Exception as error:  # quickjs has one of its own
        return str(error)


def test_weights_find_the_network_that_they_belong_to():
    known = NetworkLab().config["known"]
    for model, title, size in (
        (network(), "the network shown here", 28),
        (lenet5(), "lenet5()", 28),
        (digits_cnn(), "digits_cnn()", 8),
    ):
        found = fitted(model.state_dict(), known)
        assert (found["title"], found["size"]) == (title, size)
        assert [len(layer["w"]["data"]) for layer in found["layers"] if "w" in layer] == [
            layer.weight.size for layer in model if hasattr(layer, "weight")
        ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda arrays: arrays.pop("3.bias"), "3.bias is missing"),
        (lambda arrays: arrays.update({"9.bias": np.zeros(1)}), "9.bias is one too many"),
        (
            lambda arrays: arrays.update({"0.weight": np.zeros((6, 1, 5, 5))}),
            "0.weight should be 8 × 1 × 5 × 5, and is 6 × 1 × 5 × 5",
        ),
        (lambda arrays: arrays.update({"0.bias": np.zeros(())}), "0.bias should be 8, and is a single number"),
    ],
)
def test_weights_of_another_network_are_refused_by_name(change, reason):
    arrays = network().state_dict()
    change(arrays)
    assert reason in fitted(arrays, NetworkLab().config["known"])


# --- The object in a notebook ----------------------------------------------------------------------------------------


def test_the_readers_model_is_shown_and_renewed(monkeypatch):
    monkeypatch.delenv("CNNLIB_STATIC", raising=False)
    model = digits_cnn(rng=np.random.default_rng(0))
    lab = NetworkLab(model)
    assert (lab.config["size"], lab.config["classes"], lab.config["dtype"]) == (8, 10, "float32")
    assert lab.data == b"".join(p.data.tobytes() for p in model.parameters())
    view = lab.widget()
    assert view.bytes == lab.data and view.config == lab.config and view.serial == 0
    model[0].weight.data[...] += 1
    lab.refresh()
    assert view.bytes == lab.data != b"" and view.serial == 1
    assert np.frombuffer(view.bytes, "<f4")[0] == model[0].weight.data.flat[0]
    shown = call("lab-network", "numbers", call("lab-network", "start", lab.config), data(lab))
    wanted = model(array(shown["maps"][0])[None].astype(np.float32))
    np.testing.assert_allclose(array(shown["maps"][-1]), wanted[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("make", [lambda: mlp([784, 20, 10]), lambda: mlp([64, 10]), lenet5])
def test_models_of_the_course_can_be_shown(make):
    lab = NetworkLab(make())
    assert "Read as" in lab.first[1] and "<svg" in lab.first[0]


@pytest.mark.parametrize(
    ("model", "size", "error", "reason"),
    [
        (np.zeros(3), None, TypeError, "model must be a Sequential, a chain of layers, got ndarray"),
        (Linear(3, 4), None, TypeError, "got Linear"),
        (
            Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), Flatten(), Linear(72, 10)),
            8,
            TypeError,
            "layer 1 of model is BatchNorm2d",
        ),
        (
            Sequential(AdaptiveAvgPool2d(2), Flatten(), Linear(4, 10)),
            8,
            TypeError,
            "layer 0 of model is AdaptiveAvgPool2d",
        ),
        (Sequential(Conv2d(1, 2, 3), Conv2d(2, 2, 3, groups=2), Flatten(), Linear(32, 10)), 8, ValueError, "groups=2"),
        (Sequential(Conv2d(1, 2, 2, padding="same"), Flatten(), Linear(128, 10)), 8, ValueError, "pads one side more"),
        (
            Sequential(Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), Flatten(), Linear(128, 10)),
            8,
            ValueError,
            "padding_mode='reflect'",
        ),
        (Sequential(MaxPool2d(3, ceil_mode=True), Flatten(), Linear(9, 10)), 8, ValueError, "ceil_mode=True"),
        (
            Sequential(AvgPool2d(2, padding=1, count_include_pad=False), Flatten(), Linear(25, 9)),
            8,
            ValueError,
            "count_include_pad=False",
        ),
        (Sequential(Flatten(2), Linear(64, 10)), 8, ValueError, "start_dim=2"),
        (Sequential(Conv2d(1, 2, 3)), 8, ValueError, "must end with a Linear layer"),
        (Sequential(Flatten(), Linear(64, 10), ReLU()), 8, ValueError, "must end with a Linear layer"),
        (Sequential(Linear(8, 3)), 8, ValueError, "must end with a Linear layer"),
        (digits_cnn(), 7, ValueError, "must take images (N, 1, H, H) of 7 × 7; name another size"),
        (Sequential(Flatten(), Linear(49, 10)), None, ValueError, "28 or 8 or 32 or 12 or 16 or 24 pixels to a side"),
        (Sequential(Conv2d(3, 2, 3), Flatten(), Linear(72, 10)), 8, ValueError, "must take images (N, 1, H, H)"),
        (digits_cnn(), 8.5, TypeError, "size"),
        (digits_cnn(), 0, ValueError, "size"),
        (Sequential(), None, ValueError, "it has none"),
        (Sequential(Flatten()), 8, ValueError, "it has none"),
    ],
)
def test_what_cannot_be_shown_is_refused(model, size, error, reason):
    with pytest.raises(error) as refused:
        NetworkLab(model, size)
    assert reason in str(refused.value), str(refused.value)


def test_names_of_layers_are_those_of_the_state_dict():
    layers, _ = describe(network())
    names = {f"{layer['name']}.{part}" for layer in layers if "name" in layer for part in ("weight", "bias")}
    assert names == set(network().state_dict())
