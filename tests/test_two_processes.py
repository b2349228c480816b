"""Chapter 17's processes: what they compute, and what is said when one of them fails."""

import os
import time

import pytest
import torch
from torch import nn

from cnnlib.course import two_processes
from cnnlib.course.two_processes import averaged, in_turn, run, training


def small(*norm):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), *norm, nn.ReLU(), nn.Linear(4, 3)).double()


def batch(n, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 5, dtype=torch.float64, generator=generator)
    return x, torch.randint(0, 3, (n,), generator=generator)


def whole(model, x, t):
    model.zero_grad()
    nn.functional.cross_entropy(model(x), t).backward()
    return [p.grad.clone() for p in model.parameters()]


def apart(a, b):
    return max((p - q).abs().max().item() for p, q in zip(a, b, strict=True))


def who(rank):
    return rank, torch.distributed.get_world_size()


def second_fails(rank):
    if rank == 1:
        raise ValueError("the second one fails")
    torch.distributed.barrier()


def second_dies(rank):
    if rank == 1:
        os._exit(3)
    torch.distributed.barrier()


def test_gradients_and_training_are_those_of_the_whole_batch_and_the_callers_model_stays_as_it_was():
    model, (x, t), batches = small(), batch(9, 1), [batch(6, k) for k in range(4)]
    before = [p.detach().clone() for p in model.parameters()]
    halves, uneven = [(x[:4], t[:4]), (x[4:8], t[4:8])], [(x[:7], t[:7]), (x[7:], t[7:])]
    jobs = [(averaged, model, halves), (averaged, model, uneven), (averaged, model, uneven, True),
            (training, model, batches, 0.1), (who,)]
    first, second = run(in_turn, jobs)
    assert apart(model.parameters(), before) == 0 and all(p.grad is None for p in model.parameters())
    assert first[4] == (0, 2) and second[4] == (1, 2)
    for even, plain, weighted, *_ in (first, second):
        assert apart(even, whole(model, x[:8], t[:8])) < 1e-14
        assert apart(weighted, whole(model, x, t)) < 1e-14 < 1e-3 < apart(plain, whole(model, x, t))
    alone = small()
    optimizer = torch.optim.SGD(alone.parameters(), lr=0.1, momentum=0.9)
    for part in batches:
        whole(alone, *part)
        optimizer.step()
    for _, _, _, state, _ in (first, second):
        assert apart(state.values(), alone.state_dict().values()) < 1e-14
    assert apart(alone.parameters(), before) > 1e-3


@pytest.fixture
def left():
    """Which processes of those started in a test still run; an engine's worker may be left by another test."""
    before = set(torch.multiprocessing.active_children())
    return lambda: set(torch.multiprocessing.active_children()) - before


@pytest.mark.parametrize("work, error, words", [
    (second_fails, torch.multiprocessing.ProcessRaisedException, "the second one fails"),
    (second_dies, torch.multiprocessing.ProcessExitedException, "process 1 terminated with exit code 3"),
])
def test_a_process_that_fails_is_named_and_the_others_end(work, error, words, left):
    with pytest.raises(error, match=words):
        run(work)
    assert not left()


def test_processes_that_take_too_long_are_ended(left):
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"2 processes were not done after 0\.1 seconds"):
        run(second_dies, seconds=0.1)
    assert not left() and time.monotonic() - start < 60


def test_a_function_of_a_notebook_is_refused_before_a_process_starts(monkeypatch):
    def work(rank):
        return rank

    monkeypatch.setattr(two_processes.mp, "spawn", None)
    work.__module__ = "__main__"
    with pytest.raises(ValueError, match="work is defined in a notebook"):
        run(work)
