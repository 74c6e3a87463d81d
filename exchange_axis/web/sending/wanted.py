"""What somebody asks of the list of sent letters, out of an address and back into one."""

from __future__ import annotations

from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from exchange_axis.domain.stages import Stage
from exchange_axis.node.sent_list import Wanted
from exchange_axis.web.sending import words
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.language import later, word
from schemas.gate.refusal import Language

LENGTH: Final = 200


def wanted_of(request: web.Request) -> Wanted:
    """
    Raises:
        BadParameter.
    """
    given = {name: " ".join(value.split())[:LENGTH] for name, value in request.query.items()}
    try:
        first, last = (date.fromisoformat(given[name]) if given.get(name) else None for name in ("first", "last"))
        stage = Stage(given["stage"]) if given.get("stage") else None
    except ValueError as error:
        raise BadParameter(name="first | last | stage", wanted=f"2026-01-31; {' | '.join(Stage)}") from error
    if not all(day is None or 2000 <= day.year <= 2200 for day in (first, last)):
        raise BadParameter(name="first | last", wanted="2000–2200")
    return Wanted(text=given.get("q", ""), recipient=given.get("to", ""), first=first, last=last, stage=stage)


def query_of(wanted: Wanted, **more: str) -> str:
    days = {"first": wanted.first, "last": wanted.last}
    fields = {"q": wanted.text, "to": wanted.recipient, "stage": wanted.stage or ""}
    fields |= {name: day.isoformat() for name, day in days.items() if day is not None}
    return urlencode({name: value for name, value in (fields | more).items() if value})


def said(wanted: Wanted, language: Language) -> str:
    """For the head of a printed list."""
    parts = [
        (later("có các chữ"), wanted.text),
        (later("nơi nhận"), wanted.recipient),
        (later("từ ngày"), "" if wanted.first is None else f"{wanted.first:%d/%m/%Y}"),
        (later("đến ngày"), "" if wanted.last is None else f"{wanted.last:%d/%m/%Y}"),
        (later("trạng thái"), "" if wanted.stage is None else word(words.STAGES[wanted.stage][0], language)),
    ]
    told = [f"{word(name, language)} {value}" for name, value in parts if value]
    return ", ".join(told) or word(later("tất cả văn bản đã gửi"), language)
