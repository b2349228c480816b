"""What has to be the same when a run is taken up again: whatever is not, is refused, and nothing is changed."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from training_run import Interrupting, Setup, network, press_ctrl_c, rng, some_data, steps_in

from cnnlib import checkpoint
from cnnlib.layers import CrossEntropyLoss, Flatten, Linear
from cnnlib.module import Sequential
from cnnlib.optim import SGD, Adam, RMSprop
from cnnlib.schedules import ChainedScheduler, ConstantLR, LinearLR, SequentialLR, StepLR
from cnnlib.training import EarlyStopping, fit


def other_model():
    return Sequential(Flatten(), Linear(16, 3, rng=rng()))


def with_optimizer(setup, optimizer):
    setup.optimizer = optimizer
    setup.options["schedule"] = StepLR(optimizer, 2, 0.1)


def changed_pixel():
    train = some_data()
    train.images[7, 0, 2, 2] += 0.125
    return train


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.options.update(batch_size=5), "batch_size: 6 in the file, 5 here"),
        (lambda s: s.options.update(drop_last=True), "drop_last: False in the file, True here"),
        (lambda s: s.options.update(schedule_every="step"), "schedule_every: 'epoch' in the file, 'step' here"),
        (lambda s: s.options.update(augment=None), "augment: .*shifted.* in the file, None here"),
        (lambda s: s.options.update(validation=some_data(11, 8)), r"validation.*: .*\(10, 1, 4, 4\) float32"),
        (lambda s: s.options.update(early_stopping=EarlyStopping(2)), "early_stopping.patience: 3 in the file, 2 here"),
        (lambda s: s.options.update(early_stopping=None), "early_stopping: .*EarlyStopping.* in the file, None here"),
        (lambda s: s.options.update(rng=rng(4)), r"seed of rng: 3 \(\) in the file, 4 \(\) here"),
        (lambda s: s.options.update(schedule=None), "schedule: .*StepLR.* in the file, None here"),
        (lambda s: s.options.update(schedule=StepLR(s.optimizer, 3, 0.1)), "schedule.step_size: 2 in the file, 3 here"),
        (lambda s: setattr(s, "train", changed_pixel()), r"train\[0\]: .* with checksum .* in the file"),
        (lambda s: setattr(s, "criterion", CrossEntropyLoss(label_smoothing=0.1)), "criterion.label_smoothing: 0.0 in"),
        (lambda s: setattr(s, "criterion", CrossEntropyLoss(weight=np.ones(3, np.float32))), "criterion.weight: None"),
        (lambda s: setattr(s.model[5], "p", 0.4), "model.5.p: 0.3 in the file, 0.4 here"),
        (lambda s: setattr(s.model[0], "padding_mode", "reflect"), "model.0.padding_mode: 'zeros' in the file"),
        (lambda s: with_optimizer(s, Adam(s.model.parameters(), lr=0.05)), "optimizer: .*SGD.* in the file, .*Adam"),
        (lambda s: with_optimizer(s, SGD(s.model.parameters(), 0.05, 0.8)), "optimizer.momentum: 0.9 in the file, 0.8"),
        (
            lambda s: with_optimizer(s, SGD(s.model.parameters(), 0.06, 0.9, nesterov=True)),
            "schedule.base_lr: 0.05 in the file, 0.06 here",
        ),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, message):
    path = tmp_path / "run"
    Setup("sgd", checkpoint=path).fit(epochs=1)
    content = path.read_bytes()
    other = Setup("sgd", checkpoint=path)
    change(other)
    before = other.model.state_dict()
    with pytest.raises(ValueError, match="(?s)run belongs to a run that is set up differently.*" + message):
        other.fit()
    assert path.read_bytes() == content
    assert all((before[name] == a).all() for name, a in other.model.state_dict().items())


def test_another_network_or_precision_is_refused(tmp_path):
    Setup("rmsprop", checkpoint=tmp_path / "run").fit(epochs=1)
    with pytest.raises(ValueError, match=r"(?s)model's 0\.weight: \(4, 1, 3, 3\) float32 in the file, .* float64 here"):
        Setup("rmsprop", dtype=np.float64, checkpoint=tmp_path / "run").fit()
    other = Setup("rmsprop", checkpoint=tmp_path / "run")
    other.model = other_model()
    other.optimizer = RMSprop(other.model.parameters(), lr=0.01, momentum=0.5, centered=True)
    with pytest.raises(ValueError, match="(?s)model.0: .*model's 6.weight: .* in the file, nothing here"):
        other.fit()


def test_another_learning_rate_is_refused(tmp_path):
    for schedule in (None, lambda o: StepLR(o, 1, 0.5)):

        def run(lr, path, schedule=schedule):
            model = other_model()
            optimizer = SGD(model.parameters(), lr=lr)
            made = None if schedule is None else schedule(optimizer)
            options = {"epochs": 2, "rng": rng(), "schedule": made, "checkpoint": path, "progress": False}
            return fit(model, CrossEntropyLoss(), optimizer, some_data(), **options)

        path = tmp_path / f"run{schedule is None}"
        run(0.1, path)
        run(0.1, path)
        with pytest.raises(ValueError, match="set up differently"):
            run(0.2, path)


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "run"
    checkpoint.save(path, network().state_dict(), {})
    with pytest.raises(ValueError, match="run is no checkpoint of a training run"):
        Setup(checkpoint=path).fit()
    checkpoint.save(path, {}, {"format": "cnnlib training run 1"})
    with pytest.raises(ValueError, match="run was written by an earlier version of cnnlib"):
        Setup(checkpoint=path).fit()
    path.unlink()
    Setup(checkpoint=path).fit(epochs=1)
    content = path.read_bytes()
    for damaged in (content[:-7], content[:100], b"", b"something else"):
        path.write_bytes(damaged)
        setup = Setup(checkpoint=path)
        before = setup.model.state_dict()
        with pytest.raises(ValueError, match="run"):
            setup.fit()
        assert path.read_bytes() == damaged
        assert all((before[name] == a).all() for name, a in setup.model.state_dict().items())


# --- Options that can't be compared, and sessions that come later


def test_what_cannot_be_compared_is_refused_before_the_first_step(tmp_path):
    called = []
    for augment in (lambda x, g: called.append(1) or x, Jittering(0.5).inner()):
        with pytest.raises(ValueError, match="^augment is a .*no checkpoint can be made. Instead, write it as a funct"):
            Setup(augment=augment, checkpoint=tmp_path / "run").fit()
        assert not called and not (tmp_path / "run").exists()
        Setup(augment=augment).fit(epochs=1)  # without a checkpoint it may be what it likes
        called.clear()


class Jittering:
    """An augmentation that is an object, and one that remembers."""

    def __init__(self, p, rng=None):
        self.p, self.rng = p, rng

    def __call__(self, x, g):
        return x + np.float32(self.p) * (g if self.rng is None else self.rng).random(x.shape, np.float32)

    def inner(self):
        def jitter(x, g):
            return x

        return jitter


def test_an_option_that_changes_while_it_works_is_refused_at_the_next_checkpoint(tmp_path):
    setup = Setup(augment=Jittering(0.1, rng(2)), checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match=r"augment changes while it works.*(?s:.)*augment.rng.state.* now"):
        setup.fit()
    assert steps_in(tmp_path / "run") == 0


class Stepping(StepLR):
    """A schedule with a memory of its own, which its state_dict does not know of."""

    calls = 0

    def step(self):
        self.calls += 1
        super().step()


def test_a_schedule_that_remembers_more_than_it_saves_is_refused_at_the_next_checkpoint(tmp_path):
    setup = Setup(checkpoint=tmp_path / "run")
    setup.options["schedule"] = Stepping(setup.optimizer, 2, 0.1)
    with pytest.raises(ValueError, match=r"schedule changes while it works.*state_dict(?s:.)*schedule.calls: .* 1 now"):
        setup.fit()
    assert steps_in(tmp_path / "run") == 0


def combined(optimizer, gamma=0.5):
    parts = [StepLR(optimizer, 2, gamma), LinearLR(optimizer, total_iters=3)]
    return ChainedScheduler([SequentialLR(optimizer, parts, [4]), ConstantLR(optimizer, 0.5, 5)])


@pytest.mark.parametrize("new_session", [True, False], ids=["new-session", "same-session"])
def test_schedules_made_of_schedules_are_compared_part_by_part(tmp_path, new_session):
    def made(path, **options):
        setup = Setup("adam", schedule_every="step", checkpoint=path)
        setup.options["schedule"] = setup.schedule = combined(setup.optimizer, **options)
        return setup

    setup = made(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        setup.fit(interrupting=Interrupting(6, press_ctrl_c))
    only = r"was changed:\n  schedule.schedulers\[0\].schedulers\[0\].gamma: 0.5 in the file, 0.4 here\nUse"
    with pytest.raises(ValueError, match=only):
        made(tmp_path / "run", gamma=0.4).fit()
    setup = made(tmp_path / "run") if new_session else setup
    assert setup.fit().everything() == made(None).fit().everything()


def test_settings_of_an_object_and_of_a_layer_of_ones_own_are_compared(tmp_path):
    Setup(augment=Jittering((0.1,)[0]), checkpoint=tmp_path / "run").fit(epochs=1)
    with pytest.raises(ValueError, match="augment.p: 0.1 in the file, 0.2 here"):
        Setup(augment=Jittering(0.2), checkpoint=tmp_path / "run").fit()


SESSION = """
import functools, hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import training_run as t
from cnnlib import augment

