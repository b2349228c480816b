"""Training: the loop that turns a network, a loss and an optimiser into a trained network.

The heart is `train_step`. `fit` repeats it over shuffled mini-batches, epoch after epoch, and returns a
`History`. `predict` and `evaluate` use a network without changing it. `EarlyStopping` ends a run that has stopped
getting better and brings back its best weights.

A run can be interrupted anywhere and taken up again: with ``checkpoint="run.safetensors"`` the same call of `fit`
continues from the file, and ends bit for bit as if nothing had happened. `cnnlib.resume` is how.
"""

import functools
import itertools
import math
import os
import signal
import threading
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from cnnlib import _checks as checks
from cnnlib._modes import predicting
from cnnlib.data import as_dataset, batches
from cnnlib.engine import Engine, compile
from cnnlib.history import EarlyStopping, History
from cnnlib.layers import Sequential
from cnnlib.module import Layer
from cnnlib.optim import Optimizer
from cnnlib.resume import Run
from cnnlib.schedules import Schedule

__all__ = ["EarlyStopping", "Evaluation", "History", "evaluate", "fit", "predict", "train_step"]

# --- One step -------------------------------------------------------------------------------------------------------


def train_step(model, criterion, optimizer, x, y):
    """Do one step of gradient descent on one mini-batch.

    Parameters
    ----------
    model : Layer or Engine
        In training mode.
    criterion : loss
        As ``CrossEntropyLoss()``.
    optimizer : optimiser
        Over the model's parameters.
    x : array (N, ...)
        Inputs.
    y : array (N, ...)
        Labels or targets.

    Returns
    -------
    loss : float
        On this batch, before the step.
    output : array (N, ...)
        What the model answered, before the step.
    """
    optimizer.zero_grad()
    if isinstance(model, Engine):
        loss, output = model.loss_and_backward(criterion, x, y)
    else:
        output = model(x)
        loss = criterion(output, y)
        model.backward(criterion.backward())
    optimizer.step()
    return float(loss), output


# --- Using a network ------------------------------------------------------------------------------------------------


class Evaluation(NamedTuple):
    """What `evaluate` finds: the loss, and the accuracy, which is NaN where the targets are not class labels."""

    loss: float
    accuracy: float


def predict(model, x, batch_size=256, *, engine=None):
    """Return the model's output for every sample, in evaluation mode.

    Parameters
    ----------
    model : Layer
        It is not changed: every layer is left in the mode it was in.
    x : array (N, ...)
        Inputs.
    batch_size : int
        Samples at a time; more of them need more memory.
    engine : Engine, optional
        Runs the model instead of the model itself.

    Returns
    -------
    array (N, ...)
        For a classifier a row of scores per sample: ``predict(model, x).argmax(axis=1)`` are the labels.

    Examples
    --------
    >>> from cnnlib.layers import ReLU
    >>> predict(ReLU(), np.array([[-1.0], [2.0], [3.0]]), batch_size=2)
    array([[0.],
           [2.],
           [3.]])
    """
    _check_model(model)
    checks.floats("x", x)
    batch_size = checks.integer("batch_size", batch_size, least=1)
    run = model if engine is None else functools.partial(_engine_of(model, engine), keep=False)
    with predicting(model):
        starts = range(0, max(len(x), 1), batch_size)  # without samples still one call, for the shape of the output
        return np.concatenate([run(x[i : i + batch_size]) for i in starts])


def evaluate(model, criterion, data, batch_size=256, *, engine=None):
    """Return loss and accuracy on data, in evaluation mode.

    Parameters
    ----------
    model : Layer
        It is not changed.
    criterion : loss
        As ``CrossEntropyLoss()``. It is called once, on all samples together.
    data : Dataset or pair of arrays
        Inputs and targets.
    batch_size : int
        Samples that go through the model at a time.
    engine : Engine, optional
        Runs the model instead of the model itself.

    Returns
    -------
    Evaluation
        ``(loss, accuracy)``
    """
    x, y = _samples("data", data)
    _check_criterion(criterion)
    output = predict(model, x, batch_size, engine=engine)
    return Evaluation(float(criterion(output, y)), _right(output, y) / len(y))


def _right(output, y):
    """Count the samples whose highest score is that of their label; NaN where the targets are not labels."""
    if output.ndim != 2 or y.shape != output.shape[:1] or y.dtype.kind not in "iu":
        return math.nan
    return int(np.sum(output.argmax(axis=1) == y))


# --- The loop -------------------------------------------------------------------------------------------------------


