"""Every refusal of the project has its status, and trouble of our own tells nothing but its number."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import adapters
import exchange_axis
import schemas
import signing
from exchange_axis.errors import CheckFailed, ConsignmentConflict, NotFound
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.errors import StoreDamaged, StoreUnavailable
from exchange_axis.web.shared.problems import FAMILY, STATUS, language_of, problem_of, status_of
from schemas.findings import Finding, Stage
from schemas.gate.refusal import Refusal
from schemas.gate.xml_refusals import Doctype

PACKAGES = ("adapters.", "exchange_axis.", "schemas.", "signing.")
ABOVE = ("exchange_axis.commands.", "exchange_axis.demo.")
"""Beside or above the web, which imports neither: their refusals cannot get there."""
STATUSES = {400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 416, 421, 422, 429, 460, 500, 503, 507}


def refusals() -> Iterator[type[Refusal]]:
    for package in (adapters, exchange_axis, schemas, signing):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.startswith(PACKAGES) and not kind.__module__.startswith(ABOVE):
            yield kind


def test_every_refusal_has_its_status() -> None:
    kinds = list(refusals())
    assert len(kinds) > 200
    unplaced = {kind.code for kind in kinds if kind.code not in STATUS and kind.code.partition(".")[0] not in FAMILY}
    assert unplaced == set()
    assert set(STATUS.values()) | set(FAMILY.values()) <= STATUSES


def test_no_line_of_the_table_is_idle() -> None:
    codes = {kind.code for kind in refusals()}
    assert set(STATUS) <= codes
    assert set(FAMILY) <= {code.partition(".")[0] for code in codes}


class Unplaced(Refusal):
    code = "nowhere.placed"
    vi = en = "secret {detail}"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreUnavailable(reason="connection to 10.0.0.5 as axis: secret"), 503, "service.unavailable"),
        (StoreDamaged(reason="/var/lib/secret.db"), 500, "service.internal"),
        (RuntimeError("secret"), 500, "service.internal"),
        (Unplaced(detail="secret"), 500, "service.internal"),
    ],
)
def test_trouble_of_our_own_tells_its_number_only(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error, language="en", incident="7f3a")
    assert (problem.status, problem.code) == (status, code)
    assert "secret" not in problem.body().decode()
    assert "7f3a" in str(problem.document["remedy_en"])
    assert problem.headers.get("Retry-After") == ("5" if status == 503 else None)


def test_a_refusal_tells_everything() -> None:
    finding = Finding.of(Doctype(where="letter.edxml", line=2), Stage.GATE)
    rejection = Document(kind=DocumentKind.EVIDENCE, sha256="0" * 64, content=b"<Evidence/>")
    refused = SubmissionRefused((finding,), unchecked=("container",), evidence=rejection)
    document = problem_of(refused, language="vi", incident="-").document
    assert document["findings"] == [finding.as_dict()]
    assert document["unchecked"] == ["container"]
    assert document["evidence"] == {"sha256": "0" * 64, "document": "PEV2aWRlbmNlLz4="}
    assert document["title"] == document["vi"] != document["en"]
    assert document["type"] == "urn:exchange-axis:problem:submission.refused"


def test_a_conflict_is_409_however_it_is_wrapped() -> None:
    conflict = ConsignmentConflict(consignment_id="c")
    finding = Finding.of(conflict, Stage.DIRECTORY)
    evidence = Document(kind=DocumentKind.EVIDENCE, sha256="0" * 64, content=b"")
    for error in (conflict, CheckFailed((finding,)), SubmissionRefused((finding,), unchecked=(), evidence=evidence)):
        assert status_of(error) == 409
    assert status_of(CheckFailed((Finding.of(Doctype(), Stage.GATE),))) == 422
    assert status_of(NotFound(what="x")) == 404


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("vi, en", "vi"),
        ("en;q=0.4, vi;q=0.5", "vi"),
        ("de;q=1, en;q=0.1", "en"),
        ("en;q=abc", "vi"),
        (";;;,,,", "vi"),
        ("en" * 10_000, "vi"),
    ],
)
def test_language(accept: str, language: str) -> None:
    assert language_of(accept) == language
