"""Resuming: keep a training run in a file, and continue it as if it had never been interrupted.

Bit for bit the same end needs bit for bit the same state. A run consists of

- the model's parameters and running statistics, the optimiser's memory, the schedule, the early stopping with its
  best weights, and the history so far;
- every random generator: the one that shuffles, and those of the dropout layers;
- the position: epoch, step, the sums of the epoch so far, and the state that the shuffling generator had when it drew
  this epoch's order, so that the same order can be drawn again.

All of it is written to one safetensors file, at once or not at all. What does *not* change during a run (network, data,
options) is not stored but described, and a run that is described differently is refused.
"""

import hashlib
import json
import numbers
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnlib import checkpoint

FORMAT = "cnnlib training run 1"


@dataclass
class Position:
    """Where a run is: complete epochs, steps into the next one, and the sums over those steps."""

    epoch: int = 0
    step: int = 0
    seen: int = 0
    loss: float = 0.0
    right: float = 0
    lr: float = 0.0
    order: dict | None = None

    def add(self, loss, right, samples):
        """Count a step: its mean loss, how many samples were right, and how many there were."""
        self.step += 1
        self.seen += samples
        self.loss += loss * samples
        self.right += right

    def next_epoch(self):
        """Begin another epoch."""
        vars(self).update(vars(Position(epoch=self.epoch + 1)))


class Run:
    """Everything that changes during training, with a file to keep it in.

    Parameters
    ----------
    model, optimizer, schedule, early_stopping, history
        The objects that `cnnlib.training.fit` works with; ``schedule`` and ``early_stopping`` may be None.
    rng : numpy.random.Generator
        The generator that shuffles.
    """

    def __init__(self, model, optimizer, schedule, early_stopping, history, rng):
        self.position = Position()
        self.rng, self.history, self.path = rng, history, None
        self._parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "early_stopping": early_stopping}
        self._generators = _generators(model, rng)

    def start(self, path, resume, fixed):
        """Open the file: go on from it if it is there and ``resume`` is True, or else write it for the first time.

        The first writing is what makes an interrupt during the very first steps harmless.
        """
        if self._parts["early_stopping"] is not None:
            self._parts["early_stopping"].reset()
        if path is None:
            return
        self.path, self.setup = Path(path), self._describe(fixed)
        if resume and self.path.exists():
            self._load()
        else:
            self.save()

    def draw(self, make_batches):
        """Return this epoch's batches. Amid an epoch, let the generator draw the same order again."""
        bits = self.rng.bit_generator
        if self.position.step == 0:
            self.position.order = bits.state
            return make_batches()
        now = [generator.bit_generator.state for _, generator in self._generators]
        bits.state = self.position.order
        drawn = make_batches()
        self._set_generators(now)
        return drawn

    def save(self):
        """Write the file. Until it is complete, the old one stays."""
        if self.path is None:
            return
        state = {name: part.state_dict() for name, part in self._parts.items() if part is not None}
        state["history"], state["position"] = vars(self.history), vars(self.position)
        state["generators"] = [generator.bit_generator.state for _, generator in self._generators]
        arrays = {}
        packed = {name: pack(value, name, arrays) for name, value in state.items()}
        metadata = {"format": FORMAT, "setup": json.dumps(self.setup), "state": json.dumps(packed)}
        checkpoint.save(self.path, arrays, metadata)

    def _load(self):
        arrays, metadata = checkpoint.load(self.path)
        if metadata.get("format") != FORMAT:
            raise ValueError(f"{self.path} is no checkpoint of a training run (a file with weights only?)")
        there, here = json.loads(metadata["setup"]), self.setup
        different = [name for name in {**here, **there} if there.get(name) != here.get(name)]
        if different:
            lines = [f"{name}: {_contrast(there.get(name), here.get(name))}" for name in different]
            raise ValueError(
                f"{self.path} belongs to a run that is set up differently; nothing was changed:\n  "
                + "\n  ".join(lines)
                + "\nUse another file for this run, or resume=False to begin anew and overwrite it"
            )
        state = {name: unpack(value, arrays) for name, value in json.loads(metadata["state"]).items()}
        for name, part in self._parts.items():
            if part is not None:
                part.load_state_dict(state[name])
        vars(self.history).update(state["history"])
        vars(self.position).update(state["position"])
        self._set_generators(state["generators"])

    def _set_generators(self, states):
        for (_, generator), state in zip(self._generators, states, strict=True):
            generator.bit_generator.state = state

    def _describe(self, fixed):
        """Describe in words what has to be the same when the run is continued."""
        model, optimizer, schedule, stopping = self._parts.values()
        setup = {name: describe(value) for name, value in fixed.items()}
        setup["model"] = repr(model)
        for name, value in model.state_dict().items():
            setup[f"model's {name}"] = f"{value.shape} {value.dtype}"
        # What a schedule changes during the run is described by where it began.
        moving = () if schedule is None else ("lr",)
        if getattr(schedule, "cycle_momentum", False):
            moving += ("momentum", "betas")
        settings = (f"{name}={getattr(optimizer, name)!r}" for name in optimizer.settings if name not in moving)
        setup["optimizer"] = f"{type(optimizer).__name__}({len(optimizer.params)} parameters, {', '.join(settings)})"
        setup["schedule"] = "None" if schedule is None else f"{schedule!r} from {schedule.base_lr}"
        setup["early_stopping"] = repr(stopping)
        for name, generator in self._generators:
            first = next(other for other, same in self._generators if same is generator)
            setup[name] = type(generator.bit_generator).__name__ if first == name else f"the same as {first}"
        seeds = getattr(self.rng.bit_generator, "seed_seq", None)
        setup["seed of rng"] = "unknown" if seeds is None else f"{seeds.entropy} {seeds.spawn_key}"
        return setup


