"""CONTRIBUTING.md names every place that a new thing must fill, and nothing that exists leaves one empty."""

import re

import numpy as np
import places
import pytest

from cnnlib import layers, optim, schedules

GUIDE = (places.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
HEADINGS = {"operation": "## Adding an operation", "layer": "### A layer", "optimiser": "## Adding an optimiser",
            "schedule": "### A schedule", "chapter": "## Adding a chapter", "explorer": "## Adding an explorer"}
EVERYTHING = [(kind, thing) for kind, find in places.THINGS.items() for thing in find()]


@pytest.mark.parametrize("kind, thing", EVERYTHING, ids=[f"{kind}: {places.name_of(t)}" for kind, t in EVERYTHING])
def test_every_place_is_filled(kind, thing):
    assert not places.missing(kind, thing), f"{kind} {places.name_of(thing)}, see CONTRIBUTING.md"


@pytest.mark.parametrize("kind", places.PLACES)
def test_the_guide_names_every_place(kind):
    section = re.split(r"^##+ ", GUIDE[GUIDE.index(HEADINGS[kind]) + 4:], flags=re.M)[0]
    assert not [place.where for place in places.PLACES[kind] if place.where not in section]


def test_the_guide_names_only_what_exists():
    named = {name for name in re.findall(r"`([\w.-]+/[\w./-]*|[a-z-]+\.(?:md|txt|yml))`", GUIDE)
             if not re.search("NN|NAME|MODULE", name)}
    moved = {name: [name, name.removesuffix(".py"), f"{name}.py"] for name in named}  # a module may become a folder
    assert len(named) > 20
    assert not [name for name in named if not any((places.ROOT / form).exists() for form in moved[name])]


def test_there_is_something_of_each_kind():
    kinds = [kind for kind, _ in EVERYTHING]
    assert all(kinds.count(kind) >= 4 for kind in places.PLACES)


# Something new without its places is noticed, place by place


def frobnicate(x, power=2.0):
    """An operation that stands nowhere."""
    return x**power


class Frobnicate(layers.PairLayer):
    def __init__(self, power=2.0):
        super().__init__()


class Frob(optim.Optimizer):
    """An optimiser that stands nowhere."""


class FrobLR(schedules.Schedule):
    """A schedule that stands nowhere."""


NEW = {"operation": frobnicate, "layer": Frobnicate, "optimiser": Frob, "schedule": FrobLR,
       "chapter": places.Chapter("99_frobnication", []), "explorer": "frobnicate"}


@pytest.mark.parametrize("kind", NEW)
def test_each_missing_place_is_named(kind):
    empty = {line.partition(":")[0] for line in places.missing(kind, NEW[kind])}
    assert empty == {place.where for place in places.PLACES[kind]}


def test_a_new_pair_in_a_known_module_is_found(monkeypatch):
    from cnnlib import padding

    frobnicate_backward = lambda dy, x, power=2.0: dy * power * x ** (power - 1)  # noqa: E731
    monkeypatch.setattr(padding, "frobnicate", frobnicate, raising=False)
    monkeypatch.setattr(padding, "frobnicate_backward", frobnicate_backward, raising=False)
    assert frobnicate in places.operations()
    assert frobnicate_backward(1.0, np.float64(3.0)) == 6.0
