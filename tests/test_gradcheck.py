"""Finite differences find what is right and, more to the point, what is wrong."""

import numpy as np
import pytest

from cnnlib.gradcheck import gradcheck, numerical_gradient, relative_error


def rng():
    return np.random.default_rng(7)


def affine(x, w, b=None, scale=1.0):
    y = scale * (x @ w)
    return y if b is None else y + b


def affine_backward(dy, x, w, b=None, scale=1.0):
    return scale * dy @ w.T, scale * x.T @ dy, None if b is None else dy.sum(axis=0)


def arguments():
    r = rng()
    return r.normal(size=(4, 3)), r.normal(size=(3, 3)), r.normal(size=3)


def test_relative_error_by_hand():
    assert relative_error(np.array([1.0, 2.5]), np.array([1.0, 2.0])) == 0.25
    assert relative_error(np.array([[-3.0]]), np.array([[-4.0]])) == 0.25
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.ones(3), np.zeros(3)) == np.inf
    assert relative_error(np.zeros((0, 2)), np.zeros((0, 2))) == 0
    assert np.isnan(relative_error(np.array([1.0, np.nan]), np.ones(2)))


def test_numerical_gradient_by_hand():
    x = np.array([[1.0, -2.0], [3.0, 0.5]])
    np.testing.assert_allclose(numerical_gradient(lambda x: x**3, x), 3 * x**2, rtol=1e-8)
    dy = np.array([[1.0, 2.0], [-1.0, 0.0]])
    np.testing.assert_allclose(numerical_gradient(lambda x: x**3, x, dy), dy * 3 * x**2, rtol=1e-8)


def test_numerical_gradient_of_a_scalar_of_a_scalar_and_of_nothing():
    np.testing.assert_allclose(numerical_gradient(np.sin, np.array(0.3)), np.cos(0.3), rtol=1e-9)
    np.testing.assert_allclose(numerical_gradient(np.sum, np.ones((2, 2))), np.ones((2, 2)), rtol=1e-9)
    assert numerical_gradient(np.sin, np.zeros((0, 3))).shape == (0, 3)


def test_numerical_gradient_takes_the_first_of_several_outputs():
    np.testing.assert_allclose(numerical_gradient(lambda x: (x * x, "more"), np.array([3.0])), [6], rtol=1e-9)


def test_numerical_gradient_of_a_view_of_its_input():
    """An output that shares memory with the nudged array must not move under our hands."""
    np.testing.assert_allclose(numerical_gradient(lambda x: x[::-1], np.arange(3.0)), np.ones(3), rtol=1e-9)


def test_one_entry_is_nudged_at_a_time():
    """Entries left where they were nudged to would shift the gradients of their neighbours by 1e-6."""
    x = np.array([2.0, 3.0, 5.0])
    np.testing.assert_allclose(numerical_gradient(np.prod, x), [15, 10, 6], rtol=1e-8)


def test_inputs_are_left_alone_and_may_be_read_only():
    x = np.arange(3.0)
    x.flags.writeable = False
    numerical_gradient(np.sin, x)
    assert gradcheck(np.sin, lambda dy, x: dy * np.cos(x), x) < 1e-8


def test_a_right_gradient_passes():
    assert 0 < gradcheck(affine, affine_backward, *arguments(), scale=0.5) < 1e-7
    x, w, _ = arguments()
    assert gradcheck(affine, affine_backward, x, w, None) < 1e-7
    assert gradcheck(affine, affine_backward, *arguments(), rng=np.random.default_rng(3)) < 1e-7


def test_a_gradient_that_is_zero_passes():
    """The sum of a softmax is 1: finite differences see noise where the truth is 0."""

    def total(x):
        e = np.exp(x)
        return (e / e.sum()).sum()

    assert gradcheck(total, lambda dy, x: np.zeros_like(x), rng().normal(size=5)) < 1e-6
    with pytest.raises(AssertionError):
        gradcheck(total, lambda dy, x: np.full_like(x, 1e-3), rng().normal(size=5))


