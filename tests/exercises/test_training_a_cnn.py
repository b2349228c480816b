"""Chapter 13's checkers: right answers in several styles pass, typical wrong ones get their hint."""

import numpy as np
import pytest

from cnnlib import data
from cnnlib.course.exercises import training_a_cnn as check
from cnnlib.history import EarlyStopping


def stub(*_):
    raise NotImplementedError


def batches(x, y, batch_size, order):
    return [(x[order[i:i + batch_size]], y[order[i:i + batch_size]]) for i in range(0, len(x), batch_size)]


def batches_generator(x, y, batch_size, order):
    x, y = x[order], y[order]
    while len(x):
        yield x[:batch_size], y[:batch_size]
        x, y = x[batch_size:], y[batch_size:]


def batches_lists(x, y, batch_size, order):
    picked = [order[i:i + batch_size] for i in range(0, len(order), batch_size)]
    return [[[x[i] for i in some], [y[i] for i in some]] for some in picked]


def batches_library(x, y, batch_size, order):
    return data.batches(x[order], y[order], batch_size)


def plain(x, y, n):
    return [(x[i:i + n], y[i:i + n]) for i in range(0, len(x), n)]


def stop(losses, patience):
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch and loss < losses[best]:
            best, waited = epoch, 0
        elif epoch:
            waited += 1
        if waited == patience:
            return best, epoch + 1
    return best, len(losses)


def stop_short(losses, patience):
    for epoch in range(1, len(losses) + 1):
        best = int(np.argmin(losses[:epoch]))
        if epoch - 1 - best >= patience:
            break
    return best, epoch


def stop_library(losses, patience):
    stopping = EarlyStopping(patience=patience)
    for loss in losses:
        stopping.update(loss)
        if stopping.stop:
            break
    return stopping.best_epoch, stopping.epoch


def stop_no_reset(losses, patience):
    best, bad = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            bad += 1
        if bad == patience:
            return best, epoch + 1
    return best, len(losses)


def stop_with_ties(losses, patience):
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] <= losses[best]:
            best = epoch
        if epoch - best == patience:
            return best, epoch + 1
    return best, len(losses)


def stop_rising(losses, patience):
    rising = 0
    for epoch in range(1, len(losses)):
        rising = rising + 1 if losses[epoch] > losses[epoch - 1] else 0
        if rising == patience:
            return int(np.argmin(losses[:epoch + 1])), epoch + 1
    return int(np.argmin(losses)), len(losses)


def difference(a, b):
    d = a - b
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))


def difference_by_hand(a, b):
    d = [x - y for x, y in zip(a, b, strict=True)]
    mean = sum(d) / len(d)
    return [mean, (sum((v - mean) ** 2 for v in d) / (len(d) - 1) / len(d)) ** 0.5]


def unpaired(a, b):
    return (a - b).mean(), np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))


PAPER = np.array([[0.2, 1.0], [0.6, 0.2]])


@pytest.mark.parametrize("verdict", [
    check.steps(450), check.steps(np.int64(450)), check.steps(450.0),
    check.on_paper(PAPER), check.on_paper(PAPER.tolist()), check.on_paper(((0.2, 1), (0.6, 0.2))),
    check.batches(batches), check.batches(batches_generator), check.batches(batches_lists),
    check.batches(batches_library),
    check.early_stop(stop), check.early_stop(stop_short), check.early_stop(stop_library),
    check.diagnosis(("c", "a", "d", "b")), check.diagnosis("cadb"), check.diagnosis(list("cadb")),
    check.difference(difference), check.difference(difference_by_hand),
    check.difference(lambda a, b: (np.mean(a) - np.mean(b), np.sqrt(np.var(a - b, ddof=1) / a.size))),
])
def test_right_answers_pass(verdict):
    assert verdict.passed is True, verdict


def test_the_answer_on_paper_is_what_the_layers_compute():
    from cnnlib.layers import Conv2d, Flatten, MaxPool2d, ReLU, Sequential
    from cnnlib.losses import mse_loss_backward
    from cnnlib.optim import SGD

    model = Sequential(Conv2d(1, 1, 2, bias=False, dtype=np.float64), ReLU(), MaxPool2d(2), Flatten())
    model[0].weight.data[...] = 1
    y = model(check.IMAGE[None, None])
    model.backward(mse_loss_backward(1.0, y, np.array([[3.0]])))
    SGD(model.parameters(), lr=0.1).step()
    np.testing.assert_allclose(model[0].weight.data[0, 0], PAPER)


