"""The engine in the hands of others: arrays, parameters and options that change, layers of one's own, bad input."""

import numpy as np
import pytest
from test_engine import lenet, worst

from cnnlib.engine import compile
from cnnlib.engine.plan import Plan
from cnnlib.engine.through import Fallback
from cnnlib.layers import (
    BatchNorm1d,
    Conv2d,
    Flatten,
    Identity,
    Layer,
    Linear,
    MaxPool2d,
    Parameter,
    ReLU,
    Sequential,
    Softmax,
    Tanh,
)


def test_gradients_add_and_parameters_are_read_in_every_pass():
    rng = np.random.default_rng(0)
    model = lenet(rng, np.float64)
    engine = compile(model)
    x, dy = rng.standard_normal((3, 1, 28, 28)), rng.standard_normal((3, 10))
    engine(x)
    assert engine.backward(dy) is None
    once = [p.grad.copy() for p in model.parameters()]
    engine(x)
    engine.backward(dy)
    assert all(worst(p.grad, 2 * g) <= 1e-13 for p, g in zip(model.parameters(), once, strict=True))
    model.load_state_dict(lenet(rng, np.float64).state_dict())
    assert worst(engine(x), model(x)) <= 1e-13
    model.astype(np.float32)
    x = x.astype(np.float32)
    assert worst(engine(x), model(x)) <= 1e-5


def test_a_parameter_may_get_an_array_of_another_shape():
    model = Sequential(Conv2d(1, 2, 3), ReLU())
    engine, x = compile(model), np.random.default_rng(0).standard_normal((3, 1, 6, 6)).astype(np.float32)
    assert worst(engine(x), model(x)) <= 1e-6
    model[0].weight.data = np.ones((2, 1, 2, 4), np.float32)
    assert worst(engine(x), model(x)) <= 1e-6


def test_input_and_output_are_the_callers():
    model = lenet(np.random.default_rng(0))
    engine = compile(model)
    x = np.random.default_rng(1).standard_normal((4, 1, 28, 28)).astype(np.float32)
    x.setflags(write=False)
    first = engine(x)
    kept = first.copy()
    engine(-x)
    dy = np.ones((4, 10), np.float32)
    dy.setflags(write=False)
    engine.backward(dy)
    assert np.array_equal(first, kept)
    backwards = np.asfortranarray(x)[::-1]
    assert np.array_equal(engine(backwards), engine(np.ascontiguousarray(backwards)))


def test_backward_stops_at_the_first_parameters(monkeypatch):
    model = Sequential(Tanh(), Conv2d(1, 2, 3), Flatten(), Linear(8, 2))
    monkeypatch.setattr(model[0], "backward", None)
    engine = compile(model)
    engine(np.ones((2, 1, 4, 4), np.float32))
    assert engine.backward(np.ones((2, 2), np.float32)) is None
    assert model[1].weight.grad is not None


def test_prediction_keeps_nothing():
    model = lenet(np.random.default_rng(0))
    engine = compile(model)
    x = np.random.default_rng(1).standard_normal((4, 1, 28, 28)).astype(np.float32)
    assert np.array_equal(engine(x, keep=False), engine(x))
    engine(x, keep=False)
    with pytest.raises(RuntimeError, match="no forward pass"):
        engine.backward(np.ones((4, 10), np.float32))


def test_empty_batch():
    engine = compile(lenet(np.random.default_rng(0)), input_gradient=True)
    x = np.zeros((0, 1, 28, 28), np.float32)
    assert engine(x).shape == (0, 10)
    assert engine.backward(np.zeros((0, 10), np.float32)).shape == x.shape


def test_plans_are_bounded():
    engine = compile(lenet(np.random.default_rng(0)))
    for n in (1, 2, 3, 4, 5, 6):
        engine(np.zeros((n, 1, 28, 28), np.float32))
    assert len(engine._plans) == 4 and all(isinstance(p, Plan) for p in engine._plans.values())