def fit(
    model,
    criterion,
    optimizer,
    train,
    validation=None,
    *,
    epochs,
    batch_size=64,
    rng,
    schedule=None,
    schedule_every="epoch",
    early_stopping=None,
    augment=None,
    drop_last=False,
    checkpoint=None,
    checkpoint_every=None,
    resume=True,
    progress=True,
    engine=True,
):
    """Train a model.

    Parameters
    ----------
    model : Layer
        Changed in place, and left in evaluation mode.
    criterion : loss
        It averages over the samples (``reduction="mean"``).
    optimizer : optimiser
        Over the model's parameters.
    train : Dataset or pair of arrays
        What to learn from.
    validation : Dataset or pair of arrays, optional
        Looked at after every epoch, never learned from.
    epochs : int
        How often to go through the training data.
    batch_size : int
        Samples per step.
    rng : numpy.random.Generator
        Shuffles the samples, and is handed to ``augment``.
    schedule : schedule, optional
        Changes the learning rate.
    schedule_every : {"epoch", "step"}
        When to call ``schedule.step()``: after every epoch, or after every step as `OneCycleLR` wants it.
    early_stopping : EarlyStopping, optional
        Ends the run when nothing improves; the model then has its best weights.
    augment : function, optional
        ``augment(x, rng)`` returns the batch to train on instead of ``x``; see `cnnlib.augment`.
    drop_last : bool
        Leave out the last batch of an epoch where it is smaller than the others.
    checkpoint : str or Path, optional
        Keep the run in this file. It is written at the start, after every epoch and when you press Ctrl-C.
    checkpoint_every : int, optional
        Write it also after so many steps.
    resume : bool
        If the file is there, go on from it. With False begin anew and overwrite it.
    progress : bool
        Show a progress bar on stderr (never where the environment variable ``CNNLIB_STATIC`` is set).
    engine : bool or Engine
        By default a `Sequential` runs through `cnnlib.engine.compile`: several times faster, with the same numbers up
        to rounding. False runs the model's own layers; an engine that you made, with ``workers=2`` for one, is used.

    Returns
    -------
    History
        Losses and accuracies, epoch by epoch.

    Raises
    ------
    ValueError
        If the file is damaged, is not the checkpoint of a run, or belongs to a run that is set up differently; with
        ``checkpoint``, also if an option can't be compared with that of a later session (`cnnlib.describe`), as a
        lambda can't.
    KeyboardInterrupt
        On Ctrl-C: the current step is finished and, with ``checkpoint``, saved first. A second Ctrl-C does not wait.

    Notes
    -----
    To go on with an interrupted run, in the same session or a new one, make the same call again. Everything that
    changes during a run is in the checkpoint. Everything that does not has to be the same again (the network, the
    data, the options, the seed of ``rng``), and is compared. ``epochs`` may be larger: the run then goes on for longer.
    """
    x, y = _samples("train", train)
    validation = None if validation is None else _samples("validation", validation)
    _check_model(model)
    _check_criterion(criterion)
    epochs = checks.integer("epochs", epochs, least=0)
    batch_size = checks.integer("batch_size", batch_size, least=1)
    checks.generator("rng", rng)
    checks.one_of("schedule_every", schedule_every, ("epoch", "step"))
    _check_tools(model, optimizer, schedule, schedule_every, augment)
    _check_early_stopping(early_stopping, validation)
    if checkpoint_every is not None:
        checks.integer("checkpoint_every", checkpoint_every, least=1)
    steps = len(x) // batch_size if checks.flag("drop_last", drop_last) else math.ceil(len(x) / batch_size)
    if steps == 0:
        raise ValueError(f"drop_last leaves no batch: {len(x)} samples are fewer than batch_size {batch_size}")

    history = History()
    run = Run(model, optimizer, schedule, early_stopping, history, rng)
    fixed = {"batch_size": batch_size, "drop_last": drop_last, "schedule_every": schedule_every, "augment": augment}
    engine = _engine(engine, model)
    fixed |= {"criterion": criterion, "train": (x, y), "validation": validation, "engine": engine}
    run.start(checkpoint, checks.flag("resume", resume), fixed)
    at, runner = run.position, model if engine is None else engine
    silent = not checks.flag("progress", progress) or bool(os.environ.get("CNNLIB_STATIC"))

    with _finish_the_step() as interrupted:
        while at.epoch < epochs and not history.stopped_early:
            title = f"epoch {at.epoch + 1}/{epochs}"
            with tqdm(desc=title, total=steps, initial=at.step, unit="batch", disable=silent) as bar:
                model.train()
                shuffled = run.draw(lambda: batches(x, y, batch_size, rng, drop_last))
                for xb, yb in itertools.islice(shuffled, at.step, None):
                    if augment is not None:
                        xb = augment(xb, rng)
                    at.lr = optimizer.lr
                    loss, output = train_step(runner, criterion, optimizer, xb, yb)
                    if schedule is not None and schedule_every == "step":
                        schedule.step()
                    history.step_loss.append(loss)
                    at.add(loss, _right(output, yb), len(yb))
                    bar.set_postfix_str(f"loss {at.loss / at.seen:.4f}", refresh=False)
                    bar.update()
                    if interrupted():
                        run.save()
                        raise KeyboardInterrupt
                    if checkpoint_every is not None and len(history.step_loss) % checkpoint_every == 0:
                        run.save()

                history.train_loss.append(at.loss / at.seen)
                history.train_accuracy.append(at.right / at.seen)
                history.lr.append(at.lr)
                if validation is not None:
                    result = evaluate(model, criterion, validation, engine=engine)
                    history.validation_loss.append(result.loss)
                    history.validation_accuracy.append(result.accuracy)
                    bar.set_postfix_str(f"loss {at.loss / at.seen:.4f}, validation loss {result.loss:.4f}")
            if schedule is not None and schedule_every == "epoch":
                schedule.step(*schedule.metrics(history))
            if early_stopping is not None:
                early_stopping.update(getattr(history, early_stopping.monitor)[-1], model)
                history.best_epoch, history.stopped_early = early_stopping.best_epoch, early_stopping.stop
            at.next_epoch()
            run.save()

    if early_stopping is not None:
        early_stopping.restore(model)
    model.eval()
    return history


