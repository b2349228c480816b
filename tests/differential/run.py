"""Run a trial through the layers and through the engine, and compare all that can be compared after every action.

``("forward", slot, n, values, layout)``  n samples; slot 0 is the engine, 1 another engine, 2 the model used by hand
``("backward", slot, values)``
``("step", slot, n, values, labels, dtype, criterion)``  forward, loss and backward in one go
``("mode", training)`` ``("zero",)`` ``("write", factor)``
``("option", i, name, value)`` ``("parameter", i, name, kind)`` ``("layer", i, spec)`` ``("append", spec)``
``("compile",)``  a new engine in slot 1
"""

import contextlib
import re
import warnings

import numpy as np

from cnnlib import criteria
from cnnlib.engine import banded, block, compile, winograd
from cnnlib.engine import engine as engine_module
from cnnlib.module import Parameter

from .judge import SHAKES, difference, rounding
from .trial import build, network

CRITERIA = {
    "plain": lambda dtype: criteria.CrossEntropyLoss(),
    "smooth": lambda dtype: criteria.CrossEntropyLoss(label_smoothing=0.1),
    "ignore": lambda dtype: criteria.CrossEntropyLoss(ignore_index=1),
    "sum": lambda dtype: criteria.CrossEntropyLoss(reduction="sum"),
    "squares": lambda dtype: criteria.MSELoss(),
    "huber": lambda dtype: criteria.HuberLoss(delta=0.7),
}


class Disagreement(AssertionError):
    """Engine and layers differ."""


# --- Numbers


