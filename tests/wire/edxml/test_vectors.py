"""The committed vectors: what each packet is read as, or the codes with which it is refused or marked."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.domain.letter import Letter, StatusReport
from exchange_axis.wire.edxml import ReadLetter, ReadStatus, document_key, match, read_letter, read_status
from schemas.findings import Finding, Severity
from schemas.gate.refusal import Refusal
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from tests.vectors.edxml import make

FOLDER = Path(__file__).parents[2] / "vectors" / "edxml"
INDEX = json.loads((FOLDER / "index.json").read_text("utf-8"))
AT = datetime.fromisoformat(INDEX["at"])
VECTORS: dict[str, dict[str, Any]] = {vector["id"]: vector for vector in INDEX["vectors"]}


def by_id(wanted: Callable[[dict[str, Any]], object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [name for name, vector in VECTORS.items() if wanted(vector)])


def read(name: str) -> ReadLetter | ReadStatus:
    data = (FOLDER / VECTORS[name]["file"]).read_bytes()
    return read_status(data) if name.startswith("status::") else read_letter(data)


def value(name: str) -> Letter | StatusReport:
    done = read(name)
    bare = done.status if isinstance(done, ReadStatus) else done.letter
    return dataclasses.replace(bare, kept=())


def findings(name: str) -> tuple[Finding, ...]:
    done = read(name)
    if isinstance(done, ReadStatus):
        ruled = check_status(done.normal, at=AT)
        return (*done.findings, *validate(done.normal, "edxml-status"), *ruled)
    return (*done.findings, *validate(done.normal, "edxml-document"), *check_letter(done.normal, at=AT))


@by_id(lambda vector: vector["refused"])
def test_what_is_not_this_format_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(name)

    assert caught.value.code == VECTORS[name]["refused"]
    assert caught.value.message("vi") and caught.value.message("en")


@by_id(lambda vector: not vector["refused"])
def test_all_findings_come_at_once_and_no_others(name: str) -> None:
    found = findings(name)

    told = {severity: sorted(item.code for item in found if item.severity is severity) for severity in Severity}
    expected = VECTORS[name]
    assert told == {Severity.ERROR: sorted(expected["errors"]), Severity.WARNING: sorted(expected["warnings"])}


@by_id(lambda vector: vector["errors"] or vector["warnings"])
def test_every_finding_says_where_and_what_to_do_in_both_languages(name: str) -> None:
    for finding in findings(name):
        assert finding.where.startswith("/edXML")
        assert finding.vi and finding.en and finding.remedy_vi and finding.remedy_en
        assert not re.search(r"\{[a-z_]+\}", finding.vi + finding.en + finding.remedy_vi + finding.remedy_en)
        assert finding.line


@by_id(lambda vector: vector["same_as"])
def test_a_dialect_is_read_as_the_same_value(name: str) -> None:
    assert value(name) == value(VECTORS[name]["same_as"])


@by_id(lambda vector: vector["facts"])
def test_facts_of_a_packet(name: str) -> None:
    done = read(name)
    facts = status_facts(done.status) if isinstance(done, ReadStatus) else letter_facts(done)

    for fact, expected in VECTORS[name]["facts"].items():
        assert facts[fact] == expected, fact


def test_the_committed_vectors_are_what_their_generator_makes(tmp_path: Path) -> None:
    make.write(tmp_path)

    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in {".xml", ".json"}}
    assert made == committed


def letter_facts(done: ReadLetter) -> dict[str, object]:
    letter = done.letter
    kind = letter.document_type
    return {
        "code": letter.code,
        "lane": letter.lane.value,
        "to": [organ.id for organ in letter.to],
        "key": document_key(letter),
        "date": str(letter.promulgation_date),
        "hops": [hop.organ_id for hop in letter.trace],
        "type": [kind.table, kind.row, kind.name],
        "kind": letter.kind.value,
        "attachments": [shown(item.decode()) for item in done.inline],
        "matched": [shown(item.decode()) if item else None for _, item in match(letter.references, done.inline)],
    }


def shown(data: bytes) -> str:
    """A genuine archive is shown by its start; what it holds is not our business."""
    return "PK…" if data.startswith(b"PK") and len(data) > 20 else data.decode()


def status_facts(status: StatusReport) -> dict[str, object]:
    return {
        "code": status.code,
        "timestamp": status.timestamp.isoformat() if status.timestamp else None,
        "reason": status.reason,
        "text": status.text,
    }
