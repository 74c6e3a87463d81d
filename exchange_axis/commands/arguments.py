"""The argument tree's parser: what was typed wrongly is refused in the form of every other refusal.

1. Nobody reads a message of `argparse` itself: it names functions of this program, and is in English only.
2. A value that does not fit is refused where it is read; whatever else is wrong `argparse` tells in a sentence, which
   _SAID knows. A sentence that it does not know becomes NotUnderstood, which is less exact and still in both languages.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

from exchange_axis.errors import AxisError

MOST: Final = 10**15
"""No number of a row, no count is larger: both databases have room for it."""
LISTINGS: Final = (".csv", ".xlsx")

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class WronglyCalled(AxisError):
    """Base: nothing was done. `prog` is the command as far as it was understood."""

    remedy_vi: ClassVar[str] = "Xem cách dùng: {prog} --help"
    remedy_en: ClassVar[str] = "See how it is used: {prog} --help"


class ValueNotFit(WronglyCalled):
    code: ClassVar[str] = "usage.value"
    vi: ClassVar[str] = "{argument} không nhận “{value}”: cần {wanted_vi}"
    en: ClassVar[str] = "{argument} does not take “{value}”: it wants {wanted_en}"


class NotAChoice(WronglyCalled):
    code: ClassVar[str] = "usage.choice"
    vi: ClassVar[str] = "{argument} không nhận “{value}”: chọn một trong {choices}"
    en: ClassVar[str] = "{argument} does not take “{value}”: choose one of {choices}"


class UnknownCommand(WronglyCalled):
    code: ClassVar[str] = "usage.command"
    vi: ClassVar[str] = "Không có lệnh “{value}”; sau {prog} là một trong {choices}"
    en: ClassVar[str] = "There is no command “{value}”; after {prog} comes one of {choices}"


class Missing(WronglyCalled):
    code: ClassVar[str] = "usage.missing"
    vi: ClassVar[str] = "Còn thiếu: {argument}"
    en: ClassVar[str] = "Still missing: {argument}"


class OneOf(WronglyCalled):
    code: ClassVar[str] = "usage.one-of"
    vi: ClassVar[str] = "Cần một trong các đối số: {argument}"
    en: ClassVar[str] = "One of these is needed: {argument}"


class NotTogether(WronglyCalled):
    code: ClassVar[str] = "usage.not-together"
    vi: ClassVar[str] = "Không dùng {argument} cùng với {other}"
    en: ClassVar[str] = "{argument} cannot go with {other}"
    remedy_vi: ClassVar[str] = "Bỏ một trong hai; xem {prog} --help"
    remedy_en: ClassVar[str] = "Leave one of them out; see {prog} --help"


class ValueMissing(WronglyCalled):
    code: ClassVar[str] = "usage.value-missing"
    vi: ClassVar[str] = "Sau {argument} cần có giá trị"
    en: ClassVar[str] = "{argument} needs a value after it"


class ValueUnasked(WronglyCalled):
    code: ClassVar[str] = "usage.value-unasked"
    vi: ClassVar[str] = "{argument} không đi kèm giá trị nào"
    en: ClassVar[str] = "{argument} takes no value"


class Ambiguous(WronglyCalled):
    code: ClassVar[str] = "usage.ambiguous"
    vi: ClassVar[str] = "{argument} có thể là nhiều tùy chọn: {other}"
    en: ClassVar[str] = "{argument} may mean several options: {other}"
    remedy_vi: ClassVar[str] = "Viết đủ tên tùy chọn"
    remedy_en: ClassVar[str] = "Write the whole name of the option"


class NotKnown(WronglyCalled):
    code: ClassVar[str] = "usage.unknown"
    vi: ClassVar[str] = "Không hiểu: {argument}"
    en: ClassVar[str] = "Not known here: {argument}"


class NotUnderstood(WronglyCalled):
    code: ClassVar[str] = "usage.not-understood"
    vi: ClassVar[str] = "Câu lệnh viết chưa đúng"
    en: ClassVar[str] = "The command is not written as it should be"


_SAID: Final[tuple[tuple[re.Pattern[str], type[WronglyCalled]], ...]] = (
    (re.compile(r"the following arguments are required: (?P<argument>.+)"), Missing),
    (re.compile(r"one of the arguments (?P<argument>.+) is required"), OneOf),
    (re.compile(r"argument (?P<argument>.+?): not allowed with argument (?P<other>.+)"), NotTogether),
    (re.compile(r"argument (?P<argument>.+?): expected .+"), ValueMissing),
    (re.compile(r"argument (?P<argument>.+?): ignored explicit argument .+"), ValueUnasked),
    (re.compile(r"(?:argument .+?: )?ambiguous option: (?P<argument>.+?) could match (?P<other>.+)"), Ambiguous),
    (re.compile(r"unrecognized arguments: (?P<argument>.+)", re.DOTALL), NotKnown),
)


def number(text: str) -> int:
    """An argument that counts something, or is the number of something: 0 at least."""
    if not (text.isascii() and text.isdigit()) or int(text) > MOST:
        raise ValueError(text)
    return int(text)


def day(text: str) -> date:
    """An argument that is a day, as 2026-11-22."""
    if not _DAY.fullmatch(text):  # the library reads other spellings of ISO 8601 too
        raise ValueError(text)
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    """An argument that is a time with its offset."""
    from exchange_axis.wire.times import MalformedTime, from_text

    try:
        return from_text(text)
    except MalformedTime as refusal:
        raise ValueError(text) from refusal


def listing(text: str) -> Path:
    """An argument that names the file of a list, by whose ending its kind is chosen."""
    if Path(text).suffix.lower() not in LISTINGS:
        raise ValueError(text)
    return Path(text)


WANTED: Final[Mapping[Callable[[str], Any], tuple[str, str]]] = {
    number: ("một số nguyên không âm", "a whole number that is not negative"),
    int: ("một số nguyên", "a whole number"),
    moment: (
        "một thời điểm có độ lệch giờ, như 2026-11-22T01:02:03Z",
        "a time with its offset, such as 2026-11-22T01:02:03Z",
    ),
    listing: ("một tệp .csv hoặc .xlsx", "a file .csv or .xlsx"),
    day: ("một ngày dạng NĂM-THÁNG-NGÀY, như 2026-11-22", "a day as YEAR-MONTH-DAY, such as 2026-11-22"),
}
"""What each reader of values takes, for people; one that is not here has its choices listed, or takes everything."""


class Usage(argparse.HelpFormatter):
    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "cách dùng / usage: " if prefix is None else prefix)


class Arguments(argparse.ArgumentParser):
    """Raises a WronglyCalled where its parent prints and ends the process; its help is in both languages."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"formatter_class": Usage, **options, "add_help": False})
        self._positionals.title, self._optionals.title = "đối số / arguments", "tùy chọn / options"
        self.add_argument("-h", "--help", action="help", help="in cách dùng này / print this help")

    def error(self, message: str) -> NoReturn:
        for pattern, refusal in _SAID:
            if found := pattern.fullmatch(message):
                said = found.groupdict()
                raise refusal(argument=said["argument"], other=said.get("other", ""), prog=self.prog)
        raise NotUnderstood(prog=self.prog)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        reader: Callable[[str], Any] = self._registry_get("type", action.type, action.type)
        try:
            return reader(arg_string)
        except ValueError:
            if action.choices is not None:
                self._not_a_choice(action, arg_string)
            vi, en = WANTED[reader]
        raise ValueNotFit(argument=name_of(action), value=arg_string, wanted_vi=vi, wanted_en=en, prog=self.prog)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            self._not_a_choice(action, str(value))

    def _not_a_choice(self, action: argparse.Action, value: str) -> NoReturn:
        choices = ", ".join(map(str, action.choices or ()))
        if isinstance(action, argparse._SubParsersAction):
            raise UnknownCommand(value=value, choices=choices, prog=self.prog)
        raise NotAChoice(argument=name_of(action), value=value, choices=choices, prog=self.prog)


def name_of(action: argparse.Action) -> str:
    """As it is typed, or as the help calls it."""
    if action.option_strings:
        return "/".join(action.option_strings)
    return str(action.metavar or action.dest)