@pytest.mark.parametrize(("verdict", "hint"), [
    (check.steps(440), "a smaller one"),
    (check.steps(449.0625), "whole thing"),
    (check.steps(449), "do not run on"),
    (check.steps(45), "one epoch"),
    (check.steps(14370), "how many digits"),
    (check.steps(0), "not this one"),
    (check.on_paper(2 - PAPER), "uphill"),
    (check.on_paper(1 - 0.4 * np.array([[3.0, 2.0], [5.0, 3.0]])), "won the maximum"),
    (check.on_paper((1 + PAPER) / 2), "2 (y − 3)"),
    (check.on_paper(1 - PAPER), "length of the step"),
    (check.on_paper(10 * (1 - PAPER)), "still to be taken"),
    (check.on_paper(1 - 10 * (1 - PAPER)), "learning rate is missing"),
    (check.on_paper(PAPER.T), "transposed"),
    (check.on_paper(np.zeros((2, 2))), "not this one"),
    (check.on_paper(PAPER.ravel()), "shape"),
    (check.batches(lambda x, y, n, o: plain(x, y, n)), "order is not used"),
    (check.batches(lambda x, y, n, o: plain(x[o], y, n)), "labels are not"),
    (check.batches(lambda x, y, n, o: plain(x, y[o], n)), "images are not"),
    (check.batches(lambda x, y, n, o: [b for b in plain(x[o], y[o], n) if len(b[0]) == n]), "left over"),
    (check.batches(lambda x, y, n, o: plain(x[np.argsort(o)], y[np.argsort(o)], n)), "sort by the order"),
    (check.batches(lambda x, y, n, o: [plain(x, y, n)[i] for i in o if i < len(plain(x, y, n))]), "whole batches"),
    (check.batches(lambda x, y, n, o: [(0 * a, 0 * b) for a, b in batches(x, y, n, o)]), "is expected"),
    (check.batches(lambda x, y, n, o: None), "returns nothing"),
    (check.batches(3), "a function is asked for"),
    (check.early_stop(lambda v, n: (stop(v, n)[1] - 1, stop(v, n)[1])), "last epoch"),
    (check.early_stop(lambda v, n: (int(np.argmin(v)), stop(v, n)[1])), "never ran"),
    (check.early_stop(lambda v, n: stop(v, n + 1)), "one epoch too many"),
    (check.early_stop(stop_no_reset), "back to 0"),
    (check.early_stop(stop_with_ties), "no improvement"),
    (check.early_stop(stop_rising), "not with the epoch before"),
    (check.early_stop(lambda v, n: (stop(v, n)[0] + 1, stop(v, n)[1])), "counted from 0"),
    (check.early_stop(lambda v, n: (stop(v, n)[0], stop(v, n)[1] - 1)), "how many epochs ran"),
    (check.early_stop(lambda v, n: (0, 0)), "is expected"),
    (check.early_stop(lambda v, n: v[n + 9]), "raises IndexError"),
    (check.diagnosis(("a", "c", "d", "b")), "first two"),
    (check.diagnosis("cdab"), "middle two"),
    (check.diagnosis("cabd"), "last two"),
    (check.diagnosis("cbda"), "validation only"),
    (check.diagnosis("bdac"), "0 of 4 are right"),
    (check.difference(lambda a, b: (difference(a, b)[0], (a - b).std(ddof=1))), "steadier"),
    (check.difference(lambda a, b: (difference(a, b)[0], (a - b).std() / len(a) ** 0.5)), "ddof=1"),
    (check.difference(unpaired), "ignores the pairs"),
    (check.difference(lambda a, b: difference(b, a)), "the sign"),
    (check.difference(lambda a, b: (difference(a, b)[0], (a - b).std(ddof=1) / len(a))), "not n"),
    (check.difference(lambda a, b: (0.0, 0.0)), "is expected"),
    (check.difference(lambda a, b: (a - b).mean()), "2 results are expected"),
])
def test_wrong_answers_get_their_hint(verdict, hint):
    assert verdict.passed is False
    assert hint in verdict.message


@pytest.mark.parametrize("verdict", [
    check.steps(...), check.on_paper(...), check.batches(stub), check.early_stop(stub), check.diagnosis(...),
    check.difference(stub),
])
def test_stubs_are_not_attempted(verdict):
    assert verdict.passed is None
