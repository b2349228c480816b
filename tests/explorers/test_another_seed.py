"""Another seed: what the explorer of chapter 15 says is what the record holds."""

import numpy as np
import pytest
from scipy import stats

from cnnlib.course import better
from cnnlib.course.figures import better_explorers as explore

LINES = better.load()["lines"]


@pytest.mark.parametrize("change", explore.CHANGES)
@pytest.mark.parametrize("n", [1, 2, 7, 24])
def test_numbers_are_those_of_the_first_seeds(change, n):
    told = explore.numbers(change, n)
    d = 100 * np.subtract(LINES[change]["scores"], LINES["base"]["scores"])[:n]
    np.testing.assert_allclose(told["differences"], d)
    np.testing.assert_allclose(told["means"], [d[:k].mean() for k in range(1, n + 1)])
    assert told["halves"][0] is None and told["verdicts"][0] == "open"
    for k in range(2, n + 1):
        low, high = stats.t.interval(0.95, k - 1, d[:k].mean(), stats.sem(d[:k]))
        assert told["halves"][k - 1] == pytest.approx((high - low) / 2, rel=3e-3)
        assert told["verdicts"][k - 1] == ("better" if low > 0 else "worse" if high < 0 else "open")


def test_turns_are_counted_without_the_zeros(monkeypatch):
    lines = {"base": {"scores": [0.0] * 5}, "x": {"scores": [0.01, -0.01, 0.03, -0.09, 0.0]}}
    monkeypatch.setattr(better, "load", lambda: {"lines": lines})
    assert explore.numbers("x", 5)["turned"] == 1  # means 1, 0, 1, −1.5, −1.2


@pytest.mark.parametrize("change", explore.CHANGES)
def test_stage_and_caption_follow_the_numbers(change):
    for n in (1, 5, 24):
        told = explore.numbers(change, n)
        stage, caption = explore.seeds(change, n)
        assert f"{change}, {n} seed" in caption and f"the mean {explore.signed(told['means'][-1])}" in caption
        often = {0: "has not turned.", 1: "has turned once.", 2: "has turned twice."}
        words = often.get(told["turned"], f"has turned {told['turned']} times.")
        assert stage.count("h0") == n and caption.endswith(words)
        assert ("one seed has no spread" in caption) == (n == 1)


def test_signs_are_written():
    assert [explore.signed(v) for v in (1.25, -0.5, 0.04, -0.04)] == ["+1.3", "−0.5", "0.0", "0.0"]