@contextmanager
def _finish_the_step():
    """Make Ctrl-C wait for the end of the step: yields a function that says whether it was pressed.

    An interrupt amid a step would leave some parameters updated and some not. A second one does not wait.
    """
    pressed = []

    def on_interrupt(signum, frame):
        if pressed:
            raise KeyboardInterrupt
        pressed.append(signum)

    # Python lets only the main thread listen to signals; a listener of somebody else's stays where it is.
    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: bool(pressed)
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt


# --- Checks ---------------------------------------------------------------------------------------------------------


def _samples(name, data):
    x, y = as_dataset(name, data)
    checks.floats(f"the inputs of {name}", x)
    if len(x) == 0:
        raise ValueError(f"{name} must have at least one sample, got none")
    return x, y


def _check_model(model):
    if not isinstance(model, Layer):
        raise TypeError(f"model must be a Layer, got {type(model).__name__}")


def _engine_of(model, engine):
    """Return ``engine`` if it is one for ``model``: any other would run its own."""
    if not isinstance(engine, Engine):
        raise TypeError(f"engine must be an Engine or None, got {type(engine).__name__}")
    if engine.model is not model:
        raise ValueError("engine runs another model: make it with compile(model)")
    return engine


def _engine(engine, model):
    """Return the engine that `fit` shall use, or None."""
    if isinstance(engine, Engine):
        return _engine_of(model, engine)
    if not isinstance(engine, bool):
        raise TypeError(f"engine must be True, False or an Engine, got {type(engine).__name__}")
    return compile(model) if engine and isinstance(model, Sequential) else None


def _check_criterion(criterion):
    if getattr(criterion, "reduction", "mean") != "mean":
        raise ValueError(f"criterion must have reduction='mean', got {criterion.reduction!r}")


def _check_tools(model, optimizer, schedule, schedule_every, augment):
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an optimiser of cnnlib.optim, got {optimizer!r}")
    own = {id(parameter) for parameter in model.parameters()}
    if not any(id(parameter) in own for parameter in optimizer.params):
        raise ValueError("optimizer holds no parameter of the model: make it with model.parameters()")
    if schedule is not None and not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule of cnnlib.schedules, got {schedule!r}")
    if schedule is not None and schedule.optimizer is not optimizer:
        raise ValueError("schedule belongs to another optimizer: make it with this one")
    if schedule is not None and schedule.needs_metrics and schedule_every == "step":
        raise ValueError(f"schedule_every must be 'epoch' for {type(schedule).__name__}, which looks at whole epochs")
    if augment is not None and not callable(augment):
        raise TypeError(f"augment must be a function of a batch and a generator, got {augment!r}")


def _check_early_stopping(early_stopping, validation):
    if early_stopping is None:
        return
    if not isinstance(early_stopping, EarlyStopping):
        raise TypeError(f"early_stopping must be an EarlyStopping, got {early_stopping!r}")
    if early_stopping.monitor.startswith("validation") and validation is None:
        raise ValueError(f"early_stopping watches {early_stopping.monitor}, which needs validation data")
