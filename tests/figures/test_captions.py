"""What captions claim holds for the numbers behind them, and their lines break where they may."""

import re

import numpy as np
import pytest
from gallery import explorers, figures
from hypothesis import given
from hypothesis import strategies as st

from cnnlib.course.figures import at_least, at_most, evaluation, unbroken


@given(st.floats(-1e6, 1e6), st.sampled_from([".0f", ".1f", ".2f", ".1e", ".0e"]))
def test_a_printed_bound_is_one_and_the_nearest_of_its_form(value, form):
    low, high = (float(text.replace("−", "-")) for text in (at_least(value, form), at_most(value, form)))
    assert low <= value <= high
    nearest = float(f"{value:{form}}")
    assert nearest in (low, high)


def test_bounds_are_rounded_outward():
    assert (at_most(5.06e-16, ".0e"), at_most(5.06e-16, ".1e")) == ("6e−16", "5.1e−16")
    assert (at_least(0.0851), at_most(0.1149)) == ("0.08", "0.12")
    assert (at_most(9.96e-16, ".1e"), at_least(-0.005, ".2f")) == ("1.0e−15", "−0.01")


@pytest.mark.parametrize(("errors", "said"), [
    ({(3, 8): 2, (8, 1): 2, (9, 5): 2, (1, 2): 1},
     "The most frequent confusions, 2 times each: a 3 read as 8, an 8 read as 1, a 9 read as 5."),
    ({(3, 8): 4, (8, 3): 2}, "The most frequent confusion: a 3 read as 8, 4 times."),
    ({(3, 8): 1, (0, 1): 1}, "The most frequent confusions, once each: a 0 read as 1, a 3 read as 8."),
    ({}, "No class is taken for another."),
])
def test_all_of_the_most_frequent_confusions_are_named(errors, said):
    matrix = 30 * np.eye(10, dtype=int)
    for place, count in errors.items():
        matrix[place] = count
    assert evaluation.worst_confusions(matrix) == said


@pytest.mark.parametrize(("text", "kept"), [
    ("charge 0.98 for p = 0.0001.", "charge 0.98 for p~=~0.0001."),
    ("A 190 × 158 photograph", "A 190~×~158 photograph"),
    ("is 96.3% ± 1.1%, after 8.0 s of", "is 96.3%~±~1.1%, after 8.0~s of"),
    ("5 of 5 reach 99 %; so", "5 of 5 reach 99~%; so"),
    ("a = b = c = 4", "a~=~b =~c~=~4"), ("What “=” leaves", "What “=” leaves"),
])
def test_a_caption_keeps_a_name_with_its_value(text, kept):
    assert unbroken(text) == kept.replace("~", "\u00a0")


def test_the_shown_captions_keep_names_with_values():
    # What shows timings is renewed only with them.
    texts = [picture.caption for picture in (*figures(), *explorers()) if not picture.caption.startswith("In your run")]
    assert len(texts) > 80
    loose = [text for text in texts if re.search(r"\bp = [0-9]|[0-9] × [0-9]", text)]
    assert not loose

