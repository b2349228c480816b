"""Checkers of chapter 1: a neuron."""

import numpy as np

from cnnlib.course.exercises._checker import NOT_ATTEMPTED, Case, Mistake, Verdict, check_function, check_value

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def side(answer):
    """1.1: does the neuron w = (1, −2), b = 0.5 fire at (1, 1), and what is z there?"""
    return check_value(
        "1.1", answer, (-0.5, False),
        [Mistake((-0.5, True), "z is right, and it is negative: a step neuron fires only when z > 0."),
         Mistake((-1.0, False), "you left out the bias: add b = 0.5 to the weighted sum."),
         Mistake((-1.5, False), "the bias is added, not subtracted."),
         Mistake((3.5, True), "mind the sign: w₂ is −2.")],
        praise="z = 1 − 2 + 0.5 = −0.5, so the neuron stays silent.",
    )


def nand(answer):
    """1.2: weights and a bias that compute NAND; any that do are accepted."""
    if answer is None or answer is ...:
        return Verdict("1.2", None, NOT_ATTEMPTED)
    try:
        w1, w2, b = (float(v) for v in answer)
    except (TypeError, ValueError):
        return Verdict("1.2", False, "give three numbers: (w1, w2, b).")
    fires = CORNERS @ np.array([w1, w2]) + b > 0
    wanted = np.array([True, True, True, False])
    if np.array_equal(fires, wanted):
        return Verdict("1.2", True, "the line cuts off (1, 1) alone. Every such line will do.")
    if np.array_equal(fires, ~wanted):
        return Verdict("1.2", False, "this is AND. NAND is its opposite: turn every sign round.")
    if np.array_equal(fires, [True, False, False, False]):
        return Verdict("1.2", False, "this is NOR: the line also cuts off (0, 1) and (1, 0). Raise the bias.")
    wrong = ", ".join(f"({x:g}, {y:g})" for x, y in CORNERS[fires != wanted])
    return Verdict("1.2", False, f"wrong at {wrong}. Work out z there: which sign should it have?")


def layer(answer):
    """1.3: one neuron applied to many inputs at once, with the sigmoid."""
    rng = np.random.default_rng(13)
    x, w, b = rng.normal(size=(5, 3)), rng.normal(size=3), 0.7
    return check_function(
        "1.3", answer, lambda x, w, b: 1 / (1 + np.exp(-(x @ w + b))),
        [Case((np.array([[-1.0, -2.0]]), np.array([2.0, -3.0]), -3.0), "the neuron of this chapter"),
         Case((x, w, b), "five inputs of three features")],
        [Mistake(lambda x, w, b: x @ w + b, "this is z. The activation is missing: y = σ(z)."),
         Mistake(lambda x, w, b: 1 / (1 + np.exp(x @ w + b)), "the sign in the exponent: σ(z) = 1 / (1 + exp(−z))."),
         Mistake(lambda x, w, b: 1 / (1 + np.exp(-(x @ w))), "the bias is missing: z = w·x + b."),
         Mistake(lambda x, w, b: 1 / (1 + np.exp(-(x @ w - b))), "the bias is added, not subtracted."),
         Mistake(lambda x, w, b: (x @ w + b > 0).astype(float), "this is the step. The sigmoid is asked for.")],
        praise="one matrix product serves every input.",
    )


def gradient(answer):
    """1.4: dy/dw₁, dy/dw₂, dy/db of a sigmoid neuron with x = (2, −1) at z = 0."""
    return check_value(
        "1.4", answer, (0.5, -0.25, 0.25),
        [Mistake((2, -1, 1), "these are the derivatives of z. Multiply each by σ′(z) = y (1 − y)."),
         Mistake((1.0, -0.5, 0.5), "you multiplied by y. The slope of the sigmoid is y (1 − y) = 0.25 here."),
         Mistake((0.5, -0.25, 0), "z = w·x + b grows with b as well: dz/db = 1."),
         Mistake((0.5, 0.25, 0.25), "mind the sign: x₂ is −1.")],
        praise="each is σ′(0) = 0.25 times what multiplies it in z.",
    )


def xor(answer):
    """1.5: XOR out of three step neurons; ``answer(x1, x2)`` is called on the four corners."""
    bits = [Case((int(a), int(b)), f"({a:g}, {b:g})") for a, b in CORNERS]
    return check_function(
        "1.5", answer, lambda a, b: float(a != b), bits,
        [Mistake(lambda a, b: float(a or b), "this is OR: at (1, 1) the output must be 0. Combine OR with NAND."),
         Mistake(lambda a, b: float(a == b), "this is the opposite of XOR: turn the last neuron's signs round."),
         Mistake(lambda a, b: float(not (a and b)), "this is NAND: at (0, 0) the output must be 0. Combine it with OR.")],
        praise="two lines and a third neuron that joins them: your first network.",
    )
