"""What `axis hub status` tells people about time-stamps and the clock: nothing while all is well."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import pytest

from exchange_axis.commands import hub
from exchange_axis.commands.context import Context
from exchange_axis.commands.output import Output
from schemas.gate.refusal import Language

_STAMPS = {"late": False, "waiting_since": None, "error": ""}
_LATE = {"late": True, "waiting_since": "2026-11-22T01:02:03Z", "error": "timestamp.unreachable"}
_CLOCK = {"right": True, "source": "", "offset": 0.0}
_WRONG = {"right": False, "source": "https://tsa.invalid", "offset": 61.5}


def _said(stamps: dict[str, Any], clock: dict[str, Any], language: Language) -> str:
    out = StringIO()
    context = SimpleNamespace(output=Output(language=language, out=out))
    hub._say_time(cast(Context, context), stamps, clock)
    return out.getvalue()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_is_said_while_all_is_well(language: Language) -> None:
    assert _said(_STAMPS, _CLOCK, language) == ""


@pytest.mark.parametrize(("language", "words"), [("vi", "chờ dấu thời gian"), ("en", "waits for a time-stamp")])
def test_a_late_time_stamp_is_named_with_its_reason(language: Language, words: str) -> None:
    said = _said(_LATE, _CLOCK, language)
    assert words in said
    assert "timestamp.unreachable" in said


@pytest.mark.parametrize(("language", "words"), [("vi", "ĐỒNG HỒ SAI"), ("en", "CLOCK IS WRONG")])
def test_a_wrong_clock_is_shouted(language: Language, words: str) -> None:
    said = _said(_STAMPS, _WRONG, language)
    assert words in said
    assert "https://tsa.invalid" in said
