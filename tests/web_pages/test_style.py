"""One stylesheet for all pages, and it and the pages know the same classes, colours and measures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import exchange_axis.web
from exchange_axis.web.shared.static_files import assets

WEB = Path(exchange_axis.web.__file__).parent
TEMPLATES = {file: file.read_text(encoding="utf-8") for file in sorted(WEB.rglob("*.html"))}
PROGRAMS = "\n".join(file.read_text(encoding="utf-8") for kind in ("*.py", "*.js") for file in sorted(WEB.rglob(kind)))
PLAIN = {"is-quiet"}
"""The button as it is, which the kit calls a tone like the others; it has no rule of its own."""
COLOUR = r"#[0-9a-fA-F]{3,8}\b|\brgb\("


def stylesheet() -> str:
    return re.sub(r"/\*.*?\*/", "", assets()["axis.css"].plain.decode(), flags=re.DOTALL)


def known() -> set[str]:
    """Classes that a selector names."""
    selectors = re.sub(r"\{[^{}]*\}", "{}", re.sub(r'"[^"]*"', "", stylesheet()))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def quoted(text: str) -> Iterator[str]:
    for pair in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'', text):
        yield from " ".join(pair).split()


def worn(text: str) -> Iterator[str]:
    """Classes of a template's elements; what ends in a hyphen goes on with a value, as in `is-{{ tone }}`."""
    for value in re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', text):
        for word in re.sub(r"\{\{(.*?)\}\}", _literals, re.sub(r"\{%.*?%\}", " ", value)).split():
            if re.fullmatch(r"[a-z][\w-]*", word):
                yield word


def _literals(found: re.Match[str]) -> str:
    return " ".join(["", *(word for word in quoted(found[1]) if word.startswith(("is-", "has-"))), ""])


def test_there_is_one_stylesheet() -> None:
    assert [name for name in assets() if name.endswith(".css")] == ["axis.css"]
    assert not [file.name for file, text in TEMPLATES.items() if re.search(r"<style|\bstyle=", text)]


def test_every_class_of_a_page_has_a_rule() -> None:
    rules = known() | PLAIN
    strange = {
        f"{file.name}: {word}"
        for file, text in TEMPLATES.items()
        for word in worn(text)
        if word not in rules and not (word.endswith("-") and any(rule.startswith(word) for rule in rules))
    }
    assert not strange


def test_every_rule_has_a_page() -> None:
    used = {word for text in TEMPLATES.values() for word in worn(text)}
    codes = [code for text in TEMPLATES.values() for code in re.findall(r"\{[{%](.*?)[%}]\}", text)]
    said = {word for code in codes for word in quoted(code)}
    values = said | set(quoted(PROGRAMS))
    continued = tuple(word for word in used if word.endswith("-"))
    idle = {
        rule
        for rule in known() - used - said
        if not any(rule.startswith(start) and rule.removeprefix(start) in values for start in continued)
        and f'"{rule}' not in PROGRAMS
    }
    assert not idle


def test_colours_and_measures_are_named_once() -> None:
    """Paper has its own black and white; all else has a token, and each token a use."""
    text = stylesheet()
    screen = text[: text.index("@media print")]
    rules = re.sub(r"--[\w-]+:[^;}]*", "", screen)
    assert not [line.strip() for line in rules.splitlines() if re.search(COLOUR, line)]
    given, taken = set(re.findall(r"(--[\w-]+):", text)), set(re.findall(r"var\((--[\w-]+)", text))
    assert (given - taken, taken - given) == (set(), set())


def test_dark_is_the_same_dark_by_choice_and_by_the_machine() -> None:
    def tokens(selector: str) -> dict[str, str]:
        body = stylesheet().split(selector, 1)[1].split("}", 1)[0]
        return {name: value.strip() for name, value in re.findall(r"(--[\w-]+):([^;]*);", body)}

    chosen = tokens(':root[data-theme="dark"] {')
    assert chosen == tokens(':root[data-theme="auto"] {')
    coloured = {name for name, value in tokens(":root {").items() if re.search(COLOUR, value)}
    assert coloured - set(chosen) == {
        "--practice", "--practice-bar", "--practice-deep", "--practice-mark", "--on-practice",
    }  # fmt: skip
