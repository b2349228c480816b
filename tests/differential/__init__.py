"""One meaning, two implementations: every network that can be drawn runs through the layers and through the engine.

``python -m tests.differential --help`` draws for as long as you like; ``tests/test_differential.py`` draws a thousand.
Read in this order: `trial` (what is drawn, and its code), `draw` (by chance), `known` (from the layers' tests and the
cross-check), `run` (both sides, step by step), `shrink` (the smallest that still fails), `interrupts` (a second process
that is interrupted, or killed).
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # for the tests whose cases are used again
