"""Checkers of chapter 1: a neuron."""

import numpy as np

from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_value, judge_value

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TABLES = {(0, 0, 0, 1): "AND", (0, 1, 1, 1): "OR", (1, 1, 1, 0): "NAND", (1, 0, 0, 0): "NOR", (0, 1, 1, 0): "XOR",
          (1, 0, 0, 1): "the opposite of XOR", (0, 0, 0, 0): "a network that never fires", (1, 1, 1, 1): "a network that always fires"}

_RNG = np.random.default_rng(13)
LAYER_CASES = [
    Case((np.array([[-1.0, -2.0]]), np.array([2.0, -3.0]), -3.0), "the neuron of this chapter"),
    Case((_RNG.normal(size=(3, 3)), _RNG.normal(size=3), 0.4), "three inputs of three features"),
    Case((_RNG.normal(size=(5, 2)), _RNG.normal(size=2), -0.7), "five inputs of two features"),
    Case((np.array([[1.5], [-2.0]]), np.array([0.5]), 0.1), "two inputs of one feature"),
]


def side(answer):
    """1.1: does the neuron w = (1, −2), b = 0.5 fire at (1, 1), and what is z there?"""
    return check_value(
        "1.1", answer, (-0.5, False),
        [Mistake((-0.5, True), "z is right, and it is negative: a step neuron fires only when z > 0."),
         Mistake((-1.0, False), "you left out the bias: add b = 0.5 to the weighted sum."),
         Mistake((-1.5, False), "the bias is added, not subtracted."),
         Mistake((3.5, True), "mind the sign: w₂ is −2."),
         Mistake((3.0, True), "mind the sign, w₂ is −2; and add the bias."),
         Mistake((False, -0.5), "the other way round: first z, then whether the neuron fires.")],
        praise="z = 1 − 2 + 0.5 = −0.5, so the neuron stays silent.",
    )


@np.errstate(all="ignore")  # weights may be of any size
def _fires(neuron, inputs):
    """Where a step neuron (w1, w2, b) fires; a z that is 0 but for rounding counts as 0."""
    return inputs @ neuron[:2] + neuron[2] > 1e-12 * np.abs(neuron).max(initial=0.0)


def _names(rows):
    return ", ".join(f"({x:g}, {y:g})" for x, y in rows)


def nand(answer):
    """1.2: weights and a bias that compute NAND; any that do are accepted."""
    wanted = np.array([True, True, True, False])
    hints = {"AND": "this is AND. NAND is its opposite: turn every sign round.",
             "NOR": "this is NOR: the line also cuts off (0, 1) and (1, 0). Raise the bias.",
             "OR": "this is OR. NAND is 0 at (1, 1) alone, so both weights must be negative.",
             "a network that never fires": "it never fires. At (0, 0) z is the bias, so the bias must be positive.",
             "a network that always fires": "it always fires. At (1, 1) z must not be positive: w1 + w2 + b ≤ 0."}

    def judge(given):
        fires = _fires(given, CORNERS)
        if np.array_equal(fires, wanted):
            return ""
        if np.array_equal(_fires(np.roll(given, -1), CORNERS), wanted):
            return "the bias comes last: (w1, w2, b)."
        known = hints.get(TABLES.get(tuple(fires.astype(int))))
        return known or f"wrong at {_names(CORNERS[fires != wanted])}. Work out z there: which sign should it have?"

    return judge_value("1.2", answer, (3,), "three numbers, (w1, w2, b)", judge,
                       praise="the line cuts off (1, 1) alone. Every such line will do.")


