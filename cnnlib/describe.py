"""Describing what a run was set up with, so that a later session can tell whether it is the same.

An option is compared by what it does, not by where it lies in memory: a function by its name, an object by its class
and its settings, an array by its content. `describe` puts that into text and dicts, which a checkpoint keeps.

Not everything can be told apart so. A lambda or a function defined inside a function has no name of its own; an
object written in C may hide its settings. Taking two of them for the same because they look alike would let a changed
option pass in silence, so `describe` refuses them, and says what to write instead.

A name says what a function does only as long as nobody rewrites it, and in a notebook or a script that is what one
does. So functions and classes that were not installed are compared by their code as well: by what Python compiled, so
that comments, documentation, annotations and layout may change, and the version of Python may not. What that code in
turn calls by name, or reads from global names and files, is not compared.
"""

import contextlib
import copyreg
import dis
import enum
import functools
import hashlib
import pathlib
import sys
import sysconfig
import types

import numpy as np

NAMED = (
    "write it as a function (def ...) at the top level of a module or a notebook, and give it its settings with "
    "functools.partial(function, setting=value)"
)
PLAIN = (
    "use a function at the top level of a module, a functools.partial of one, or an object whose attributes are "
    "settings: numbers, strings, arrays, and tuples, lists and dicts of them"
)
SIMPLE = (type(None), bool, int, float, complex, str, bytes, range, type(...))
CONTENT = (dict, list, tuple, set, frozenset, str, bytes, int, float, complex, np.ndarray)
# What Python itself puts into a class, some of it later: names, documentation, and what follows from the rest.
MACHINERY = {
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__",
    "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__abstractmethods__", "_abc_impl",
    "__orig_bases__", "__parameters__", "__type_params__", "__dataclass_params__", "__slotnames__",
}  # fmt: skip
HEAP_TYPE, IMMUTABLE_TYPE = 1 << 9, 1 << 8  # flags of classes: what a class statement makes is the one, not the other
HAS_DOCSTRING = 1 << 26  # a flag of code, from Python 3.14 on
_CACHE = "cache_parameters"  # what functools.lru_cache tells of itself
INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def describe(value, name="value"):
    """Describe an option: the same in every session for options that do the same.

    Parameters
    ----------
    value : object
        A number, string, array, tuple, list, dict, function, ``functools.partial``, method, or an object with such
        attributes.
    name : str
        What to call it in errors.

    Returns
    -------
    str or dict
        JSON can hold it. In a dict, "is" says what it is, and the rest are its settings.

    Raises
    ------
    ValueError
        If there is no telling whether it will be the same: a lambda, a function inside a function, an object that
        hides its settings or contains itself.

    Examples
    --------
    >>> describe(0.5), describe(len), describe(np.zeros((2, 3), np.float32))
    ('0.5', 'builtins.len', '(2, 3) float32 with checksum 9d908ecfb6b256de')
    >>> describe(functools.partial(round, ndigits=2))
    {'is': 'functools.partial', 'its function': 'builtins.round', 'ndigits': '2'}
    """
    try:
        return _Walk().describe(value, name)
    except RecursionError:
        raise _refusal(name, "nested too deeply", PLAIN) from None


def describe_as(cls, settings, name):
    """Describe an object of class ``cls`` by these of its ``settings`` (a dict), as `describe` does by all of them."""
    walk = _Walk()
    named = walk.named(cls, f"the class of {name}")
    return (named if isinstance(named, dict) else {"is": named}) | walk.settings(settings, name)


def differences(there, here, name):
    """Yield a line for each place in which two descriptions differ: what is in the file, and what is here."""
    if isinstance(there, dict) and isinstance(here, dict) and there.get("is") == here.get("is"):
        for key in {**here, **there}:
            yield from differences(there.get(key), here.get(key), f"{name}.{key}".replace(".[", "["))
    elif there != here:
        yield f"{name}: {_outline(there)} in the file, {_outline(here)} here"


def _outline(description):
    """A description on one line."""
    if description is None:
        return "nothing"
    if isinstance(description, str):
        return description
    if description["is"] in ("tuple", "list"):
        items = ", ".join(_outline(v) for k, v in description.items() if k != "is")
        return f"[{items}]" if description["is"] == "list" else f"({items})"
    settings = ", ".join(f"{k}={_outline(v)}" for k, v in description.items() if k not in ("is", "its code"))
    text = f"{description['is']}({settings})"
    return text if len(text) <= 300 else f"{text[:300]}..."


