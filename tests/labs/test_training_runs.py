"""The training laboratory beside cnnlib: the same points and first weights, and the same numbers at every step."""

import itertools
import json
import re
from decimal import Decimal

import numpy as np
import pytest

from cnnlib.course import _still, plane
from cnnlib.course._still import call
from cnnlib.course.labs import TrainingLab
from cnnlib.criteria import CrossEntropyLoss

STEPS = 200
RUN = """(settings, steps) => {
  const run = modules["lab-training-run"].makeRun(settings, {}), all = [];
  for (let t = 0; t < steps; t++) {
    const { loss, norm, ratio, next, grads } = run.step(t);
    const plain = (tensors) => tensors.map((one) => Array.from(one.data));
    all.push({ loss, norm, ratio, next: plain(next.params), grads: plain(grads) });
  }
  return all;
}"""
PLAIN = {"data": "moons", "sample": 0, "noise": 0.15, "added": [], "hidden": [6, 2], "activation": "tanh",
         "rule": "momentum 0.9", "lr": 0.1, "batch": 16, "decay": 0.0, "seed": 0, "fault": "none"}  # fmt: skip
CASES = [
    {},
    {"rule": "SGD", "lr": 0.3, "activation": "ReLU", "hidden": [8, 8], "batch": 1},
    {"rule": "Adam", "lr": 0.03, "data": "spirals", "hidden": [6, 4, 2], "batch": 32},
    {"rule": "Adam", "lr": 0.01, "activation": "ReLU", "data": "circles", "decay": 0.01, "batch": "all",
     "hidden": [3, 2]},
    {"rule": "Nesterov 0.9", "activation": "sigmoid", "data": "blobs", "batch": 7, "decay": 0.001, "seed": 3},
    {"rule": "momentum 0.99", "lr": 0.01, "activation": "none", "hidden": [3], "data": "xor", "sample": 5,
     "noise": 0.3},
    {"rule": "momentum 0.5", "hidden": [], "added": [[0.25, -1.5, 0], [1.0, 1.0, 1]], "batch": 4},
    {"fault": "zero", "rule": "SGD", "batch": 4},
    {"fault": "nozero", "rule": "SGD", "activation": "ReLU", "batch": 4},
    {"fault": "shuffled", "batch": 64, "hidden": [3]},
    {"fault": "rate", "rule": "SGD", "lr": 0.01, "batch": 4},
    {"fault": "sign", "rule": "SGD", "lr": 0.03, "batch": 4},
]


def in_page(settings, steps):
    settings = settings | {"batch": 0 if settings["batch"] == "all" else settings["batch"]}
    return json.loads(_still.engine().eval(f"JSON.stringify(({RUN})({json.dumps(settings)}, {steps}))"))


def agrees(found, wanted, where):
    """Within 1e-9 of the largest number: two orders of adding up part by 1e-16, and training widens the gap."""
    size = np.abs(wanted).max(initial=1e-3)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9 * size, err_msg=where)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_two_hundred_steps_agree_with_cnnlib_step_by_step(case):
    settings = PLAIN | case
    for t, (page, step) in enumerate(zip(in_page(settings, STEPS), plane.training(**settings), strict=False)):
        for name in ("loss", "norm"):
            agrees(page[name], getattr(step, name), f"{name} of step {t}")
        if np.isfinite(step.ratio):  # all weights are 0 before the first step of a run that starts at 0
            agrees(page["ratio"], step.ratio, f"ratio of step {t}")
        for i, p in enumerate(step.model.parameters()):
            agrees(page["next"][i], p.data.ravel(), f"parameter {i} after step {t}")
            agrees(page["grads"][i], p.grad.ravel(), f"gradient {i} of step {t}")
    assert t == STEPS - 1


