"""Checkers of chapter 3: layers and forward propagation."""

import numpy as np

from cnnlib.course.exercises._checker import NOT_ATTEMPTED, Case, Mistake, Verdict, check_function, check_value

_RNG = np.random.default_rng(3)


def parameters(answer):
    """3.1: the number of parameters of a network 784 → 300 → 100 → 10."""
    return check_value(
        "3.1", answer, 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10,
        [Mistake(784 * 300 + 300 * 100 + 100 * 10, "these are the weights. Every unit after the input has a bias too."),
         Mistake(784 * 300 * 100 * 10, "the layers' counts add, they do not multiply."),
         Mistake(784 + 300 + 100 + 10, "these are the units. Count the connections between them."),
         Mistake(784 * 300 + 784 + 300 * 100 + 300 + 100 * 10 + 100,
                 "a layer has one bias for each of its outputs, not of its inputs.")],
        praise="235,500 + 30,100 + 1,010 = 266,610.",
    )


def shapes(answer):
    """3.2: the shape of y = x @ w.T + b for 32 examples, 64 inputs and 10 outputs; and of w and b."""
    return check_value(
        "3.2", answer, ((32, 10), (10, 64), (10,)),
        [Mistake(((32, 10), (64, 10), (10,)), "w holds one row for each output: (outputs, inputs), as in PyTorch."),
         Mistake(((10, 32), (10, 64), (10,)), "examples come first: one row of y for each row of x."),
         Mistake(((32, 10), (10, 64), (32,)), "one bias for each output unit; all examples share it."),
         Mistake(((32, 64), (10, 64), (10,)), "that is the shape of x. The layer has 10 outputs.")],
        praise="examples in rows, and one row of weights for each unit.",
    )


def layer(answer):
    """3.3: a layer of sigmoid units for a batch: ``answer(x, w, b)``."""
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    mazur = (np.array([[0.05, 0.10]]), np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([0.35, 0.35]))
    general = (_RNG.normal(size=(5, 3)), _RNG.normal(size=(2, 3)), _RNG.normal(size=2))
    square = (_RNG.normal(size=(2, 2)), _RNG.normal(size=(2, 2)), _RNG.normal(size=2))
    return check_function(
        "3.3", answer, lambda x, w, b: sigmoid(x @ w.T + b),
        [Case(mazur, "Mazur's hidden layer"), Case(square, "two examples of two features"),
         Case(general, "five examples, three inputs, two units")],
        [Mistake(lambda x, w, b: x @ w.T + b, "this is z. The activation is missing."),
         Mistake(lambda x, w, b: sigmoid(x @ w.T), "the bias is missing."),
         Mistake(lambda x, w, b: sigmoid(x @ (w.T + b)), "the bias is added after the product, not to the weights."),
         Mistake(lambda x, w, b: sigmoid(w @ x.T + b[:, None]), "transposed: examples belong in the rows of the result.")],
        praise="all units and all examples in one product.",
    )


def he(answer):
    """3.4: He's initialisation: ``answer(n_in, n_out, rng)`` returns weights (n_out, n_in), judged by their spread."""
    try:
        w = answer(400, 100, np.random.default_rng(0))
        again = answer(400, 100, np.random.default_rng(1))
    except NotImplementedError:
        return Verdict("3.4", None, NOT_ATTEMPTED)
    except Exception as error:
        return Verdict("3.4", False, f"it raises {type(error).__name__}: {error}")
    if not isinstance(w, np.ndarray):
        return Verdict("3.4", False, f"return an array of weights, not {type(w).__name__}.")
    if w.shape == (400, 100):
        return Verdict("3.4", False, "the shape is transposed: one row for each output, (n_out, n_in).")
    if w.shape != (100, 400):
        return Verdict("3.4", False, f"the shape (100, 400) is expected, you give {w.shape}.")
    if np.array_equal(w, again):
        return Verdict("3.4", False, "two different generators give the same weights. Draw from rng.")
    std, wanted = w.std(), np.sqrt(2 / 400)
    for wrong, hint in (
        (2 / 400, "2 / n_in is the variance. The standard deviation is its square root."),
        (np.sqrt(1 / 400), "the factor 2 is missing: ReLU throws half of the signal away."),
        (np.sqrt(2 / 100), "divide by the number of inputs: they are what a unit adds up."),
        (np.sqrt(2 / 500), "this is Glorot's, with inputs and outputs. He's counts the inputs only."),
        (1.0, "the scale is missing: the spread of these weights is 1."),
    ):
        if abs(std / wrong - 1) < 0.03:
            return Verdict("3.4", False, hint)
    if abs(std / wanted - 1) > 0.03 or abs(w.mean()) > 0.01:
        return Verdict("3.4", False, f"mean 0 and standard deviation {wanted:.4f} are expected, yours are "
                                     f"{w.mean():.4f} and {std:.4f}.")
    return Verdict("3.4", True, "the spread is √(2 / n_in), and layer after layer will keep it.")


def forward(answer):
    """3.5: a whole network: ``answer(x, layers)`` with ReLU after every layer but the last."""
    def run(x, layers, last=False, between=True):
        for i, (w, b) in enumerate(layers):
            x = x @ w.T + b
            if (between and i < len(layers) - 1) or (last and i == len(layers) - 1):
                x = np.maximum(x, 0)
        return x

    sizes = (3, 5, 4, 2)
    layers = [(_RNG.normal(size=(o, i)), _RNG.normal(size=o)) for i, o in zip(sizes, sizes[1:], strict=False)]
    x = _RNG.normal(size=(6, 3))
    return check_function(
        "3.5", answer, run, [Case((x, layers[:1]), "a single layer"), Case((x, layers), "three layers")],
        [Mistake(lambda x, layers: run(x, layers, last=True), "no ReLU after the last layer: its outputs are logits."),
         Mistake(lambda x, layers: run(x, layers, between=False), "ReLU is missing between the layers."),
         Mistake(lambda x, layers: run(x, layers, last=True, between=False), "ReLU belongs between layers, not at the end."),
         Mistake(lambda x, layers: run(x, layers[:1]), "you return after the first layer. Is the return inside the loop?")],
        praise="forward propagation is a loop over layers.",
    )
