"""Chapter 16's experiments: what they cut, slide, judge and measure, and what the committed record holds."""

import numpy as np
import pytest
import torch

from cnnlib.activations import softmax
from cnnlib.course import beyond
from cnnlib.course.beyond import finding, labelling, listening, painting, remembering, showing
from cnnlib.course.figures.beyond_explorer import OVERLAPS, THRESHOLDS, Boxes
from cnnlib.detection import average_precision, box_iou
from cnnlib.gradcheck import numerical_gradient
from cnnlib.scenes import Scenes, make_scenes
from cnnlib.training import predict


def scene(*objects):
    """One empty scene with true boxes ((x1, y1, x2, y2), label)."""
    boxes = np.array([box for box, _ in objects], float).reshape(-1, 4)
    labels = np.array([label for _, label in objects], np.int64)
    return Scenes(np.zeros((1, 1, 24, 32)), [boxes], [labels], np.zeros((1, 24, 32), np.int64))


# ---- digits in scenes


def test_every_window_stands_where_its_crop_is_cut():
    boxes = finding.windows((10, 12))
    image = np.arange(120.0).reshape(1, 10, 12)
    assert boxes.shape == (15, 4)
    np.testing.assert_array_equal(boxes[7], [2, 1, 10, 9])
    np.testing.assert_array_equal(finding.crop(image, boxes[7]), image[:, 1:9, 2:10])


def test_background_windows_share_less_than_asked_with_every_object():
    solid = (np.ones((3, 1, 8, 8)), np.arange(3))
    clear = finding.background(solid, 30, np.random.default_rng(0), overlap=1e-9)
    assert clear.shape == (30, 1, 8, 8) and not clear.any()
    mixed = finding.background(solid, 200, np.random.default_rng(0))
    assert mixed.any() and not mixed.all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize(("kind", "inked"), [("blank", False), ("inked", True)])
def test_background_windows_of_one_kind_all_hold_ink_or_none(kind, inked):
    solid = (np.ones((3, 1, 8, 8)), np.arange(3))
    nothing = finding.background(solid, 200, np.random.default_rng(0), kind=kind)
    assert nothing.shape == (200, 1, 8, 8) and (nothing.any(axis=(1, 2, 3)) == inked).all()
    assert not nothing.all(axis=(1, 2, 3)).any()  # no whole digit


def test_the_classes_to_learn_are_those_of_the_network():
    x, y = finding.crops(None, 0)
    assert set(y) == set(range(10)) and len(x) == len(y) == 1078
    x, y = finding.crops("any", 0)
    assert set(y) == set(range(11)) and len(x) == len(y) == 5 * 1078 and (y == 10).sum() == 4 * 1078


def test_what_is_detected_is_what_each_crop_alone_would_score():
    model = finding.classifier(11, 3)
    images = make_scenes(finding.digits()[1], 2, finding.SIZE, np.random.default_rng(1)).images
    for image, (boxes, scores, labels) in zip(images, finding.detect(model, images), strict=True):
        p = softmax(model(np.array([finding.crop(image, box) for box in boxes])), dim=1)[:, :10]
        np.testing.assert_allclose(scores, p.max(axis=1), rtol=0, atol=0.6 * 10.0**-finding.DECIMALS)
        np.testing.assert_array_equal(labels, p.argmax(axis=1))
        assert (scores >= finding.LOW).all() and len(boxes)


