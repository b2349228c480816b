"""A second process that takes half of every batch.

Threads inside BLAS help one large matrix product, but not thousands of small ones, and Python's own threads
take turns. So the other core gets a process with a copy of the model: the parameters lie in shared memory,
the half batch is put there, and out come its outputs and, on the way back, its gradients. Those are added
to the gradients of the first half, always in this order, so that a run can be repeated bit for bit.

An interrupt can come between any two instructions. Then nobody knows what the other process has read and what it has
yet to answer, and nobody has to: a worker counts as busy from before the first number is shared until after its answer
has been taken, and one that is found busy is ended, not used.
"""

import contextlib
import multiprocessing
import os
import select
import signal
import threading
import time
import weakref

import numpy as np
from threadpoolctl import threadpool_limits

AWAKE = 2e-3  # seconds


def awake(link):
    """Wait for a message without falling asleep, but not for long: to be woken takes a tenth of a millisecond."""
    if not hasattr(select, "poll"):  # Windows
        return
    watch, until = select.poll(), time.perf_counter() + AWAKE
    watch.register(link, select.POLLIN)
    while not watch.poll(0) and time.perf_counter() < until:
        pass


class OneThread:
    """BLAS keeps to one thread as long as there is a worker: each process has a core of its own."""

    workers, limits = 0, None

    @classmethod
    def begin(cls):
        if cls.workers == 0:
            cls.limits = threadpool_limits(1, user_api="blas")
        cls.workers += 1

    @classmethod
    def end(cls):
        cls.workers -= 1
        if cls.workers == 0:
            cls.limits.restore_original_limits()


ENDED = "the engine's second process has ended in the middle of its work: repeat the call, and it gets another"


class Ended(RuntimeError):
    """The second process is no more."""


class Worker:
    """A process that runs ``make(model)``, an engine of its own, on the batches that it is handed.

    Parameters
    ----------
    model : Sequential
    view : View
        Of the model: what the process knows of it, apart from the numbers in the parameters.
    make : function from model to engine
    size : int
        The most numbers that a batch may have.
    """

    ends = weakref.WeakSet()  # the links of all workers: a process that is forked must not keep those of others open

    def __init__(self, model, view, make, size):
        self.facts, self.parameters, self.size, self.owner = view.facts, view.parameters, size, os.getpid()
        self.keep_alive = view  # so that nothing that ``facts`` names by its number ceases to be
        self.busy, self.number = False, 0
        self.dtype = self.parameters[0].dtype
        total = sum(p.size for p in self.parameters)
        start = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(start)
        memory = context.RawArray("b", (2 * total + size) * self.dtype.itemsize)
        self.data, self.grads, self.x = _views(memory, self.parameters, self.dtype)
        self.link, other = context.Pipe()
        self.ends.add(self.link)
        arguments = (model, make, memory, other, list(self.ends) if start == "fork" else ())
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        OneThread.begin()
        self.close = weakref.finalize(self, _stop, self.link, self.process, self.owner)
        with _no_interrupts():
            self.process.start()
        other.close()

    def fits(self, view, x):
        """Whether this worker can be used for this model and a batch like ``x``."""
        return (self.facts == view.facts and self.size >= x.size and self.dtype == x.dtype and not self.busy
                and self.owner == os.getpid() and self.process.is_alive())

    @contextlib.contextmanager
    def work(self, task, *values, x=None):
        """Hand over a task, and half a batch; yields a function that waits for the answer.

        ``forward, keep`` and ``train, labels, total`` come with a batch, ``backward, dy`` comes without. After the
        latter two ``grads`` holds the gradients.

        Raises
        ------
        RuntimeError
            If the process has ended or has failed. It is not to be used again, as after any exception in the block.
        """
        self.busy = True
        if x is not None:
            for shared, parameter in zip(self.data, self.parameters, strict=True):
                shared[...] = parameter.data
            self.x[: x.size].reshape(x.shape)[...] = x
            values = x.shape, *values
        self.number += 1
        try:
            self.link.send((self.number, task, *values))
        except OSError:
            raise Ended(ENDED) from None
        yield self._answer
        self.busy = False

    def add_gradients(self):
        """Add what the process has found to the gradients of the parameters."""
        for parameter, grad in zip(self.parameters, self.grads, strict=True):
            parameter.add_grad(grad)

    def _answer(self):
        while True:
            try:
                awake(self.link)
                number, done, result = self.link.recv()
            except (EOFError, OSError):
                raise Ended(ENDED) from None
            if number == self.number:
                break
        if not done:
            raise RuntimeError(f"the engine's second process failed: {result}")
        return result


@contextlib.contextmanager
def _no_interrupts():
    """Keep Ctrl-C waiting, here and in the process that is made: it could die of it before it learns to ignore it."""
    before, pressed = signal.getsignal(signal.SIGINT), []
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def _views(memory, parameters, dtype):
    """The shared memory as arrays: one per parameter, one per gradient, and the rest for the batch."""
    flat, arrays, at = np.frombuffer(memory, dtype), [], 0
    for shape in [p.shape for p in parameters] * 2:
        size = int(np.prod(shape))
        arrays.append(flat[at : at + size].reshape(shape))
        at += size
    return arrays[: len(parameters)], arrays[len(parameters) :], flat[at:]


def _serve(model, make, memory, link, parents_ends):
    """What the process does until the other end of the link is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    for end in parents_ends:
        end.close()
    threadpool_limits(1, user_api="blas")
    engine = make(model)
    parameters = engine.parameters()
    data, grads, x = _views(memory, parameters, parameters[0].dtype)
    for parameter, shared in zip(parameters, data, strict=True):
        parameter.data = shared
    while True:
        try:
            awake(link)
            number, task, *values = link.recv()
            try:
                link.send((number, True, _work(engine, task, values, parameters, grads, x)))
            except Exception as problem:  # to be raised over there
                link.send((number, False, f"{type(problem).__name__}: {problem}"))
        except (EOFError, OSError):
            return


def _work(engine, task, values, parameters, grads, x):
    if task != "backward":
        shape, *values = values
        x = x[: int(np.prod(shape))].reshape(shape)
    if task == "forward":
        return engine(x, keep=values[0])
    for parameter in parameters:
        parameter.grad = None
    result = engine.backward(*values) if task == "backward" else engine.train(x, *values)
    for parameter, shared in zip(parameters, grads, strict=True):
        shared[...] = 0 if parameter.grad is None else parameter.grad
    return result


def _stop(link, process, owner):
    """End the process at once: there is nothing in it that would have to be put in order."""
    if os.getpid() != owner:  # a copy of the worker in a process that somebody forked
        return
    link.close()
    with contextlib.suppress(AssertionError, ValueError, AttributeError):  # it was never started
        process.kill()
        process.join()
    OneThread.end()