def _refusal(name, what, advice):
    return ValueError(
        f"{name} is {what}: there is no telling whether a later session brings the same, so that no checkpoint can "
        f"be made. Instead, {advice}"
    )


class _Walk:
    """A walk through an option and all that it consists of."""

    def __init__(self):
        self.above = []  # what contains what is being described,
        self.bodies = []  # and the functions whose code is
        self.known = {}  # what has been described, by id; kept with its object, so that no other gets that id

    def describe(self, value, name):
        """Describe ``value``; ``name`` says where it was found."""
        if type(value) in SIMPLE or isinstance(value, np.generic):
            return repr(value)
        if any(value is other for other in self.above):
            raise _refusal(name, "an object that contains itself", PLAIN)
        if id(value) not in self.known:
            with _on(self.above, value):
                self.known[id(value)] = value, self._composed(value, name)
        return self.known[id(value)][1]

    def _composed(self, value, name):
        if type(value) in (np.ndarray, np.memmap):
            return self._array(value, name)
        if isinstance(value, np.dtype):
            return f"dtype {value}"
        if isinstance(value, (np.random.Generator, np.random.RandomState, np.random.BitGenerator)):
            state = value.get_state(legacy=False) if isinstance(value, np.random.RandomState) else _bits(value).state
            return {"is": _path(type(value)), "state": self.describe(state, f"{name}.state")}
        if isinstance(value, pathlib.PurePath):
            return f"{type(value).__name__}({str(value)!r})"
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        if isinstance(value, enum.Enum):
            named = self.named(type(value), f"the class of {name}")
            described = {"is": f"{_path(type(value))}.{value.name}"}
            described |= {"its code": named["its code"]} if isinstance(named, dict) else {}
            return described | {"value": self.describe(value.value, f"{name}.value")}
        if type(value) is functools.partial:
            function = self.describe(value.func, f"the function of {name}")
            return {"is": "functools.partial", "its function": function, **self._items(value.args, name),
                    **self.settings(value.keywords, name)}  # fmt: skip
        if isinstance(value, types.MethodType):
            function = self._body(value.__func__, name) if _own(value.__func__.__module__) else ""
            return {"is": f"method {value.__func__.__qualname__}", "its code": function,
                    "its object": self.describe(value.__self__, f"the object of {name}")}  # fmt: skip
        bound = getattr(value, "__self__", None) if isinstance(value, types.BuiltinMethodType) else None
        if bound is not None and not isinstance(bound, types.ModuleType):
            return {"is": f"method {value.__qualname__}", "its object": self.describe(bound, f"the object of {name}")}
        if isinstance(value, type):
            named = self.named(value, name)
            return f"class {named}" if isinstance(named, str) else named | {"is": f"class {named['is']}"}
        if isinstance(value, types.FunctionType) or (_made_in_c(type(value)) and _found(value)):
            return self.named(value, name)
        return self._object(value, name)

    def _items(self, values, name):
        return {f"[{i}]": self.describe(item, f"{name}[{i}]") for i, item in enumerate(values)}

    def settings(self, settings, name):
        """Describe attributes or keywords."""
        return {key: self.describe(item, f"{name}.{key}") for key, item in settings.items()}

    def _array(self, value, name):
        if value.dtype.hasobject:
            return {"is": f"{value.shape} object", **self._items(value.ravel().tolist(), name)}
        numbers = value.dtype.kind in "biufc"  # dates and records offer no buffer
        digest = hashlib.sha256(np.ascontiguousarray(value).data if numbers else value.tobytes()).hexdigest()[:16]
        return f"{value.shape} {value.dtype} with checksum {digest}"

    # ------------------------------------------------------------- functions and classes: by name, and by code

    def named(self, value, name):
        """Describe a function or a class."""
        kind = "class" if isinstance(value, type) else "function"
        if getattr(value, "__name__", "") == "<lambda>":
            raise _refusal(name, "a lambda", NAMED)
        if not _found(value):
            where = "defined inside a function" if "<locals>" in value.__qualname__ else "not to be found by its name"
            raise _refusal(name, f"a {kind} {where} ({_path(value)})", NAMED)
        if not _own(value.__module__):
            return _path(value)
        return {"is": _path(value), "its code": (self._class_body if kind == "class" else self._body)(value, name)}

    def _class_body(self, cls, name):
        """What the methods of a class do, and the settings that all its objects share."""
        if any(cls is other for other in self.bodies):
            return "itself"
        shared = {"bases": [_path(base) for base in cls.__mro__]}
        with _on(self.bodies, cls):
            shared["metaclass"] = self.named(type(cls), f"the metaclass of {name}")
            for base in cls.__mro__:
                if base is not object and _own(base.__module__):
                    for key, item in sorted(_content(base).items()):
                        where = f"{base.__qualname__}.{key}"
                        shared[where] = self._in_class(item, f"{where}, of the class of {name},")
        return _digest(shared)

    def _in_class(self, item, name):
        """Describe what stands in a class: a method of any kind, or a setting."""
        if isinstance(item, types.FunctionType):
            return self._body(item, name)
        if isinstance(item, (staticmethod, classmethod)):
            return [type(item).__name__, self._in_class(item.__func__, name)]
        if isinstance(item, property):
            return ["property", *(f and self._in_class(f, name) for f in (item.fget, item.fset, item.fdel))]
        if type(item) is functools.cached_property:
            return ["cached_property", self._in_class(item.func, name)]
        if type(item) is functools.partialmethod:
            function = self._in_class(item.func, name)
            return ["partialmethod", function, self._items(item.args, name), self.settings(item.keywords, name)]
        if isinstance(item, (types.MemberDescriptorType, types.GetSetDescriptorType)):
            return "a slot"
        return self.describe(item, name)

    def _body(self, function, name):
        """What a function does: its code, its defaults, its attributes, and what a decorator put around it."""
        attributes = {k: v for k, v in getattr(function, "__dict__", {}).items() if k not in ("__wrapped__", _CACHE)}
        function = getattr(function, "__wrapped__", function) if not hasattr(function, "__code__") else function
        if not hasattr(function, "__code__"):
            raise _refusal(name, f"a {type(function).__name__} whose code cannot be read ({_path(function)})", PLAIN)
        if any(function is other for other in self.bodies):
            return "itself"
        with _on(self.bodies, function):
            closed = [self._closed_over(cell, name) for cell in function.__closure__ or ()]
            defaults = self._items(function.__defaults__ or (), name)
            defaults |= self.settings(function.__kwdefaults__ or {}, name)
            attributes = self.settings(attributes, name)
        return _digest([_compiled(function.__code__), closed, defaults, attributes])

    def _closed_over(self, cell, name):
        """What a decorator's function holds on to: the function that it decorates, its own settings."""
        try:
            item = cell.cell_contents
        except ValueError:  # empty
            return ""
        if isinstance(item, types.FunctionType):
            return self._body(item, name)
        # A method with super() holds on to its class; after dataclass(slots=True) to what that class was made of.
        if isinstance(item, type) and any(isinstance(o, type) and _path(item) == _path(o) for o in self.bodies):
            return "itself"
        return self.describe(item, f"what {name} holds on to")

    # ------------------------------------------------------------- objects: by class and settings

    def _object(self, value, name):
        """Describe an object by its class, its content if it is a kind of list or dict, and its attributes."""
        cls = type(value)
        made_in_c = [base for base in cls.__mro__ if base is not object and _made_in_c(base)]
        described = {"is": _path(cls)}
        if not _made_in_c(cls):
            named = self.named(cls, f"the class of {name}")
            described = named if isinstance(named, dict) else {"is": named}
        if not all(base in CONTENT for base in made_in_c):
            return described | self._reduced(value, name)
        if isinstance(value, dict):
            labels = [f"[{key!r}]" if isinstance(key, str) else f"[{i}]" for i, key in enumerate(value)]
            described |= {"its keys": self.describe(tuple(value), f"the keys of {name}")} if value else {}
            values = zip(labels, value.values(), strict=True)
            described |= {label: self.describe(item, f"{name}{label}") for label, item in values}
        elif isinstance(value, (set, frozenset)):  # in an order that is the same in every session
            items = sorted((self.describe(item, f"an item of {name}") for item in value), key=_digest)
            described |= {f"[{i}]": item for i, item in enumerate(items)}
        elif isinstance(value, (list, tuple)):
            described |= self._items(value, name)
        elif isinstance(value, np.ndarray):
            described |= {"its values": self._array(value.view(np.ndarray), name)}
        elif made_in_c:
            described |= {"its value": made_in_c[0].__repr__(value)}
        state = object.__getstate__(value) if not _made_in_c(cls) else None  # whatever a class of its own would hide
        for attributes in state if isinstance(state, tuple) else (state,):
            described |= self.settings(_without_memory(cls, attributes or {}), name)
        return described

    def _reduced(self, value, name):
        """Describe an object made in C by what it would be pickled as."""
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            made = value.__reduce_ex__(4) if reduce is None else reduce(value)
        except Exception:
            raise _refusal(name, f"a {_path(type(value))}, whose settings cannot be read", PLAIN) from None
        if isinstance(made, str):  # the name of something that there is once
            if not _found(value) and getattr(np, made, None) is not value:
                raise _refusal(name, f"a {_path(type(value))} not to be found by its name ({made})", NAMED)
            return {"its name": made}
        function, arguments, state, items, pairs = (*made, None, None, None)[:5]
        parts = {"arguments": arguments, "state": state, "items": items and list(items), "pairs": pairs and list(pairs)}
        return {"made by": _path(function), **self.settings({k: v for k, v in parts.items() if v is not None}, name)}


