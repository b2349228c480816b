"""Chapter 12's long experiments: who competes on which digits, and what the committed record holds."""

import json

import numpy as np
import pytest

from cnnlib import data
from cnnlib.course import contenders
from cnnlib.course.contenders import CHOOSING, FIVE, JUDGING, RATES, SHALLOW, accuracy, deep, shallow, stage
from cnnlib.layers import BatchNorm2d, Conv2d, Dropout, ReLU, Residual

RECORD = contenders.load()


def kinds(model):
    return [type(layer) for layer in model.modules()]


def test_every_seed_divides_the_digits_anew_and_leaves_chapter_13s_test_digits_alone():
    digits = data.load_digits()
    parts = digits.images.astype(np.float64), digits.labels
    test = data.split(parts, (0.6, 0.2, 0.2), np.random.default_rng(0), stratify=True)[2]
    drawer = {image.tobytes() for image in test.images}
    found = []
    for seed in (0, 1):
        train, validation = stage(seed)
        assert (len(train), len(validation)) == (1078, 360)
        train, validation = ({image.tobytes() for image in part.images} for part in (train, validation))
        assert not train & validation and not (train | validation) & drawer
        found.append(validation)
    assert len(found[0] & found[1]) < 200


@pytest.mark.parametrize("kind", contenders.DEEP)
def test_deep_networks_differ_only_in_what_their_name_says(kind):
    model, layers = deep(kind, 3), kinds(deep(kind, 3))
    assert layers.count(Conv2d) == 12 and layers.count(BatchNorm2d) == 12 * ("batch norm" in kind)
    assert layers.count(Residual) == 11 * ("residual" in kind)
    convolutions = sum(p.size for name, p in model.named_parameters() if p.data.ndim == 4)
    assert convolutions == 8 * 9 + 11 * 64 * 9
    weights = np.concatenate([layer.weight.data.ravel() for layer in model.modules() if isinstance(layer, Conv2d)][1:])
    assert weights.std() == pytest.approx(np.sqrt(2 / 72) if "He" in kind else np.sqrt(1 / 72 / 3), rel=0.03)


def test_the_two_remedies_for_shortcuts_change_one_thing_each():
    scaled, turned, given = (deep(kind, 3) for kind in (*contenders.STARTS, "residual, He"))
    weights = [[p.data for p in model.parameters()] for model in (scaled, turned, given)]
    for small, same, old in zip(*weights, strict=True):
        np.testing.assert_array_equal(same, old)
        body = old.ndim == 4 and old.shape[1] == 8
        np.testing.assert_allclose(small, old / np.sqrt(12) if body else old)
    assert [type(layer) for layer in turned[3].body] == [ReLU, Conv2d] and kinds(scaled) == kinds(given)


def test_shallow_networks_differ_only_in_what_was_asked_for():
    plain, dropped, normed, started = shallow(1), shallow(1, p=0.25), shallow(1, normed=True), shallow(1, he=True)
    x = np.random.default_rng(0).random((3, 1, 8, 8))
    np.testing.assert_array_equal(plain(x), shallow(1)(x))
    np.testing.assert_array_equal(plain(x), dropped.eval()(x))
    assert Dropout in kinds(dropped) and kinds(normed).count(BatchNorm2d) == 2 and kinds(plain) == kinds(started)
    first = [next(p.data for p in model.parameters()) for model in (plain, normed, started)]
    np.testing.assert_array_equal(first[0], first[1])
    assert first[2].std() > 1.5 * first[0].std() and not np.allclose(plain(x), shallow(2)(x))


def test_company_holds_every_digit_once_in_each_kind_of_batch():
    labels = stage(0)[1].labels
    for name, batches in contenders.company(labels).items():
        np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(360))
        classes = [len(set(labels[batch])) for batch in batches]
        sizes = {len(batch) for batch in batches}
        expected = {"mixed, 64": {64, 40}, "mixed, 2": {2}, "sorted, 64": {64, 40}}.get(name)
        assert sizes == expected if expected else set(classes) == {1} and len(batches) == 10
        assert name != "mixed, 64" or min(classes) > 5
        assert name != "sorted, 64" or max(classes) <= 3


def test_the_mode_matters_with_batch_norm_and_only_then():
    scores = {normed: contenders.wrong_mode(0, 0.03, normed=normed) for normed in (False, True)}
    assert len(set(scores[False].values())) == 1
    assert scores[True]["one class"] < scores[True]["evaluation"] - 0.03


def test_the_nearest_class_mean_is_found_digit_by_digit():
    (train, validation), found = stage(2), contenders.baselines(2)
    means = [train.images[train.labels == k].mean(axis=0) for k in range(10)]
    hits = 0
    for image, label in zip(*validation, strict=True):
        distances = [np.linalg.norm(image - mean) for mean in means]
        hits += distances.index(min(distances)) == label
    assert found["nearest class mean"] == hits / 360
    assert found["one answer for all"] == max(np.mean(validation.labels == k) for k in range(10))


def check_choice(found, rates):
    tried = np.array(found["tried"])
    assert tried.shape == (len(rates), len(CHOOSING))
    assert found["best"] == rates[int(tried.mean(axis=1).argmax())]


