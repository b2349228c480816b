"""Exercises that check themselves: a learner's answer in, a verdict with a hint out.

Each chapter has a file with one checker per exercise. Checkers know the typical wrong answers, name the
mistake, and accept every correct style.
"""

from cnnlib.course.exercises._checker import check_function, check_letters, check_value, judge_function, judge_value
from cnnlib.course.exercises._verdict import Case, Mistake, Verdict

__all__ = ["Case", "Mistake", "Verdict", "check_function", "check_letters", "check_value", "judge_function", "judge_value"]
