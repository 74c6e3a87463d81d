"""Reading what was written gives what there was, for each of the five documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from lxml import etree

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane, Origin
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.transfer import Binding, KeyUse, Return, TransferRecord
from exchange_axis.domain.trust_list import AnchorClass, AnchorUse
from exchange_axis.wire.binding import read_binding, write_binding
from exchange_axis.wire.consignment import read_consignment, write_consignment
from exchange_axis.wire.evidence import read_evidence, write_evidence
from exchange_axis.wire.returns import read_return, write_return
from exchange_axis.wire.transfer import read_transfer, write_transfer
from tests.wire import strategies

XSD_FOLDER = Path(__file__).resolve().parents[2] / "schemas" / "xsd"
_XS = "{http://www.w3.org/2001/XMLSchema}"
OWN = ("consignment", "evidence", "transfer", "return", "binding", "trust-list")


@given(strategies.consignments())
def test_consignment(value: Consignment) -> None:
    assert read_consignment(write_consignment(value)) == value


@given(strategies.evidences())
def test_evidence(value: Evidence) -> None:
    assert read_evidence(write_evidence(value)) == value


@given(strategies.transfers)
def test_transfer(value: TransferRecord) -> None:
    assert read_transfer(write_transfer(value)) == value


@given(strategies.returns())
def test_return(value: Return) -> None:
    assert read_return(write_return(value)) == value


@given(strategies.bindings())
def test_binding(value: Binding) -> None:
    assert read_binding(write_binding(value)) == value


@given(strategies.evidences())
def test_a_verified_root_reads_like_its_bytes(value: Evidence) -> None:
    written = write_evidence(value)
    root = etree.fromstring(etree.tostring(etree.fromstring(written), method="c14n", exclusive=True))
    assert read_evidence(root) == value


def test_written_documents_open_with_a_declaration_and_hold_no_prefix() -> None:
    written = write_consignment(strategies.SAMPLE_CONSIGNMENT)
    assert written.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<Consignment xmlns=")


@pytest.mark.parametrize(
    ("schema", "type_name", "values"),
    [
        ("consignment", "Kind", ConsignmentClass),
        ("consignment", "Origin", Origin),
        ("consignment", "Lane", Lane),
        ("transfer", "Lane", Lane),
        ("evidence", "Event", Event),
        ("binding", "Use", KeyUse),
        ("trust-list", "AnchorClass", AnchorClass),
        ("trust-list", "AnchorUse", AnchorUse),
    ],
)
def test_schema_and_domain_list_the_same_values(schema: str, type_name: str, values: Any) -> None:
    listed = _schema(schema).xpath(f"xs:simpleType[@name='{type_name}']//xs:enumeration/@value", namespaces=_NS)
    assert listed == [value.value for value in values]


def test_types_of_one_name_are_the_same_in_every_schema() -> None:
    bodies: dict[str, set[bytes]] = {}
    for schema in OWN:
        for simple in _schema(schema).iterfind(f"{_XS}simpleType"):
            restriction = simple.find(f"{_XS}restriction")
            if restriction is not None:
                facets = b"".join(etree.tostring(facet, method="c14n", exclusive=True) for facet in restriction)
                bodies.setdefault(str(simple.get("name")), set()).add(facets)
    assert len(bodies["Uuid"]) == 1
    assert {name for name, forms in bodies.items() if len(forms) > 1} == set()


_NS = {"xs": "http://www.w3.org/2001/XMLSchema"}


def _schema(stem: str) -> etree._Element:
    return etree.parse(XSD_FOLDER / f"{stem}.xsd").getroot()
