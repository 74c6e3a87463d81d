"""`axis verify` with other profiles, a pinned certificate, folders and dossiers: exit codes and what people read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.commands.output import Exit
from exchange_axis.pipeline.certificate import code_of, main_receipt
from signing.certificates import certificate_pem
from signing.keys import KeyType
from tests.commands.offline import axis
from tests.pipeline.exhibits import Exhibits
from tests.pipeline.filed import Filed
from tests.pipeline.test_certificate import story_of
from tests.signing.pki import AT
from tests.signing.test_plain import PKI, old_packet, signed, signer_of


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "order.xml"
    path.write_bytes(signed())
    (tmp_path / "root.pem").write_bytes(PKI.root_pem)
    (tmp_path / "pin.pem").write_bytes(certificate_pem(signer_of(KeyType.RSA2048).certificate))
    (tmp_path / "other.pem").write_bytes(certificate_pem(signer_of(KeyType.P256).certificate))
    return path


def test_generic_takes_any_signed_xml(foreign: Path) -> None:
    root = foreign.with_name("root.pem")
    assert axis("verify", foreign, "--trust", root).code == Exit.REJECTED, "no document of the exchange"
    told = axis("verify", foreign, "--trust", root, "--profile", "generic", "--json", now=AT)
    assert (told.code, told.json["reason"], told.json["proof_time_kind"]) == (Exit.OK, "ok", "present")
    assert told.json["document"] == {"kind": "xml", "root": "{urn:other:order}Order"}
    assert len(told.json["signed_sha256"]) == 64
    late = AT + timedelta(days=36500)
    assert axis("verify", foreign, "--trust", root, "--profile", "generic", now=late).code == Exit.REJECTED
    at = AT.isoformat()
    assert axis("verify", foreign, "--trust", root, "--profile", "generic", "--at", at, now=late).code == Exit.OK


def test_a_pinned_certificate(foreign: Path) -> None:
    pin, other = foreign.with_name("pin.pem"), foreign.with_name("other.pem")
    assert axis("verify", foreign, "--pin", pin, "--profile", "generic", now=AT).code == Exit.OK
    told = axis("verify", foreign, "--pin", other, "--profile", "generic", "--json", now=AT)
    assert (told.code, told.json["verdict"]) == (Exit.REJECTED, "reject")


def test_a_pin_holds_for_our_documents_too(exhibits: Exhibits, tmp_path: Path) -> None:
    pin = tmp_path / "hub.pem"
    pin.write_bytes(certificate_pem(exhibits.issuer.certificate))
    assert axis("verify", exhibits.receipt, "--pin", pin).code == Exit.OK
    told = axis("verify", exhibits.letter, "--pin", pin, "--trust", exhibits.root, "--json")
    assert (told.code, told.json["reason"]) == (Exit.REJECTED, "signer-mismatch")


@pytest.mark.judge
def test_an_old_packet_is_received_and_not_valid(tmp_path: Path) -> None:
    path = tmp_path / "packet.xml"
    path.write_bytes(old_packet(tmp_path))
    root = tmp_path / "root.pem"
    root.write_bytes(PKI.root_pem)
    told = axis("verify", path, "--trust", root, "--profile", "edxml-legacy", "--json", now=AT)
    answer = told.json
    assert (told.code, answer["verdict"], answer["reason"]) == (Exit.INDETERMINATE, "indeterminate", "old-profile")
    assert (answer["signed"], answer["why"]["signed"]) == ("not-checked", "out-of-date")
    assert "quy cách cũ" in told.err
    assert axis("verify", path, "--trust", root, "--profile", "generic", now=AT).code == Exit.REJECTED
    path.write_bytes(path.read_bytes().replace(b"57/BC", b"58/BC"))
    told = axis("verify", path, "--trust", root, "--profile", "edxml-legacy", "--json", now=AT)
    assert (told.code, told.json["reason"]) == (Exit.REJECTED, "altered")


def test_nothing_to_trust(exhibits: Exhibits) -> None:
    told = axis("verify", exhibits.receipt, "--json")
    assert (told.code, told.json["error"]["code"]) == (Exit.USAGE, "verify.nothing-to-trust")


def test_a_pdf_is_not_judged(exhibits: Exhibits, tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(b"%PDF-1.7\n%%EOF\n")
    told = axis("verify", path, "--trust", exhibits.root, "--json")
    assert (told.code, told.json["reason"], told.json["document"]) == (4, "not-judged", {"kind": "pdf"})


def test_a_dossier_and_its_code(filed: Filed) -> None:
    told = axis("verify", filed.whole, "--trust", filed.trust)
    assert told.code == Exit.OK
    assert "hồ sơ chứng cứ hub-a" in told.out and "đã xét" in told.out
    text = code_of(main_receipt(story_of(filed))).to_text()
    assert axis("verify", filed.whole, "--trust", filed.trust, "--qr", text).code == Exit.OK
    wrong = text.replace("hub-a/log", "hub-b/log")
    members = axis("verify", filed.whole, "--trust", filed.trust, "--qr", wrong[:-1])
    assert members.code == Exit.USAGE, "no code at all"
    other = axis("verify", filed.cut, "--trust", filed.trust, "--qr", text[:40] + "0" + text[41:], "--json")
    assert other.json.get("reason") in {"other-receipt", None}
    assert other.code != Exit.OK