def test_each_single_step_of_a_run_that_magnifies_rounding_is_that_of_cnnlib():
    """At a rate of 10 the runs part near step 175. From the page's weights, cnnlib does the page's step all along."""
    page, criterion = in_page(PLAIN | {"lr": 10}, 240), CrossEntropyLoss()
    model, (x, labels) = plane.network([2, 6, 2, 2], "tanh"), plane.points("moons")
    for t, step in enumerate(page):
        rows = plane.batch_rows(0, t, plane.TRAIN, 16)
        model.zero_grad()
        loss = criterion(model(x[rows]), labels[rows])
        model.backward(criterion.backward())
        np.testing.assert_allclose(step["loss"], loss, rtol=0, atol=1e-12)
        for p, grad, new in zip(model.parameters(), step["grads"], step["next"], strict=True):
            np.testing.assert_allclose(grad, p.grad.ravel(), rtol=0, atol=1e-12)
            p.data.flat = new
    whole = [step.loss for step in itertools.islice(plane.training(lr=10), 240)]
    assert np.abs([step["loss"] for step in page[200:]] - np.array(whole[200:])).max() > 1


def test_the_settings_compared_are_many():
    used = {name: {str((PLAIN | case)[name]) for case in CASES} for name in PLAIN}
    assert used["activation"] == set(plane.ACTIVATIONS) and used["rule"] == set(plane.RULES)
    assert used["fault"] == set(plane.FAULTS) and used["data"] == set(plane.KINDS) and len(used["batch"]) >= 5


# ---- what chance decides ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", plane.KINDS)
def test_both_languages_draw_the_same_points(kind):
    for sample, noise in itertools.product((0, 1, 9), (0.0, 0.15, 0.3)):
        page = call("lab-training-draws", "points", kind, sample, noise, 200)
        x, labels = plane.points(kind, sample, noise)
        np.testing.assert_array_equal(page["x"], x)
        np.testing.assert_array_equal(page["labels"], labels)


