"""Chapter 17's stage: the digits in their fields, and a network whose weights PyTorch takes by name."""

import numpy as np
import torch
from torch import nn

from cnnlib.course.transplant import network, stage, trained
from cnnlib.training import predict


def test_the_stage_depends_on_its_seed_alone_and_keeps_the_two_sets_apart():
    (train, test), (again, _), (other, _) = stage(3, copies=2), stage(3, copies=2), stage(4, copies=2)
    np.testing.assert_array_equal(train.images, again.images)
    assert not np.array_equal(train.images, other.images)
    assert train.images.shape == (2516, 1, 12, 12) and test.images.shape == (539, 1, 12, 12)
    inks = [{image[image > 0].tobytes() for image in part.images} for part in (train, test)]
    assert not inks[0] & inks[1]


def test_copies_of_a_digit_stand_in_different_places():
    train, _ = stage(0, copies=4)
    places = {tuple(np.argwhere(image[0]).min(axis=0)) for image in train.images[::1258]}
    assert len(places) > 1 and train.images.max() <= 1


def test_its_state_is_that_of_the_same_network_in_pytorch():
    for normed in (True, False):
        norm = [nn.BatchNorm2d(16)] if normed else []
        twin = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1, bias=not normed), *norm, nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(144, 10),
        ).double()  # fmt: skip
        model, x = network(2, normed).eval(), np.random.default_rng(0).normal(size=(3, 1, 12, 12))
        twin.load_state_dict({k: torch.tensor(v) for k, v in model.state_dict().items()})
        with torch.no_grad():
            np.testing.assert_allclose(twin.eval()(torch.tensor(x)).numpy(), model(x), rtol=1e-10, atol=1e-12)


def test_training_is_by_the_seed_and_ends_settled_in_evaluation_mode():
    parts = ((0.01, 1), (0.001, 1))
    train, test = stage(0, copies=1)
    model = trained(0, train, parts)
    assert not model.training
    right = np.mean(predict(model, test.images).argmax(axis=1) == test.labels)
    assert right > 0.5
    np.testing.assert_array_equal(model.state_dict()["8.weight"], trained(0, train, parts).state_dict()["8.weight"])
    assert not np.array_equal(model.state_dict()["8.weight"], trained(0, train, parts[:1]).state_dict()["8.weight"])
