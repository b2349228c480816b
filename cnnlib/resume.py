"""Resuming: keep a training run in a file, and continue it as if it had never been interrupted.

Bit for bit the same end needs bit for bit the same state. A run consists of

- the model's parameters and running statistics, the optimiser's memory, the schedule, the early stopping with its
  best weights, and the history so far;
- every random generator: the one that shuffles, and those of the dropout layers;
- the position: epoch, step, the sums of the epoch so far, and the state that the shuffling generator had when it drew
  this epoch's order, so that the same order can be drawn again.

All of it is written to one safetensors file, at once or not at all. What does *not* change during a run (network,
data, options) is not stored but described, by `cnnlib.describe`, and a run that is described differently is refused.
An option that can't be described is refused before the first step, and one that turns out to change at the next
checkpoint.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnlib import checkpoint
from cnnlib.describe import describe, describe_as, differences
from cnnlib.module import Layer, Parameter
from cnnlib.schedules.combined import Combined

FORMAT = "cnnlib training run 2"


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
        self.path, self.augment, self.setup = Path(path), fixed.get("augment"), self._describe(fixed)
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
        self._check_unchanged("augment", describe(self.augment, "augment"),
                              "draw from the generator that it is handed, and keep nothing")
        if self._parts["schedule"] is not None:
            self._check_unchanged("schedule", _describe_schedule(self._parts["schedule"], "schedule"),
                                  "return all that changes from its state_dict, and take it back in load_state_dict")
        state = {name: part.state_dict() for name, part in self._parts.items() if part is not None}
        state["history"], state["position"] = vars(self.history), vars(self.position)
        state["generators"] = [generator.bit_generator.state for _, generator in self._generators]
        arrays = {}
        packed = {name: pack(value, name, arrays) for name, value in state.items()}
        metadata = {"format": FORMAT, "setup": json.dumps(self.setup), "state": json.dumps(packed)}
        checkpoint.save(self.path, arrays, metadata)

    def _check_unchanged(self, name, now, advice):
        """Refuse an option that is no longer what it was: a later session would not know."""
        changed = list(differences(self.setup[name], now, name))
        if changed:
            raise ValueError(
                f"{name} changes while it works, and a checkpoint does not hold what it remembers: let it {advice}. It "
                "changed here:\n  "
                + changed[0].replace("in the file", "before the first step").removesuffix("here")
                + "now"
            )

    def _load(self):
        arrays, metadata = checkpoint.load(self.path)
        if metadata.get("format") == "cnnlib training run 1":
            raise ValueError(f"{self.path} was written by an earlier version of cnnlib, which described runs less well")
        if metadata.get("format") != FORMAT:
            raise ValueError(f"{self.path} is no checkpoint of a training run (a file with weights only?)")
        there, here = json.loads(metadata["setup"]), self.setup
        different = [line for name in {**here, **there} for line in differences(there.get(name), here.get(name), name)]
        if different:
            raise ValueError(
                f"{self.path} belongs to a run that is set up differently; nothing was changed:\n  "
                + "\n  ".join(different)
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
        """Describe what has to be the same when the run is continued."""
        model, optimizer, schedule, stopping = self._parts.values()
        engine = fixed.get("engine")
        setup = {name: describe(value, name) for name, value in fixed.items() if name != "engine"}
        setup["engine"] = "None" if engine is None else describe_as(type(engine), _settings(engine, "model"), "engine")
        for name, layer in model.named_modules():
            setup[f"model.{name}".rstrip(".")] = describe_as(type(layer), _settings(layer), f"model.{name}".rstrip("."))
        for name, value in model.state_dict().items():
            setup[f"model's {name}"] = f"{value.shape} {value.dtype}"
        # What a schedule changes during the run is described by where it began.
        moving = () if schedule is None else ("lr",)
        if getattr(schedule, "cycle_momentum", False):
            moving += ("momentum", "betas")
        settings = {name: getattr(optimizer, name) for name in optimizer.settings if name not in moving}
        setup["optimizer"] = describe_as(
            type(optimizer), {"parameters": len(optimizer.params), **settings}, "optimizer"
        )
        setup["schedule"] = "None" if schedule is None else _describe_schedule(schedule, "schedule")
        setup["early_stopping"] = "None"
        if stopping is not None:
            settings = _settings(stopping, *stopping.state_dict())
            setup["early_stopping"] = describe_as(type(stopping), settings, "early_stopping")
        for name, generator in self._generators:
            first = next(other for other, same in self._generators if same is generator)
            setup[name] = type(generator.bit_generator).__name__ if first == name else f"the same as {first}"
        seeds = getattr(self.rng.bit_generator, "seed_seq", None)
        setup["seed of rng"] = "unknown" if seeds is None else f"{seeds.entropy} {seeds.spawn_key}"
        return setup


def _describe_schedule(schedule, name):
    """Describe a schedule by what stays the same, and so each of the schedules that it consists of."""
    parts = schedule.schedulers if isinstance(schedule, Combined) else ()
    moving = ("optimizer", *schedule.state_dict(), *(["schedulers"] if parts else []))
    described = describe_as(type(schedule), _settings(schedule, *moving) | {"base_lr": schedule.base_lr}, name)
    for i, part in enumerate(parts):
        described[f"schedulers[{i}]"] = _describe_schedule(part, f"{name}.schedulers[{i}]")
    return described


def _settings(part, *moving):
    """The attributes of a layer, a schedule or an early stopping that stay the same during a run."""
    moving = {"training", "_saved", "_buffer_names", *moving, *getattr(part, "_buffer_names", ())}
    ours = type(part).__module__.split(".")[0] == "cnnlib"  # then what begins with _ is made of the rest
    return {
        name: value
        for name, value in vars(part).items()
        if name not in moving
        and not isinstance(value, (Layer, Parameter, np.random.Generator))
        and not (ours and name.startswith("_"))
    }


def _generators(model, rng):
    """Return every generator a step may draw from, with its name: that of ``fit`` and those in the layers."""
    found = [("rng", rng)]
    for prefix, layer in model.named_modules():
        for name, value in vars(layer).items():
            if isinstance(value, np.random.Generator):
                found.append((f"{prefix}.{name}".lstrip("."), value))
    return found


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
