"""Checkers of chapter 3: layers and forward propagation."""

import numpy as np

from cnnlib.course.exercises._answers import numbers
from cnnlib.course.exercises._checker import Case, Mistake, check_function, check_letters, check_value, judge_function

_RNG = np.random.default_rng(3)


def _network(*sizes):
    return [(_RNG.normal(size=(o, i)), _RNG.normal(size=o)) for i, o in zip(sizes, sizes[1:], strict=False)]


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
# Copies apart and side by side, rows of equal sum, equal weights with other biases, and no copies at all.
MERGE_CASES = [
    Case((np.array([[1.0, 2], [1, 2]]), np.array([0.5, 0.5]), np.array([[3.0, 4]])), "two units that are copies"),
    Case((np.array([[1.0, 2], [0, 3], [1, 2]]), np.array([0.5, 0, 0.5]), np.array([[1.0, 2, 3], [4, 5, 6]])), "three units, the first and the last copies"),
    Case((np.array([[2.0, 1], [1, 2], [2, 1]]), np.array([1.0, 1, 0]), np.array([[1.0, 1, 1]])), "three units, no copies"),
    Case((np.array([[3.0, 0, 1], [1, 1, 2], [3, 0, 1], [3, 0, 1], [1, 1, 2], [0, 0, 0]]), np.array([0, 0, 0, 2.0, 0, 0]),
          np.arange(1.0, 13).reshape(2, 6) ** 2), "six units of four kinds"),
    Case((np.full((5, 3), 0.5), np.zeros(5), _RNG.normal(size=(4, 5))), "five units that start equal"),
    Case((_RNG.normal(size=(1, 4)), np.ones(1), _RNG.normal(size=(3, 1))), "a single unit"),
    Case((_RNG.integers(0, 2, (12, 2)).astype(float), _RNG.integers(0, 2, 12).astype(float), _RNG.normal(size=(3, 12))), "twelve units"),
    Case((np.array([[2.0, 1], [2.00001, 1], [2, 1], [2, 1]]), np.array([1.0, 1, 1, 1.00001]), np.array([[1.0, 2, 4, 8]])),
         "four units, two of them copies and two almost"),
]


def _sized(scale, count, bias=0.0, units=12):
    return [(_RNG.normal(0, scale / units**0.5, (units, units)), bias * _RNG.normal(size=units)) for _ in range(count)]


_ONE, _FLAT = np.eye(2), np.array([[0.01, 0], [0, 0.01]])
REACH_CASES = [
    Case((np.array([[1.0, 2], [2, 1]]), [(_ONE, np.zeros(2)), (_FLAT, np.array([1.0, 3])), (_ONE, np.zeros(2))], 0.1), "three layers, the second almost constant"),
    Case((np.array([[1.0, 2], [2, 1]]), [(_ONE, np.zeros(2)), (-_ONE, np.zeros(2))], 0.1), "two layers, the second all 0"),
    Case((np.array([[1.0, 2], [2, 1]]), [(_ONE, np.zeros(2))] * 3, 0.1), "three layers that change nothing"),
    Case((np.array([[1.0, 2]]), [(_ONE, np.zeros(2))], 0.1), "a single example, which cannot differ from another"),
    Case((np.array([[1.0, -3], [-3, 1]]), [(_ONE, np.array([-2.0, -2])), (_ONE, np.zeros(2))], 0.1), "a layer that ReLU closes"),
    Case((np.array([[1.0, 2], [2, 1]]), [(_FLAT, np.array([1.0, 3])), (100 * _ONE, np.array([-100.0, -300])), (_ONE, np.zeros(2))], 0.1), "a loss that a later layer undoes"),
    Case((0.001 * np.array([[1.0, 2], [2, 1]]), [(_ONE, np.zeros(2))] * 2, 0.1), "small values that differ"),
    Case((np.array([[100.0, 102], [102, 100]]), [(_ONE, np.zeros(2))] * 2, 0.1), "large values that hardly differ"),
    Case((np.array([[1.0, 1], [2, 2]]), [(_ONE, np.zeros(2))] * 2, 0.1), "units that are equal and examples that are not"),
    *(Case((_RNG.normal(size=(30, 12)), _sized(scale, 12, bias), least), f"twelve layers, {least:g}")
      for scale, bias, least in ((1.4, 0.0, 0.01), (1.0, 0.1, 0.1), (0.6, 0.1, 0.01), (0.6, 0.3, 0.05), (1.0, 0.3, 0.2), (1.4, 0.5, 0.3))),
]