def test_both_languages_draw_the_same_batches_and_every_epoch_meets_each_point_once():
    for n, size in ((120, 16), (7, 3), (5, 8), (1, 1)):
        steps = -(-n // size)
        for seed, stream in itertools.product((0, 4), (plane.ORDER, plane.LABELS)):
            rows = [plane.batch_rows(seed, t, n, size, stream) for t in range(3 * steps)]
            for t, row in enumerate(rows):
                np.testing.assert_array_equal(call("lab-training-draws", "batchRows", seed, t, n, size, stream), row)
            for epoch in range(3):
                assert sorted(np.concatenate(rows[epoch * steps:(epoch + 1) * steps])) == list(range(n))
    assert not np.array_equal(plane.batch_rows(0, 0, 120, 120), plane.batch_rows(0, 1, 120, 120))


def test_the_generator_is_fair():
    random = plane.Draws(1, 2, 3)
    uniform = np.array([random.uniform() for _ in range(4000)])
    normal = np.array([random.normal() for _ in range(2000)])
    assert abs(uniform.mean() - 0.5) < 0.02 and abs(uniform.var() - 1 / 12) < 0.005
    assert 0 <= uniform.min() < uniform.max() < 1
    assert abs(normal.mean()) < 0.08 and abs(normal.var() - 1) < 0.1
    streams = {round(plane.Draws(stream, seed).uniform(), 6) for stream in range(1, 7) for seed in range(10)}
    assert len(streams) == 60


# ---- what is shown ------------------------------------------------------------------------------------------------


def start(**changes):
    config = {"side": 8}
    return config, call("lab-training", "start", config) | {"step": 0} | changes


@pytest.mark.parametrize("case", [
    {}, {"rule": "Adam", "activation": "ReLU", "layer1": 5, "layer2": 4, "layer3": 3, "step": 55}])
def test_the_maps_are_the_networks_outputs_over_the_plane(case):
    config, state = start(**({"step": 30} | case))
    seen = call("lab-training", "numbers", state, config)["sides"][0]
    settings = {name: state[name] for name in PLAIN if name in state}
    settings["hidden"] = [state[f"layer{i}"] for i in (1, 2, 3) if state[f"layer{i}"]]
    for step in itertools.islice(plane.training(**settings), state["step"]):
        model = step.model
    at = (np.arange(8) + 0.5) / 8 * 3.6 - 1.8
    x = np.stack([np.tile(at, 8), np.repeat(-at, 8)], axis=1)
    agrees(seen["units"][0], x.T, "coordinates")
    for layer, units in zip(range(0, len(model), 2), seen["units"][1:], strict=True):
        x = model[layer](x)
        logits, x = x, model[layer + 1](x) if layer + 1 < len(model) else x
        agrees(units, x.T, f"units after layer {layer}")
    agrees(seen["p"], 1 / (1 + np.exp(logits[:, 0] - logits[:, 1])), "probabilities")
    # The last look at all points.
    x, labels = plane.points("moons")
    right = model(x).argmax(axis=1) == labels
    last = seen["looks"][-1]
    agrees([last["train"]["right"], last["held"]["right"]], [right[:120].mean(), right[120:].mean()], "right")


def test_a_step_back_and_a_step_forward_show_the_same_numbers():
    config, state = start()
    once = [call("lab-training", "numbers", state | {"step": t}, config) for t in range(0, 60, 9)]
    again = [call("lab-training", "numbers", state | {"step": t}, config) for t in reversed(range(0, 60, 9))]
    assert once == again[::-1]


@pytest.mark.parametrize("fault", plane.FAULTS)
def test_nudging_finds_gradients_that_are_not_of_this_batch(fault):
    config, state = start(fault=fault, step=3, rule="SGD")
    gap = call("lab-training", "numbers", state, config)["sides"][0]["check"]["gap"]
    assert gap > 0.1 if fault == "nozero" else gap < 1e-6


def test_nudging_finds_a_wrong_backward():
    """The badge can fail: with tanh's slope left out, the gradients differ from what nudging says."""
    gap = f'modules["lab-training-run"].makeRun({json.dumps(PLAIN)}, {{}}).check(5).gap'
    evaluate = _still.engine().eval
    evaluate('const net = modules["lab-training-net"], right = net.ACTIVATIONS.tanh[1]')
    try:
        evaluate("net.ACTIVATIONS.tanh[1] = (dy) => dy")
        assert evaluate(gap) > 0.05
    finally:
        evaluate("net.ACTIVATIONS.tanh[1] = right")
    assert evaluate(gap) < 1e-6


def test_two_runs_differ_in_exactly_one_thing():
    config, state = start()
    others = {"lr": 1, "rule": "Adam", "batch": 0, "decay": 0.01, "activation": "ReLU", "seed": 1, "fault": "sign"}
    for name, value in others.items():
        first, second = call("lab-training", "settings", state | {"versus": [name, value]})
        assert {key for key in first if first[key] != second[key]} == {name} and second[name] == value
    assert len(call("lab-training", "settings", state)) == 1


@pytest.mark.parametrize("changes, alike", [
    ({"versus": ["fault", "sign"], "fault": "sign"}, True), ({"versus": ["lr", 0.1]}, True),
    ({"versus": ["activation", "ReLU"], "layer1": 0, "layer2": 0}, True),
    ({"versus": ["activation", "ReLU"]}, False), ({"versus": ["seed", 1]}, False)], ids=str)
def test_a_second_run_that_is_the_first_is_said_to_be(changes, alike):
    config, state = start(step=9, **changes)
    seen = call("lab-training", "numbers", state, config)
    assert [side["same"] for side in seen["sides"]] == [False, alike]
    assert (seen["sides"][0]["steps"] == seen["sides"][1]["steps"]) == alike
    assert ("Run B is the same as A" in call("lab-training-words", "caption", seen["sides"], state)) == alike


# ---- a step by hand, from what is written in the table of its update ----------------------------------------------


def written(state, config, unit):
    """What the table of an update says: its words without tags, and for each source its numbers by their heading."""
    side = call("lab-training", "numbers", state, config)["sides"][0]
    html = call("lab-training-detail", "detail", side, {"phase": 2, "point": 0, "quiz": state["quiz"]}, unit)
    rows, words = {}, []
    for part in html.split("</table>")[:-1]:
        label, body = part.replace("−", "-").split("</caption>")
        words.append(plain(label))
        (_, *heads), *lines = [[plain(cell) for cell in re.findall("<t[hd][ >].*?</t[hd]>", line)]
                               for line in body.split("</tr>")[:-1]]  # fmt: skip
        for name, *cells in lines:
            rows.setdefault(name, {}).update(zip(heads, map(Decimal, cells), strict=True))
    return " ".join(words), rows


def plain(html):
    return re.sub("<[^>]*>", "", html)


def last(number):
    """One in the last digit of a number as it is written."""
    return Decimal(1).scaleb(number.as_tuple().exponent)


@pytest.mark.parametrize("case", [
    {}, {"decay": 0.01}, {"rule": "SGD"}, {"rule": "SGD", "decay": 0.1}, {"rule": "momentum 0.99", "step": 77},
    {"rule": "Nesterov 0.9", "decay": 0.01}, {"rule": "Adam"}, {"rule": "Adam", "decay": 0.01, "step": 60},
    {"step": 200}, {"fault": "sign"}, {"fault": "rate", "rule": "SGD", "lr": 0.01}, {"step": 0},
    {"rule": "Adam", "step": 0},
], ids=str)  # fmt: skip
def test_an_update_can_be_done_again_from_the_numbers_of_its_table(case):
    config, state = start(**({"step": 5} | case))
    for unit in ([1, 3], [2, 0], [3, 1]):
        words, rows = written(state, config, unit)
        rate, = map(Decimal, re.search(r"move = -([\d.]+) ·", words).groups())
        assert len(rows) == {1: 3, 2: 7, 3: 3}[unit[0]]
        for row in rows.values():
            near = {key: last(value) for key, value in row.items()}
            assert row["before"] + row["move"] == row["after"], "to the last digit"
            g, decay = row[".grad"], Decimal(str(state["decay"]))
            if state["decay"] or state["fault"] == "sign":
                again = (-g if state["fault"] == "sign" else g) + decay * row["before"]
                g = row["g"]
                assert abs(again - g) <= near["g"] + decay * near["before"]
            rule, _, mu = state["rule"].partition(" ")
            if rule == "Adam":
                assert abs(Decimal("0.9") * row["old m"] + Decimal("0.1") * g - row["new m"]) <= near["new m"]
                again = Decimal("0.999") * row["old v"] + Decimal("0.001") * g**2
                assert abs(again - row["new v"]) <= near["new v"] + row["new v"] / 100
                m, v = map(Decimal, re.search(r"new m ÷ ([\d.]+)\).*new v ÷ ([\d.]+)\)", words).groups())
                move, most = row["new m"] / m / ((row["new v"] / v).sqrt() + Decimal("1e-8")), Decimal("0.02")
            elif mu:
                assert abs(Decimal(mu) * row["old v"] + g - row["new v"]) <= near["new v"] * 3 / 2
                move = g + Decimal(mu) * row["new v"] if rule == "Nesterov" else row["new v"]
                most = Decimal("0.02")
            else:
                move, most = g, Decimal("0.01")
            assert abs(-rate * move - row["move"]) <= most * abs(row["move"]) + near["move"], (words, row)


@pytest.mark.parametrize("rule, mu", [("momentum 0.9", 0.9), ("Adam", None)])
def test_what_a_rule_remembers_is_that_of_cnnlibs_gradients(rule, mu):
    config, state = start(step=20, rule=rule)
    memory = call("lab-training", "numbers", state, config)["sides"][0]["memory"]
    kept = {"v": 0.0} if mu else {"m": 0.0, "s": 0.0}
    for step in itertools.islice(plane.training(rule=rule), 21):
        g = np.concatenate([p.grad.ravel() for p in step.model.parameters()])
        old = dict(kept)
        kept = ({"v": mu * old["v"] + g} if mu
                else {"m": 0.9 * old["m"] + 0.1 * g, "s": 0.999 * old["s"] + 0.001 * g**2})  # fmt: skip
    assert set(memory) == set(kept)
    for name, pair in memory.items():
        for found, wanted in zip(pair, (old[name], kept[name]), strict=True):
            agrees(np.concatenate([np.ravel(layer[part]) for layer in found for part in "wb"]), wanted, name)


def test_a_mystery_run_does_not_say_which_fault_it_has():
    config, state = start(step=5, quiz=next(
        k for k in range(1, 100) if call("lab-training-quiz", "quizOf", k)["fault"] == "sign"))
    words, rows = written(state, config, [1, 0])
    assert words == "Update of h₁₀ by SGD: move = -0.1 · .grad"
    assert all(row["move"] * row[".grad"] > 0 for row in rows.values())


def test_a_readers_own_points_are_split_alike_and_trained_on():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(31, 2)), rng.integers(0, 2, 31)
    lab = TrainingLab(points=x, labels=labels, hidden=(3,), held_out=0.2)
    state = call("lab-training", "start", lab.config) | {"step": 12, "sample": 2}
    assert state["data"] == "yours" and call("lab-training-choices", "valid", state, lab.config)
    seen = call("lab-training", "numbers", state, lab.config | {"side": 4})["sides"][0]
    learn, held = plane.hold_out(x, labels, 0.2, sample=2)
    assert len(held[0]) == 6
    for name, part in (("learn", learn), ("held", held)):
        np.testing.assert_array_equal(seen["data"][name]["x"], part[0])
        np.testing.assert_array_equal(seen["data"][name]["labels"], part[1])
    steps = list(itertools.islice(plane.training(learn, hidden=(3,)), 13))
    agrees([step["loss"] for step in seen["steps"]] + [seen["loss"]], [step.loss for step in steps], "loss")