def layer(answer):
    """1.3: one neuron applied to many inputs at once, with the sigmoid."""
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    return check_function(
        "1.3", answer, lambda x, w, b: sigmoid(x @ w + b), LAYER_CASES,
        [Mistake(lambda x, w, b: x @ w + b, "this is z. The activation is missing: y = σ(z)."),
         Mistake(lambda x, w, b: sigmoid(-(x @ w + b)), "the sign in the exponent: σ(z) = 1 / (1 + exp(−z))."),
         Mistake(lambda x, w, b: sigmoid(x @ w), "the bias is missing: z = w·x + b."),
         Mistake(lambda x, w, b: sigmoid(x @ w - b),
                 "the bias ends up with the wrong sign. The exponent is −z = −(x @ w + b): mind the brackets."),
         Mistake(lambda x, w, b: sigmoid(b - x @ w),
                 "the weighted sum ends up with the wrong sign. The exponent is −z = −(x @ w + b)."),
         Mistake(lambda x, w, b: (x @ w + b > 0).astype(float), "this is the step. The sigmoid is asked for."),
         Mistake(lambda x, w, b: np.tanh(x @ w + b), "this is tanh. The sigmoid is asked for."),
         Mistake(lambda x, w, b: np.maximum(x @ w + b, 0), "this is ReLU. The sigmoid is asked for."),
         Mistake(lambda x, w, b: sigmoid(x @ w) + b, "the bias belongs inside the sigmoid: σ(x @ w + b)."),
         Mistake(lambda x, w, b: sigmoid((x * w + b).sum(axis=1)), "the bias is added once, after the sum over the features."),
         Mistake(lambda x, w, b: sigmoid((x * w).mean(axis=1) + b), "the products add up; you take their mean."),
         Mistake(lambda x, w, b: sigmoid(x * w + b), "add the products of each input up: one number for each row of x."),
         Mistake(lambda x, w, b: sigmoid(x @ w + b)[:, None], "a column is not a list: the result has shape (N,), not (N, 1)."),
         Mistake(lambda x, w, b: sigmoid(x @ w + b) * (1 - sigmoid(x @ w + b)), "this is the slope of the sigmoid. Its value is asked for.")],
        praise="one matrix product serves every input.",
    )


def gradient(answer):
    """1.4: dy/dw₁, dy/dw₂, dy/db of a sigmoid neuron with x = (2, −1) at z = 0."""
    return check_value(
        "1.4", answer, (0.5, -0.25, 0.25),
        [Mistake((2, -1, 1), "these are the derivatives of z. Multiply each by σ′(z) = y (1 − y)."),
         Mistake((1.0, -0.5, 0.5), "you multiplied by y. The slope of the sigmoid is y (1 − y) = 0.25 here."),
         Mistake((0.5, -0.25, 0), "z = w·x + b grows with b as well: dz/db = 1."),
         Mistake((0.5, -0.25, 1), "dz/db is 1, but dy/db is 1 times the slope of the sigmoid, as for the weights."),
         Mistake((0.5, -0.25, 0.5), "the last one is y itself. dy/db is the slope y (1 − y)."),
         Mistake((0.5, 0.25, 0.25), "mind the sign: x₂ is −1."),
         Mistake((0.25, 0.25, 0.25), "that is σ′(0). Each weight's derivative is this times the input it meets."),
         Mistake((0.25, 0.5, -0.25), "the order: first the two weights, then the bias."),
         Mistake((0, 0, 0), "z is 0, but its slope is not: σ′(0) = 0.25.")],
        praise="each is σ′(0) = 0.25 times what multiplies it in z.",
    )


def xor(answer):
    """1.5: XOR out of three step neurons, a row (w1, w2, b) for each; the third sees what the first two say."""
    wanted = np.array([False, True, True, False])

    def judge(given):
        said = np.stack([_fires(neuron, CORNERS) for neuron in given[:2]], axis=1)
        fires = _fires(given[2], said.astype(float))
        if np.array_equal(fires, wanted):
            return ""
        table = TABLES.get(tuple(fires.astype(int)))
        what = f"this is {table}. " if table else ""
        at = next(i for i in range(4) if fires[i] != wanted[i])
        return (f"{what}At {_names(CORNERS[[at]])} the first two neurons say {int(said[at, 0])} and {int(said[at, 1])}, "
                f"and the third says {int(fires[at])}; it should say {int(wanted[at])}.")

    return judge_value("1.5", answer, (3, 3), "three neurons of three numbers each, [(w1, w2, b), (w1, w2, b), (w1, w2, b)]",
                       judge, praise="two lines and a third neuron that joins them: your first network.")