def values(kind, shape, dtype, rng):
    """An array of ordinary numbers, or with something in it that is not."""
    x = rng.standard_normal(shape)
    if kind == "ties":
        x = rng.integers(-3, 4, shape) / 2
    x = x.astype(dtype)
    odd = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": np.finfo(dtype).max / 4}.get(kind)
    if odd is not None and x.size:
        x.flat[rng.integers(x.size, size=1 + x.size // 20)] = odd
    if kind == "all -inf":
        x[...] = -np.inf
    if kind == "other dtype":
        return x.astype("float32" if dtype == "float64" else "float64")
    if kind == "integers":
        return np.ones(shape, int)
    if kind == "list":
        return x.tolist()
    if kind == "too long":
        return np.concatenate([x, x[:, :1]], axis=1) if x.ndim > 1 else x
    if kind == "no batch":
        return x[0] if len(x) else x
    return x


def layout(kind, x):
    """``x`` in another memory layout."""
    if not isinstance(x, np.ndarray) or x.ndim == 0:
        return x
    if kind == "F":
        return np.asfortranarray(x)
    if kind == "reversed":
        return np.ascontiguousarray(x[::-1])[::-1]
    if kind == "strided":
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if kind == "read-only":
        x.flags.writeable = False
    return x


def labels(kind, dtype, shape, classes, rng):
    """Labels for scores of this shape, right or wrong."""
    target = rng.integers(0, classes, shape[:1] + shape[2:])
    wrong = {"too large": classes, "far too large": 2**63 + 1 if dtype == "uint64" else 127, "negative": -1}.get(kind)
    if wrong is not None and target.size and (wrong >= 0 or not dtype.startswith("u")):
        target = target.astype(dtype)
        target.flat[-1] = wrong
    if kind == "short":
        target = target[:-1]
    if kind == "list":
        return target.tolist()
    return target.astype(dtype)


# --- Two sides


class Layers:
    """The model alone; every slot's pass has a memory of its own, as if it were the only one."""

    def __init__(self, model, trial):
        self.model, self.memory = model, {}

    def forward(self, slot, x):
        self.memory.pop(slot, None)
        with self._memory({}) as memory:
            y = self.model.forward(x)
        self.memory[slot] = memory
        return y

    def backward(self, slot, dy):
        with self._memory(self.memory.pop(slot, {})):
            return self.model.backward(dy)

    def step(self, slot, criterion, x, target):
        y = self.forward(slot, x)
        loss = criterion(y, target)
        self.backward(slot, criterion.backward())
        return loss, y

    @contextlib.contextmanager
    def _memory(self, memory):
        modules = self.model.modules()
        for module in modules:
            module._saved = memory.setdefault(module, [])
        yield memory
        for module in modules:
            module._saved = []

    def compile(self, slot):
        if any(vars(layer).get("return_indices") for layer in self.model.modules()):
            raise ValueError("model must return one array: leave out return_indices in its pooling layers")
        self.memory.pop(slot, None)

    def close(self):
        pass


class Engines:
    """Two engines of one model, and the model itself."""

    def __init__(self, model, trial):
        self.model = model
        self.engines = [compile(model, workers=trial.workers, input_gradient=trial.input_gradient),
                        compile(model, input_gradient=True)]  # fmt: skip

    def forward(self, slot, x):
        if slot < 2:
            return self.engines[slot](x)
        try:
            return self.model(x)
        except Exception:
            self.model.forget()  # layers that had their turn before one refused remember it
            raise

    def backward(self, slot, dy):
        return self.model.backward(dy) if slot == 2 else self.engines[slot].backward(dy)

    def step(self, slot, criterion, x, target):
        if slot == 2:
            y = self.forward(slot, x)
            loss = criterion(y, target)
            self.model.backward(criterion.backward())
            return loss, y
        return self.engines[slot].loss_and_backward(criterion, x, target)

    def compile(self, slot):
        self.engines[slot] = compile(self.model, input_gradient=True)

    def close(self):
        for engine in self.engines:
            engine.close()


# --- Actions


class Run:
    """One side of a trial, action by action."""

    def __init__(self, side, trial, shake=None, wide=False):
        self.trial, self.shake, self.wide = trial, shake, wide
        self.model = network(trial)
        if wide:
            self.model.astype("float64")
        self.side = side(self.model, trial)
        self.shapes = {}
        if shake is not None:
            for layer in self.model.modules()[1:]:
                self._shakes(layer)

    def do(self, number, action):
        """Return what came out: ("ok", arrays) or ("refused", type, message)."""
        kind, *rest = action
        rng = np.random.default_rng([self.trial.seed, number])
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return "ok", getattr(self, "_" + kind)(rng, *rest)
            except (TypeError, ValueError, RuntimeError, IndexError) as error:
                text = re.sub(r"^\w+\.backward has no forward pass.*", "no forward pass", str(error))
                return "refused", type(error).__name__, text

    def state(self):
        """All gradients and all running statistics."""
        found = {f"gradient of {name}": p.grad for name, p in self.model.named_parameters()}
        return found | dict(self.model.named_buffers())

    def _x(self, rng, n, kind, order):
        x = values(kind, (n, *self.trial.shape), self.trial.dtype, rng)
        return layout(order, self._widened(x if kind == "ties" else self._shaken(x)))  # ties are to stay ties

    def _widened(self, x):
        return x.astype("float64") if self.wide and isinstance(x, np.ndarray) else x

    def _shaken(self, x):
        """``x`` with every number moved by its last bit, or left as it is."""
        if self.shake is None or not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            return x
        bit = np.finfo(x.dtype).eps / 2
        return x * np.asarray(1 + self.shake.choice([-bit, 0, 2 * bit], x.shape), x.dtype)

    def _shakes(self, layer):
        """Have a layer shake what it holds and what it returns, forward and backward."""
        for name, value in list(vars(layer).items()):
            if isinstance(value, Parameter):
                value.data = self._shaken(value.data)
            elif isinstance(value, np.ndarray):
                setattr(layer, name, self._shaken(value))
        forward, backward = layer.forward, layer.backward
        vars(layer)["forward"] = lambda x: self._shaken(forward(x))
        vars(layer)["backward"] = lambda dy: self._shaken(backward(dy))

    def _forward(self, rng, slot, n, kind, order):
        self.shapes.pop(slot, None)
        y = self.side.forward(slot, self._x(rng, n, kind, order))
        self.shapes[slot] = np.shape(y)
        return {"output": y}

    def _backward(self, rng, slot, kind):
        shape = self.shapes.get(slot, (1, 1))
        dy = values(kind, shape, self.trial.dtype, rng)
        dx = self.side.backward(slot, self._widened(dy))
        return {"input gradient": dx if slot or self.trial.input_gradient else None}

    def _step(self, rng, slot, n, kind, label, dtype, criterion):
        x = self._x(rng, n, kind, "C")
        criterion = CRITERIA[criterion](self.trial.dtype)
        shape = self.scores or (n, 3)
        if isinstance(criterion, (criteria.MSELoss, criteria.HuberLoss)):
            target = rng.standard_normal((n, *shape[1:])).astype(self.trial.dtype)
        else:
            target = labels(label, dtype, (n, *shape[1:]), max(1, shape[1] if len(shape) > 1 else 1), rng)
        loss, y = self.side.step(slot, criterion, x, target)
        return {"loss": np.asarray(loss), "output": y}

    scores = None  # the shape of the output, known from a first look

    def _mode(self, rng, training):
        self.model.train(training)

    def _zero(self, rng):
        self.model.zero_grad()

    def _write(self, rng, factor):
        for p in self.model.parameters():
            p.data *= np.asarray(factor, p.dtype)

    def _option(self, rng, i, name, value):
        setattr(self.model[i], name, value)

    def _parameter(self, rng, i, name, kind):
        old = getattr(self.model[i], name, None)
        if old is None:
            return
        shape = (*old.shape[:-1], old.shape[-1] + 1) if kind == "longer" else old.shape
        dtype = old.dtype if kind != "other dtype" else "float32" if old.dtype == "float64" else "float64"
        new = rng.standard_normal(shape).astype(dtype)
        if kind == "inf":
            new.flat[0] = np.inf
        setattr(self.model[i], name, Parameter(self._widened(self._shaken(new))))

    def _layer(self, rng, i, spec):
        setattr(self.model, str(i), self._built(spec, [self.trial.seed, i, 8]))

    def _append(self, rng, spec):
        self.model.append(self._built(spec, [self.trial.seed, 9]))

    def _built(self, spec, seed):
        layer = build(spec, self.trial.dtype, seed)
        if self.wide:
            layer.astype("float64")
        if self.shake is not None:
            self._shakes(layer)
        return layer

    def _compile(self, rng):
        self.shapes.pop(1, None)
        self.side.compile(1)


@contextlib.contextmanager
def _limits(trial):
    """Small batches are split too; and small memory, where the trial asks for it."""
    changes = [(engine_module, "WORTH_SPLITTING", 2)]
    if trial.small:
        changes += [(block, "CHUNK", 64), (block, "UNPOOLED", 64), (banded, "PRODUCT", 64), (winograd, "CACHE", 64)]
    before = [getattr(module, name) for module, name, _ in changes]
    for module, name, value in changes:
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name, _), value in zip(changes, before, strict=True):
            setattr(module, name, value)


def run(trial):
    """Run both sides.

    Raises
    ------
    Disagreement
        Which says what differs, after which action.
    """
    with _limits(trial):
        slow = fast = None
        try:
            slow, fast = Run(Layers, trial), Run(Engines, trial)
            Run.scores = _scores(trial)
            for number, action in enumerate(trial.actions):
                ours, theirs = fast.do(number, action), slow.do(number, action)
                if not _compare(trial, number, ours, theirs, fast.state(), slow.state()):
                    return
        finally:
            if fast is not None:
                fast.side.close()


def _scores(trial):
    look = Run(Layers, trial)
    result = look.do(0, ("forward", 0, 2, "normal", "C"))
    return np.shape(result[1]["output"]) if result[0] == "ok" else None


def _compare(trial, number, ours, theirs, state, expected):
    """Compare what came out and what it left behind; return whether it makes sense to go on."""
    where = f"after action {number}, {trial.actions[number]!r}: "
    if theirs[0] == "ok" and ours[0] == "refused" and trial.actions[number][0] == "backward" and "dy" in ours[2]:
        return False  # identity and the like take any gradient, whatever its shape
    if ours[0] == "refused" and "has been changed since the forward pass" in ours[2]:
        return False  # layers go back through what they have become, which is nobody's gradient
    if ours[0] != theirs[0] or ours[0] == "refused" and ours != theirs:
        raise Disagreement(f"{where}the engine: {_told(ours)}; the layers: {_told(theirs)}")
    if ours[0] == "refused" and trial.actions[number][0] == "backward":
        return False  # half a pass leaves half of the gradients
    pairs = {}
    if ours[0] == "ok" and ours[1] is not None:
        pairs = {name: (a, theirs[1][name]) for name, a in ours[1].items()}
    pairs |= {name: (a, expected[name]) for name, a in state.items()}
    repeats = None
    for name, (a, b) in pairs.items():
        problem = difference(a, b)
        if problem is None:
            continue
        shaken, wide = repeats = repeats or _repeats(trial, number)
        if not rounding(a, b, [found.get(name) for found in shaken], wide and wide.get(name)):
            raise Disagreement(f"{where}{name}: {problem}")
    return True


def _told(result):
    return " ".join(map(str, result[1:])) if result[0] == "refused" else "accepts"


def _repeats(trial, number):
    """What the layers answer up to this action where all is shaken, and in float64: a list of them, and one or None."""
    shaken = [_repeat(Run(Layers, trial, np.random.default_rng(seed)), number) for seed in range(SHAKES)]
    return shaken, _repeat(Run(Layers, trial, wide=True), number) if trial.dtype == "float32" else None


def _repeat(side, number):
    for i, action in enumerate(side.trial.actions[: number + 1]):
        result = side.do(i, action)
    return side.state() | ((result[1] or {}) if result[0] == "ok" else {})