def shapes(answer):
    """3.1: the shape of y = x @ w.T + b for 32 examples, 64 inputs and 10 outputs; and of w and b."""
    return check_value(
        "3.1", answer, ((32, 10), (10, 64), (10,)),
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


def diagnose(answer):
    """3.2: four symptoms of broken networks, and what is wrong with each."""
    return check_letters(
        "3.2", answer, "abdc", "abcde",
        {0: "Symptom 1: a square weight matrix can be multiplied either way round, an oblong one cannot.",
         1: "Symptom 2: what would units have to share to print the same number for every digit?",
         2: "Symptom 3: the numbers do not come from the digit. What is added to every unit, whatever comes in?",
         3: "Symptom 4: f(−x) = −f(x) holds for weighted sums without bias. What would break it?"},
        [Mistake("abdd", "3 of 4 are right. Symptom 4: small weights change sizes, not signs. Which part of a layer treats −x and x differently?"),
         Mistake("abde", "3 of 4 are right. Symptom 4: its biases are 0 by design. What else stands between two weighted sums?"),
         Mistake("abbc", "3 of 4 are right. Symptom 3: there the units differ from one another; what they lack is the digit.")],
        praise="a look at the numbers of each layer tells more than the final answer.", ordered=True,
    )


def he(answer):
    """3.3: He's initialisation: ``answer(n_in, n_out, rng)`` returns weights (n_out, n_in), judged by their spread."""
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

    return judge_function("3.3", answer, reference, HE_CASES, judge,
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
    """3.4: a whole network: ``answer(x, layers)`` with ReLU after every layer but the last."""
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
        "3.4", answer, lambda x, layers: run(x, layers), FORWARD_CASES,
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


def merge(answer):
    """3.5: the smaller network without copies: ``answer(w, b, w_next)`` returns the three arrays of merged units."""
    def run(w, b, w_next, join=np.add, same=None, near=False, rows=False):
        same = same or (lambda i, j: np.array_equal(w[i], w[j]) and b[i] == b[j])
        kept, columns = [], []
        for j in range(len(w)):
            k = next((k for k, i in enumerate(kept) if same(i, j) and (not near or i == j - 1 or same(j - 1, j))), None)
            if k is None:
                kept.append(j)
                columns.append(w_next[:, j])
            else:
                columns[k] = join(columns[k], w_next[:, j])
        return w[kept], (b[kept]), np.stack(columns, axis=1)

    def sorted_(w, b, w_next):
        small, small_b, small_next = run(w, b, w_next)
        order = np.lexsort(np.column_stack([small, small_b]).T[::-1])
        return small[order], small_b[order], small_next[:, order]

    def mean(w, b, w_next):
        small, small_b, small_next = run(w, b, w_next)
        counts = [sum(np.array_equal(row, other) and x == y for other, y in zip(w, b, strict=True))
                  for row, x in zip(small, small_b, strict=True)]
        return small, small_b, small_next / counts

    def added(w, b, w_next):
        small, small_b, small_next = run(w, b, w_next)
        counts = mean(w, b, np.ones_like(w_next))[2][0], run(w, b, np.ones((1, len(w))))[2][0]
        return small * counts[1][:, None], small_b * counts[1], small_next

    return check_function(
        "3.5", answer, lambda w, b, w_next: run(w, b, w_next), MERGE_CASES,
        [Mistake(lambda w, b, w_next: run(w, b, w_next, join=lambda one, other: one),
                 "the weights behind the copies are lost. What leaves a unit through several connections adds up."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, join=lambda one, other: other),
                 "of the copies' outgoing weights you keep the last. All of them add up."),
         Mistake(mean, "outgoing weights add; you take their mean. Two copies say the same twice."),
         Mistake(added, "incoming weights stay as they are: one unit goes on computing what each copy computed. Only the outgoing weights add."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, same=lambda i, j: np.array_equal(w[i], w[j])),
                 "units whose weights are equal may differ in their bias: then they are not copies."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, same=lambda i, j: w[i].sum() == w[j].sum() and b[i] == b[j]),
                 "equal sums do not make equal rows: compare weight by weight."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, same=lambda i, j: b[i] == b[j]), "copies share all their weights, not the bias alone."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, same=lambda i, j: np.array_equal(w_next[:, i], w_next[:, j])),
                 "what a unit computes is decided by what goes in: compare rows of w, not columns of w_next."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, same=lambda i, j: np.allclose(w[i], w[j]) and np.isclose(b[i], b[j])),
                 "almost equal is not equal: np.allclose merges units that differ in a late digit. Copies share every digit."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, near=True), "copies need not be neighbours: compare with every unit that you keep."),
         Mistake(sorted_, "the units are right, but in another order. np.unique sorts; the order of first appearance is asked for."),
         Mistake(lambda w, b, w_next: [part[::-1] if k < 2 else part[:, ::-1] for k, part in enumerate(run(w[::-1], b[::-1], w_next[:, ::-1]))],
                 "the units are right, but in another order: each stands where its last copy stood. Keep the first of each kind."),
         Mistake(lambda w, b, w_next: run(w, b, w_next, same=lambda i, j: True), "all units are merged into one. Merge only those whose weights and bias are equal."),
         Mistake(lambda w, b, w_next: (w, b, w_next), "nothing is merged.")],
        praise="copies of a unit are one unit. For every input, the small network says what the large one says.",
    )


