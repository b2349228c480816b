"""Schedules: how the learning rate changes during training.

A schedule is made with an optimiser and changes its ``lr`` whenever you call ``schedule.step()``, which is
after ``optimizer.step()``: once an epoch, or, with `OneCycleLR`, once a batch. All follow PyTorch's.

Most schedules *change* the present rate, and do not set it, so two of them can work on one optimiser:
`LinearLR` to warm up and `CosineAnnealingLR` to come down. Where one should begin when the other ends, `SequentialLR`
does it.

``schedule.py`` holds what all share, and `preview`; ``factors.py`` the schedules that multiply the rate, `StepLR`,
`MultiStepLR`, `ExponentialLR`, `ConstantLR`, `LinearLR`, `PolynomialLR`; ``cosine.py`` `CosineAnnealingLR` and
`CosineAnnealingWarmRestarts`; ``one_cycle.py`` `OneCycleLR`; ``plateau.py`` `ReduceLROnPlateau`; ``combined.py``
`SequentialLR` and `ChainedScheduler`. All are offered here.
"""

from cnnlib.schedules.combined import ChainedScheduler, SequentialLR
from cnnlib.schedules.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from cnnlib.schedules.factors import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from cnnlib.schedules.one_cycle import OneCycleLR
from cnnlib.schedules.plateau import ReduceLROnPlateau
from cnnlib.schedules.schedule import Schedule, preview

__all__ = [
    "Schedule", "preview", "StepLR", "MultiStepLR", "ExponentialLR", "ConstantLR", "LinearLR", "PolynomialLR",
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "OneCycleLR", "ReduceLROnPlateau", "SequentialLR",
    "ChainedScheduler",
]  # fmt: skip
