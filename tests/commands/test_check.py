"""`axis check`, `gate`, `validate`: each stage says what came of it, and every fault of it is told at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.commands.check import STAGE_NAMES, STATES
from exchange_axis.commands.output import Exit
from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.pipeline.check_file import STAGES, StageState
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import write_container
from signing.container import SignedMember, sign_members
from tests.commands.offline import axis
from tests.hub.stand import START
from tests.pipeline.exhibits import SENDER, Exhibits
from tests.signing.pki import TestPki

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "edxml"
INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))
AT = datetime.fromisoformat(INDEX["at"])
LONG_AGO = START - timedelta(days=36500)


def stages(**states: str) -> dict[str, str]:
    return {stage.value: states.get(stage.value, "not-checked") for stage in STAGES}


ALL = dict.fromkeys(("gate", "container", "signature", "schema", "rules"), "passed")


def test_container_with_trust_passes_every_stage(exhibits: Exhibits) -> None:
    told = axis("check", exhibits.letter, "--trust", exhibits.root, "--json")
    assert (told.code, told.json["kind"], told.json["stages"]) == (Exit.OK, "letter", ALL)
    assert axis("check", exhibits.status, "--trust", exhibits.trust, "--json").json["stages"] == ALL


def test_without_trust_nobody_is_known(exhibits: Exhibits) -> None:
    told = axis("check", exhibits.letter, "--json")
    assert (told.code, told.json["stages"]) == (Exit.OK, ALL | {"signature": "not-checked"})


def test_broken_signature_is_seen_without_trust(exhibits: Exhibits, tmp_path: Path) -> None:
    for sha256, codes in ((None, []), ("00" * 32, ["container.digest-mismatch"])):
        told = axis("check", _container(exhibits, tmp_path / str(sha256), SENDER, sha256=sha256), "--json")
        at_signature = [item["code"] for item in told.json["findings"] if item["stage"] == "signature"]
        assert at_signature == codes
        assert told.json["stages"]["signature"] == ("refused" if codes else "not-checked")


def test_damaged_member_is_seen_at_the_gate(exhibits: Exhibits, tmp_path: Path) -> None:
    data = exhibits.letter.read_bytes()
    where = data.index(b"SignatureValue") + 40
    broken = tmp_path / "broken.asice"
    broken.write_bytes(data[:where] + bytes([data[where] ^ 1]) + data[where + 1 :])
    told = axis("check", broken, "--json")
    assert (told.code, told.json["stages"]) == (Exit.REJECTED, stages(gate="refused"))
    assert told.json["findings"][0]["where"] == "META-INF/signatures0.xml"


def test_stranger_is_refused_at_the_signature(exhibits: Exhibits, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(TestPki().root_pem)
    told = axis("check", exhibits.letter, "--trust", stranger, "--json")
    assert told.code == Exit.REJECTED
    assert told.json["stages"] == stages(gate="passed", container="passed", signature="refused")
    assert [finding["code"] for finding in told.json["findings"]] == ["certificate.untrusted"]


def test_expired_consignment_and_certificate_as_of_now(exhibits: Exhibits) -> None:
    later = START + timedelta(days=30)
    told = axis("check", exhibits.letter, "--json", now=later)
    assert "consignment.expired" in {finding["code"] for finding in told.json["findings"]}
    assert axis("check", exhibits.letter, "--at", START.isoformat(), "--json", now=later).code == Exit.OK
    old = axis("check", exhibits.letter, "--trust", exhibits.root, "--json", now=LONG_AGO)
    assert old.json["stages"]["signature"] == "refused"


def test_consignment_and_letter_disagree(exhibits: Exhibits, tmp_path: Path) -> None:
    told = axis("check", _container(exhibits, tmp_path, "H90.02"), "--json")
    assert told.json["stages"] == ALL | {"signature": "not-checked", "rules": "refused"}
    found = {finding["code"] for finding in told.json["findings"]}
    assert {"consignment.sender-mismatch", "consignment.recipient-mismatch"} <= found


def test_other_documents(exhibits: Exhibits, tmp_path: Path) -> None:
    told = axis("check", exhibits.receipt, "--trust", exhibits.root, "--json")
    assert told.json["kind"] == "receipt"
    assert told.json["stages"] == ALL | {"container": "not-applicable", "rules": "not-applicable"}
    bare = tmp_path / "consignment.xml"
    bare.write_bytes(b'<Consignment xmlns="urn:exchange-axis:consignment:1"><Id>x</Id></Consignment>')
    told = axis("check", bare, "--json")
    assert told.json["stages"] == {
        "gate": "passed", "container": "not-applicable", "signature": "not-applicable",
        "schema": "refused", "rules": "not-applicable",
    }  # fmt: skip
    for path in (exhibits.proof, exhibits.checkpoint):
        told = axis("check", path, "--json")
        assert (told.code, told.json["findings"][0]["code"]) == (Exit.REJECTED, "check.unsupported")


@pytest.mark.parametrize("vector", INDEX["vectors"], ids=lambda vector: vector["id"])
def test_every_vector(vector: dict[str, Any]) -> None:
    """A bare packet: gate, schema and rules; the codes of the index, nothing else."""
    told = axis("check", VECTORS / vector["file"], "--json", now=AT)
    answer = told.json
    codes = sorted(finding["code"] for finding in answer["findings"])
    if vector["refused"] and "edxml.wrong-kind" in vector["refused"]:
        assert answer["stages"]["gate"] == "passed"  # what is one kind for its reader is the other for us
        return
    if vector["refused"]:
        assert told.code == Exit.REJECTED
        assert (answer["stages"], len(codes)) == (stages(gate="refused"), 1)
        return
    assert codes == sorted([*vector["errors"], *vector["warnings"]])
    assert told.code == (Exit.REJECTED if vector["errors"] else Exit.OK)
    states = {answer["stages"][stage] for stage in ("schema", "rules")}
    assert states == {"passed"} if not vector["errors"] else "refused" in states


def test_only_one_stage_and_aliases(exhibits: Exhibits) -> None:
    gate = axis("check", exhibits.letter, "--only", "gate", "--json").json
    assert gate["stages"] == stages(gate="passed")
    assert axis("gate", exhibits.letter, "--json").json == gate
    around = {"gate": "passed", "container": "passed"}
    assert axis("check", exhibits.letter, "--only", "schema", "--json").json["stages"] == stages(
        **around, schema="passed"
    )
    assert axis("check", exhibits.letter, "--only", "rules", "--json").json["stages"] == stages(
        **around, rules="passed"
    )
    validated = axis("validate", exhibits.letter, "--json").json["stages"]
    assert validated == stages(**around, schema="passed", rules="passed")


def test_only_shows_only_its_findings() -> None:
    vector = next(v for v in INDEX["vectors"] if v["id"] == "letter::no-subject")
    for only in ("schema", "rules"):
        answer = axis("check", VECTORS / vector["file"], "--only", only, "--json", now=AT).json
        assert {finding["stage"] for finding in answer["findings"]} <= {only}


def test_for_people(tmp_path: Path) -> None:
    told = axis("check", VECTORS / "letter-no-subject.xml", now=AT)
    assert told.code == Exit.REJECTED
    assert told.out.startswith("KHÔNG ĐẠT: văn bản edXML rời\n")
    assert "  gói tin    không áp dụng\n" in told.out
    line = next(line for line in told.out.splitlines() if "✗" in line)
    assert "[/edXML/edXMLEnvelope/edXMLHeader/MessageHeader" in line and " → " in line
    assert axis("check", VECTORS / "letter-axis.xml", "--lang", "en", now=AT).out.startswith("PASSED: bare edXML")


def test_usage(exhibits: Exhibits, tmp_path: Path) -> None:
    assert axis("check", tmp_path / "nowhere").code == Exit.USAGE
    assert axis("check", tmp_path).code == Exit.USAGE
    assert axis("check", exhibits.letter, "--trust", tmp_path / "nowhere").code == Exit.USAGE
    assert axis("check", exhibits.letter, "--only", "magic").code == Exit.USAGE
    named = shutil.copy(exhibits.letter, tmp_path / "no-suffix")
    assert axis("check", named).code == Exit.OK


def test_library_errors_refuse_the_stage(exhibits: Exhibits, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise TypeError("planted")

    monkeypatch.setattr("exchange_axis.pipeline.check_file.check_letter", broken)
    answer = axis("check", exhibits.letter, "--json").json
    assert answer["stages"]["schema"] == "refused"
    assert [finding["code"] for finding in answer["findings"]] == ["verify.unreadable"]


def test_every_word_has_a_text() -> None:
    assert set(STAGE_NAMES) == set(STAGES)
    assert set(STATES) == set(StageState)


def _container(exhibits: Exhibits, folder: Path, sender: str, *, sha256: str | None = None) -> Path:
    """The first vector in a container that says otherwise, with another digest for the letter if one is given."""
    folder.mkdir(exist_ok=True)

    def sign(members: Sequence[SignedMember]) -> bytes:
        named = [
            replace(member, sha256=sha256) if sha256 and member.name == "letter.edxml" else member for member in members
        ]
        return sign_members(named, exhibits.sender.seals[SENDER], at=START)

    consignment = Consignment(
        id="1e1d1c1b-0000-4000-8000-000000000001",
        kind=ConsignmentClass.LETTER,
        sender=sender,
        recipients=("H91",),
        lane=Lane.THUONG,
        created_at=START,
        expires_at=START + timedelta(days=1),
    )
    file = write_container(
        folder / "c.asice",
        consignment=write_consignment(consignment),
        document_name="letter.edxml",
        document=(VECTORS / "letter-axis.xml").read_bytes(),
        attachments=(),
        sign=sign,
    )
    return file.path