BUGS = {
    "x, transposed": lambda dy, x, w, b: (dy @ w, x.T @ dy, dy.sum(axis=0)),
    "x, one entry": lambda dy, x, w, b: (dy @ w.T + np.eye(4, 3) * 1e-4, x.T @ dy, dy.sum(axis=0)),
    "x, a NaN": lambda dy, x, w, b: (np.where(x > 1, np.nan, dy @ w.T), x.T @ dy, dy.sum(axis=0)),
    "x, forgotten": lambda dy, x, w, b: (np.zeros_like(x), x.T @ dy, dy.sum(axis=0)),
    "w, mean for sum": lambda dy, x, w, b: (dy @ w.T, x.T @ dy / len(x), dy.sum(axis=0)),
    "w, transposed": lambda dy, x, w, b: (dy @ w.T, dy.T @ x, dy.sum(axis=0)),
    "b, last row only": lambda dy, x, w, b: (dy @ w.T, x.T @ dy, dy[-1]),
    "b, wrong sign": lambda dy, x, w, b: (dy @ w.T, x.T @ dy, -dy.sum(axis=0)),
    "b, shape": lambda dy, x, w, b: (dy @ w.T, x.T @ dy, dy),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_and_named(bug):
    with pytest.raises(AssertionError, match=f"gradient of {bug[0]} (is wrong at|has shape)"):
        gradcheck(affine, BUGS[bug], *arguments())


def test_the_message_names_argument_entry_and_both_values():
    x, w, b = arguments()

    def wrong(dy, x, w, b):
        dx, dw, db = affine_backward(dy, x, w, b)
        dw[2, 1] = 123.5
        return dx, dw, db

    dy = np.random.default_rng(0).normal(size=(4, 3))
    truth = f"{(x.T @ dy)[2, 1]:.5g}"
    with pytest.raises(AssertionError) as caught:
        gradcheck(affine, wrong, x, w, b)
    message = str(caught.value)
    assert "wrong: gradient of w is wrong at [2, 1]: 123.5, " in message
    assert f"finite differences say {truth[:-1]}" in message


def test_a_dy_of_ones_would_miss_what_gradcheck_finds():
    def softmax(x):
        e = np.exp(x)
        return e / e.sum()

    def nothing(dy, x):
        return np.zeros_like(x)

    x = rng().normal(size=4)
    assert np.abs(numerical_gradient(softmax, x)).max() < 1e-9  # as if `nothing` were right
    with pytest.raises(AssertionError, match="nothing: gradient of x"):
        gradcheck(softmax, nothing, x)


def test_changed_inputs_are_found():
    def greedy(dy, x):
        x *= 2
        return dy * x

    with pytest.raises(AssertionError, match="changed its input x"):
        gradcheck(lambda x: x * x, greedy, np.array([1.0, 2.0]))

    def greedy_of_dy(dy, x):
        dy *= 2 * x
        return dy

    with pytest.raises(AssertionError, match="changed its input dy"):
        gradcheck(lambda x: x * x, greedy_of_dy, np.array([1.0, 2.0]))


def test_too_many_gradients_are_found():
    with pytest.raises(AssertionError, match="2 gradients for 1 arguments"):
        gradcheck(np.sin, lambda dy, x: (dy * np.cos(x), dy), np.array([1.0]))


def test_labels_are_not_differentiated():
    labels = np.array([0, 2])
    x = rng().normal(size=(2, 3))

    def pick(x, labels):
        return x[[0, 1], labels]

    def pick_backward(dy, x, labels):
        dx = np.zeros_like(x)
        dx[[0, 1], labels] = dy
        return dx

    assert gradcheck(pick, pick_backward, x, labels) < 1e-8


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: numerical_gradient(np.sin, np.ones(2, np.float32)), TypeError, "x must be float64"),
        (lambda: numerical_gradient(np.sin, [1.0]), TypeError, "x must be a NumPy array"),
        (lambda: numerical_gradient(np.sin, np.ones(2), np.ones(3)), ValueError, "dy must have shape"),
        (lambda: numerical_gradient(np.sin, np.ones(2), eps=0), ValueError, "eps"),
        (lambda: gradcheck(np.sin, np.cos, np.ones(2), tol=-1), ValueError, "tol"),
        (lambda: gradcheck(np.sin, np.cos, np.ones(2), rng=0), TypeError, "rng"),
        (lambda: gradcheck(lambda t: t, lambda dy, t: dy, np.ones(2, int)), TypeError, "t must be float"),
        (lambda: relative_error(np.ones(2), np.ones(3)), ValueError, "a must have shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