def _generators(model, rng):
    """Return every generator a step may draw from, with its name: that of ``fit`` and those in the layers."""
    found = [("rng", rng)]
    for prefix, layer in model.named_modules():
        for name, value in vars(layer).items():
            if isinstance(value, np.random.Generator):
                found.append((f"{prefix}.{name}".lstrip("."), value))
    return found


# --- Describing what stays the same ---------------------------------------------------------------------------------


def describe(value):
    """Describe an option, arrays, a function or an object: the same words in every session, wherever it lies in memory.

    Examples
    --------
    >>> describe((0.5, None)), describe(len)
    ('(0.5, None)', 'builtins.len')
    >>> describe(np.zeros((2, 3), np.float32))
    '(2, 3) float32 with checksum 9d908ecfb6b256de'
    """
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()[:16]
        return f"{value.shape} {value.dtype} with checksum {digest}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(describe(item) for item in value)})"
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if type(value).__repr__ is not object.__repr__:
        return repr(value)
    simple = {k: v for k, v in vars(value).items() if isinstance(v, (str, numbers.Number)) and not k.startswith("_")}
    return f"{type(value).__name__}({', '.join(f'{k}={v!r}' for k, v in simple.items())})"


def _contrast(there, here):
    """Set two descriptions against each other; of long ones, the first line that differs."""
    if there is None or here is None:
        return f"{'nothing' if there is None else there} in the file, {'nothing' if here is None else here} here"
    lines = zip((there + "\n").split("\n"), (here + "\n").split("\n"), strict=False)
    a, b = next((pair for pair in lines if pair[0] != pair[1]), (there, here))
    return f"{a.strip() or 'nothing'} in the file, {b.strip() or 'nothing'} here"


# --- Nested state, as arrays and JSON -------------------------------------------------------------------------------


def pack(value, name, arrays):
    """Put the arrays in a nested state into ``arrays`` and return the rest, in a form that JSON can hold.

    Examples
    --------
    >>> arrays = {}
    >>> packed = pack({"step": 3, "mean": np.ones(2), 0: (0.9, None)}, "optimizer", arrays)
    >>> list(arrays), unpack(packed, arrays)
    (['optimizer.mean'], {'step': 3, 'mean': array([1., 1.]), 0: (0.9, None)})
    """
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {"array": name}
    if isinstance(value, np.generic):
        arrays[name] = np.asarray(value)
        return {"scalar": name}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {"dict": [[pack(k, name, arrays), pack(v, f"{name}.{k}", arrays)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        items = [pack(item, f"{name}.{i}", arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    raise TypeError(f"{name} must be made of numbers, strings, arrays, lists and dicts to be saved, got {value!r}")


def unpack(packed, arrays):
    """Undo `pack`."""
    if isinstance(packed, list):
        return [unpack(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, content),) = packed.items()
    if kind == "array":
        return arrays[content]
    if kind == "scalar":
        return arrays[content][()]
    if kind == "tuple":
        return tuple(unpack(item, arrays) for item in content)
    return {unpack(key, arrays): unpack(item, arrays) for key, item in content}
