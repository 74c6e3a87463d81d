"""Finds what a template says to people without `_()`: between tags, in attributes, Vietnamese in expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment

SAID_BY_NAME = frozenset({"Tiếng Việt", "English", "ĐẾN", "SHA-256"})
"""The same in any language: what the languages call themselves, the word on the stamp, a name."""
TRANSLATING = (["_"], ["gettext"], ["ngettext"])
_SPEAKING = re.compile(r'\b(?:title|alt|placeholder|aria-label|aria-description|value|content)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>", re.S)
_QUIET = re.compile(r'<(?:meta name="viewport"|meta name="color-scheme"|meta charset|link|script)[^>]*>', re.S)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ENTITY = re.compile(r"&#?\w+;")
_VIETNAMESE = re.compile(
    "[ăâđêôơưĂÂĐÊÔƠƯ\u00c0-\u00c3\u00c8-\u00ca\u00d2-\u00d5\u00e0-\u00e3\u00e8-\u00ea\u00f2-\u00f5\u1ea0-\u1ef9]"
)


def unmarked(source: str) -> list[str]:
    return [*_between(source), *_in_expressions(source)]


def _between(source: str) -> Iterator[str]:
    html = _QUIET.sub("", "".join(_literal(source)))
    for attribute in _SPEAKING.findall(html):
        if _WORD.search(attribute.replace("\0", " ")):
            yield f"attribute {attribute!r}"
    for text in _TAG.sub("\n", html).split("\n"):
        plain = _ENTITY.sub(" ", text).replace("\0", " ").strip()
        if _WORD.search(plain) and plain not in SAID_BY_NAME:
            yield f"text {plain!r}"


def _literal(source: str) -> Iterator[str]:
    """What stands outside of expressions; each expression is one NUL; what is inside {% trans %} is translated."""
    inside = False
    for _, kind, value in _environment().lex(source):
        if kind == "name" and value in ("trans", "endtrans"):
            inside = value == "trans"
        elif kind == "data" and not inside:
            yield value
        elif kind == "variable_begin":
            yield "\0"


def _in_expressions(source: str) -> Iterator[str]:
    """Vietnamese strings that are not an argument of a call that translates."""
    calls: list[str] = []
    before = ""
    for line, kind, value in _environment().lex(source):
        if kind == "operator" and value == "(":
            calls.append(before)
        elif kind == "operator" and value == ")" and calls:
            calls.pop()
        elif kind == "string" and calls[-1:] not in TRANSLATING and _is_vietnamese(value.strip("\"'")):
            yield f"line {line}: {value}"
        if kind != "whitespace":
            before = value


def _is_vietnamese(text: str) -> bool:
    return text not in SAID_BY_NAME and bool(_VIETNAMESE.search(text))


def _environment() -> Environment:
    return Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
