"""The auditor's questions as JSON: described, with definitions, cut to what he may see (R88).

That each leaves a row and keeps to the period is in `test_every_auditor_page`.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename
from referencing import Registry, Resource

from exchange_axis.hub.indicator_words import DEFINITIONS
from exchange_axis.hub.searching import Sees
from exchange_axis.web.console.api import API_TABLE
from exchange_axis.web.console.asker import Asker
from exchange_axis.web.console.auditor_pages import AUDITOR_RULES
from exchange_axis.web.shared.permissions import Caller
from tests.web_console.scenery import Console, auditors_console

MONTH = "unit=month&day=2026-03-02"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with auditors_console(tmp_path_factory.mktemp("hub")) as found:
        found.office.clock.advance(days=4)
        found.office.stand.hub.housekeeping()
        yield found


@cache
def spec() -> dict[str, Any]:
    found, _ = read_from_filename(str(resources.files("exchange_axis.web.console") / "auditor-v1.yaml"))
    return dict(found)


def asked(console: Console, place: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(console.base + place) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def faults(path: str, value: object) -> list[str]:
    registry: Registry[Any] = Registry().with_resource("spec", Resource.opaque(spec()))
    content = spec()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {"$ref": f"spec{content['schema']['$ref']}"}
    return [error.message for error in OAS31Validator(schema, registry=registry).iter_errors(value)]


def test_the_description_names_every_address_and_only_auditors_may_ask() -> None:
    validate(spec())
    assert {("GET", path) for path in spec()["paths"]} == {(method, path) for method, path, _ in API_TABLE}
    assert all(AUDITOR_RULES[method, path].callers == {Caller.AUDITOR} for method, path, _ in API_TABLE)


def test_answers_are_as_described_and_figures_bring_their_definitions(console: Console) -> None:
    status, found = asked(console, "/auditor/v1/search?text=57/BC-UBND&state=handed-over")
    assert status == 200 and faults("/auditor/v1/search", found) == []
    assert [one["title"] for one in found["lines"]] == ["57/BC-UBND"] and found["asked"]["text"] == "57/BC-UBND"
    assert found["definitions"]["handed-over"]["en"] and found["definitions"]["handed-over"]["vi"]
    _, letter = asked(console, f"/auditor/v1/letters/{console.id}")
    assert faults("/auditor/v1/letters/{id}", letter) == []
    assert len(letter["letters"][0]["history"]["deliveries"]) == 2
    _, board = asked(console, f"/auditor/v1/indicators?{MONTH}")
    assert faults("/auditor/v1/indicators", board) == []
    assert {one["code"]: one["means_en"] for one in board["numbers"]} == {one.code: one.means_en for one in DEFINITIONS}
    (sent,) = (one for one in board["numbers"] if one["code"] == "I2")
    _, behind = asked(console, f"/auditor/v1/indicators/behind?{MONTH}&counted={sent['counted']}")
    assert faults("/auditor/v1/indicators/behind", behind) == [] and len(behind["lines"]) == sent["value"]
    _, late = asked(console, "/auditor/v1/overdue")
    assert faults("/auditor/v1/overdue", late) == []
    assert {one["agency"] for one in late["lines"]} == {"H90.02"} and "apology" in late["definitions"]


def test_pages_follow_one_another_and_what_is_wrong_is_a_problem_document(console: Console) -> None:
    first = asked(console, f"/auditor/v1/indicators/behind?{MONTH}&counted=deliveries&max=1")[1]
    then = asked(console, f"/auditor/v1/indicators/behind?{MONTH}&counted=deliveries&max=1&after={first['next']}")[1]
    assert first["lines"][0]["delivery"] != then["lines"][0]["delivery"]
    for place, code in (
        ("search?max=0", "request.parameter"),
        ("search?side=x", "search.unusable"),
        ("overdue?after=x", "query.bad-cursor"),
        ("indicators?unit=x", "search.unusable"),
        ("letters/nothing", "request.not-found"),
    ):
        status, problem = asked(console, f"/auditor/v1/{place}")
        assert (400 <= status < 500, problem["code"]) == (True, code)


def test_what_is_outside_the_territory_is_not_there(console: Console) -> None:
    whole, console.asker = console.asker, Asker(name="Thanh tra B", sees=Sees(territories=("G90",)))
    try:
        assert asked(console, "/auditor/v1/search?text=57")[1]["lines"] == []
        assert asked(console, f"/auditor/v1/letters/{console.id}")[0] == 404
        assert asked(console, "/auditor/v1/overdue")[1]["lines"] == []
    finally:
        console.asker = whole
