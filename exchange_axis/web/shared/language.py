"""In which language a page speaks, and its words: gettext catalogs whose keys are the Vietnamese texts themselves.

Vietnamese needs no catalog. One catalog an area of the pages, so that two areas never wait for one another.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

from aiohttp import hdrs, web

from exchange_axis.web.shared.problems import language_of
from schemas.gate.refusal import Language

AREAS: Final = ("shared", "desk", "sending", "people", "console")
"""Folders of exchange_axis/web that hold templates; each has its catalog."""
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
LANGUAGE_COOKIE: Final = "axis-language"


def spoken(request: web.BaseRequest) -> Language:
    """What the person chose, else what the browser asks for, else Vietnamese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    for language in LANGUAGES:
        if chosen == language:
            return language
    return language_of(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))


def later(text: str) -> str:
    """Marks a Vietnamese text of Python code for the catalogs; `_()` of a template or `word` translates it."""
    return text


def word(text: str, language: Language) -> str:
    return catalog(language).gettext(text)


@cache
def catalog(language: Language) -> NullTranslations:
    """All areas in one; a text that no catalog has is shown in Vietnamese (a test sees that there is none)."""
    found = NullTranslations()
    if language == "vi":
        return found
    folder = files("exchange_axis.web.shared") / "locale" / language / "LC_MESSAGES"
    for area in AREAS:
        compiled = folder / f"{area}.mo"
        if compiled.is_file():
            with compiled.open("rb") as file:
                one = GNUTranslations(file)
            one.add_fallback(found)
            found = one
    return found
