"""One training, split over processes with PyTorch's own package ``torch.distributed`` (chapter 17).

    from cnnlib.course import two_processes
    first, second = two_processes.run(two_processes.averaged, model, [(x0, t0), (x1, t1)])

It stands in a file, and not in a cell, because each process starts with nothing and imports the function that it is to
run: what a notebook defines cannot be imported. The processes meet through a file, so no port has to be free, and talk
over this computer's loopback with ``gloo``, PyTorch's library for processors.
"""

import copy
import datetime
import os
import pathlib
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel

LOOPBACK = {"linux": "lo", "darwin": "lo0"}


def averaged(rank, model, parts, weighted=False):
    """Gradients of this process's part, averaged over all processes.

    Parameters
    ----------
    rank : int
        Which process this is, from 0.
    model : nn.Module
    parts : list of (x, t)
        A batch for each process: inputs and labels.
    weighted : bool, optional
        Count each process by its number of samples instead of all alike.

    Returns
    -------
    list of tensor
        One gradient for each parameter, the same in all processes.
    """
    x, t = parts[rank]
    model.zero_grad()
    nn.functional.cross_entropy(model(x), t).backward()
    total = sum(len(labels) for _, labels in parts)
    share = len(t) / total if weighted else 1 / len(parts)
    for p in model.parameters():
        p.grad *= share
        dist.all_reduce(p.grad)  # adds up over the processes
    return [p.grad for p in model.parameters()]


def in_turn(rank, jobs):
    """Several jobs, ``(work, *arguments)``, one after the other: starting a process takes seconds."""
    return [work(rank, *arguments) for work, *arguments in jobs]


def training(rank, model, batches, lr):
    """Steps of SGD in which each process sees its half of every batch; PyTorch averages the gradients.

    Parameters
    ----------
    rank : int
    model : nn.Module
    batches : list of (x, t)
        Whole batches of an even number of samples.
    lr : float

    Returns
    -------
    dict of str to tensor
        The trained model's ``state_dict``.
    """
    shared = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(shared.parameters(), lr=lr, momentum=0.9)
    for x, t in batches:
        mine = slice(rank, None, dist.get_world_size())
        optimizer.zero_grad()
        nn.functional.cross_entropy(shared(x[mine]), t[mine]).backward()
        optimizer.step()
    return model.state_dict()


def run(work, *arguments, processes=2, seconds=120):
    """Call ``work(rank, *arguments)`` in processes of their own that can talk to each other.

    Parameters
    ----------
    work : function
        In a module that the processes can import.
    *arguments
        Whatever pickle can carry; each process gets copies.
    processes : int, optional
    seconds : float, optional
        When to give up.

    Returns
    -------
    list
        What ``work`` returned, by rank.

    Raises
    ------
    ValueError
        If ``work`` was defined in a notebook.
    TimeoutError
        If they are not done in time; they are ended.
    torch.multiprocessing.ProcessRaisedException, torch.multiprocessing.ProcessExitedException
        If a process fails (with its traceback) or dies. The others are ended.
    """
    if getattr(work, "__module__", None) == "__main__":
        raise ValueError(f"work: {work.__name__} is defined in a notebook or script, and a new process cannot import "
                         "it; put it into a file of its own")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        context = mp.spawn(_process, (processes, folder, seconds, work, arguments), nprocs=processes, join=False)
        end = time.monotonic() + seconds
        try:
            while not context.join(timeout=0.2):
                if time.monotonic() > end:
                    raise TimeoutError(f"{processes} processes were not done after {seconds} seconds")
        finally:
            for process in context.processes:
                if process.is_alive():
                    process.kill()
                process.join()
        return [torch.load(pathlib.Path(folder, f"{rank}.pt")) for rank in range(processes)]


def _process(rank, processes, folder, seconds, work, arguments):
    """The whole life of one process: meet the others, work, leave the result in a file."""
    torch.set_num_threads(1)
    arguments = copy.deepcopy(arguments)  # tensors arrive in shared memory: a step would move everybody's weights
    if sys.platform in LOOPBACK:
        os.environ["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    store = dist.FileStore(str(pathlib.Path(folder, "meeting")), processes)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=processes,
                            timeout=datetime.timedelta(seconds=seconds))
    torch.save(work(rank, *arguments), pathlib.Path(folder, f"{rank}.pt"))
    dist.destroy_process_group()  # not after an error: the one who failed should report before the others notice
