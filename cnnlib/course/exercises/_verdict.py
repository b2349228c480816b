"""What a checker hands back, and what it is made of: the verdict, the cases, the typical mistakes."""

import html
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Verdict:
    """The outcome of an exercise: ``passed`` is True, False, or None when it was not attempted, cannot be read or is right but for its form."""

    label: str
    passed: bool | None
    message: str

    def __repr__(self):
        mark = {True: "✓", False: "✗", None: "○"}[self.passed]
        return f"{mark} Exercise {self.label}: {self.message}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind = {True: "passed", False: "failed", None: "open"}[self.passed]
        markup = f'<div class="course-verdict {kind}">{html.escape(repr(self))}</div>'
        return {"text/plain": repr(self), "text/html": markup}


@dataclass(frozen=True)
class Case:
    """Arguments to try an answer on, and a few words that say what is special about them."""

    args: tuple
    about: str
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, as a function or a value, and the hint that helps whoever gave it."""

    wrong: object
    hint: str


@dataclass(frozen=True)
class Question:
    """What an answer is compared with, for a page that checks it elsewhere: ``kind`` is "value", "letters" or "property".

    ``terms`` are the arguments of the judge, by name.
    """

    label: str
    kind: str
    terms: dict


NOT_ATTEMPTED = "not attempted yet. Replace the stub by your answer and run the cell again."

# Handed to a checker in place of an answer, it brings back the checker's Question; a function's checker has none.
ASK = type("Ask", (), {"__repr__": lambda self: "ASK"})()
