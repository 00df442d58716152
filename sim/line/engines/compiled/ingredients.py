"""What a compiled function is made of: its own bytecode, and everything that the compiler freezes into it.

Numba compiles the functions that a function calls into it, and freezes the globals that it reads: constants, codes of
enumerations. Where any of them is said, however many files away, does not matter: they are found from the bytecode.
A comment, a docstring, or a function that nobody calls is no ingredient.
"""

from __future__ import annotations

import builtins
import dis
import hashlib
import inspect
from collections import deque
from collections.abc import Iterator
from enum import Enum
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

#: What comes from these is said by its name: their versions are circumstances.
LIBRARIES = ("builtins", "math", "numba", "numpy")
PLAIN = (bool, int, float, complex, str, bytes, type(None))


def digest(function: Any, *circumstances: str) -> str:
    """Return a name for everything that a function is made of, and for the circumstances under which it is compiled.

    Examples
    --------
    >>> limit = 3
    >>> def above(x):
    ...     return x > limit
    >>> before = digest(above)
    >>> limit = 4
    >>> digest(above) == before
    False
    >>> limit = 3
    >>> digest(above) == before
    True
    """
    lines = [*circumstances, *ingredients(function)]
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def ingredients(function: Any) -> list[str]:
    """Return a line for everything that a function is made of, in an order that follows from it alone.

    Raises
    ------
    TypeError
        For a kind of value that nobody has thought of here: better none than one that may change unnoticed.
    NameError
        For a name that is not defined yet.
    """
    return _Walk(function).lines


class _Walk:
    """From a function to all that it refers to, each once and by number."""

    def __init__(self, function: Any) -> None:
        self.lines: list[str] = []
        self._numbers: dict[int, int] = {}
        self._waiting: deque[FunctionType | type] = deque()
        self._describe(function)
        while self._waiting:
            thing = self._waiting.popleft()
            self.lines.append(f"{self._numbers[id(thing)]}: {self._line_of(thing)}")

    def _line_of(self, thing: FunctionType | type) -> str:
        if isinstance(thing, type):
            return self._record(thing)
        names = [f"{name} = {self._describe(value)}" for name, value in sorted(referred_to(thing).items())]
        defaults = self._describe((thing.__defaults__, tuple((thing.__kwdefaults__ or {}).items())))
        return f"function {thing.__qualname__} {_bytecode(thing.__code__, thing.__doc__)} {defaults} {names}"

    def _record(self, record: type) -> str:
        """A named tuple that is an argument: the compiler goes by the places of its fields."""
        fields: tuple[str, ...] = record._fields  # type: ignore[attr-defined]
        return f"record {record.__qualname__} {fields}"

    def _describe(self, value: Any) -> str:
        """Say a value in one line; a function is said later and has a number here."""
        function = getattr(value, "py_func", value)  # numba's, or one as it stands
        if isinstance(function, FunctionType):
            options = getattr(value, "targetoptions", {})
            return f"function {self._number(function)} {sorted(options.items())}"
        if isinstance(value, type) and issubclass(value, Enum):
            return f"{value.__qualname__} {[(member.name, member.value) for member in value]}"
        if isinstance(value, type) and hasattr(value, "_fields"):
            return f"record {self._number(value)}"
        if isinstance(value, Enum):
            return f"{type(value).__qualname__} {value.name} {value.value!r}"
        if isinstance(value, PLAIN):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, tuple):
            return f"({', '.join(self._describe(each) for each in value)})"
        if isinstance(value, np.dtype):
            return f"dtype {np.lib.format.dtype_to_descr(value)} {value.alignment}"
        if isinstance(value, np.ndarray | np.generic):
            return f"array {self._describe(value.dtype)} {value.shape} {value.tobytes().hex()}"
        name = getattr(value, "__name__", "")
        home = name if isinstance(value, ModuleType) else getattr(value, "__module__", None) or "builtins"
        if name and home.partition(".")[0] in LIBRARIES:
            return f"{home}.{name}"
        raise TypeError(f"don't know how to tell whether a {type(value).__name__} has changed: {value!r}")

    def _number(self, thing: FunctionType | type) -> int:
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = len(self._numbers)
            self._waiting.append(thing)
        return self._numbers[id(thing)]


def referred_to(function: FunctionType) -> dict[str, Any]:
    """Return what a function's bytecode reads from outside: globals, attributes of modules, and its closure.

    Types that annotate its arguments belong to it, for they say what the fields of its records are.

    Examples
    --------
    >>> import math
    >>> half = 0.5
    >>> def area(x):
    ...     return math.pi * (half * x) ** 2
    >>> referred_to(area)
    {'math.pi': 3.141592653589793, 'half': 0.5}
    """
    names = _names(function)
    values = {name: names[name] for name in function.__code__.co_freevars}
    for annotation in inspect.get_annotations(function).values():
        if isinstance(annotation, str) and hasattr(names.get(annotation), "_fields"):
            values[annotation] = names[annotation]
    for path in _paths(function.__code__):
        if path[0] not in names:
            raise NameError(f"{function.__qualname__} refers to '{path[0]}', which is not defined yet")
        value, depth = names[path[0]], 1
        while isinstance(value, ModuleType) and depth < len(path):
            value, depth = getattr(value, path[depth]), depth + 1
        values[".".join(path[:depth])] = value
    return values


def _names(function: FunctionType) -> dict[str, Any]:
    """Return everything that a function's code can see but its own variables."""
    closure = (cell.cell_contents for cell in function.__closure__ or ())
    return {**vars(builtins), **function.__globals__, **dict(zip(function.__code__.co_freevars, closure, strict=True))}


def _paths(code: CodeType) -> Iterator[tuple[str, ...]]:
    """Yield what code reads of globals, with the attributes that it goes on to: ("np", "nan")."""
    path: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if path and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            path = (*path, instruction.argval)
            continue
        if path:
            yield path
        path = (instruction.argval,) if instruction.opname == "LOAD_GLOBAL" else ()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _paths(constant)


def _bytecode(code: CodeType, documentation: str | None = None) -> str:
    """Say what code does, but not in which line of which file, nor what its docstring says."""
    constants = [
        _bytecode(constant) if isinstance(constant, CodeType) else f"{type(constant).__name__} {constant!r}"
        for constant in code.co_consts
        if documentation is None or constant != documentation
    ]
    arguments = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return f"{code.co_code.hex()} {code.co_exceptiontable.hex()} {constants} {arguments} {names}"
