"""Chapter 8's ladder from a dense network to a CNN: one thing changes at a time, and what the record holds."""

import numpy as np
import pytest
import torch

from cnnlib.course import ideas, shuffling
from cnnlib.course.figures import idea_explorer
from cnnlib.course.ideas import KEPT, LADDER, OTHERS, RATES, RULES, SIZE, WIDER, Dense, Local, network, parameters
from cnnlib.layers import Conv2d

EVERY = [*LADDER, *OTHERS]
START = {"rng": np.random.default_rng(0), "dtype": np.float64}


@pytest.fixture(scope="module")
def record():
    return ideas.load()


@pytest.mark.parametrize("stride", [1, 2])
def test_a_local_layer_with_equal_weights_is_a_convolution(stride):
    conv, local = Conv2d(2, 3, 3, padding=1, stride=stride, **START), Local(2, 6, 3, stride, **START)
    local.weight.data[:] = conv.weight.data.reshape(3, -1)
    local.bias.data[:] = conv.bias.data
    x = np.random.default_rng(1).normal(size=(4, 2, 6, 6))
    y = conv(x)
    np.testing.assert_allclose(local(x), y, atol=1e-12)
    dy = np.random.default_rng(2).normal(size=y.shape)
    np.testing.assert_allclose(local.backward(dy), conv.backward(dy), atol=1e-12)
    # what all places share collects what each would get alone
    np.testing.assert_allclose(local.weight.grad.sum(axis=0), conv.weight.grad.reshape(3, -1), atol=1e-12)
    np.testing.assert_allclose(local.bias.grad.sum(axis=0), conv.bias.grad, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_local_layer_agrees_with_pytorch(stride):
    local, rng = Local(2, 6, 3, stride, **START), np.random.default_rng(3)
    x, w, b = (torch.tensor(v, requires_grad=True)
               for v in (rng.normal(size=(4, 2, 6, 6)), local.weight.data, local.bias.data))
    columns = torch.nn.functional.unfold(x, 3, padding=1, stride=stride)
    theirs = torch.einsum("pof,nfp->nop", w, columns) + b.T
    y = local(x.detach().numpy())
    np.testing.assert_allclose(y, theirs.detach().reshape(y.shape), atol=1e-12)
    dy = rng.normal(size=y.shape)
    theirs.backward(torch.from_numpy(dy).reshape(theirs.shape))
    np.testing.assert_allclose(local.backward(dy), x.grad, atol=1e-12)
    np.testing.assert_allclose(local.weight.grad, w.grad, atol=1e-12)
    np.testing.assert_allclose(local.bias.grad, b.grad, atol=1e-12)


def test_a_dense_layer_of_maps_is_a_linear_layer():
    dense, rng = Dense(2, 4, 3, 2, **START), np.random.default_rng(4)
    x, dy = rng.normal(size=(5, 2, 4, 4)), rng.normal(size=(5, 3, 2, 2))
    w = dense.linear.weight.data
    np.testing.assert_allclose(dense(x).reshape(5, -1), x.reshape(5, -1) @ w.T + dense.linear.bias.data)
    np.testing.assert_allclose(dense.backward(dy).reshape(5, -1), dy.reshape(5, -1) @ w)


@pytest.mark.parametrize(("joined", "kept"), EVERY)
def test_all_networks_have_the_same_stages(joined, kept):
    x, sizes = np.random.default_rng(5).random((2, 1, 16, 16)), []
    for layer in network(joined, kept, 0):
        x = layer(x)
        sizes.append(x.shape[1:])
    assert sizes[-1] == (10,)
    assert {(8, 8, 8), (16, 4, 4)} <= set(sizes)


def test_one_step_of_the_ladder_changes_one_thing():
    for one, other in zip(LADDER, LADDER[1:], strict=False):
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 1
    assert [parameters(*rung) for rung in LADDER] == [265_482, 26_378, 3_818, 3_818]


def test_the_last_rung_is_the_network_of_the_shuffle():
    ours, theirs = network(*LADDER[-1], 7), shuffling.network("CNN", 7)
    x = np.random.default_rng(6).random((2, 1, 16, 16))
    np.testing.assert_array_equal(ours(x), theirs(x))


@pytest.mark.parametrize("size", WIDER)
def test_larger_windows_change_nothing_else(size):
    x, sizes = np.random.default_rng(5).random((2, 1, 16, 16)), []
    for layer in network(*LADDER[2], 0, kernel_size=size):
        x = layer(x)
        sizes.append(x.shape[1:])
    assert {(8, 8, 8), (16, 4, 4)} <= set(sizes)
    assert parameters(*LADDER[2], kernel_size=size) == parameters(*LADDER[2]) + (8 + 16 * 8) * (size**2 - 9)


def test_windows_pulled_apart_change_nothing_else():
    x, apart = np.random.default_rng(5).random((2, 1, 16, 16)), network(*LADDER[3], 0, dilation=2)
    together = network(*LADDER[3], 0)
    for layer, other in zip(apart, together, strict=True):
        x = layer(x)
        assert all((a.data == b.data).all() for a, b in zip(layer.parameters(), other.parameters(), strict=True))
    pixel = np.zeros((1, 1, 16, 16))
    pixel[..., 8, 8] = 1
    first = [list(model)[0](pixel)[0] - list(model)[0].bias.data[:, None, None] for model in (apart, together)]
    np.testing.assert_array_equal(first[0][:, 6:11:2, 6:11:2], first[1][:, 7:10, 7:10])
    assert (first[0] != 0).sum() == (first[1] != 0).sum()


@pytest.mark.parametrize(("contender", "size", "field"),
                         [(LADDER[2], 3, 7), (LADDER[3], 3, 10), (LADDER[2], 4, 10), (LADDER[2], 5, 13)])
def test_a_number_of_the_last_maps_depends_on_as_many_pixels_as_the_chapter_says(contender, size, field):
    model, x = network(*contender, 0, kernel_size=size), np.random.default_rng(0).random((32, 1, 16, 16))
    for layer in (maps := list(model)[:-2]):
        x = layer(x)
    dy = np.zeros_like(x)
    dy[:, :, 2, 2] = 1  # far enough from the border
    for layer in maps[::-1]:
        dy = layer.backward(dy)
    reached = np.abs(dy).sum(axis=(0, 1)) > 0
    rows, columns = (np.flatnonzero(reached.any(axis=k)) for k in (1, 0))
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == field


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_moves_pixels_and_loses_none(rule):
    order = ideas.arranged(rule)
    np.testing.assert_array_equal(np.sort(order), np.arange(SIZE**2))
    assert (order != np.arange(SIZE**2)).any()
    np.testing.assert_array_equal(ideas.arranged(rule), order)


def layouts(rule):
    """What the inner windows of 3 × 3 read, measured from the pixel in their middle; and how far it is spread."""
    order, found, spread = np.stack(divmod(ideas.arranged(rule).reshape(SIZE, SIZE), SIZE)), [], []
    for i, j in np.ndindex(SIZE - 2, SIZE - 2):
        window = order[:, i:i + 3, j:j + 3]
        found.append((window - window[:, 1:2, 1:2]).tobytes())
        spread.append(np.ptp(window, axis=(1, 2)).max() + 1)
    return found, spread


def test_rules_part_neighbours_or_change_the_layout_as_the_chapter_says():
    inner = (SIZE - 2) ** 2
    assert len(set(layouts("mirrored")[0])) == 1
    for rule, most in (("halves swapped", 3), ("even columns first", 5), ("even rows and columns first", 5)):
        found, spread = layouts(rule)
        share = max(map(found.count, set(found))) / inner
        assert share > 0.7 and np.median(spread) == most, rule
    for rule, most in (("each 2 × 2 shuffled", 4), ("each 4 × 4 shuffled", 8)):
        found, spread = layouts(rule)
        assert max(map(found.count, set(found))) < 0.05 * inner and max(spread) <= most, rule


@pytest.mark.parametrize(("side", "rule"), [(2, "each 2 × 2 shuffled"), (4, "each 4 × 4 shuffled")])
def test_a_shuffle_within_blocks_leaves_every_pixel_in_its_block(side, rule):
    for new, old in enumerate(ideas.arranged(rule)):
        assert [k // side for k in divmod(new, SIZE)] == [k // side for k in divmod(int(old), SIZE)]


def test_rings_differ_only_in_whether_all_blocks_have_the_same():
    blocks = {rule: ideas.arranged(rule).reshape(SIZE // 2, 2, -1, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
              for rule in ("one ring for all 2 × 2", "each 2 × 2 its own ring")}
    home = np.arange(SIZE**2).reshape(SIZE // 2, 2, -1, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    kinds = {}
    for rule, moved in blocks.items():
        np.testing.assert_array_equal(np.sort(moved, axis=1), home)
        at = np.argsort(moved, axis=1)  # where each pixel of a block has gone
        assert ((at == np.arange(4)).sum(axis=1) == 1).all()  # one stays, three go round
        kinds[rule] = len(np.unique(at, axis=0))
    assert [*kinds.values()] == [1, 8]
    assert len(set(layouts("one ring for all 2 × 2")[0])) == 4
    assert len(set(layouts("each 2 × 2 its own ring")[0])) > 100


def test_a_part_of_the_record_is_measured_without_the_others(monkeypatch, tmp_path):
    monkeypatch.setattr(ideas, "RECORD", tmp_path / "record.json")
    (tmp_path / "record.json").write_text('{"anywhere": {"kept": 1}}', encoding="utf-8")
    monkeypatch.setitem(ideas.PARTS, "orders", lambda pool, record: {"orders": {"mirrored": 2}})
    ideas.main(["orders"])
    assert ideas.load() == {"anywhere": {"kept": 1}, "orders": {"mirrored": 2}}


def test_the_explorer_shows_weights_only_where_an_output_is_computed():
    runs = {"in place": [0.5] * 5}
    for place, kept, there in (((2, 3), "one of four", False), ((4, 4), "one of four", True),
                               ((2, 3), "the largest", True)):
        drawn = idea_explorer.idea("shared", kept, runs, [], {}, place)
        assert idea_explorer.computed(place, kept) is there and ("no output at this place" in drawn) is not there
    assert idea_explorer.computed(idea_explorer.FIRST, "one of four")


def test_the_explorer_says_how_much_of_a_window_lies_outside_the_picture():
    remark = idea_explorer.remark
    assert "nothing is computed" in remark("local", "one of four", (2, 3))
    assert "3 lie outside" in remark("shared", "one of four", (0, 4))
    assert "5 lie outside" in remark("shared", "the largest", (5, 5))
    for inner in (("local", "the largest", (2, 3)), ("dense", "one of four", (0, 4)), ("shared", "the mean", (4, 4))):
        assert not remark(*inner)


def test_digits_in_the_middle_are_the_same_digits():
    for anywhere, middle in zip(ideas.pictures(1)[0], ideas.pictures(1, "middle")[0], strict=True):
        np.testing.assert_array_equal(anywhere.labels, middle.labels)
        np.testing.assert_allclose(anywhere.images.sum(axis=(1, 2, 3)), middle.images.sum(axis=(1, 2, 3)))
        assert middle.images.shape[2:] == (16, 16) and not middle.images[..., :4].any()
        assert not middle.images[..., 12:, :].any()


def test_the_record_is_whole_and_every_best_rate_has_worse_neighbours(record):
    assert not set(shuffling.CHOOSING) & set(shuffling.JUDGING) and len(shuffling.JUDGING) >= 5
    assert {*record["anywhere"]} == {", ".join(c) for c in EVERY}
    assert {*record["middle"]} == {", ".join(LADDER[-1])}
    for where in (record["anywhere"], record["middle"]):
        for name, entry in where.items():
            assert entry["parameters"] == parameters(*name.split(", "))
            assert name.split(", ")[1] in KEPT
            for how in {"in place", "shuffled"} & set(entry):
                tried = {lr: np.mean(runs) for lr, runs in entry[how]["validation"]}
                k = RATES.index(entry[how]["best"])
                assert tried[RATES[k]] >= max(tried[RATES[k - 1]], tried[RATES[k + 1]])
                assert {len(runs) for _, runs in entry[how]["validation"]} == {len(shuffling.CHOOSING)}
                assert len(entry[how]["train"]) == len(entry[how]["test"]) == len(shuffling.JUDGING)
    for name, entry in record["anywhere"].items():  # a rate that fails on a seed is not reported alone
        assert min(entry["in place"]["train"]) > ideas.GUESSING or min(entry["smaller rate"]["test"]) > 0.5, name
    assert {*record["longer"]} == {joined for joined, _ in ideas.MORE_TIME} and {*record["orders"]} == {*RULES}
    for joined, kept in ideas.MORE_TIME:
        assert record["longer"][joined]["best"] == record["anywhere"][f"{joined}, {kept}"]["in place"]["best"]
    assert {*record["windows"]} == {str(size) for size in WIDER}
    for size in WIDER:
        assert record["windows"][str(size)]["parameters"] == parameters(*LADDER[2], kernel_size=size)
    assert {*record["unshared"]} == {*ideas.CONTROLS} <= {*RULES}
    assert {entry["best"] for entry in record["unshared"].values()} == {
        record["anywhere"][", ".join(OTHERS[0])]["in place"]["best"]}
    for entry in (*record["windows"].values(), *record["orders"].values(), record["dilated"]):
        tried = {lr: np.mean(runs) for lr, runs in entry["validation"]}
        k = RATES.index(entry["best"])
        assert tried[RATES[k]] >= max(tried[RATES[k - 1]], tried[RATES[k + 1]])
    assert len(record["dilated"]["train"]) == len(record["dilated"]["test"]) == len(shuffling.JUDGING)
    for part in ("longer", "orders", "windows", "unshared"):
        lengths = {len(entry[key]) for entry in record[part].values() for key in ("train", "test")}
        assert lengths == {len(shuffling.JUDGING)}
    for rung in LADDER:
        assert {"in place", "shuffled"} <= set(record["anywhere"][", ".join(rung)])


def test_a_point_of_the_record_is_measured_again(record):
    entry = record["anywhere"][", ".join(LADDER[2])]["in place"]
    assert ideas.trained(*LADDER[2], 0, entry["best"])[2] == pytest.approx(entry["test"][0], abs=0.03)


def test_orders_by_a_rule_and_other_windows_are_measured_again(record):
    again = ideas.trained(*LADDER[2], 1, record["windows"]["5"]["best"], kernel_size=5)[2]
    assert again == pytest.approx(record["windows"]["5"]["test"][1], abs=0.03)
    rule = "each 2 × 2 shuffled"
    again = ideas.trained(*LADDER[3], 2, record["orders"][rule]["best"], order=rule)[2]
    assert again == pytest.approx(record["orders"][rule]["test"][2], abs=0.03)
    again = ideas.trained(*LADDER[3], 3, record["dilated"]["best"], dilation=2)[2]
    assert again == pytest.approx(record["dilated"]["test"][3], abs=0.03)
