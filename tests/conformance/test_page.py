"""docs/protocol.md names what the code has: addresses, events, namespaces, algorithms, limits, links."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import MAX_HOPS, MAX_RECIPIENTS, Lane
from exchange_axis.domain.enrolment import ANSWER_FORMAT, REQUEST_FORMAT
from exchange_axis.domain.evidence import STATUS_EVENTS, Event
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.hub.statuses import STATUS_LIMIT
from exchange_axis.ports import DocumentKind
from exchange_axis.web.hub_api.context import HubApiSettings
from exchange_axis.web.hub_api.routes import TABLE
from exchange_axis.wire import binding, consignment, evidence, members, returns, transfer
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.status import read_status
from schemas.findings import errors
from schemas.gate.limits import FOREIGN_LIMITS, MIB, SIGNED_LIMITS, ZIP_LIMITS
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from scripts import pages
from signing.names import ASIC, DS, SIGNED_PROPERTIES_TYPE, XADES
from signing.policy import ENVELOPED, STANDARD, Canonicalization, DigestAlgorithm, SignatureAlgorithm

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = (DOCS / "protocol.md").read_text("utf-8")
AT = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
EVIDENCE_XSD = DOCS.parent / "schemas" / "xsd" / "evidence.xsd"


def test_every_address_is_described() -> None:
    assert [path for _, path, _ in TABLE if path.replace("{id}", "S") not in PAGE and path not in PAGE] == []


def test_every_word_of_the_formats_is_there() -> None:
    words = {
        *(event.short.partition(":")[0] if event.short.startswith("status") else event.short for event in Event),
        *Lane,
        *KeyUse,
        *DocumentKind,
        *STATUS_EVENTS,
        *(member for member in (members.MANIFEST, members.SIGNATURES, members.CONSIGNMENT, members.SOURCE)),
        *(DS, XADES, ASIC, SIGNED_PROPERTIES_TYPE, ENVELOPED, Canonicalization.EXCLUSIVE),
        *(DigestAlgorithm.SHA256, SignatureAlgorithm.ECDSA_SHA256),
        *(REQUEST_FORMAT, ANSWER_FORMAT, consignment.NAMESPACE, evidence.NAMESPACE, transfer.NAMESPACE),
        *(returns.NAMESPACE, binding.NAMESPACE),
    }
    assert sorted(word for word in words if str(word) not in PAGE) == []


def test_its_letter_and_its_status_are_valid() -> None:
    letter, status = re.findall(r"^```xml\n(<edXML .*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    read = read_letter(letter.encode())
    assert validate(read.normal, "edxml-document") == ()
    assert errors((*read.findings, *check_letter(read.normal, at=AT))) == ()
    said = read_status(status.encode())
    assert validate(said.normal, "edxml-status") == ()
    assert errors((*said.findings, *check_status(said.normal, at=AT))) == ()
    assert said.status.response_for.document_id == read.letter.document_id


def test_every_element_of_evidence_is_mapped() -> None:
    section = PAGE.partition("## 14.")[2].partition("## 15.")[0]
    names = set(re.findall(r'<xs:element name="(\w+)"', EVIDENCE_XSD.read_text("utf-8"))) - {"Evidence"}
    assert {name for name in names if f"`{name}" not in section and f"/{name}`" not in section} == set()


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ("status container", [f"{STATUS_LIMIT // MIB} MiB"]),
        ("members; attachments", [f"{ZIP_LIMITS.members:,}", f"{members.MAX_ATTACHMENTS}"]),
        ("signed XML", [f"{SIGNED_LIMITS.document_bytes // MIB} MiB", f"{SIGNED_LIMITS.text_bytes:,} bytes"]),
        ("edXML: bytes", [f"{FOREIGN_LIMITS.document_bytes // MIB} MiB", f"{FOREIGN_LIMITS.text_bytes:,} bytes"]),
        ("any XML", [f"{SIGNED_LIMITS.depth}", f"{SIGNED_LIMITS.elements:,}", f"{SIGNED_LIMITS.attributes}"]),
        ("recipients", [f"{MAX_RECIPIENTS:,}"]),
        ("hops", [f"{MAX_HOPS}"]),
        ("wait of a poll", [f"{HubApiSettings().max_wait:.0f} s"]),
        ("JSON bodies", [f"{HubApiSettings().documents_body // MIB} MiB", "64 KiB"]),
    ],
)
def test_limits_are_those_of_the_code(row: str, values: list[str]) -> None:
    (line,) = re.findall(rf"^\| {row}.*$", PAGE.partition("## 19.")[2], re.MULTILINE)
    assert [value for value in values if value not in line] == []


def test_key_sizes_are_those_of_the_policy() -> None:
    assert f"RSA {STANDARD.rsa_bits_min}–{STANDARD.rsa_bits_max} bits" in PAGE


def test_codes_named_on_the_page_exist() -> None:
    families = (
        "agency|auth|authority|consignment|document|gate|relay|request|route|rules|status|submission|upload|delivery"
    )
    named = set(re.findall(rf"`((?:{families})\.[a-z-]+)`", PAGE)) - {
        "consignment.xml",
        "status.edxml",
        "delivery.expired",
        "delivery.handed-back",
    }
    # The last two are reasons in evidence, no refusals.
    assert named - {each.code for each in pages.refusals()} == set()
    assert len(named) > 15


@pytest.mark.parametrize("name", ["protocol.md", "concepts.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (DOCS / name).read_text("utf-8"))
    assert links
    assert [link for link in links if not link.startswith("http") and not (DOCS / link).exists()] == []
