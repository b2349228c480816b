"""Chapter 15's experiment: what a seed decides, what a recipe is, and what the committed record holds."""

import numpy as np
import pytest
from scipy import stats

from cnnlib import augment
from cnnlib.course import better
from cnnlib.course.better import ABLATING, BASE, CHANGES, CHOOSING, JUDGING, PARTS, RATES, SPOILERS, WATCHED


def bytes_of(part):
    """The ink of every digit, wherever it stands in its field."""
    return [image[image > 0].tobytes() for image in part.images]


def test_test_digits_are_in_no_part_of_any_seed():
    pool, test = better.pools()
    drawer = set(bytes_of(test))
    for seed in (0, 1, 100):
        learn, held_out = map(bytes_of, better.stage(seed))
        assert len(learn) == 1078 and len(held_out) == 360
        assert not set(learn) & set(held_out) and not drawer & set(learn + held_out)
    assert sorted(bytes_of(better.drawer())) == sorted(bytes_of(test)) and len(pool) + len(test) == 1797


def test_a_seed_decides_split_and_places():
    (a, _), (b, _), (c, _) = better.stage(0), better.stage(0), better.stage(1)
    np.testing.assert_array_equal(a.images, b.images)
    assert not np.array_equal(a.labels, c.labels)
    corners = {tuple(np.argwhere(image[0] > 0).min(axis=0)) for image in a.images}
    assert len(corners) >= 25 and a.images.shape[2:] == (12, 12)


@pytest.mark.parametrize(("how", "parameters"), [({}, 2698), ({"width": 16}, 7690), ({"norm": True}, 2746),
                                                 ({"dropout": 0.5}, 2698)])
def test_networks_start_from_the_same_weights_where_they_can(how, parameters):
    model, plain = (better.network(np.random.default_rng([1, 0, 0]), **h) for h in (how, {}))
    assert sum(p.size for p in model.parameters()) == parameters
    if "width" not in how:
        np.testing.assert_array_equal(model[0].weight.data, plain[0].weight.data)
        np.testing.assert_array_equal(model[-1].weight.data, plain[-1].weight.data)


def test_cost_counts_members_epochs_digits_and_multiply_adds():
    conv1, conv2, linear = 8 * 144 * 9, 16 * 36 * 72, 1440
    wide = (2 * conv1 + 4 * conv2 + 2 * linear) / (conv1 + conv2 + linear)
    assert better.cost({}) == better.cost({"dropout": 0.5, "lr": 1.0}) == 1
    assert better.cost({"width": 16}) == pytest.approx(wide) and better.cost({"digits": 1078, "members": 3}) == 6


def test_augmentation_is_none_where_nothing_is_changed():
    assert better.augmentation(BASE, None) is None
    x = better.stage(0)[0].images[:5]
    for how in ({"pixels": 1.5}, {"degrees": 15}, {"stretch": 0.15}, {"blur": True}):
        moved = better.augmentation(BASE | how, np.random.default_rng(0))(x, None)
        assert moved.shape == x.shape and not np.array_equal(moved, x)
        if "blur" not in how:
            assert set(moved.ravel()) <= set(x.ravel())  # whole pixels: nothing is mixed


def test_blur_spreads_a_dot_as_a_shift_by_a_fraction_does_and_moves_nothing():
    dots = np.zeros((2000, 1, 9, 9))
    dots[:, 0, 4, 4] = 1
    blurred = better.blur(dots, np.random.default_rng(0))
    mixed = augment.shift(dots, 0.5, np.random.default_rng(0))
    r = np.arange(9)
    spread = []
    for image in (blurred[:, 0], mixed[:, 0]):
        down = image.sum(axis=2)
        centre = down @ r
        spread.append((down @ r**2 - centre**2).mean())
        np.testing.assert_allclose(image.sum(axis=(1, 2)), 1)
    np.testing.assert_allclose(blurred, blurred[:, :, ::-1, ::-1])  # symmetric: nothing has moved
    assert spread[0] == pytest.approx(1 / 6, abs=0.005) and spread[1] == pytest.approx(1 / 6, abs=0.005)


def test_shift_then_blur_is_the_shift_and_then_the_blur():
    x = better.stage(0)[0].images[:20]
    both = better.augmentation(BASE | {"pixels": 1.5, "blur": True}, np.random.default_rng(0))(x, None)
    own = np.random.default_rng(0)
    shifted = better.augmentation(BASE | {"pixels": 1.5}, own)(x, None)
    assert not np.array_equal(shifted, x)
    np.testing.assert_array_equal(both, better.blur(shifted, own))


@pytest.mark.parametrize(("kind", "expected"), [("mirror", [[2, 1], [4, 3]]), ("half turn", [[4, 3], [2, 1]]),
                                                ("upside down", [[3, 4], [1, 2]])])
def test_a_spoiler_changes_half_of_the_images(kind, expected):
    x = np.tile(np.array([[1.0, 2], [3, 4]]), (1000, 1, 1, 1))
    spoiled = better.spoil(x, np.random.default_rng(0), kind)
    changed = (spoiled == expected).all(axis=(1, 2, 3))
    assert 400 < changed.sum() < 600 and (spoiled[~changed] == x[0]).all()


def test_only_these_classes_are_spoiled_and_with_the_same_draws():
    part = better.stage(0)[0]
    x, labels = part.images[:200], part.labels[:200]
    everyone = better.spoil(x, np.random.default_rng(0), "mirror")
    chosen = np.isin(labels, [5, 7])
    two, others = (better.only(which, "mirror", part)(x, np.random.default_rng(0))
                   for which in ([5, 7], [0, 1, 2, 3, 4, 6, 8, 9]))
    np.testing.assert_array_equal(two, np.where(chosen[:, None, None, None], everyone, x))
    np.testing.assert_array_equal(others, np.where(chosen[:, None, None, None], x, everyone))
    assert 0 < chosen.sum() < 200


