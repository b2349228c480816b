"""The training loop: what it computes, what it shows, and what it refuses."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from training_run import BATCH, EPOCHS, STEPS, N, Setup, given_losses, network, rng, some_data

from cnnlib import resume
from cnnlib.data import load_digits
from cnnlib.engine import Engine, compile
from cnnlib.layers import Conv2d, CrossEntropyLoss, Flatten, Linear, MSELoss, ReLU
from cnnlib.module import Sequential
from cnnlib.optim import SGD, Adam
from cnnlib.schedules import OneCycleLR, ReduceLROnPlateau, StepLR
from cnnlib.training import EarlyStopping, History, evaluate, fit, predict, train_step

# --- One step, and the loop around it


def test_train_step_by_hand():
    """One weight, y = w x, loss (w x - t)^2: w = 1, x = 2, t = 6 gives loss 16 and dw = 2 (-4) 2 = -16."""
    model = Sequential(Linear(1, 1, bias=False, dtype=np.float64))
    model[0].weight.data[...] = 1.0
    optimizer = SGD(model.parameters(), lr=0.1)
    loss, output = train_step(model, MSELoss(), optimizer, np.array([[2.0]]), np.array([[6.0]]))
    assert loss == 16 and output.tolist() == [[2]] and isinstance(loss, float)
    assert model[0].weight.data.item() == pytest.approx(1 + 0.1 * 16)
    loss, _ = train_step(model, MSELoss(), optimizer, np.array([[2.0]]), np.array([[6.0]]))  # gradients do not pile up
    assert loss == pytest.approx((2.6 * 2 - 6) ** 2)
    assert model[0].weight.data.item() == pytest.approx(2.6 - 0.1 * 2 * (2.6 * 2 - 6) * 2)


def test_fit_as_the_same_loop_in_torch():
    """Same start, same batches, float64: every loss, the validation and the weights agree."""
    g = rng()
    model = Sequential(
        Conv2d(1, 4, 3, rng=g, dtype=np.float64), ReLU(), Flatten(), Linear(16, 3, rng=g, dtype=np.float64)
    )
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 3)
    ).double()
    theirs.load_state_dict({name: torch.tensor(a) for name, a in model.state_dict().items()})
    (x, y), (vx, vy) = some_data(dtype=np.float64), some_data(10, 8, np.float64)

    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    history = fit(
        *(model, CrossEntropyLoss(), optimizer, (x, y), (vx, vy)),
        **{"epochs": 5, "batch_size": BATCH, "rng": rng(7), "schedule": StepLR(optimizer, 2), "progress": False},
    )

    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    criterion, shuffler = torch.nn.CrossEntropyLoss(), rng(7)
    losses, validation, rates = [], [], []
    for _ in range(5):
        rates.append(optimizer.param_groups[0]["lr"])
        for some in torch.tensor(shuffler.permutation(N)).split(BATCH):
            optimizer.zero_grad()
            loss = criterion(theirs(torch.tensor(x)[some]), torch.tensor(y)[some])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        with torch.no_grad():
            output = theirs(torch.tensor(vx))
            right = (output.argmax(1) == torch.tensor(vy)).double().mean().item()
            validation.append((criterion(output, torch.tensor(vy)).item(), right))
    np.testing.assert_allclose(history.step_loss, losses, rtol=1e-11)
    np.testing.assert_allclose(history.lr, rates, rtol=1e-12)
    np.testing.assert_allclose(history.validation_loss, [loss for loss, _ in validation], rtol=1e-11)
    np.testing.assert_allclose(history.validation_accuracy, [right for _, right in validation])
    for name, a in theirs.state_dict().items():
        np.testing.assert_allclose(model.state_dict()[name], a.numpy(), rtol=1e-9, atol=1e-12)


def test_history_averages_over_samples_not_batches():
    history = Setup().fit().history
    for epoch in range(EPOCHS):
        losses = history.step_loss[4 * epoch : 4 * epoch + 4]
        assert history.train_loss[epoch] == pytest.approx(np.average(losses, weights=[6, 6, 6, 2]))
    assert history.epochs == EPOCHS and len(history.validation_loss) == EPOCHS
    assert all(math.isclose(a * N, round(a * N)) for a in history.train_accuracy)
    assert (
        repr(history).startswith("History(3 epochs; the last: train_loss ") and repr(History()) == "History(0 epochs)"
    )


def test_the_learning_rate_in_the_history_is_the_one_that_was_used():
    np.testing.assert_allclose(Setup("sgd").fit().history.lr, [0.05, 0.05, 0.005])
    setup = Setup("adamw")
    reference = OneCycleLR(Adam(network().parameters(), lr=0.01), max_lr=0.02, total_steps=STEPS + 4)
    rates = []
    for _ in range(STEPS):
        rates.append(reference.optimizer.lr)
        reference.step()
    np.testing.assert_allclose(setup.fit().history.lr, rates[3::4])


@pytest.mark.parametrize(
    ("mode", "validated", "watched"),
    [("min", True, "validation_loss"), ("max", True, "validation_accuracy"), ("min", False, "train_loss")],
)
def test_a_plateau_is_told_the_number_of_the_epoch(mode, validated, watched):
    s = Setup()
    seen = []
    schedule = ReduceLROnPlateau(s.optimizer, mode)
    schedule.step = seen.append
    s.fit(schedule=schedule, early_stopping=None, **({} if validated else {"validation": None}))
    assert seen == getattr(s.history, watched) and len(seen) == EPOCHS
    s = Setup()
    with pytest.raises(ValueError, match="schedule_every must be 'epoch' for ReduceLROnPlateau"):
        s.fit(schedule=ReduceLROnPlateau(s.optimizer, mode), schedule_every="step")


def test_same_seed_same_run_and_another_seed_another():
    one, same, other = Setup("adam").fit(), Setup("adam").fit(), Setup("adam").fit(rng=rng(4))
    assert one.everything() == same.everything()
    assert one.history.step_loss != other.history.step_loss


def test_what_was_before_does_not_matter():
    """A model in evaluation mode, leftover gradients, an early stopping that has served another run."""
    fresh, used = Setup("adam").fit(), Setup("adam")
    used.model.eval()
    for parameter in used.model.parameters():
        parameter.grad = np.ones_like(parameter.data)
    for value in (0.1, 0.2, 0.3):
        used.stopping.update(value)
    assert used.fit().everything() == fresh.everything()
    assert not used.model.training  # ready for use


def test_float32_stays():
    setup = Setup("adam").fit()
    assert {a.dtype for a in setup.model.state_dict().values()} == {np.dtype(np.float32), np.dtype(np.int64)}
    assert predict(setup.model, setup.train.images).dtype == np.float32


def test_regression_and_no_validation():
    x = rng().standard_normal((40, 3))
    y = x @ np.array([[1.0], [-2.0], [0.5]])
    model = Sequential(Linear(3, 1, rng=rng(), dtype=np.float64))
    history = fit(
        *(model, MSELoss(), SGD(model.parameters(), lr=0.1), (x, y)),
        epochs=40,
        batch_size=10,
        rng=rng(),
        progress=False,
    )
    np.testing.assert_allclose(model[0].weight.data, [[1, -2, 0.5]], atol=1e-6)
    assert history.validation_loss == [] and np.isnan(history.train_accuracy).all()
    assert np.isnan(evaluate(model, MSELoss(), (x, y)).accuracy)


def test_twenty_digits_are_learned_by_heart():
    digits = load_digits()[:20]
    model = Sequential(Flatten(), Linear(64, 32, rng=rng()), ReLU(), Linear(32, 10, rng=rng(1)))
    optimizer = Adam(model.parameters(), lr=0.02)
    history = fit(*(model, CrossEntropyLoss(), optimizer, digits), epochs=60, batch_size=10, rng=rng(), progress=False)
    assert history.train_accuracy[-1] == 1 and history.train_loss[-1] < 0.05
    assert evaluate(model, CrossEntropyLoss(), digits).accuracy == 1


def test_drop_last_and_no_epochs():
    assert len(Setup().fit(drop_last=True, schedule=None).history.step_loss) == 3 * EPOCHS
    setup = Setup()
    before = setup.model.state_dict()
    assert setup.fit(epochs=0).history.epochs == 0
    assert all((before[name] == a).all() for name, a in setup.model.state_dict().items())


def test_the_engine_runs_the_model_in_its_place():
    calls = []

    class Counting(Engine):
        def _plan(self, view, x):
            calls.append((len(x), self.model.training))
            return super()._plan(view, x)

    own, default, layers = Setup(), Setup().fit(), Setup().fit(engine=False)
    own.fit(engine=Counting(own.model))
    assert own.everything() == default.everything() != layers.everything()  # the last digits tell which it was
    assert {(6, True), (2, True), (10, False)} == set(calls)
    for name, a in layers.model.state_dict().items():
        assert np.allclose(default.model.state_dict()[name], a, atol=1e-5), name
    assert np.allclose(default.history.step_loss, layers.history.step_loss, atol=1e-5)


@pytest.mark.parametrize("use", [
    lambda model, x, y, engine: predict(model, x, engine=engine),
    lambda model, x, y, engine: evaluate(model, CrossEntropyLoss(), (x, y), engine=engine),
])  # fmt: skip
def test_the_engine_of_another_model_is_refused(use):
    model, other = network(), network()
    x, y = np.zeros((2, 1, 4, 4), np.float32), np.zeros(2, int)
    use(model, x, y, compile(model))
    with pytest.raises(ValueError, match="engine runs another model: make it with compile\\(model\\)"):
        use(model, x, y, compile(other))
    with pytest.raises(TypeError, match="engine must be an Engine or None, got bool"):
        use(model, x, y, True)


def test_layers_that_are_no_sequential_run_by_themselves():
    rows = rng().standard_normal((8, 3))
    layer = Linear(3, 2, rng=rng(), dtype=np.float64)
    options = {"epochs": 1, "progress": False, "rng": rng()}
    fit(layer, CrossEntropyLoss(), SGD(layer.parameters(), lr=0.1), (rows, np.arange(8) % 2), **options)


# --- predict and evaluate


def test_predict_and_evaluate_leave_the_model_as_it_was():
    model = network()
    model.train()
    model[1].eval()  # a frozen batch norm
    x, y = some_data()
    before = model.state_dict()
    outputs = [predict(model, x, batch_size) for batch_size in (1, 7, 20, 100)]
    for output in outputs:
        np.testing.assert_allclose(output, outputs[0], rtol=1e-5, atol=1e-6)
    assert [layer.training for layer in model] == [True, False, True, True, True, True, True]
    assert all((before[name] == a).all() for name, a in model.state_dict().items())
    assert all(not layer._saved for layer in model.modules())  # nor does it keep anything alive
    model.eval()
    np.testing.assert_array_equal(outputs[2], model(x))

    loss, right = evaluate(model, CrossEntropyLoss(), (x, y), batch_size=7)
    assert loss == pytest.approx(float(CrossEntropyLoss()(outputs[0], y)), rel=1e-5)
    assert right == np.mean(outputs[0].argmax(axis=1) == y)
    assert predict(model, x[:0]).shape == (0, 3)


def test_modes_come_back_after_an_error():
    model = network()
    with pytest.raises(ValueError):
        predict(model, np.ones((2, 5, 4, 4), np.float32))
    assert model.training


# --- Early stopping


def test_early_stopping_watches():
    stopping = EarlyStopping(patience=2, min_delta=0.1, monitor="validation_accuracy")
    assert [stopping.update(v) for v in (0.5, 0.55, 0.7)] == [True, False, True]
    assert not stopping.stop
    assert [stopping.update(v) for v in (math.nan, 0.75)] == [False, False]
    assert stopping.stop and stopping.best_epoch == 2
    assert stopping.update(0.9) and not stopping.stop  # patience begins anew
    stopping.reset()
    assert [stopping.update(v) for v in (math.nan, 0.1)] == [False, True] and not stopping.stop


def test_early_stopping_ends_the_run_and_restores_the_best(monkeypatch):
    given_losses(monkeypatch, [3, 2, 2.5, 2.0, 1.0])
    setup = Setup(early_stopping=EarlyStopping(patience=2)).fit(epochs=10)
    assert setup.history.stopped_early and setup.history.best_epoch == 1
    assert setup.history.validation_loss == [3, 2, 2.5, 2.0]
    two = Setup(early_stopping=None).fit(epochs=2, validation=None)
    assert all((a == two.model.state_dict()[name]).all() for name, a in setup.model.state_dict().items())


def test_the_best_weights_come_back_also_without_a_stop(monkeypatch):
    given_losses(monkeypatch, [3, 2, 2.5])
    setup = Setup(early_stopping=EarlyStopping(patience=9)).fit()
    assert not setup.history.stopped_early and setup.history.best_epoch == 1 and setup.history.epochs == 3
    two = Setup(early_stopping=None).fit(epochs=2, validation=None)
    assert all((a == two.model.state_dict()[name]).all() for name, a in setup.model.state_dict().items())


def test_early_stopping_may_watch_the_training():
    stopping = EarlyStopping(patience=1, monitor="train_accuracy")
    history = Setup(early_stopping=stopping, validation=None).fit(epochs=50, schedule=None).history
    assert history.stopped_early and history.best_epoch == int(np.argmax(history.train_accuracy))


# --- The progress bar


def test_the_progress_bar(capsys, monkeypatch):
    monkeypatch.delenv("CNNLIB_STATIC", raising=False)
    Setup().fit(progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "epoch 1/3" in err and "epoch 3/3" in err and "4/4" in err and "validation loss" in err
    Setup().fit(progress=False)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("CNNLIB_STATIC", "1")
    Setup().fit(progress=True)
    assert capsys.readouterr() == ("", "")


# --- Bad input


def call(**changes):
    s = Setup()
    arguments = {"model": s.model, "criterion": s.criterion, "optimizer": s.optimizer, "train": s.train}
    return lambda: fit(**arguments | s.options | changes)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"epochs": -1}, ValueError, "epochs must be at least 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be an integer"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": 21, "drop_last": True}, ValueError, "drop_last leaves no batch: 20 samples"),
        ({"drop_last": None}, TypeError, "drop_last must be True or False"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
        ({"model": lambda x: x}, TypeError, "model must be a Layer, got function"),
        ({"model": Sequential(ReLU())}, ValueError, "optimizer holds no parameter of the model"),
        ({"optimizer": SGD}, TypeError, "optimizer must be an optimiser of cnnlib.optim, got <class"),
        ({"optimizer": SGD(network().parameters(), lr=0.1)}, ValueError, "optimizer holds no parameter of the model"),
        ({"criterion": CrossEntropyLoss(reduction="sum")}, ValueError, "criterion must have reduction='mean'"),
        ({"train": some_data(0)}, ValueError, "train must have at least one sample"),
        ({"train": np.ones((3, 1))}, TypeError, "train must be a Dataset or a pair"),
        ({"train": (np.ones((3, 1), int), np.ones(3, int))}, TypeError, "inputs of train must be float32 or float64"),
        ({"validation": some_data(0)}, ValueError, "validation must have at least one sample"),
        ({"validation": None}, ValueError, "early_stopping watches validation_loss, which needs validation data"),
        ({"early_stopping": 3}, TypeError, "early_stopping must be an EarlyStopping"),
        ({"schedule": 0.1}, TypeError, "schedule must be a schedule of cnnlib.schedules, got 0.1"),
        ({"schedule": StepLR(SGD(network().parameters()), 2)}, ValueError, "schedule belongs to another optimizer"),
        ({"schedule_every": "batch"}, ValueError, "schedule_every must be one of 'epoch', 'step'"),
        ({"checkpoint_every": 0}, ValueError, "checkpoint_every must be at least 1"),
        ({"augment": 3}, TypeError, "augment must be a function"),
        ({"resume": "yes"}, TypeError, "resume must be True or False"),
        ({"progress": 1}, TypeError, "progress must be True or False"),
        ({"engine": None}, TypeError, "engine must be True, False or an Engine, got NoneType"),
        ({"engine": compile(network())}, ValueError, "engine runs another model"),
    ],
)
def test_fit_refuses(changes, error, message):
    with pytest.raises(error, match=message):
        call(**changes)()


@pytest.mark.parametrize(
    ("made", "error", "message"),
    [
        (lambda: EarlyStopping(patience=0), ValueError, "patience must be at least 1"),
        (lambda: EarlyStopping(min_delta=-1), ValueError, "min_delta must be at least 0"),
        (lambda: EarlyStopping(monitor="loss"), ValueError, "monitor must be one of 'validation_loss'"),
        (lambda: predict(network(), np.ones((2, 1, 4, 4), int)), TypeError, "x must be float32 or float64"),
        (lambda: predict(network(), some_data().images, 0), ValueError, "batch_size must be at least 1"),
        (lambda: predict(SimpleNamespace(), some_data().images), TypeError, "model must be a Layer"),
        (lambda: evaluate(network(), CrossEntropyLoss(), some_data(0)), ValueError, "data must have at least one"),
        (lambda: evaluate(network(), CrossEntropyLoss(reduction="none"), some_data()), ValueError, "reduction='mean'"),
        (lambda: resume.pack({"a": object()}, "optimizer", {}), TypeError, "optimizer.a must be made of numbers"),
    ],
)
def test_others_refuse(made, error, message):
    with pytest.raises(error, match=message):
        made()