@pytest.mark.parametrize("wrong, says", [
    ({"points": np.zeros((3, 2))}, "labels"), ({"labels": [0]}, "points"),
    ({"points": np.zeros((3, 3)), "labels": [0, 1, 0]}, "points must be"),
    ({"points": [["a", "b"]], "labels": [0]}, "points must be"),
    ({"points": [[np.nan, 0.0]], "labels": [0]}, "points must be finite"),
    ({"points": np.zeros((1001, 2)), "labels": np.zeros(1001)}, "points must be 1 to"),
    ({"points": np.zeros((0, 2)), "labels": []}, "points must be 1 to"),
    ({"points": np.zeros((3, 2)), "labels": [0, 1, 2]}, "labels must be"),
    ({"points": np.zeros((3, 2)), "labels": [0, 1]}, "labels must be"),
    ({"points": np.zeros((1, 2)), "labels": [0], "held_out": 0.9}, "held_out must leave"),
    ({"points": np.zeros((3, 2)), "labels": [0, 1, 1], "held_out": 1.5}, "held_out"),
    ({"hidden": (9,)}, "hidden"), ({"hidden": (0,)}, "hidden"), ({"hidden": (2, 2, 2, 2)}, "hidden"),
    ({"hidden": 8}, "hidden"), ({"hidden": (2.5,)}, "hidden"), ({"activation": "relu6"}, "activation"),
    ({"rule": "Adam2"}, "rule"),
], ids=str)
def test_bad_arguments_are_named(wrong, says):
    with pytest.raises((TypeError, ValueError), match=says):
        TrainingLab(**wrong)


