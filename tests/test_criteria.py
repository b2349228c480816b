"""Losses as objects: the same numbers as PyTorch's, and backward once for each call."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnlib import layers as L


def rng(seed=0):
    return np.random.default_rng(seed)


X, T = rng(1).normal(size=(6, 4)), rng(2).normal(size=(6, 4))
P, YES = rng(3).uniform(0.05, 0.95, (6, 4)), rng(4).integers(0, 2, (6, 4)).astype(float)
LABELS = np.array([0, 3, 1, 1, -100, 2])
LOGP = np.log(P / P.sum(1, keepdims=True))
WEIGHT = rng(5).uniform(0.5, 2.0, 4)

CASES = [
    ("MSELoss", {}, X, T),
    ("L1Loss", {}, X, T),
    ("SmoothL1Loss", {"beta": 0.7}, X, T),
    ("HuberLoss", {}, X, T),
    ("HuberLoss", {"delta": 0.7}, X, T),
    ("BCELoss", {"weight": WEIGHT}, P, YES),
    ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": WEIGHT + 1}, X, YES),
    ("NLLLoss", {"weight": WEIGHT}, LOGP, LABELS),
    ("NLLLoss", {"ignore_index": 1}, LOGP, abs(LABELS) % 4),
    ("CrossEntropyLoss", {}, X, LABELS),
    ("CrossEntropyLoss", {"weight": WEIGHT, "label_smoothing": 0.1, "ignore_index": 3}, X, abs(LABELS) % 4),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, X, P / P.sum(1, keepdims=True)),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("name", "options", "input", "target"), CASES)
def test_criterion_is_that_of_torch(name, options, input, target, reduction):
    ours = getattr(L, name)(**options, reduction=reduction)
    tensors = {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    theirs = getattr(nn, name)(**tensors, reduction=reduction)
    tx = torch.from_numpy(input).requires_grad_()
    loss = theirs(tx, torch.from_numpy(target))
    dy = rng(7).normal(size=tuple(loss.shape))
    loss.backward(torch.from_numpy(np.asarray(dy)))
    np.testing.assert_allclose(ours(input, target), loss.detach().numpy(), rtol=1e-12)
    dinput = ours.backward(dy if reduction == "none" else float(dy))
    np.testing.assert_allclose(dinput, tx.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_backward_defaults_to_the_gradient_of_the_loss_itself():
    criterion = L.CrossEntropyLoss()
    criterion(X.astype(np.float32), abs(LABELS) % 4)
    d = criterion.backward()
    assert d.dtype == np.float32
    criterion(X.astype(np.float32), abs(LABELS) % 4)
    np.testing.assert_array_equal(criterion.backward(2.0), 2 * d)


def test_backward_needs_one_call_each():
    criterion = L.MSELoss()
    with pytest.raises(RuntimeError, match="MSELoss.backward needs a loss"):
        criterion.backward()
    criterion(X, T)
    criterion.backward()
    with pytest.raises(RuntimeError, match="needs a loss"):
        criterion.backward()
    criterion(X, T)
    with pytest.raises(ValueError):
        criterion(X, T[:2])
    with pytest.raises(RuntimeError, match="needs a loss"):
        criterion.backward()


def test_repr_says_the_options():
    assert repr(L.MSELoss(reduction="sum")) == "MSELoss(reduction='sum')"
    assert repr(L.NLLLoss(np.ones(2))) == "NLLLoss(weight=[1.0, 1.0], ignore_index=-100, reduction='mean')"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: L.MSELoss(reduction="avg"), ValueError, "reduction must be one of 'none', 'mean', 'sum', got 'avg'"),
        (lambda: L.MSELoss("sum"), TypeError, "positional"),
        (lambda: L.SmoothL1Loss(beta=-1), ValueError, "beta must be at least 0"),
        (lambda: L.HuberLoss(delta=0), ValueError, "delta must be greater than 0"),
        (lambda: L.CrossEntropyLoss([1.0, 2.0]), TypeError, "weight must be a NumPy array"),
        (lambda: L.CrossEntropyLoss(label_smoothing=2), ValueError, "label_smoothing must be in"),
        (lambda: L.CrossEntropyLoss(ignore_index=1.5), TypeError, "ignore_index must be an integer"),
        (lambda: L.NLLLoss(ignore_index=None), TypeError, "ignore_index must be an integer"),
        (lambda: L.BCEWithLogitsLoss(pos_weight=3), TypeError, "pos_weight must be a NumPy array"),
        (lambda: L.CrossEntropyLoss()(X, np.full(6, 4)), ValueError, "target"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
