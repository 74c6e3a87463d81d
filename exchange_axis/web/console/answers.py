"""What several pages of the console ask of a request, and how a refusal is said on the page it belongs to."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.language import spoken
from schemas.gate.refusal import Refusal


def number_of(request: web.Request) -> int:
    """Of the path. Raises BadParameter."""
    text = request.match_info["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadParameter(name="number", wanted="1, 2, 3, …")
    return int(text)


def said_of(request: web.Request, refused: Refusal | None) -> tuple[str, str] | None:
    """Message and remedy in the page's language."""
    if refused is None:
        return None
    language = spoken(request)
    return refused.message(language), refused.remedy(language)