@pytest.mark.parametrize(
    "x, error",
    [
        ([[1.0]], TypeError), (np.zeros((2, 1, 28, 28), int), TypeError), (np.zeros((2, 1, 28, 28)), TypeError),
        (np.zeros((2, 3, 28, 28), np.float32), ValueError), (np.zeros((2, 1, 4, 4), np.float32), ValueError),
        (np.zeros((1, 28, 28), np.float32), ValueError),
    ],
)  # fmt: skip
def test_bad_inputs_are_refused_as_the_layers_refuse_them(x, error):
    with pytest.raises(error):
        compile(lenet(np.random.default_rng(0)))(x)


def test_bad_models_and_gradients():
    with pytest.raises(TypeError, match="model must be a Sequential, got ReLU"):
        compile(ReLU())
    with pytest.raises(TypeError, match="input_gradient must be True or False"):
        compile(Sequential(), input_gradient=1)
    engine = compile(lenet(np.random.default_rng(0)))
    with pytest.raises(RuntimeError, match="call the engine first"):
        engine.backward(np.zeros((2, 10), np.float32))
    engine(np.zeros((2, 1, 28, 28), np.float32))
    with pytest.raises(ValueError, match="dy must have shape"):
        engine.backward(np.zeros((3, 10), np.float32))
    engine(np.zeros((2, 1, 28, 28), np.float32))
    with pytest.raises(TypeError, match="dy"):
        engine.backward(np.zeros((2, 10)))


def test_a_model_that_changed_since_the_forward_pass_has_no_backward_pass():
    model = Sequential(Linear(3, 2), Tanh())
    engine = compile(model)
    x, dy = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    engine(x)
    model[0].weight = Parameter(model[0].weight.data)
    with pytest.raises(RuntimeError, match="has been changed since the forward pass: call the engine again"):
        engine.backward(dy)
    engine(x)
    engine(x)
    model[0].in_features = [3]  # is nothing to compare with, and nothing that the layer reads
    with pytest.raises(RuntimeError, match="has been changed"):
        engine.backward(dy)
    engine(x)
    engine.backward(dy)
    engine(x)
    model[0].in_features = 3
    with pytest.raises(RuntimeError, match="has been changed"):
        engine.backward(dy)
    engine(x)
    model.eval()  # is no change: what ran in training goes back through training
    engine.backward(dy)
    assert model[0].weight.grad is not None


@pytest.mark.parametrize("training", [True, False])
def test_running_statistics_that_the_layer_refuses(training):
    model = Sequential(BatchNorm1d(2)).train(training)
    engine = compile(model)
    x = np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32)
    engine(x)
    model[0].running_var[...] = -1
    for run in (model, engine):
        with pytest.raises(ValueError, match="running_var must not be negative, got -1"):
            run(x)


def test_options_and_attributes_that_nobody_foresaw_go_through_the_layers():
    model = Sequential(Conv2d(1, 2, 3, padding=1), MaxPool2d(2))
    engine = compile(model)
    x = np.random.default_rng(0).standard_normal((3, 1, 6, 6)).astype(np.float32)
    engine(x)
    model[0].padding = [1, 1]  # a list cannot be a key
    assert worst(engine(x), model(x)) <= 1e-6
    model[1].kernel_size = [3, 2]
    assert engine(x).shape == (3, 2, 2, 3)
    model[0].padding, model[1].kernel_size = (1, 1), 2
    model[1].forward = lambda x: MaxPool2d.forward(model[1], x) + 1  # somebody's own
    assert worst(engine(x), model(x)) <= 1e-6 and engine(x).min() >= model[:1](x).min() + 1


