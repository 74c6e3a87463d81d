"""Whatever is typed wrongly, at any command, is told in both languages, with a code, and in no library's words."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.commands.arguments import (
    WANTED,
    Ambiguous,
    Missing,
    NotAChoice,
    NotKnown,
    NotTogether,
    NotUnderstood,
    OneOf,
    UnknownCommand,
    ValueMissing,
    ValueNotFit,
    ValueUnasked,
    WronglyCalled,
)
from scripts.cli_page import commands
from tests.commands.running import typed

COMMANDS = dict(commands())
NONSENSE = "sao-hỏa"
TAKES_EVERYTHING = (None, str, Path)
_RAW = re.compile(
    r"invalid|argument |choose from|unrecogni|expected|fromisoformat|MadeBy|Profile|<|Traceback|required|allowed"
)
"""Of argparse's own sentences, and names of this program."""


def refused(parser: argparse.ArgumentParser, *words: str) -> WronglyCalled:
    """What is told; nothing may be printed, and nobody ends the process."""
    with pytest.raises(WronglyCalled) as told:
        parser.parse_args(words)
    refusal = told.value
    assert not isinstance(refusal, NotUnderstood), words
    for language in ("vi", "en"):
        text = f"{refusal.message(language)} {refusal.remedy(language)}"
        assert not _RAW.search(text.replace("không nhận", "")), text
        assert "{" not in text, text
    assert refusal.message("vi") != refusal.message("en")
    assert parser.prog in refusal.remedy("vi") or isinstance(refusal, Ambiguous)
    return refusal


def typed_arguments() -> Iterator[tuple[str, argparse.ArgumentParser, argparse.Action]]:
    for name, parser in COMMANDS.items():
        for action in parser._actions:
            if action.choices is not None or action.type not in TAKES_EVERYTHING:
                yield name, parser, action


def test_every_value_that_does_not_fit_is_refused_in_words() -> None:
    seen = set()
    for name, parser, action in typed_arguments():
        if action.option_strings:
            told = refused(parser, action.option_strings[-1], NONSENSE)
        else:
            told = refused(parser, *[NONSENSE] * 4)
        assert isinstance(told, NotAChoice if action.choices is not None else ValueNotFit), name
        assert NONSENSE in told.message("vi")
        assert NONSENSE in told.message("en")
        seen.add(action.type)
    assert {*WANTED, None} <= seen


def test_every_command_tells_what_is_missing_and_what_it_does_not_know() -> None:
    for parser in COMMANDS.values():
        needed = any(action.required for action in parser._actions)
        needed |= any(group.required for group in parser._mutually_exclusive_groups)
        told = refused(parser, "--khong-co")
        assert isinstance(told, NotKnown) or (needed and isinstance(told, Missing | OneOf))
        assert isinstance(refused(parser, "--lang"), ValueMissing)
        assert isinstance(refused(parser, "--quiet=1"), ValueUnasked)
        if needed:
            assert isinstance(refused(parser), Missing | OneOf)


def test_the_other_faults_have_words_too() -> None:
    deliveries = COMMANDS["hub deliveries"]
    assert isinstance(refused(deliveries, "--failed", "--waiting"), NotTogether)
    assert isinstance(refused(deliveries, "--l", "1"), Ambiguous)
    assert isinstance(refused(COMMANDS["hub resend"]), OneOf)
    for number in ("-1", "1.5", "٣", "9" * 30):
        assert isinstance(refused(deliveries, "--limit", number), ValueNotFit)
    for day in ("2026-13-40", "20261122", "2026-W47-7"):
        assert isinstance(refused(COMMANDS["hub tally"], day), ValueNotFit)


def test_a_group_without_its_command_and_a_command_that_is_not_there() -> None:
    groups = {" ".join(name.split()[:length]) for name in COMMANDS for length in range(len(name.split()))}
    for group in sorted(groups):
        words = group.split()
        for told, code in ((typed(*words), Missing.code), (typed(*words, NONSENSE), UnknownCommand.code)):
            assert (told.code, told.out) == (2, "")
            assert told.err.startswith(f"{code}: ")


def test_the_words_come_in_the_language_that_was_asked_for_or_in_both() -> None:
    wrong = ("hub", "tally", "2026-13-40")
    both = typed(*wrong).err.splitlines()
    assert [line for line in both if "cần một ngày" in line] == both[:1]
    assert [line for line in both if "it wants a day" in line] == both[2:3]
    assert typed(*wrong, "--lang", "en").err.splitlines() == both[2:]
    assert typed(*wrong, "--lang=vi").err.splitlines() == typed(*wrong, AXIS_LANG="vi").err.splitlines() == both[:2]
    told = typed(*wrong, "--json", "--quiet", "--lang", "en")
    assert (told.code, told.json["error"]["code"]) == (2, "usage.value")
    assert told.json["error"]["vi"].endswith("như 2026-11-22")
