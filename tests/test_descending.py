"""Chapter 6's experiment: what is trained, what an option changes, and what the committed record holds."""

import numpy as np
import pytest

from cnnlib.course import descending
from cnnlib.course.descending import BATCH_RATES, RATES, RULES, SEEDS, best, cosine, final_loss, network, setting


def test_the_network_starts_from_its_seed():
    a, b, other = network(0), network(0), network(1)
    assert sum(p.size for p in a.parameters()) == 64 * 32 + 32 + 32 * 10 + 10
    x = np.random.default_rng(0).random((2, 64))
    np.testing.assert_array_equal(a(x), b(x))
    assert not np.allclose(a(x), other(x))


def test_the_cosine_begins_with_the_whole_rate_and_does_not_rise():
    shares = [cosine(step, 50) for step in range(51)]
    assert shares[0] == 1 and shares[25] == pytest.approx(0.5) and shares[50] == pytest.approx(0)
    assert (np.diff(shares) < 0).all()


def test_training_follows_its_seed_its_rule_and_its_options():
    def loss(rule="SGD", lr=0.5, seed=0, **options):
        return final_loss(rule, lr, seed, **{"steps": 20} | options)

    first = loss()
    assert loss() == first < 2.3
    for changed in ({"seed": 1}, {"rule": "momentum"}, {"rule": "Adam"}, {"lr": 0.4}, {"batch": 16}, {"batch": None},
                    {"steps": 21}, {"schedule": cosine}):
        assert loss(**changed) != first, changed
    assert loss(schedule=lambda step, total: 1.0) == first
    assert loss(steps=0) == pytest.approx(np.log(10), abs=0.05)


def test_a_run_that_is_not_finite_counts_as_infinite():
    assert final_loss("SGD", 1e200, 0, steps=10) == np.inf


def test_momentum_is_the_rule_of_the_chapter():
    """Two steps by hand on all digits, from gradients of the library."""
    from cnnlib.criteria import CrossEntropyLoss

    x, labels = descending.digits()
    model, criterion = network(0), CrossEntropyLoss()
    v = [0.0] * len(list(model.parameters()))
    for _ in range(2):
        model.zero_grad()
        criterion(model(x), labels)
        model.backward(criterion.backward())
        for k, p in enumerate(model.parameters()):
            v[k] = 0.9 * v[k] + p.grad
            p.data -= 0.1 * v[k]
    expected = criterion(model(x), labels)
    assert final_loss("momentum", 0.1, 0, batch=None, steps=2) == pytest.approx(expected, rel=1e-12)


def test_the_best_rate_has_the_lowest_median():
    assert best((0.1, 1.0, 2.0), np.array([[3.0, 2.0, 2.5], [0.0, 9.0, 9.0], [2.4, 2.4, np.inf]])) == (2.0, 2.4)


def test_the_record_is_whole_and_no_best_rate_stands_at_the_end_of_its_list():
    record = descending.load()
    assert set(record) == {"mini", "cosine", "all", "batch"}
    for part, runs in record.items():
        assert list(runs) == (list(map(str, descending.BATCHES)) if part == "batch" else list(RULES))
        for name, losses in runs.items():
            rates = setting(part, name)[1]
            assert rates == (BATCH_RATES if part == "batch" else RATES[name])
            assert losses.shape == (len(rates), len(SEEDS))
            assert (losses > 0).all() and rates[0] < best(rates, losses)[0] < rates[-1]


@pytest.mark.parametrize(("part", "name", "lr", "seed"), [
    ("mini", "Adam", 0.02, 0), ("cosine", "momentum", 0.2, 1), ("all", "SGD", 0.5, 2), ("batch", "256", 0.5, 3)])
def test_points_of_the_record_are_measured_again(part, name, lr, seed):
    rule, rates, options = setting(part, name)
    again = final_loss(rule, lr, seed, **options)
    assert again == pytest.approx(descending.load()[part][name][rates.index(lr), seed], rel=1e-6)