def test_a_class_made_from_sequential_may_do_otherwise():
    class Twice(Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

        def backward(self, dy):
            return super().backward(2 * dy)

    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    for model in (Twice(Linear(3, 2), ReLU()), Sequential(Twice(Linear(3, 2), ReLU()), ReLU())):
        engine = compile(model, input_gradient=True)
        assert worst(engine(x), model(x)) <= 1e-6
        assert worst(engine.backward(np.ones((4, 2), np.float32)), model.backward(np.ones((4, 2), np.float32))) <= 1e-6


def test_a_sequential_may_have_a_forward_of_its_own():
    model = Sequential(Linear(3, 3), Sequential(ReLU(), Linear(3, 2)))
    engine = compile(model, input_gradient=True)
    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    before = engine(x)
    for own in (model[1], model):
        own.forward = lambda x, own=own: 2 * Sequential.forward(own, x)
        assert worst(engine(x), model(x)) <= 1e-6
    assert worst(engine(x), 4 * before) <= 1e-6
    del model.forward, model[1].forward
    assert worst(engine(x), before) <= 1e-6


def test_an_array_that_takes_another_shape_is_noticed():
    model = Sequential(Linear(3, 3, bias=False), ReLU())
    engine = compile(model)
    x = np.ones((4, 3), np.float32)
    engine(x)
    model[0].weight.data = model[0].weight.data.reshape(9, 1)
    with pytest.raises(ValueError, match=r"x must have shape \(..., 1\) for w of shape \(9, 1\)"):
        engine(x)
    model[0].weight.data = None
    with pytest.raises(TypeError, match="w must be a NumPy array, got NoneType"):
        engine(x)


def test_a_parameter_that_another_layer_is_given_belongs_to_the_engine():
    class Scale(Layer):
        def __init__(self):
            super().__init__()
            self.inside = Identity()

        def forward(self, x):
            return x

    model = Sequential(Scale(), Linear(2, 2))
    engine = compile(model)
    engine(np.ones((4, 2), np.float32))
    model[0].inside.weight = Parameter(np.ones(1, np.float32))
    assert engine.parameters()[0] is model[0].inside.weight and len(engine.parameters()) == 3


class Both(Layer):
    """Returns two things, as a pooling does that also says where the maxima were."""

    def forward(self, x):
        return x, np.sign(x)

    def backward(self, dy):
        return dy


class Product(Layer):
    """Takes them."""

    def forward(self, both):
        self.save(both[1])
        return both[0] * both[1]

    def backward(self, dy):
        return dy * self.recall()


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4, 4)])
def test_layers_may_hand_each_other_more_than_an_array(shape):
    model = Sequential(ReLU(), Both(), Product(), Tanh())
    engine, x = compile(model, input_gradient=True), np.random.default_rng(0).standard_normal(shape)
    for _ in range(2):
        assert worst(engine(x), model(x)) <= 1e-12
        assert worst(engine.backward(x), model.backward(x)) <= 1e-12
    model = Sequential(ReLU(), Both())
    assert all(np.array_equal(a, b) for a, b in zip(compile(model)(x), model(x), strict=True))


def test_fallback_is_used_and_correct_for_any_layer():
    model = Sequential(Conv2d(1, 2, 3, padding_mode="circular", padding=1), Softmax(1))
    engine = compile(model)
    x = np.random.default_rng(0).standard_normal((3, 1, 5, 5)).astype(np.float32)
    assert worst(engine(x), model(x)) <= 1e-6
    assert all(type(stage) is Fallback for stage in next(iter(engine._plans.values())).stages)


def test_another_layer_of_the_same_kind_takes_the_place_of_one_that_the_engine_does_not_know():
    """Neither has parameters, and what is inside them is nobody's business: only which of the two it is can tell."""

    class Plus(Layer):
        def __init__(self, constant):
            super().__init__()
            self.constant = constant

        def forward(self, x):
            return x + x.dtype.type(self.constant)

    model = Sequential(Linear(3, 2), Plus(1))
    engine = compile(model)
    x = np.ones((4, 3), np.float32)
    before = engine(x)
    setattr(model, "1", Plus(5))
    assert worst(engine(x), before + 4) <= 1e-6
