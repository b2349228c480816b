"""Optimisers with options, and parameters with gradients to move, for the tests of optimisers."""

import numpy as np

from cnnlib.module import Parameter

OPTIMIZERS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-2}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.3, "weight_decay": 1e-3}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "weight_decay": 1e-2, "maximize": True}),
    ("Adam", {"lr": 2e-3}),
    ("Adam", {"lr": 1e-3, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 1e-2}),
    ("Adam", {"lr": 2e-3, "betas": (0.8, 0.9), "amsgrad": True}),
    ("Adam", {"lr": 1e-3, "weight_decay": 1e-2, "maximize": True}),
    ("AdamW", {"lr": 1e-3}),
    ("AdamW", {"lr": 1e-3, "betas": (0.7, 0.9), "weight_decay": 0.3}),
    ("AdamW", {"lr": 1e-3, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    ("NAdam", {"lr": 1e-3}),
    ("NAdam", {"lr": 1e-3, "weight_decay": 1e-2, "momentum_decay": 0.1, "eps": 1e-4}),
    ("NAdam", {"lr": 1e-3, "betas": (0.7, 0.95), "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("NAdam", {"lr": 1e-3, "weight_decay": 1e-2, "maximize": True}),
    ("Adamax", {"lr": 2e-3}),
    ("Adamax", {"lr": 2e-3, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 1e-2, "maximize": True}),
    ("RMSprop", {"lr": 1e-3}),
    ("RMSprop", {"lr": 1e-3, "alpha": 0.9, "momentum": 0.5, "weight_decay": 1e-3}),
    ("RMSprop", {"lr": 5e-4, "centered": True, "eps": 1e-3, "momentum": 0.3}),
    ("RMSprop", {"lr": 1e-3, "weight_decay": 1e-3, "maximize": True}),
    ("Adagrad", {"lr": 1e-2}),
    ("Adagrad", {"lr": 1e-2, "lr_decay": 0.01, "weight_decay": 1e-2, "initial_accumulator_value": 0.1, "eps": 1e-4}),
    ("Adagrad", {"lr": 1e-2, "weight_decay": 1e-2, "maximize": True}),
    ("Adadelta", {"lr": 0.5}),
    ("Adadelta", {"lr": 0.3, "rho": 0.7, "eps": 1e-4, "weight_decay": 1e-2, "maximize": True}),
]
IDS = [name + "".join(f"-{k}" for k in list(options)[1:]) for name, options in OPTIMIZERS]
KINDS = sorted({name for name, _ in OPTIMIZERS})


def rng(seed=0):
    return np.random.default_rng(seed)


def parameters(seed=0, dtype=np.float64):
    return [Parameter(rng(seed).normal(size=s).astype(dtype)) for s in ((3, 4), (5,), ())]


def give_gradients(params, seed):
    for i, p in enumerate(params):
        p.grad = rng(100 * seed + i).normal(size=p.shape).astype(p.dtype)