@contextlib.contextmanager
def _on(stack, value):
    stack.append(value)
    try:
        yield
    finally:
        stack.pop()


def _path(value):
    """The qualified name of a function or a class."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", type(value).__name__)
    return name if module == "builtins" and isinstance(value, type) else f"{module}.{name}"


def _found(value):
    """Whether ``value`` is what stands under its name in its module."""
    found = sys.modules.get(getattr(value, "__module__", None) or "builtins")
    for part in getattr(value, "__qualname__", getattr(value, "__name__", "")).split("."):
        found = getattr(found, part, None)
    return found is value


def _bits(generator):
    return getattr(generator, "bit_generator", generator)


def _own(module):
    """Whether a module is neither cnnlib's nor installed: whoever runs this may have changed it."""
    if module == "__main__":
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return str(module).split(".")[0] not in ("cnnlib", "builtins") and not file.startswith(INSTALLED)


def _made_in_c(cls):
    """Whether a class has a layout of its own, which its attributes do not show."""
    new = cls.__new__
    if not cls.__flags__ & HEAP_TYPE or cls.__flags__ & IMMUTABLE_TYPE:
        return True
    return isinstance(new, types.BuiltinFunctionType) and new.__self__ is cls


# What every enumeration is given by Python.
FROM_ENUM = [getattr(item, "__func__", item) for item in vars(enum.Enum).values()]


