"""Make a failing trial smaller, as long as it still fails."""

from dataclasses import replace

from .run import Disagreement, run


def failure(trial):
    """What is wrong with a trial, or None. Any other exception is wrong too: nothing that is drawn may cause one."""
    try:
        run(trial)
    except Disagreement as problem:
        return str(problem)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return None


def shrink(trial, tries=400):
    """The smallest trial found that fails, and how."""
    problem = failure(trial)
    again = True
    while again and tries > 0:
        again = False
        for smaller in _smaller(trial):
            tries -= 1
            found = failure(smaller)
            if found is not None:
                trial, problem, again = smaller, found, True
                break
            if tries <= 0:
                break
    return trial, problem


def _smaller(trial):
    """Simpler trials, the boldest steps first."""
    actions, layers = trial.actions, trial.layers
    for i in range(len(actions)):
        yield replace(trial, actions=actions[:i] + actions[i + 1 :])
    if not any(a[0] in ("option", "parameter", "layer") for a in actions) and not any(s[0] == "again" for s in layers):
        for i in range(len(layers)):
            yield replace(trial, layers=layers[:i] + layers[i + 1 :])
    for name, plain in (("workers", 1), ("small", False), ("input_gradient", True), ("dtype", "float64"), ("seed", 0)):
        if getattr(trial, name) != plain:
            yield replace(trial, **{name: plain})
    for i in range(len(trial.shape)):
        if trial.shape[i] > 1:
            yield replace(trial, shape=(*trial.shape[:i], trial.shape[i] - 1, *trial.shape[i + 1 :]))
    for i, action in enumerate(actions):
        for simpler in _simpler(action):
            yield replace(trial, actions=(*actions[:i], simpler, *actions[i + 1 :]))
    for i, spec in enumerate(layers):
        if spec[0] not in ("again", "Sequential"):
            for name in spec[2]:
                rest = {k: v for k, v in spec[2].items() if k != name}
                yield replace(trial, layers=(*layers[:i], (spec[0], spec[1], rest), *layers[i + 1 :]))


def _simpler(action):
    kind, *rest = action
    if kind in ("forward", "step"):
        slot, n, values, *more = rest
        for fewer in {1, n - 1} - {n, 0}:
            if fewer < n:
                yield kind, slot, fewer, values, *more
        if values != "normal":
            yield kind, slot, n, "normal", *more
        if kind == "forward" and more != ["C"]:
            yield kind, slot, n, values, "C"
    if kind == "backward" and rest[1] != "normal":
        yield kind, rest[0], "normal"