def test_the_record_is_whole_and_its_rates_were_chosen_on_other_seeds():
    assert not set(CHOOSING) & set(JUDGING) and set(FIVE) <= set(JUDGING)
    assert list(RECORD) == list(contenders.PARTS)
    assert {len(scores) for scores in RECORD["baselines"].values()} == {len(JUDGING)}
    assert list(RECORD["rates"]) == list(SHALLOW)
    for found in RECORD["rates"].values():
        check_choice(found, RATES)
        assert np.shape(found["scores"]) == (len(JUDGING), len(RATES)) and len(found["untrained"]) == len(JUDGING)
    for part, names, rates in (("depth", contenders.DEEP, contenders.DEEP_RATES),
                               ("longer", contenders.LONG, contenders.LONG_RATES),
                               ("longest", contenders.LONGEST_KINDS, contenders.LONGEST_RATES),
                               ("starts", contenders.STARTS, contenders.DEEP_RATES)):
        assert list(RECORD[part]) == list(names)
        for kind, found in RECORD[part].items():
            check_choice(found, contenders.LOW_RATES if kind == "residual, He" else rates)
            assert len(found["scores"]) == len(found["untrained"]) == len(FIVE)
    for name, found in RECORD["dropout"].items():
        assert name in contenders.DROP_RUNS and list(found) == [f"{p:g}" for p in contenders.SHARES]
        for runs in found.values():
            check_choice(runs, contenders.DROP_RATES)
            assert {len(runs[key]) for key in ("training", "validation", "left on")} == {len(JUDGING)}
    assert list(RECORD["patient"]) == list(SHALLOW)[1:] and list(RECORD["cost"]) == list(contenders.LONGEST_KINDS)
    for found in RECORD["patient"].values():
        check_choice(found, contenders.PATIENT_RATES)
        assert len(found["scores"]) == len(JUDGING)
    assert {len(scores) for found in RECORD["mode"].values() for scores in found.values()} == {len(JUDGING)}


def test_the_second_rates_came_second_when_three_seeds_chose():
    found = RECORD["second"]
    assert list(found) == list(contenders.SECOND)
    lists = {"longest": contenders.LONGEST_RATES, "patient": contenders.PATIENT_RATES}
    chosen = RECORD["dropout"] | {"longest": RECORD["longest"],
                                  "patient": RECORD["patient"] | {"without": RECORD["dropout"]["1,078 digits"]["0"]}}
    for part, rates in contenders.SECOND.items():
        assert list(found[part]) == list(rates)
        for name, lr in rates.items():
            tried = chosen[part][name]["tried"]
            listed = contenders.DROP_RATES if name == "without" else lists.get(part, contenders.DROP_RATES)
            order = np.argsort(-np.mean(tried, axis=1), kind="stable")
            assert (listed[order[0]], listed[order[1]]) == (chosen[part][name]["best"], lr), (part, name)
            assert len(found[part][name]) == len(FIVE if part == "longest" else JUDGING)


def test_no_best_rate_lies_at_the_end_of_its_list_where_something_is_learned():
    lists = {"rates": RATES, "depth": contenders.DEEP_RATES, "longer": contenders.LONG_RATES,
             "longest": contenders.LONGEST_RATES, "starts": contenders.DEEP_RATES, "patient": contenders.PATIENT_RATES}
    for part, rates in lists.items():
        for name, found in RECORD[part].items():
            tried = contenders.LOW_RATES if name == "residual, He" else rates
            assert tried[0] < found["best"] < tried[-1] or np.max(found["tried"]) < 0.25, (part, name)


def test_points_of_the_record_are_measured_again():
    again = contenders.score(lambda seed: shallow(seed, normed=True), 4, 0.01)
    assert again == pytest.approx(RECORD["rates"]["with batch norm"]["scores"][4][RATES.index(0.01)], abs=0.01)
    for part, kind, epochs in (("depth", "residual", contenders.EPOCHS), ("longer", "He", contenders.LONGER)):
        found = RECORD[part][kind]
        again = contenders.score(lambda seed, kind=kind: deep(kind, seed), 1, found["best"], epochs)
        assert again == pytest.approx(found["scores"][1], abs=0.05)
    found = RECORD["starts"][contenders.STARTS[0]]
    again = contenders.score(lambda seed: deep(contenders.STARTS[0], seed), 1, found["best"])
    assert again == pytest.approx(found["scores"][1], abs=0.05)
    found = RECORD["patient"]["with batch norm"]
    again = contenders.score(lambda seed: shallow(seed, normed=True), 1, found["best"], contenders.PATIENT)
    assert again == pytest.approx(found["scores"][1], abs=0.012)
    for part, name in (("135 digits", "0.5"), ("patient", "without, He's start")):
        assert contenders.second(part, name, 2) == pytest.approx(RECORD["second"][part][name][2], abs=0.03)
    best = RECORD["rates"]["with batch norm"]["best"]
    for name, again in contenders.wrong_mode(2, best, normed=True).items():
        assert again == pytest.approx(RECORD["mode"]["with batch norm"][name][2], abs=0.012)
    (every, epochs), found = contenders.DROP_RUNS["135 digits"], RECORD["dropout"]["135 digits"]["0.5"]
    model = contenders.trained(shallow(3, p=0.5), 3, found["best"], epochs, every)
    assert accuracy(model, 3) == pytest.approx(found["validation"][3], abs=0.03)


def test_measuring_one_part_again_keeps_the_others(tmp_path, monkeypatch):
    file = tmp_path / "record.json"
    file.write_text(json.dumps({"dropout": 1, "baselines": 2}), encoding="utf-8")
    monkeypatch.setattr(contenders, "RECORD", file)
    contenders.main(["baselines"])
    found = json.loads(file.read_text(encoding="utf-8"))
    assert set(found) == {"baselines", "dropout"} and found["dropout"] == 1
    assert found["baselines"] == RECORD["baselines"]
