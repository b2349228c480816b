"""Checkers of chapter 3: layers and forward propagation."""

import numpy as np

from cnnlib.course.exercises._answers import numbers
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value, judge_function

_RNG = np.random.default_rng(3)


def _draw(n, inputs, units):
    return _RNG.normal(size=(n, inputs)), _RNG.normal(size=(units, inputs)), _RNG.normal(size=units)


def _network(*sizes):
    return [(_RNG.normal(size=(o, i)), _RNG.normal(size=o)) for i, o in zip(sizes, sizes[1:], strict=False)]


LAYER_CASES = [
    Case((np.array([[0.05, 0.10]]), np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([0.35, 0.45])), "one example, two inputs, two units"),
    Case(_draw(2, 2, 2), "two examples, two inputs, two units"), Case(_draw(3, 4, 3), "three examples, four inputs, three units"),
    Case(_draw(5, 3, 2), "five examples, three inputs, two units"), Case(_draw(4, 1, 1), "four examples, one input, one unit"),
]
HE_CASES = [Case((250, 60, np.random.default_rng(0)), "250 inputs and 60 units"),
            Case((250, 60, np.random.default_rng(1)), "another generator"),
            Case((100, 120, np.random.default_rng(2)), "100 inputs and 120 units"),
            Case((3, 2, np.random.default_rng(3)), "3 inputs and 2 units"),
            Case((4, 3000, np.random.default_rng(4)), "4 inputs and 3000 units")]
# Each ReLU of the deep network meets numbers of both signs, and so does the output.
FORWARD_CASES = [Case((_RNG.normal(size=(4, 3)), _network(3, 2)), "a single layer"),
                 Case((_RNG.normal(size=(6, 3)), _network(3, 5, 2)), "two layers"),
                 Case((_RNG.normal(size=(6, 3)), _network(3, 6, 5, 2)), "three layers"),
                 Case((_RNG.normal(size=(4, 4)), _network(4, 4, 4, 4, 4)), "four layers of four units"),
                 Case((_RNG.normal(size=(1, 3)), _network(3, 5, 4, 1)), "a single example"),
                 Case((_RNG.normal(size=(5, 3)), _network(3, 5, 4, 5, 3, 4, 2)), "six layers"),
                 Case((_RNG.normal(size=(5, 4)), _network(4, 4) * 3), "one layer three times: tied weights")]
WEIGHTS = 784 * 300 + 300 * 100 + 100 * 10


def parameters(answer):
    """3.1: the number of parameters of a network 784 → 300 → 100 → 10."""
    return check_value(
        "3.1", answer, WEIGHTS + 300 + 100 + 10,
        [Mistake(WEIGHTS, "these are the weights. Every unit after the input has a bias too."),
         Mistake(784 * 300 * 100 * 10, "the layers' counts add, they do not multiply."),
         Mistake(784 + 300 + 100 + 10, "these are the units. Count the connections between them."),
         Mistake(300 + 100 + 10, "these are the biases. Count the weights as well: one for each connection."),
         Mistake(WEIGHTS + 784 + 300 + 100 + 10, "the inputs have no bias: they are given, not computed."),
         Mistake(WEIGHTS + 784 + 300 + 100, "a layer has one bias for each of its outputs, not of its inputs."),
         Mistake(WEIGHTS + 300 + 100, "the last layer's ten units have biases, too."),
         Mistake(WEIGHTS + 10, "hidden units have biases, too."),
         Mistake(WEIGHTS + 3, "every unit has a bias of its own, not every layer."),
         Mistake(784 * 300 + 300, "this is the first layer. Two more follow.")],
        praise="235,500 + 30,100 + 1,010 = 266,610.",
    )


def shapes(answer):
    """3.2: the shape of y = x @ w.T + b for 32 examples, 64 inputs and 10 outputs; and of w and b."""
    return check_value(
        "3.2", answer, ((32, 10), (10, 64), (10,)),
        [Mistake(((32, 10), (64, 10), (10,)), "w holds one row for each output: (outputs, inputs), as in PyTorch."),
         Mistake(((10, 32), (10, 64), (10,)), "examples come first: one row of y for each row of x."),
         Mistake(((32, 10), (10, 64), (32,)), "one bias for each output unit; all examples share it."),
         Mistake(((32, 10), (10, 64), (64,)), "one bias for each output unit, not for each input."),
         Mistake(((32, 10), (10, 64), (1,)), "one bias for each output unit, not one for the layer."),
         Mistake(((32, 10), (10, 64), (32, 10)), "the bias has no row for each example: all examples share it."),
         Mistake(((32, 10), (10, 64), (10, 1)), "b is a plain row of numbers with one axis: (10,)."),
         Mistake(((32, 10), (10, 64), (1, 10)), "b is a plain row of numbers with one axis: (10,)."),
         Mistake(((32, 10), (10, 64), 10), "to Python (10) is the number 10; a tuple of one needs a comma: (10,)."),
         Mistake(((32, 64), (10, 64), (10,)), "that is the shape of x. The layer has 10 outputs."),
         Mistake(((32, 10), (32, 64), (10,)), "the weights do not depend on the number of examples."),
         Mistake(((10, 64), (10,), (32, 10)), "the order: first y, then w, then b.")],
        praise="examples in rows, and one row of weights for each unit.",
    )


