"""The page's modules, run without a browser: the first frame of an explorer that they draw.

Needed where notebooks are executed for committing, and in tests; a reader's Jupyter draws in the browser.
"""

import functools
import importlib.util
import json

import numpy as np

from cnnlib.course import bundle


def plain(data):
    """Arrays and NumPy's numbers as JSON has them; what is not finite is None.

    Parameters
    ----------
    data : dict, list, tuple, array, number or str

    Returns
    -------
    dict, list, number, str or None

    Examples
    --------
    >>> plain({"y": np.array([1.5, -np.inf]), "step": np.int64(3)})
    {'y': [1.5, None], 'step': 3}
    """
    if isinstance(data, dict):
        return {str(name): plain(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(value) for value in data]
    if isinstance(data, (np.ndarray, np.generic)):
        endless = data.dtype.kind == "f" and not np.isfinite(data).all()
        return plain(data.tolist()) if endless else data.tolist()
    return None if isinstance(data, float) and not np.isfinite(data) else data


def available():
    """Whether there is an engine to run the modules with (the package ``quickjs-ng``)."""
    return importlib.util.find_spec("quickjs") is not None


@functools.cache
def engine():
    """A JavaScript engine that holds all modules, as ``modules``."""
    import quickjs

    context = quickjs.Context()
    context.eval(bundle.modules())
    context.eval("const list = (name, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);")
    return context


def call(module, function, *arguments):
    """What a function of one of the modules returns.

    Parameters
    ----------
    module, function : str
    *arguments
        Anything that :func:`plain` takes.

    Returns
    -------
    object
        As JSON gives it.
    """
    context = engine()
    context.set("given", json.dumps(plain(arguments)))
    result = f'modules["{module}"].{function}(...JSON.parse(given)) ?? null'
    return json.loads(context.eval(f"JSON.stringify({result}, list)"))