@pytest.mark.parametrize("wrong", [
    {"lr": 0.2}, {"data": "yours"}, {"layer1": 9}, {"step": -1}, {"step": 2001}, {"step": "3"}, {"phase": 3},
    {"added": [[0, 0]]}, {"added": [[0, 0, 2]]}, {"added": [[None, 0, 1]]}, {"added": {}}, {"versus": ["lr", 7]},
    {"versus": ["step", 3]}, {"versus": 3}, {"quiz": 100}, {"guess": "toString"}, {"cell": 3}, {"point": -1},
    {"adds": 2}, {"batch": "all"},
    {"cell": ["units", -1, 0]}, {"cursor": [1]}, {"links": "x"}, {"pace": 1000}, {"pinned": 3}, {"fault": "none "},
], ids=str)
def test_states_from_an_address_are_refused_where_they_make_no_sense(wrong):
    config, state = start()
    assert call("lab-training-choices", "valid", state, config) is True
    assert not call("lab-training-choices", "valid", state | wrong, config)


def test_every_quiz_has_a_fault_to_find_and_every_verdict_its_reason():
    found = {}
    for k in range(1, 100):
        truth = call("lab-training-quiz", "quizOf", k)["fault"]
        found[truth] = found.get(truth, 0) + 1
        for guess in plane.FAULTS:
            said = call("lab-training-quiz", "verdict", k, guess)
            assert said["right"] == (guess == truth) and "undefined" not in said["text"]
    assert set(found) == set(plane.FAULTS) and min(found.values()) >= 8


def test_jupyter_gets_the_readers_points():
    x, labels = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1])
    view = TrainingLab(points=x, labels=labels, hidden=(8, 8), held_out=0.0).widget()
    assert view.config["points"] == x.tolist() and view.config["labels"] == [0, 1] and view.config["hidden"] == [8, 8]
    assert "course-lab-training" in view.page


def test_laboratories_have_a_still_picture_and_a_caption():
    still, caption = TrainingLab().first
    assert still.count("<svg") == 2 and still.count("<image") > 10 and caption.startswith("After 100 steps: loss ")