def ten_layers(answer):
    """3.6: the factor of the root mean square over ten ReLU layers with n · Var(w) = 1."""
    return check_value(
        "3.6", answer, 2.0**-5,
        [Mistake(2.0**-10, "this is the factor of the mean square. The root mean square has its root."),
         Mistake(1.0, "n · Var(w) = 1 keeps the size of z. What does ReLU take away, layer by layer?"),
         Mistake(2.0**-0.5, "this is one layer. There are ten."),
         Mistake(0.5, "this is the mean square over one layer. There are ten, and the root is asked for."),
         Mistake(32.0, "turned over: the values get smaller."),
         Mistake(5.0**5, "0.1 is the standard deviation. The variance is its square, 0.01."),
         Mistake(5.0**10, "0.1 is the standard deviation. The variance is its square, 0.01. And then the root."),
         Mistake(2.0**5 * 10.0**-5, "the number of terms counts too: a unit adds up 100 of them."),
         Mistake(0.1**10, "a layer does not multiply by the size of one weight: a unit adds up 100 terms."),
         Mistake(5.0, "halves multiply from layer to layer, they do not add."),
         Mistake(10 * 2.0**-0.5, "factors multiply from layer to layer, they do not add.")],
        praise="100 · 0.01 / 2 = 1/2 a layer for the mean square; (1/2)¹⁰ = 1/1024; its root is 1/32.", digits=2,
    )


def reach(answer):
    """3.7: how many layers still tell examples apart: ``answer(x, layers, least)``."""
    def run(x, layers, least, f=lambda z: np.maximum(z, 0), bias=True, axis=0, power=0.5, equal=True, shift=0, size=None, early=False, whole=False):
        good = 0
        for k, (w, b) in enumerate(layers):
            z = x @ w.T + b if bias else x @ w.T
            x = f(z)
            seen = z if early else x
            between = np.mean((seen - seen.mean(axis=axis, keepdims=True)) ** 2) ** power
            full = np.mean(seen**2) ** power if size is None else size
            passed = between > least * full if equal else between >= least * full
            if not whole and not passed:
                return k + shift
            good += bool(passed)
        return good + (0 if whole else shift)

    return check_function(
        "3.7", answer, lambda x, layers, least: run(x, layers, least), REACH_CASES,
        [Mistake(lambda x, layers, least: run(x, layers, least, shift=1), "one too many: the layer where the difference is lost does not count."),
         Mistake(lambda x, layers, least: run(x, layers, least, shift=-1), "one too few: layers count from 0, so the index of the first bad layer is the number of good ones."),
         Mistake(lambda x, layers, least: run(x, layers, least, axis=None),
                 "take away each unit's own mean, x.mean(axis=0), not the mean of all numbers: units may differ from each other and still ignore the input."),
         Mistake(lambda x, layers, least: run(x, layers, least, axis=1), "axis=1 is the mean over the units. The mean over the examples is asked for: axis=0."),
         Mistake(lambda x, layers, least: run(x, layers, least, power=1.0), "this compares mean squares. Take the root of both."),
         Mistake(lambda x, layers, least: run(x, layers, least, equal=False), "“at most” includes equality: a layer whose values are all 0 has lost its input, and there 0 = 0."),
         Mistake(lambda x, layers, least: run(x, layers, least, size=1.0), "`least` is a share of the values' own root mean square, not a size by itself."),
         Mistake(lambda x, layers, least: run(x, layers, least, early=True), "measure after ReLU, not before."),
         Mistake(lambda x, layers, least: run(x, layers, least, f=lambda z: z), "ReLU is missing: it follows every layer."),
         Mistake(lambda x, layers, least: run(x, layers, least, bias=False), "the biases are missing."),
         Mistake(lambda x, layers, least: run(x, layers, least, whole=True), "stop at the first layer that has lost the difference; those after it do not count."),
         Mistake(lambda x, layers, least: len(layers), "no layer is refused. Is the comparison inside the loop?")],
        praise="this is the check that finds where a deep network loses its input.",
    )
