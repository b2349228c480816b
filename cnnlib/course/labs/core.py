"""The operations of ``core.js``, called from Python: how they are compared with those of ``cnnlib``."""

import functools
import json

import numpy as np

from cnnlib.course import _still

# Arrays travel as { shape, data }, which is what the core calls a tensor.
CALL = """
const revive = (v) => (v?.shape ? modules.core.tensor(v.shape, Float64Array.from(v.data)) : v);
const run = (name, given) => JSON.stringify(modules.core[name](...JSON.parse(given).map(revive)), list);
"""


@functools.cache
def _engine():
    context = _still.engine()
    context.eval(CALL)
    return context


def run(name, *arguments):
    """What a function of ``core.js`` returns. The package ``quickjs-ng`` runs it.

    Parameters
    ----------
    name : str
    *arguments
        Float arrays become tensors; numbers, lists and dicts (of options) stay what they are.

    Returns
    -------
    number, float array, or dict of these
        A dict where the function gives several things by name.

    Examples
    --------
    >>> run("conv2d", np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)), None, {"stride": 2})
    array([[[4.]]])
    """
    given = [{"shape": a.shape, "data": a.ravel().tolist()} if isinstance(a, np.ndarray) else a for a in arguments]
    context = _engine()
    context.set("given", json.dumps(given))
    return _array(json.loads(context.eval(f'run("{name}", given)')))


def _array(value):
    if not isinstance(value, dict):
        return value
    if value.keys() == {"shape", "data"}:
        return np.array(value["data"], dtype=np.float64).reshape(value["shape"])
    return {name: _array(part) for name, part in value.items()}
