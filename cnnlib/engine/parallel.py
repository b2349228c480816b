"""A second process that takes half of every batch.

Threads inside BLAS help one large matrix product, but not thousands of small ones, and Python's own threads
take turns. So the other core gets a process with a copy of the model: the parameters lie in shared memory,
the half batch is put there, and out come its outputs and, on the way back, its gradients. Those are added
to the gradients of the first half, always in this order, so that a run can be repeated bit for bit.
"""

import multiprocessing
import select
import signal
import time
import weakref

import numpy as np
from threadpoolctl import threadpool_limits

from cnnlib import layers as L

# Layers that treat every sample by itself and draw no random numbers: a batch may be split.
SEPARATE = (
    L.Linear, L.Conv2d, L.ConvTranspose2d, L.LayerNorm, L.PReLU, L.MaxPool2d, L.AvgPool2d, L.AdaptiveAvgPool2d,
    L.AdaptiveMaxPool2d, L.Identity, L.ReLU, L.LeakyReLU, L.Sigmoid, L.Tanh, L.ELU, L.GELU, L.SiLU, L.Softplus,
    L.ReLU6, L.Hardtanh, L.LogSigmoid, L.SELU, L.GroupNorm, L.Unfold, L.Fold,
    L.ZeroPad2d, L.ConstantPad2d, L.ReflectionPad2d, L.ReplicationPad2d, L.CircularPad2d,
)  # fmt: skip


def can_split(layers):
    """Whether a batch may be split between processes: batch norm and dropout, for two, look at all of it."""
    return all(
        type(layer) in SEPARATE or type(layer) is L.Flatten and layer.start_dim == 1 for layer in layers
    )


AWAKE = 2e-3  # seconds


def awake(link):
    """Wait for a message without falling asleep, but not for long: to be woken takes a tenth of a millisecond."""
    if not hasattr(select, "poll"):  # Windows
        return
    watch, until = select.poll(), time.perf_counter() + AWAKE
    watch.register(link, select.POLLIN)
    while not watch.poll(0) and time.perf_counter() < until:
        pass


class Worker:
    """A process that runs ``make(model)``, an engine of its own, on the batches that it is handed.

    Parameters
    ----------
    model : Sequential
    make : function from model to engine
    size : int
        The most numbers that a batch may have.
    """

    def __init__(self, model, make, size):
        self.parameters, self.size = model.parameters(), size
        dtype = self.parameters[0].dtype
        total = sum(p.size for p in self.parameters)
        start = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(start)
        memory = context.RawArray("b", (2 * total + size) * dtype.itemsize)
        self.data, self.grads, self.x = _views(memory, self.parameters, dtype)
        self.link, other = context.Pipe()
        self.limits = threadpool_limits(1, user_api="blas")  # two processes, one thread each
        arguments = (model, make, memory, other, self.link if start == "fork" else None)
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        other.close()
        self.close = weakref.finalize(self, _stop, self.link, self.process, self.limits)

    def forward(self, x, keep):
        """Hand over half a batch and return at once; `meanwhile` waits for the outputs."""
        self._share(x)
        self._send("forward", x.shape, keep)

    def backward(self, dy):
        """Hand over the upstream gradient; after `meanwhile`, ``grads`` holds the others."""
        self._send("backward", dy)

    def train(self, x, target, total):
        """Hand over all that a step needs; `meanwhile` waits for loss and outputs, and then ``grads`` is filled."""
        self._share(x)
        self._send("train", x.shape, target, total)

    def _share(self, x):
        for shared, parameter in zip(self.data, self.parameters, strict=True):
            shared[...] = parameter.data
        self.x[: x.size] = x.reshape(-1)

    def meanwhile(self, function, *arguments):
        """Return ``function(*arguments)``, and what the process makes of what was handed over last."""
        try:
            mine = function(*arguments)
        except BaseException:
            self._receive()
            raise
        done, other = self._receive()
        if not done:
            raise RuntimeError(f"the engine's worker process failed: {other}")
        return mine, other

    def _receive(self):
        try:
            awake(self.link)
            return self.link.recv()
        except (EOFError, OSError):
            raise RuntimeError("the engine's worker process has ended; close the engine or compile again") from None

    def _send(self, *message):
        try:
            self.link.send(message)
        except OSError:
            raise RuntimeError("the engine's worker process has ended; close the engine or compile again") from None


def _views(memory, parameters, dtype):
    """The shared memory as arrays: one per parameter, one per gradient, and the rest for the batch."""
    flat, arrays, at = np.frombuffer(memory, dtype), [], 0
    for shape in [p.shape for p in parameters] * 2:
        size = int(np.prod(shape))
        arrays.append(flat[at : at + size].reshape(shape))
        at += size
    return arrays[: len(parameters)], arrays[len(parameters) :], flat[at:]


def _serve(model, make, memory, link, parents_end):
    """What the process does until the other end of the link is closed."""
    if parents_end is not None:
        parents_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    threadpool_limits(1, user_api="blas")
    parameters = model.parameters()
    data, grads, x = _views(memory, parameters, parameters[0].dtype)
    for parameter, shared in zip(parameters, data, strict=True):
        parameter.data = shared
    engine = make(model)
    while True:
        try:
            awake(link)
            task, *values = link.recv()
            try:
                link.send((True, _work(engine, task, values, parameters, grads, x)))
            except Exception as problem:  # to be raised over there
                link.send((False, f"{type(problem).__name__}: {problem}"))
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


def _stop(link, process, limits):
    link.close()
    process.join(5)
    if process.is_alive():
        process.terminate()
    limits.restore_original_limits()