def layer(answer):
    """3.3: a layer of sigmoid units for a batch: ``answer(x, w, b)``."""
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    return check_function(
        "3.3", answer, lambda x, w, b: sigmoid(x @ w.T + b), LAYER_CASES,
        [Mistake(lambda x, w, b: x @ w.T + b, "this is z. The activation is missing."),
         Mistake(lambda x, w, b: sigmoid(x @ w.T), "the bias is missing."),
         Mistake(lambda x, w, b: sigmoid(x @ w + b), "w has a row for each unit, so x meets its transpose: x @ w.T."),
         Mistake(lambda x, w, b: sigmoid(x @ (w.T + b)), "the bias is added after the product, not to the weights."),
         Mistake(lambda x, w, b: sigmoid(x @ w.T) + b, "the bias belongs inside the sigmoid."),
         Mistake(lambda x, w, b: sigmoid(x @ w.T - b), "the bias ends up with the wrong sign. The exponent is −z = −(x @ w.T + b): mind the brackets."),
         Mistake(lambda x, w, b: sigmoid(-(x @ w.T + b)), "the sign in the exponent: σ(z) = 1 / (1 + exp(−z))."),
         Mistake(lambda x, w, b: sigmoid(w @ x.T + b[:, None]).reshape(len(x), len(w)),
                 "a transpose is needed where you reshape: reshape keeps the order of the numbers."),
         Mistake(lambda x, w, b: sigmoid(w @ x.T + b[:, None]), "transposed: examples belong in the rows of the result."),
         Mistake(lambda x, w, b: sigmoid(w @ x.T + b), "transposed, so that the bias runs along the examples. Use x @ w.T + b."),
         Mistake(lambda x, w, b: sigmoid(x @ w.T + b[:, None]), "each column, that is each unit, gets its own bias: add b as it is."),
         Mistake(lambda x, w, b: np.tanh(x @ w.T + b), "this is tanh. Sigmoid units are asked for."),
         Mistake(lambda x, w, b: np.maximum(x @ w.T + b, 0), "this is ReLU. Sigmoid units are asked for."),
         Mistake(lambda x, w, b: sigmoid(x[0] @ w.T + b), "only the first example is computed. Every row of x is one.")],
        praise="all units and all examples in one product.",
    )


def he(answer):
    """3.4: He's initialisation: ``answer(n_in, n_out, rng)`` returns weights (n_out, n_in), judged by their spread."""
    def reference(n_in, n_out, rng):
        return rng.normal(0, np.sqrt(2 / n_in), size=(n_out, n_in))

    def judge(values):
        drawn = [numbers(value) for value in values]
        for w, case in zip(drawn, HE_CASES, strict=True):
            hint = _form(w, *case.args[:2])
            if hint:
                return hint
        if not drawn[0].any():
            return "every weight is 0. If you draw from rng, look at the scale: 2 // n_in rounds down to 0; divide with /."
        if any(np.array_equal(drawn[0], drawn[0].round(k)) for k in range(5)):
            return "the weights are rounded. Keep all digits: two units with the same weights stay alike."
        if len(np.unique(drawn[0])) < 0.9 * drawn[0].size:
            return "the same numbers come again and again. Draw every weight of every unit anew: size=(n_out, n_in)."
        if np.array_equal(drawn[0], drawn[1]):
            return "two different generators give the same weights. Draw from rng."
        return (_cut(drawn[0]) or _spread(drawn[0], 250, 60) or _units(drawn[0]) or _law(drawn[0]) or _spread(drawn[2], 100, 120)
                or _spread(drawn[4], 4, 3000))

    return judge_function("3.4", answer, reference, HE_CASES, judge,
                          praise="the spread is √(2 / n_in), and layer after layer will keep it.")


def _form(w, n_in, n_out):
    if w is None:
        return "return an array of weights: numbers in rows of one length."
    if w.shape == (n_in, n_out):
        return "the shape is transposed: one row for each output, (n_out, n_in)."
    if w.shape != (n_out, n_in):
        return f"the shape ({n_out}, {n_in}) is expected for {n_in} inputs and {n_out} units, you give {w.shape}."
    return "" if np.isfinite(w).all() else "every weight must be a finite number."