def test_confusions_of_a_pair_are_counted_in_both_directions(monkeypatch):
    truth = np.array([2, 3, 3, 5, 7, 7, 6, 1])
    monkeypatch.setattr(better, "stage", lambda seed: (None, better.data.Dataset(np.zeros((8, 1, 1, 1)), truth)))
    monkeypatch.setattr(better, "train", lambda *arguments: None)
    monkeypatch.setattr(better, "answers", lambda *arguments: np.array([3, 2, 5, 5, 5, 7, 6, 2]))
    counts = better.confused()
    assert {name: set(line) for name, line in counts.items()} == {
        "right": {3 / 8}, "2/3": {2}, "3/5": {1}, "5/7": {1}, "6/9": {0}, "2/5": {0}}
    assert len(counts["right"]) == len(ABLATING)


def test_a_change_of_the_images_takes_the_place_of_the_recipe_s(monkeypatch):
    seen = []
    parts, quick = better.stage(0), {"epochs": 1, "digits": 64}
    better.train(0, parts, quick | {"blur": True}, lambda x, rng: seen.append((x, rng.random())) or x)
    own = {image.tobytes() for image in parts[0].images}
    assert len(seen) == 2 and {image.tobytes() for batch, _ in seen for image in batch} <= own
    assert seen[0][1] == np.random.default_rng([4, 0, 0]).random()


def test_an_augmentation_leaves_the_order_of_the_batches_alone(monkeypatch):
    seen = []
    monkeypatch.setattr(better.augment, "random_affine", lambda x, rng, **how: seen.append(rng.random()) or x)
    parts, quick = better.stage(0), {"epochs": 2, "digits": 96}
    (plain,), (same,) = better.train(0, parts, quick), better.train(0, parts, quick | {"pixels": 1.5})
    assert len(set(seen)) == 6  # it drew, and the run is the same
    np.testing.assert_array_equal(plain[0].weight.data, same[0].weight.data)


class Says:
    """A network that gives the same scores whatever it sees."""

    def __init__(self, *logits):
        self.logits = np.array([logits])


def test_an_ensemble_averages_probabilities_and_does_not_vote(monkeypatch):
    monkeypatch.setattr(better, "predict", lambda model, images: np.log(model.logits))
    members = [Says(0.9, 0.1), Says(0.4, 0.6), Says(0.4, 0.6)]
    assert better.answers(members, None) == [0] and better.answers(members[1:], None) == [1]


def test_interval_is_that_of_scipy():
    d = np.random.default_rng(0).normal(1, 2, 24)
    for n in range(2, 25):
        mean, half = better.interval(d[:n])
        low, high = stats.t.interval(0.95, n - 1, d[:n].mean(), stats.sem(d[:n]))
        assert mean == pytest.approx((low + high) / 2) and half == pytest.approx((high - low) / 2, rel=3e-3)
    assert len(better.FACTORS) == 29


def test_a_short_run_uses_what_is_changed():
    quick = {"epochs": 1, "digits": 64}
    parts = better.stage(0)
    (plain,), (decayed,), (again,) = (better.train(0, parts, quick | how) for how in ({}, {"weight_decay": 0.5}, {}))
    np.testing.assert_array_equal(plain[0].weight.data, again[0].weight.data)
    assert np.abs(decayed[0].weight.data).sum() < np.abs(plain[0].weight.data).sum()
    pair = better.train(0, parts, quick | {"members": 2})
    np.testing.assert_array_equal(pair[0][0].weight.data, plain[0].weight.data)
    assert not np.allclose(pair[0][0].weight.data, pair[1][0].weight.data)


def test_the_record_is_whole_and_chosen_on_other_seeds_than_it_is_judged_on():
    record = better.load()
    assert not set(CHOOSING) & set(JUDGING)
    assert list(record["lines"]) == ["base", "another start", *CHANGES, *PARTS]
    for name, line in record["lines"].items():
        assert len(line["scores"]) == len(JUDGING) and set(line["best"]) <= set(BASE)
        if name != "another start":
            tried = {str(how): mean for how, mean in line["tried"]}
            assert len(tried) == len((CHANGES | PARTS).get(name, [{}])) * len(RATES)
            assert tried[str(line["best"])] == max(tried.values())
            assert RATES[0] < line["best"]["lr"] < RATES[-1]  # a best rate at the end of the list would be no best
    assert np.shape(record["surface"]) == (len(better.DECAYS), len(better.SURFACE_RATES), 2)
    assert [len(row) for row in record["lottery"]] == [899] * better.LOTTERY
    assert set("".join(record["lottery"])) == {"0", "1"}
    assert len(record["together"]["scores"]) == 12
    pairs = ["{}/{}".format(*pair) for pair in WATCHED]
    lines = {f"{kind} {which}" for kind, own in SPOILERS.items()
             for which in ("all", *(f"{how} {a}/{b}" for a, b in own for how in ("only", "all but")))}
    assert set(record["ablation"]) == {"plain"} | lines
    for counts in record["ablation"].values():
        assert list(counts) == ["right", *pairs] and {len(v) for v in counts.values()} == {len(ABLATING)}


def test_a_point_of_the_record_is_measured_again():
    record = better.load()["lines"]
    assert better.score(0) == pytest.approx(record["base"]["scores"][0], abs=0.03)
    assert better.load()["ablation"]["plain"]["right"] == pytest.approx(record["base"]["scores"][:12], abs=0.03)
    line = record["weight decay"]
    assert better.score(3, **line["best"]) == pytest.approx(line["scores"][3], abs=0.03)
