"""A trial: a network, and what is done with it, as plain values that can be printed, shrunk and run again."""

from dataclasses import dataclass

import numpy as np

from cnnlib import layers as L

WITH_DTYPE = {"Linear", "Conv2d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "PReLU", "GroupNorm"}
WITH_RNG = {"Linear", "Conv2d", "ConvTranspose2d", "Dropout"}


class Doubled(L.Conv2d):
    """A class of somebody's own that looks like a convolution, and is not quite one."""

    def forward(self, x):
        return 2 * super().forward(x)

    def backward(self, dy):
        return super().backward(2 * dy)


OWN = {"Doubled": Doubled}


@dataclass(frozen=True)
class Trial:
    """A network and a list of actions.

    Attributes
    ----------
    layers : tuple
        Of ``(name, arguments, options)``; of ``("Residual", layers, {})``; of ``("again", i)``, once more the layer at
        place i; and of ``("Sequential", layers)``.
    shape : tuple
        Of one sample.
    actions : tuple
        See `run`.
    dtype : str
    seed : int
        Of all numbers.
    workers : int
    input_gradient : bool
    small : bool
        Whether the engine works in memory so small that it has to do everything in several parts.
    """

    layers: tuple
    shape: tuple
    actions: tuple
    dtype: str = "float64"
    seed: int = 0
    workers: int = 1
    input_gradient: bool = True
    small: bool = False

    def code(self):
        """Lines to paste into a session in the project's folder, or into a test."""
        parts = [f"    {name}={getattr(self, name)!r}," for name in ("layers", "shape", "actions")]
        rest = {"dtype": "float64", "seed": 0, "workers": 1, "input_gradient": True, "small": False}
        parts += [f"    {k}={getattr(self, k)!r}," for k, default in rest.items() if getattr(self, k) != default]
        lines = ["from tests.differential.run import run", "from tests.differential.trial import Trial", ""]
        return "\n".join([*lines, "run(Trial(", *parts, "))"])


def build(spec, dtype, seed):
    """Make the layer that ``(name, arguments, options)`` describes, with numbers of ordinary size in it."""
    name, arguments, options = spec
    if name == "Residual":
        return L.Residual(L.Sequential(*_chain(arguments, dtype, seed, [])))
    extra = {"dtype": dtype} if name in WITH_DTYPE or name in OWN else {}
    if name in WITH_RNG or name in OWN:
        extra["rng"] = np.random.default_rng(seed)
    layer = (OWN.get(name) or getattr(L, name))(*arguments, **options, **extra)
    rng = np.random.default_rng(seed)
    for p in layer.parameters():
        p.data += (0.3 * rng.standard_normal(p.shape)).astype(dtype)
    return layer


def network(trial):
    """The model of a trial."""
    made = []
    return L.Sequential(*_chain(trial.layers, trial.dtype, trial.seed, made))


def _chain(specs, dtype, seed, made):
    for spec in specs:
        if spec[0] == "again":
            layer = made[spec[1]]
        elif spec[0] == "Sequential":
            layer = L.Sequential(*_chain(spec[1], dtype, seed, []))
        else:
            layer = build(spec, dtype, [seed, len(made), 7])
        made.append(layer)
        yield layer