def mine(x, g, share=0.5):
    {body}

class Mine:
    scale = 2
    def __init__(self, **settings):
        self.settings = settings
    def __call__(self, x, g):
        {body}

def both(function, x, g):
    return function(t.shifted(x, g), g)

def run(path, augment, k=0):
    setup = t.Setup("adam", checkpoint=path, augment=functools.partial(both, augment))
    try:
        setup.fit(t.Interrupting(k, t.press_ctrl_c))
    except KeyboardInterrupt:
        return "interrupted"
    except ValueError as error:
        return str(error)
    return hashlib.sha256(repr(setup.everything()).encode()).hexdigest()

print(json.dumps([run(path, eval(option), k) for path, option, k in json.loads(sys.argv[2])]))
"""
BODY = "return x * np.float32(0.5)"
AFFINE = "functools.partial(augment.random_affine, pixels="
KINDS = {
    "a partial": (AFFINE + "1)", AFFINE + "2)"),
    "another function": ("t.shifted", "mine"),
    "an array": ("Mine(mean=np.arange(3), names={'b', 'a'})", "Mine(mean=np.array([0, 1, 3]), names={'b', 'a'})"),
    "a tuple": ("Mine(sizes=(1, (2, 3)))", "Mine(sizes=(1, (2, 4)))"),
    "a method": ("Mine(p=1).__call__", "Mine(p=2).__call__"),
    "a default": ("mine", "functools.partial(mine, share=0.6)"),
}


def session(folder, runs, body=BODY):
    """Do these runs, each a path, an augmentation and when to interrupt it, in a new process; what came of each."""
    where = os.path.dirname(os.path.abspath(__file__))
    (folder / "script.py").write_text(SESSION.format(body=body), encoding="utf-8")
    runs = json.dumps([(str(folder / path), augment, k) for path, augment, k in runs])
    command = [sys.executable, folder / "script.py", where, runs]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_later_session_goes_on_with_the_same_and_refuses_another(tmp_path):
    first = session(tmp_path, [(kind, same, 5) for kind, (same, _) in KINDS.items()])
    assert first == ["interrupted"] * len(KINDS)
    others = [(kind, other, 0) for kind, (_, other) in KINDS.items()]
    resumed = [(kind, same, 0) for kind, (same, _) in KINDS.items()]
    whole = [(f"{kind}, whole", same, 0) for kind, (same, _) in KINDS.items()]
    later = session(tmp_path, others + resumed + whole)
    refused, resumed, whole = (later[i : i + len(KINDS)] for i in range(0, len(later), len(KINDS)))
    for kind, message in zip(KINDS, refused, strict=True):
        assert "set up differently; nothing was changed:\n  augment" in message, kind
    assert resumed == whole and len(set(whole)) > 2


def test_a_function_or_class_that_was_rewritten_under_its_name_is_refused(tmp_path):
    runs = [("function", "mine", 3), ("class", "Mine(p=1)", 3)]
    assert session(tmp_path, runs) == ["interrupted"] * 2
    assert all("its code: Python" in message for message in session(tmp_path, runs, BODY.replace("0.5", "0.6")))
    assert session(tmp_path, runs, BODY + "  # a comment may change") == ["interrupted"] * 2
