"""A run that begins with swapped functions is one that was started with the change, or it is refused."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.prove.teeth.swapping import CannotSwap, Loaded

SOUND = """
import functools
from dataclasses import dataclass

LIMIT = 10


def doubled(number):
    return number * 2


TABLE = [doubled(number) for number in (1, 2, 3)]


def tripled(number):
    return number * 3


def above(least, step=1):
    def check(number):
        return number > least

    return check


def marked(function):
    @functools.wraps(function)
    def inside(*given):
        return function(*given)

    return inside


@marked
def named(name):
    return f"Mr {name}"


@dataclass(frozen=True, slots=True)
class Letter:
    size: int
    kind = "letter"

    @property
    def heavy(self):
        return self.size > LIMIT

    async def sent(self):
        return "sent"


KINDS = {
    "plain": lambda letter: letter.size,
    "twice": lambda letter: 2 * letter.size,
}
PAIR = (lambda: 1), (lambda: 1)
"""
SWAPPED = {
    "number * 3": "number * 4",
    "number > least": "number >= least",
    'f"Mr {name}"': 'f"Mrs {name}"',
    "self.size > LIMIT": "self.size < LIMIT",
    'return "sent"': 'return "lost"',
    "2 * letter.size": "(\n    3 * letter.size\n)",
}
REFUSED = {
    "LIMIT = 10": "LIMIT = 11",
    "number * 2": "number * 3",  # it made TABLE
    "(1, 2, 3)": "(1, 2, 4)",
    "step=1": "step=2",
    "def tripled(number)": "def tripled(amount, number=1)",
    "@marked\n": "",
    "return function(*given)": "return function(*given[:1])",  # its enclosing function ran, and made `named`
    "size: int": "size: int = 0",
    'kind = "letter"': 'kind = "status"',
    "async def sent": "def sent",
    "slots=True": "slots=False",
    "(lambda: 1), (lambda: 1)": "(lambda: 1), (lambda: 2)",  # which of the two it is cannot be told
    '    "plain": lambda letter: letter.size,\n': "",
}
_NUMBERS = itertools.count()


@pytest.fixture
def module(tmp_path: Path) -> Iterator[tuple[ModuleType, Loaded]]:
    """The module, and what has seen it load."""
    name = f"swapped_{next(_NUMBERS)}"
    path = tmp_path / "thing.py"
    path.write_text(SOUND, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    load = spec.loader.exec_module
    yield made, Loaded(tmp_path, lambda: load(made))
    del sys.modules[name]


def said(module: ModuleType) -> list[object]:
    """What everything in it says."""
    small, large = module.Letter(5), module.Letter(15)
    return [
        module.tripled(5),
        module.above(4)(4),
        module.named("An"),
        (small.heavy, large.heavy),
        asyncio.run(small.sent()),
        [kind(small) for kind in module.KINDS.values()],
        [one() for one in module.PAIR],
        module.TABLE,
    ]


@pytest.mark.parametrize(("old", "new"), SWAPPED.items())
def test_a_change_inside_functions(old: str, new: str, module: tuple[ModuleType, Loaded], tmp_path: Path) -> None:
    thing, loaded = module
    before, changed = said(thing), _changed(tmp_path, old, new)
    loaded.swap("thing.py")
    fresh: dict[str, object] = {"__name__": thing.__name__}
    exec(compile(changed, "fresh", "exec", dont_inherit=True), fresh)  # noqa: S102 # our own text
    anew = ModuleType("fresh")
    vars(anew).update(fresh)
    assert said(thing) == said(anew) != before


@pytest.mark.parametrize(("old", "new"), REFUSED.items())
def test_what_needs_loading_is_refused(old: str, new: str, module: tuple[ModuleType, Loaded], tmp_path: Path) -> None:
    thing, loaded = module
    before = said(thing)
    _changed(tmp_path, old, new)
    with pytest.raises(CannotSwap):
        loaded.swap("thing.py")
    assert said(thing) == before


def test_a_file_that_is_no_module_is_refused_and_one_that_nobody_loaded_needs_nothing(
    module: tuple[ModuleType, Loaded],
) -> None:
    _, loaded = module
    with pytest.raises(CannotSwap):
        loaded.swap("page.html")
    loaded.swap("other.py")


def _changed(folder: Path, old: str, new: str) -> str:
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    (folder / "thing.py").write_text(text, encoding="utf-8")
    return text
