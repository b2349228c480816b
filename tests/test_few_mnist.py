"""The record of chapter 13's comparison on 2,000 digits of MNIST."""

import numpy as np
import pytest

from cnnlib import data
from cnnlib.course import few_mnist

RECORD = few_mnist.load()


def test_the_record_is_whole_and_its_rates_were_chosen_on_other_seeds():
    assert not set(few_mnist.CHOOSING) & set(few_mnist.JUDGING)
    assert list(RECORD) == list(few_mnist.PARTS)
    assert {len(found["scores"]) for found in RECORD.values()} == {len(few_mnist.JUDGING)}
    for name in few_mnist.NETS:
        tried = np.array(RECORD[name]["tried"])
        assert tried.shape == (len(few_mnist.RATES), len(few_mnist.CHOOSING))
        best = int(tried.mean(axis=1).argmax())
        assert RECORD[name]["best"] == few_mnist.RATES[best] and 0 < best < len(few_mnist.RATES) - 1


@pytest.mark.skipif(not data.mnist_available(), reason="MNIST is not at hand")
def test_the_record_is_what_this_code_measures():
    learn, judge = few_mnist.parts(3)
    assert len(learn) == few_mnist.LEARN and len(judge) == few_mnist.JUDGE
    assert few_mnist.rival(3) == RECORD["nearest neighbour"]["scores"][3]
    assert few_mnist.score("CNN", 3, RECORD["CNN"]["best"]) == pytest.approx(RECORD["CNN"]["scores"][3], abs=0.01)