def _spread(w, n_in, n_out):
    """A hint where mean or standard deviation are not He's, to what chance allows."""
    std, wanted = w.std(), np.sqrt(2 / n_in)
    for wrong, hint in (
        (2 / n_in, "2 / n_in is the variance. The standard deviation is its square root."),
        (np.sqrt(1 / n_in), "the factor 2 is missing: ReLU throws half of the signal away."),
        (2 / np.sqrt(n_in), "the 2 belongs under the root: √(2 / n_in)."),
        (np.sqrt(2 / n_out), "divide by the number of inputs: they are what a unit adds up."),
        (np.sqrt(2 / (n_in + n_out)), "this is Glorot's, with inputs and outputs. He's counts the inputs only."),
        (np.sqrt(6 / n_in), "√(6 / n_in) is where a uniform distribution ends. The standard deviation is √(2 / n_in)."),
        (np.sqrt(2 * n_in), "divide by n_in: the more inputs a unit adds up, the smaller each weight."),
        (1.0, "the scale is missing: the spread of these weights is 1."),
    ):
        if abs(wrong / wanted - 1) > 0.06 and abs(std / wrong - 1) < 0.03:
            return hint
    if abs(std / wanted - 1) > 0.04 or abs(w.mean()) > 0.05 * wanted:
        return (f"for {n_in} inputs mean 0 and standard deviation {wanted:.4f} are expected, yours are "
                f"{w.mean():.4f} and {std:.4f}.")
    return ""


def _cut(w):
    """A hint where large weights are cut off: of 15,000 from a bell curve the largest lies near four standard deviations."""
    if 2.0 < np.abs(w).max() / w.std() < 2.35:
        return "the weights are cut off at about two standard deviations. The whole bell curve is asked for: rng.normal."
    return ""


def _units(w):
    """A hint where one unit's weights, or those of one input, are much smaller than the others."""
    for axis, who in ((1, "unit"), (0, "input")):
        spread = w.std(axis=axis)
        i = int(spread.argmin())
        if spread[i] < 0.5 * w.std():
            return f"the spread is right on the whole, but the weights of {who} {i} have a spread of {spread[i]:.4f}. All are drawn alike."
    return ""


def _law(w):
    """A hint where many weights do not follow the bell curve: its fourth moment is 3 σ⁴."""
    fourth = (((w - w.mean()) / w.std()) ** 4).mean()
    if abs(fourth - 3) < 0.2:
        return ""
    kind = "they look uniform" if abs(fourth - 1.8) < 0.1 else "their distribution has another shape"
    return f"the spread is right, but normally distributed weights are asked for, and {kind}."


def forward(answer):
    """3.5: a whole network: ``answer(x, layers)`` with ReLU after every layer but the last."""
    def run(x, layers, where=lambda i, last: i < last, bias=True, f=lambda z: np.maximum(z, 0)):
        for i, (w, b) in enumerate(layers):
            x = x @ w.T + b if bias else x @ w.T
            x = f(x) if where(i, len(layers) - 1) else x
        return x

    def tied(x, layers):
        for w, b in layers:
            x = x @ w.T + b
            x = x if w is layers[-1][0] else np.maximum(x, 0)
        return x

    return check_function(
        "3.5", answer, lambda x, layers: run(x, layers), FORWARD_CASES,
        [Mistake(lambda x, layers: run(x, layers, lambda i, last: True), "no ReLU after the last layer: its outputs are logits."),
         Mistake(lambda x, layers: run(x, layers, lambda i, last: False), "ReLU is missing between the layers."),
         Mistake(lambda x, layers: run(x, layers, lambda i, last: i == last), "ReLU belongs between layers, not at the end."),
         Mistake(lambda x, layers: run(x, layers, lambda i, last: i == 0 < last), "ReLU follows every layer but the last; yours follows the first alone."),
         Mistake(lambda x, layers: run(x, layers, lambda i, last: i == 0), "ReLU follows every layer but the last; yours follows the first alone, even where it is the last."),
         Mistake(lambda x, layers: run(x, layers, lambda i, last: i == last - 1), "ReLU follows every layer but the last; yours follows the last but one alone."),
         Mistake(tied, "its place decides which layer is the last, not its weights: two layers may share theirs."),
         Mistake(lambda x, layers: run(x, layers, lambda i, last: 0 < i < last), "ReLU is missing after the first layer."),
         Mistake(lambda x, layers: run(np.maximum(x, 0), layers), "x itself meets no ReLU: it comes after a layer."),
         Mistake(lambda x, layers: run(x, layers, bias=False), "the biases are missing."),
         Mistake(lambda x, layers: run(x, layers, f=np.tanh), "this is tanh. ReLU is asked for."),
         Mistake(lambda x, layers: run(x, layers, f=lambda z: 1 / (1 + np.exp(-z))), "this is the sigmoid. ReLU is asked for."),
         Mistake(lambda x, layers: run(x, [(w.T, b) for w, b in layers]), "w has a row for each unit, so x meets its transpose: x @ w.T."),
         Mistake(lambda x, layers: x @ layers[-1][0].T + layers[-1][1], "each layer starts from x again. It should start from what the layer before put out."),
         Mistake(lambda x, layers: run(x, layers[:1]), "you return after the first layer. Is the return inside the loop?"),
         Mistake(lambda x, layers: run(x, layers[:1], lambda i, last: True), "you return after the first layer and its ReLU. Is the return inside the loop?"),
         Mistake(lambda x, layers: run(x, layers[:-1], lambda i, last: True), "the last layer is missing.")],
        praise="forward propagation is a loop over layers.",
    )
