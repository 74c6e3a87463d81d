"""Loaded functions made those of their file as it is now, so that a run begins with the project loaded.

A program that was changed inside functions only does from the next call on what it would do if it had been started with
the change, unless one of these functions ran while the program was loaded: then a table or a test may hang on what it
said. So calls are watched while everything is loaded, and `swap` refuses what it cannot do truly. Such a change is
tried in a process that loads the project afresh.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from cProfile import Profile
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

Place = tuple[str, int, str]
"""Of a function: file, line, and name with those of the classes and functions around it."""


class CannotSwap(Exception):
    """More would have to change than functions that nobody has called yet; which."""


class Loaded:
    """What `load` has loaded from the Python files of a folder."""

    def __init__(self, folder: Path, load: Callable[[], object]) -> None:
        self._folder = folder
        watch = Profile(subcalls=False, builtins=False)
        watch.runcall(load)
        called: list[CodeType | str] = [entry.code for entry in watch.getstats()]
        self._busy = {_place(code) for code in called if isinstance(code, CodeType)}
        self._sources = {str(path): path.read_bytes() for path in self._paths()}
        self._functions: dict[Place, list[FunctionType]] = {}
        gc.unfreeze()  # what was frozen while tests were collected is not listed
        for function in gc.get_objects():
            if type(function) is FunctionType and function.__code__.co_filename in self._sources:
                self._functions.setdefault(_place(function.__code__), []).append(function)

    def swap(self, file: str) -> None:
        """
        Raises:
            CannotSwap: nothing was changed.
        """
        path = self._folder / file
        if path.suffix != ".py":
            msg = f"{file} is no module"
            raise CannotSwap(msg)
        if str(path) not in self._sources:
            return  # nobody has loaded it: who does will load it as it is now
        sources = self._sources[str(path)], path.read_bytes()
        old, new = (compile(source, path, "exec", dont_inherit=True) for source in sources)
        for function, code in [*self._found(_changed(old, new))]:
            function.__code__ = code

    def _paths(self) -> Iterator[Path]:
        for module in [*sys.modules.values()]:
            path = Path(getattr(module, "__file__", None) or "/nowhere")
            if path.suffix == ".py" and path.is_relative_to(self._folder):
                yield path

    def _found(self, pairs: Iterator[tuple[CodeType, CodeType]]) -> Iterator[tuple[FunctionType, CodeType]]:
        for old, new in pairs:
            place = _place(old)
            functions = self._functions.get(place, [])
            if place in self._busy:
                raise CannotSwap(f"{place} ran while the project was loaded")
            if not functions or any(function.__code__ != old for function in functions):
                raise CannotSwap(f"{place} is not found, or there are two of it")
            for function in functions:
                yield function, new


def load_project(folder: Path, packages: tuple[str, ...]) -> None:
    """Every module of these packages, as far as it can be loaded without being run."""
    for package in packages:
        for path in sorted((folder / package).rglob("*.py")):
            if path.stem != "__main__":
                name = ".".join(path.relative_to(folder).with_suffix("").parts)
                importlib.import_module(name.removesuffix(".__init__"))


def _changed(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The functions of a module or class that differ, if nothing else does."""
    if _without_functions(old) != _without_functions(new):
        raise CannotSwap(f"{_place(old)} is changed outside functions")
    for before, after in zip(_inner(old), _inner(new), strict=True):
        if _is_function(before) != _is_function(after):
            raise CannotSwap(f"{_place(before)} is another kind of thing")
        if not _is_function(before):
            yield from _changed(before, after)
        elif not _alike(before, after):
            if _called_with(before) != _called_with(after):
                raise CannotSwap(f"{_place(before)} is called in another way")
            yield before, after


def _alike(old: CodeType, new: CodeType) -> bool:
    """Whether they do the same; they may stand in other lines."""
    inner, others = _inner(old), _inner(new)
    same = _without_functions(old) == _without_functions(new) and len(inner) == len(others)
    return same and all(map(_alike, inner, others))


def _without_functions(code: CodeType) -> tuple[Any, ...]:
    constants = [type(value) if isinstance(value, CodeType) else (type(value), repr(value)) for value in code.co_consts]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_name)
    return code.co_code, code.co_exceptiontable, code.co_flags, tuple(constants), names, _called_with(code)


def _called_with(code: CodeType) -> tuple[Any, ...]:
    """What shows from outside, also to whoever looked at it while it was loaded."""
    kinds = (code.co_posonlyargcount, code.co_argcount, code.co_kwonlyargcount)
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return code.co_name, code.co_flags, code.co_freevars, kinds, arguments


def _inner(code: CodeType) -> list[CodeType]:
    return [value for value in code.co_consts if isinstance(value, CodeType)]


def _is_function(code: CodeType) -> bool:
    """Not the body of a class."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_firstlineno, code.co_qualname
