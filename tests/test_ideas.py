"""Chapter 8's ladder from a dense network to a CNN: one thing changes at a time, and what the record holds."""

import numpy as np
import pytest
import torch

from cnnlib.course import ideas, shuffling
from cnnlib.course.ideas import KEPT, LADDER, OTHERS, RATES, Dense, Local, network, parameters
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
    for where in record.values():
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
        assert min(entry["in place"]["test"]) > ideas.GUESSING or min(entry["smaller rate"]["test"]) > 0.5, name
    for where, contender in ideas.MORE_TIME:
        assert len(record[where][", ".join(contender)]["longer"]["test"]) == len(shuffling.JUDGING)
    for rung in LADDER:
        assert {"in place", "shuffled"} <= set(record["anywhere"][", ".join(rung)])


def test_a_point_of_the_record_is_measured_again(record):
    entry = record["anywhere"][", ".join(LADDER[2])]["in place"]
    assert ideas.trained(*LADDER[2], 0, entry["best"])[2] == pytest.approx(entry["test"][0], abs=0.03)