def test_the_last_digits_of_a_sum_decide_nothing():
    """Two processors add in different orders: weights that differ in the sixteenth digit stand for that."""
    images = make_scenes(finding.digits()[1], 4, finding.SIZE, np.random.default_rng(2)).images
    images[1] = images[0][:, :, ::-1]  # no two windows equal by chance alone
    images[2] = images[3]  # every window twice: their scores must tie, whatever the last digits say
    model, other = (finding.classifier(11, 3) for _ in range(2))
    rng = np.random.default_rng(4)
    for parameter in other.parameters():
        parameter.data *= 1 + 4e-16 * rng.normal(size=parameter.data.shape)
    raw = [predict(m, np.array([finding.crop(images[2], box) for box in finding.windows()])) for m in (model, other)]
    assert (raw[0] != raw[1]).any()
    ours, theirs = (finding.detect(m, images) for m in (model, other))
    for one, two in zip(ours, theirs, strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(ours[2][1], ours[3][1])
    for _, scores, _ in showing.centred(ours, images):
        np.testing.assert_array_equal(scores, scores.round(finding.DECIMALS))


def test_no_digit_of_the_scenes_was_trained_with():
    train, scenes = finding.digits()
    assert not {image.tobytes() for image in train.images} & {image.tobytes() for image in scenes.images}


def test_boxes_of_two_classes_are_thinned_out_apart_or_together():
    boxes = np.array([[0.0, 0, 8, 8], [0, 1, 8, 9], [1, 0, 9, 8], [20, 0, 28, 8]])
    found = [(boxes, np.array([0.5, 0.9, 0.7, 0.1]), np.array([3, 5, 3, 3]))]
    kept = {way: finding.thinned(found, way)[0][1].tolist() for way in finding.WAYS}
    assert kept == {"all boxes": [0.5, 0.9, 0.7, 0.1], "NMS in each class": [0.9, 0.7, 0.1],
                    "NMS across classes": [0.9, 0.1]}


def test_a_right_box_is_displaced_by_a_surer_one_of_another_class():
    one = scene(((0, 0, 8, 8), 3), ((16, 8, 24, 16), 5))
    boxes = np.array([[0.0, 0, 8, 8], [0, 4, 8, 12], [16, 8, 24, 16]])
    assert finding.displaced([(boxes, np.array([0.8, 0.9, 0.7]), np.array([3, 7, 5]))], one) == pytest.approx([1 / 3])
    assert finding.displaced([(boxes, np.array([0.8, 0.6, 0.7]), np.array([3, 7, 5]))], one).size == 0
    assert finding.displaced([(boxes, np.array([0.8, 0.9, 0.7]), np.array([4, 7, 5]))], one).size == 0  # not right


def test_a_box_with_a_wrong_label_is_wrong():
    one = scene(((0, 0, 8, 8), 3), ((16, 8, 24, 16), 5))
    boxes, scores = one.boxes[0], np.array([0.9, 0.8])
    right, swapped = [(boxes, scores, np.array([3, 5]))], [(boxes, scores, np.array([5, 3]))]
    assert len(finding.together(right, one)[0]) == 10
    assert average_precision(*finding.together(right, one)) == 1
    assert average_precision(*finding.together(swapped, one)) == 0


def test_the_explorer_counts_what_it_draws():
    one = scene(((0, 0, 8, 8), 3), ((16, 8, 24, 16), 5))
    boxes = np.array([[0.0, 0, 8, 8], [0, 1, 8, 9], [16, 9, 24, 17], [22, 0, 30, 8]])
    explorer = Boxes({"net": [(boxes, np.array([0.95, 0.6, 0.8, 0.4]), np.array([3, 3, 5, 7]))]}, one, 0)
    low = explorer.numbers("net", 0.05, 1.0)
    assert low["right"].sum() == 2 and low["kept"] == 4 and low["hits"] == 2 and low["missed"] == 0
    assert low["precision"] == 0.5 and low["recall"] == 1 and low["ap"] == 1
    thin = explorer.numbers("net", 0.5, 0.3)
    assert (thin["kept"], thin["hits"], thin["missed"], thin["precision"]) == (2, 2, 0, 1)
    high = explorer.numbers("net", 0.97, 0.3)
    assert (high["kept"], high["precision"], high["recall"], high["missed"]) == (0, None, 0, 2)
    for overlap in OVERLAPS:
        frames = [explorer.numbers("net", threshold, overlap) for threshold in THRESHOLDS]
        assert len({frame["ap"] for frame in frames}) == 1
        assert (np.diff([frame["kept"] for frame in frames]) <= 0).all()
    assert "2 boxes, 2 right (blue), 0 of 2 digits missed" in explorer("net", 0.5, 0.3)[1]


# ---- the windows, with and without a class for them


def test_a_window_without_a_digit_has_the_target_that_its_answer_can_give():
    x, uniform = showing.lesson("softmax", "any", 0)
    _, zero = showing.lesson("sigmoid", "any", 0)
    _, labels = showing.lesson("class", "any", 0)
    nothing = labels == finding.BACKGROUND
    assert len(x) == len(uniform) == len(zero) == len(labels) and nothing.mean() == 0.8
    assert (uniform[nothing] == 0.1).all() and (zero[nothing] == 0).all()
    for targets in (uniform, zero):
        np.testing.assert_array_equal(targets[~nothing].argmax(axis=1), labels[~nothing])
        assert (targets[~nothing].sum(axis=1) == 1).all()
    assert len(showing.lesson("sigmoid", None, 0)[0]) == (~nothing).sum()


def test_only_softmax_makes_the_chances_of_ten_digits_add_up_to_one():
    scores = np.random.default_rng(0).normal(size=(4, 10, 2, 3))
    np.testing.assert_allclose(showing.chances("softmax")(scores).sum(axis=1), 1)
    np.testing.assert_allclose(showing.chances("sigmoid")(scores), 1 / (1 + np.exp(-scores)))
    eleven = np.random.default_rng(0).normal(size=(4, 11, 2, 3))
    np.testing.assert_allclose(showing.chances("class")(eleven), softmax(eleven, dim=1)[:, :10])


def test_the_rule_of_thumb_lowers_scores_beside_ink_and_on_little_ink():
    image = np.zeros((1, 1, 12, 20))
    image[0, 0, 2:10, 2:10] = 1
    boxes = np.array([[2.0, 2, 10, 10], [4, 2, 12, 10], [12, 2, 20, 10], [9, 2, 17, 10]])
    _, scores, labels = showing.centred([(boxes, np.full(4, 0.8), np.arange(4))], image)[0]
    np.testing.assert_allclose(scores, [0.8, 0.8 * 48 / 64, 0, 0.8 * (8 / 24) * (8 / 15)])
    np.testing.assert_array_equal(labels, np.arange(4))


def test_rivals_that_differ_in_their_windows_differ_in_nothing_else():
    for name, kind in (("class", "blank"), ("class", "inked"), ("softmax", "blank"), ("softmax", "inked")):
        whole = "class" if name == "class" else "softmax, windows"
        answer, windows, epochs = showing.RIVALS[whole]
        assert windows == "any" and showing.RIVALS[f"{name}, {kind} only"] == (answer, kind, epochs)


def test_dark_pixels_are_those_of_the_masks_and_boxes_paint_them():
    np.testing.assert_array_equal(labelling.ink(), labelling.pictures().masks > 0)
    said = labelling.painted(finding.classifier(11, 0))
    assert not said[~labelling.ink()].any()


# ---- sounds


def test_backwards_a_sound_has_the_same_stretches_in_turn():
    waves, labels = listening.sounds(20, 0)
    np.testing.assert_allclose(listening.picture(waves[:, ::-1]), listening.picture(waves)[..., ::-1], atol=0.2)
    steps = (waves.shape[1] - 128) / 64
    assert steps == int(steps)
    np.testing.assert_array_equal(listening.loudest(listening.picture(waves)), labels)
    np.testing.assert_array_equal(listening.loudest(listening.picture(waves[:, ::-1])), 1 - labels)


# ---- maps made larger


def test_the_checkerboard_of_a_picture_is_that_of_its_four_kinds_of_pixels():
    even = np.zeros((1, 1, 16, 16))
    assert painting.checkerboard(even + 0.7) == pytest.approx(0)
    even[:, :, ::2] = 1
    assert painting.checkerboard(even) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", painting.KINDS)
def test_networks_double_the_size_and_only_the_control_is_even(kind):
    model = painting.network(kind, 0)
    y = predict(model, painting.flat())
    assert y.shape == (1, 1, 24, 24)
    assert (painting.checkerboard(y) < 1e-12) == (kind == painting.KINDS[2])


def test_enlarging_passes_finite_differences():
    layer, rng = painting.Enlarge(), np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 3, 2, 3)), rng.normal(size=(2, 3, 4, 6))
    layer(x)
    np.testing.assert_allclose(layer.backward(dy), numerical_gradient(layer, x, dy), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("task", painting.TASKS)
def test_small_images_are_the_means_of_the_large_ones(task):
    small, large = painting.pairs(task, 0, count=3)
    assert small.shape == (3, 1, 8, 8) and large.shape == (3, 1, 16, 16)
    np.testing.assert_allclose(small[1, 0, 2, 3], large[1, 0, 4:6, 6:8].mean())


# ---- sequences


def test_the_recurrent_network_is_that_of_pytorch():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(7, 16)), rng.normal(size=16)
    u, w = remembering.weights(rng), remembering.weights(rng, orthogonal=True)
    np.testing.assert_allclose(w @ w.T, np.eye(16), atol=1e-12)
    rnn, t = torch.nn.RNN(16, 16, bias=False, dtype=torch.float64), torch.tensor(x, requires_grad=True)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.tensor(u))
        rnn.weight_hh_l0.copy_(torch.tensor(w))
    states = rnn(t)[0]
    (states[-1] @ torch.tensor(dy)).backward()
    ours = remembering.recurrent(x, u, w)
    np.testing.assert_allclose(ours, states.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(remembering.recurrent_backward(dy, ours, u, w), t.grad.numpy(), rtol=1e-10, atol=1e-15)


def test_the_gradient_back_through_an_orthogonal_network_shrinks_by_the_slopes_alone():
    slopes = remembering.slopes(0)
    assert slopes.shape == (40, 16) and (0 < slopes).all() and (slopes <= 1).all()
    typical = np.sqrt(np.mean(slopes**2))
    felt = remembering.felt(remembering.KINDS[1], 0)
    assert 0.1 < felt[0] / felt[-1] / typical**39 < 10


def test_attention_passes_finite_differences():
    rng = np.random.default_rng(1)
    x, dy, matrices = rng.normal(size=(5, 16)), rng.normal(size=16), [remembering.weights(rng) for _ in range(3)]
    expected = numerical_gradient(lambda x: remembering.attention(x, *matrices)[0], x, dy)
    np.testing.assert_allclose(remembering.attention_backward(dy, x, *matrices), expected, rtol=1e-6, atol=1e-9)


# ---- the record


def test_the_record_is_whole():
    record = beyond.load()
    found = dict(record["finding"])
    seeds = len(found.pop("blank"))
    assert seeds == 10 and {name: np.shape(runs) for name, runs in found.items()} == dict.fromkeys(
        (*showing.RIVALS, "rule"), (seeds, 2, len(finding.WAYS)))
    assert set(record["labelling"]) == {*labelling.RIVALS, *labelling.CONTROLS}
    for name, runs in record["labelling"].items():
        seeds = len(runs["accuracy"])
        assert seeds == (8 if name in labelling.CONTROLS else 10) and np.shape(runs["iou"]) == (seeds, 11)
    assert {task: set(kinds) for task, kinds in record["painting"].items()} == dict.fromkeys(
        painting.TASKS, set(painting.KINDS))
    assert {(len(runs) >= 10, *np.shape(runs)[1:]) for kinds in record["painting"].values()
            for runs in kinds.values()} == {(True, 3)}
    assert {name: np.shape(runs) for name, runs in record["listening"].items()} == dict.fromkeys(
        listening.RIVALS, (10, 2))


def test_points_of_the_record_are_measured_again():
    record = beyond.load()
    before, after, error = record["painting"]["digits"]["kernel 4"][0]
    again = painting.measured("kernel 4", "digits", 0)
    assert again[0] == pytest.approx(before) and again[2] == pytest.approx(error, rel=0.2)
    assert again[1] < 0.2 * before and after < 0.2 * before
    for name, (right, changed) in listening.measured(0).items():
        assert record["listening"][name][0] == pytest.approx([right, changed], abs=0.03)


def test_windows_reach_nearly_every_object():
    scenes = finding.pictures(10)
    best = np.concatenate([box_iou(boxes, finding.windows()).max(axis=1) for boxes in scenes.boxes])
    assert np.mean(best >= 0.5) > 0.95
