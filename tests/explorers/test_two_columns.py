"""The two columns of chapter 17: shapes and counts are PyTorch's own, and the lines are lines that run."""

import numpy as np
import pytest
import torch
from torch import nn, optim

from cnnlib.course.figures import pytorch_explorers as explore
from cnnlib.criteria import CrossEntropyLoss
from cnnlib.layers import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from cnnlib.optim import SGD

LAYERS = BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
OURS = {cls.__name__: cls for cls in (*LAYERS, CrossEntropyLoss, SGD)}
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(explore.BATCH, 1, 12, 12)).astype(np.float32), RNG.integers(0, 10, explore.BATCH)


@pytest.fixture(scope="module")
def spaces():
    """Both programs, run: their names."""
    ours = {**OURS, "x": X, "t": T}
    theirs = {"nn": nn, "optim": optim, "torch": torch, "x": torch.tensor(X), "t": torch.tensor(T)}
    for column, space in enumerate((ours, theirs)):
        exec("\n".join(line[column] for line in explore.PROGRAM), space)
    return ours, theirs


def test_both_programs_run_and_make_the_same_shapes(spaces):
    ours, theirs = spaces
    assert ours["y"].shape == tuple(theirs["y"].shape) == (explore.BATCH, 10)
    assert [p.shape for p in ours["model"].parameters()] == [tuple(p.shape) for p in theirs["model"].parameters()]
    assert not ours["model"].training and not theirs["model"].training and not theirs["y"].requires_grad
    assert [type(a).__name__ for a in ours["model"]] == [type(b).__name__ for b in theirs["model"]]


def test_the_numbers_of_a_line_are_those_of_pytorch(spaces):
    model, seen = spaces[1]["model"], {}
    for k, part in enumerate(model):
        part.register_forward_hook(lambda _, given, out, k=k: seen.update({k: (given[0].shape, out.shape)}))
    model(torch.tensor(X))
    places = [line[2] for line in explore.PROGRAM if isinstance(line[2], int)]
    assert places == [0, 2, 3, 4, 6, 7, 8]  # a ReLU stands on the line of its pooling
    for line, (*_, place, _) in enumerate(explore.PROGRAM):
        found = explore.numbers(line)
        if isinstance(place, int):
            first = place - 1 if isinstance(model[place], nn.MaxPool2d) else place
            assert (seen[first][0], seen[place][1]) == (found["input"], found["output"])
            assert found["weights"] == [tuple(p.shape) for p in model[place].parameters()]
            assert found["parameters"] == sum(p.numel() for p in model[place].parameters())
        elif place in ("backward", "step"):
            assert found["weights"] == [tuple(p.shape) for p in model.parameters()]


@pytest.mark.parametrize("line", range(len(explore.PROGRAM)))
def test_a_frame_lights_its_line_in_both_columns_and_says_its_shapes(line):
    stage, caption = explore.draw(line)
    assert stage.count("outline:") == 1 and stage.count("data-set=") == len(explore.PROGRAM)
    lit = stage[stage.index("outline:"):].split("</tr>")[0].replace("<wbr>", "")
    for text in explore.PROGRAM[line][:2]:
        assert text.replace("'", "&#x27;") in lit
    found = explore.numbers(line)
    if found["output"] is not None:
        assert explore._text(found["output"]) in stage
    if found["parameters"]:
        assert f"{found['parameters']:,} parameters" in caption
    assert caption.startswith(f"Line {line}.")


def test_a_narrow_page_breaks_a_line_behind_a_bracket_or_a_dot():
    stage, _ = explore.draw(9)
    assert "opt = SGD(<wbr>model.<wbr>parameters(), lr=0.05)" in stage