def _content(cls):
    """What a class statement put into a class; of an enumeration the methods, and the values of the members."""
    content = {key: item for key, item in vars(cls).items() if key not in MACHINERY}
    if "__dataclass_fields__" in content:  # all but the metadata is in the methods
        fields = content.pop("__dataclass_fields__")
        content["metadata"] = {key: dict(field.metadata) for key, field in fields.items()}
    if issubclass(cls, enum.Enum):
        methods = (types.FunctionType, staticmethod, classmethod)
        own = {key: item for key, item in content.items() if getattr(item, "__func__", item) not in FROM_ENUM}
        content = {key: item for key, item in own.items() if isinstance(item, methods)}
        content["members"] = {key: item.value for key, item in cls.__members__.items()}
    return content


def _without_memory(cls, attributes):
    """Leave out what layers and losses of cnnlib keep for their backward."""
    ours = any(base.__module__.split(".")[0] == "cnnlib" for base in cls.__mro__)
    return {key: item for key, item in attributes.items() if not (ours and key == "_saved")}


def _compiled(code):
    """What Python compiled, without file, lines and documentation."""
    constants = [_compiled(item) if isinstance(item, types.CodeType) else _constant(item) for item in code.co_consts]
    loaded = {instruction.arg for instruction in dis.get_instructions(code) if instruction.opcode in dis.hasconst}
    if constants and 0 not in loaded:  # documentation, if there is some; else None. The same text may be in use, too
        constants[0] = None
    flags = code.co_flags & ~HAS_DOCSTRING
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [code.co_code.hex(), code.co_exceptiontable.hex(), flags, code.co_names, arguments, constants]


def _constant(value):
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def _digest(value):
    """A checksum, with the version of Python, on which what is compiled depends."""
    checksum = hashlib.sha256(repr(value).encode()).hexdigest()[:16]
    return f"Python {sys.version_info[0]}.{sys.version_info[1]}, checksum {checksum}"
