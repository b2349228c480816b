"""Answers to every exercise, right and wrong, a file a chapter, named as the chapter's checkers.

``RIGHT[name]`` lists answers that must be accepted; ``WRONG[name]`` pairs of an answer and words of its hint ("" where
the mistake has no name). ``_dress`` makes more of each, in other dresses; ``test_trials.py`` tries them all.
"""
