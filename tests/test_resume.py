"""A run that was interrupted, anywhere and in any way, ends bit for bit like one that was left alone."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from training_run import (
    EPOCHS,
    RECIPES,
    STEPS,
    Interrupting,
    Setup,
    given_losses,
    press_ctrl_c,
    raise_interrupt,
    raise_memory_error,
    steps_in,
)

from cnnlib import engine, training
from cnnlib.training import EarlyStopping

recipe = pytest.mark.parametrize("recipe", RECIPES)


@pytest.fixture(scope="module")
def uninterrupted():
    made = {}

    def of(recipe, **options):
        key = (recipe, *sorted(options.items()))
        if key not in made:
            made[key] = Setup(recipe, **options).fit().everything()
        return made[key]

    return of


# --- Interrupted and resumed: the same end, bit for bit


@recipe
@pytest.mark.parametrize("new_session", [True, False], ids=["new-session", "same-session"])
@pytest.mark.parametrize("k", [1, 3, 4, 5, 8, 10, STEPS])
def test_ctrl_c_at_any_step(tmp_path, uninterrupted, recipe, k, new_session):
    path = tmp_path / "run.safetensors"
    setup = Setup(recipe, checkpoint=path)
    with pytest.raises(KeyboardInterrupt):
        setup.fit(interrupting=Interrupting(k, press_ctrl_c))
    assert steps_in(path) == k  # it was finished
    setup = Setup(recipe, checkpoint=path) if new_session else setup
    assert setup.fit().everything() == uninterrupted(recipe)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@recipe
@pytest.mark.parametrize("new_session", [True, False], ids=["new-session", "same-session"])
@pytest.mark.parametrize("k", [1, 2, 4, 5, 9, STEPS])
def test_interrupted_amid_a_step(tmp_path, uninterrupted, recipe, k, new_session):
    """Half of the parameters are updated and the interrupt does not wait: the last checkpoint is taken up."""
    setup = Setup(recipe, checkpoint=tmp_path / "run", checkpoint_every=3)
    step, calls = setup.optimizer.step, iter(range(1, 100))

    def half_a_step():
        if next(calls) == k:
            setup.model.parameters()[0].data[...] = 99
            raise KeyboardInterrupt
        step()

    setup.optimizer.step = half_a_step
    with pytest.raises(KeyboardInterrupt):
        setup.fit()
    del setup.optimizer.step
    setup = Setup(recipe, checkpoint=tmp_path / "run", checkpoint_every=3) if new_session else setup
    assert setup.fit().everything() == uninterrupted(recipe)


@pytest.mark.parametrize("what", [raise_interrupt, raise_memory_error])
def test_other_interruptions_resume_too(tmp_path, uninterrupted, what):
    with pytest.raises((KeyboardInterrupt, MemoryError)):
        Setup("adam", checkpoint=tmp_path / "run").fit(interrupting=Interrupting(7, what))
    assert Setup("adam", checkpoint=tmp_path / "run").fit().everything() == uninterrupted("adam")


def test_interrupted_again_and_again(tmp_path, uninterrupted):
    for _ in range(STEPS - 1):  # one step at a time
        with pytest.raises(KeyboardInterrupt):
            Setup("adamw", checkpoint=tmp_path / "run").fit(interrupting=Interrupting(1, press_ctrl_c))
    assert Setup("adamw", checkpoint=tmp_path / "run").fit().everything() == uninterrupted("adamw")


def test_interrupted_during_validation(tmp_path, uninterrupted, monkeypatch):
    real = training.evaluate

    def pressed(*arguments, **options):
        press_ctrl_c()
        return real(*arguments, **options)

    monkeypatch.setattr(training, "evaluate", pressed)
    for _ in range(EPOCHS):
        with pytest.raises(KeyboardInterrupt):
            Setup("sgd", checkpoint=tmp_path / "run").fit()
    monkeypatch.setattr(training, "evaluate", real)
    assert Setup("sgd", checkpoint=tmp_path / "run").fit().everything() == uninterrupted("sgd")


@pytest.mark.parametrize(("k", "saved"), [(1, 0), (8, 6)])
def test_killed_after_a_checkpoint(tmp_path, uninterrupted, k, saved):
    """The real thing: a process that is killed has no chance to say goodbye."""
    program = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1]); import training_run as t\n"
        "die = lambda: os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))\n"
        "setup = t.Setup('adam', checkpoint=sys.argv[2], checkpoint_every=2)\n"
        "setup.fit(interrupting=t.Interrupting(int(sys.argv[3]), die))"
    )
    path = tmp_path / "run"
    where = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run([sys.executable, "-c", program, where, str(path), str(k)], capture_output=True, timeout=120)
    assert done.returncode not in (0, 1), done.stderr.decode()
    assert steps_in(path) == saved and [p.name for p in tmp_path.iterdir()] == ["run"]
    assert Setup("adam", checkpoint=path).fit().everything() == uninterrupted("adam")


def test_one_generator_for_everything(tmp_path, uninterrupted):
    with pytest.raises(KeyboardInterrupt):
        Setup(shared_generator=True, checkpoint=tmp_path / "run").fit(interrupting=Interrupting(6, press_ctrl_c))
    resumed = Setup(shared_generator=True, checkpoint=tmp_path / "run").fit()
    assert resumed.everything() == uninterrupted("sgd", shared_generator=True)
    with pytest.raises(ValueError, match=r"5\.rng: the same as rng in the file, PCG64 here"):
        Setup(checkpoint=tmp_path / "run").fit()


def test_with_and_without_the_engine(tmp_path):
    def made():
        return Setup("adam", checkpoint=tmp_path / "run", engine=False)

    with pytest.raises(KeyboardInterrupt):
        made().fit(interrupting=Interrupting(6, press_ctrl_c))
    with pytest.raises(ValueError, match="engine: None in the file, .*Engine.*workers=1"):  # its last digits are others
        made().fit(engine=True)
    other = made()
    with pytest.raises(ValueError, match="engine: None in the file, .*Engine.*workers=2"):
        other.fit(engine=engine.compile(other.model, workers=2))
    assert made().fit().everything() == made().fit(checkpoint=None).everything()


def test_other_generators_than_the_default(tmp_path):
    def made():
        setup = Setup("adam")
        setup.rng = setup.options["rng"] = np.random.Generator(np.random.MT19937(3))  # its state holds an array
        return setup

    with pytest.raises(KeyboardInterrupt):
        made().fit(checkpoint=tmp_path / "run", interrupting=Interrupting(6, press_ctrl_c))
    assert made().fit(checkpoint=tmp_path / "run").everything() == made().fit().everything()


def test_going_on_for_longer(tmp_path):
    Setup("sgd", checkpoint=tmp_path / "run").fit(epochs=2)
    longer = Setup("sgd", checkpoint=tmp_path / "run").fit(epochs=5).everything()
    assert longer == Setup("sgd").fit(epochs=5).everything()


def test_a_finished_run_is_not_run_again(tmp_path, uninterrupted):
    Setup("sgd", checkpoint=tmp_path / "run").fit()
    again = Setup("sgd", checkpoint=tmp_path / "run").fit(interrupting=Interrupting(1, raise_interrupt))
    assert again.everything() == uninterrupted("sgd")
    with pytest.raises(KeyboardInterrupt):
        Setup("sgd", checkpoint=tmp_path / "run").fit(resume=False, interrupting=Interrupting(1, raise_interrupt))


def test_a_run_that_stopped_early_stays_stopped(tmp_path, monkeypatch):
    given_losses(monkeypatch, [1, 2, 3, 4])
    options = {"early_stopping": EarlyStopping(patience=1), "checkpoint": tmp_path / "run"}
    first = Setup(**options).fit()
    again = Setup(**options).fit(epochs=9)
    assert again.history.stopped_early and again.history.epochs == first.history.epochs == 2
    assert all((a == first.model.state_dict()[name]).all() for name, a in again.model.state_dict().items())


def test_resuming_without_early_stopping_schedule_or_validation(tmp_path):
    bare = {"early_stopping": None, "schedule": None, "validation": None, "checkpoint": tmp_path / "run"}
    with pytest.raises(KeyboardInterrupt):
        Setup("rmsprop", **bare).fit(interrupting=Interrupting(6, press_ctrl_c))
    resumed = Setup("rmsprop", **bare).fit().everything()
    assert resumed == Setup("rmsprop", **bare | {"checkpoint": None}).fit().everything()


# --- Ctrl-C itself


def test_a_second_ctrl_c_does_not_wait():
    with pytest.raises(KeyboardInterrupt), training._finish_the_step() as pressed:
        assert not pressed()
        press_ctrl_c()
        assert pressed()
        press_ctrl_c()
        pytest.fail("still here")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_no_ctrl_c_is_lost():
    with pytest.raises(KeyboardInterrupt), training._finish_the_step():
        press_ctrl_c()


def test_training_in_another_thread_and_under_another_listener(uninterrupted):
    results = []
    thread = threading.Thread(target=lambda: results.append(Setup("sgd").fit().everything()))
    thread.start()
    thread.join()
    assert results == [uninterrupted("sgd")]

    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        Setup("sgd").fit(interrupting=Interrupting(2, press_ctrl_c))
        assert heard == [1]
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
