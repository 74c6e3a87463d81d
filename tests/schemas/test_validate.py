"""lxml decides, xmlschema explains: codes, places, reasons, and what a big document cannot make us do."""

from __future__ import annotations

import threading
from importlib.resources import files

import pytest
from lxml import etree

from schemas.explain import Explanation, explain
from schemas.findings import Finding, Severity, Stage
from schemas.rules.limits import LIMITS
from schemas.rules.tree import NAMESPACE, all_of, element_path
from schemas.validate import MAX_FINDINGS, validate
from tests.schemas.edxml import letter, status

XS = "{http://www.w3.org/2001/XMLSchema}"
HEADER = "/edXML/edXMLEnvelope/edXMLHeader/MessageHeader"


def one(changes: dict[str, str | None]) -> Finding:
    (finding,) = validate(letter(changes), "edxml-document")
    return finding


def test_plain_documents_are_valid() -> None:
    assert validate(letter(), "edxml-document") == ()
    assert validate(status(), "edxml-status") == ()


@pytest.mark.parametrize(
    ("changes", "code", "where", "vi", "en"),
    [
        (
            {"Subject": None},
            "schema.missing-element",
            "",
            "thiếu phần tử con bắt buộc: Subject",
            "required child: Subject",
        ),
        (
            {"DocumentId": None},
            "schema.unexpected-element",
            "/Code",
            "ở đây cần: DocumentId",
            "wanted here: DocumentId",
        ),
        ({"To/OrganId": "H" * 51}, "schema.too-long", "/To/OrganId", ": tối đa 50 ký tự", ": at most 50 characters"),
        ({"Subject": ""}, "schema.too-short", "/Subject", ": ít nhất 1 ký tự", ": at least 1 characters"),
        ({"SteeringType": "9"}, "schema.not-in-list", "/SteeringType", ": 0, 1, 2, 3", ": 0, 1, 2, 3"),
        (
            {"PromulgationInfo/PromulgationDate": "2025-13-04"},
            "schema.bad-value",
            "/PromulgationInfo/PromulgationDate",
            ": tháng phải từ 1 đến 12",
            ": month must be in 1..12",
        ),
        (
            {"PromulgationInfo/PromulgationDate": "2025-02-30"},
            "schema.bad-value",
            "/PromulgationInfo/PromulgationDate",
            ": ngày không có trong tháng đó",
            ": no such day in that month",
        ),
    ],
)
def test_a_fault_has_code_place_and_reason_in_both_languages(
    changes: dict[str, str | None], code: str, where: str, vi: str, en: str
) -> None:
    finding = one(changes)

    assert (finding.code, finding.where) == (code, HEADER + where)
    assert finding.vi.endswith(vi)
    assert finding.en.endswith(en)
    assert finding.remedy_vi and finding.remedy_en
    assert (finding.stage, finding.severity) == (Stage.SCHEMA, Severity.ERROR)


def test_a_status_code_of_three_digits_does_not_match_the_pattern() -> None:
    (finding,) = validate(status({"StatusCode": "100"}), "edxml-status")

    assert (finding.code, finding.where) == ("schema.bad-pattern", HEADER + "/StatusCode")


def test_all_faults_are_listed_once_each_in_document_order() -> None:
    root = letter({"To/OrganId": "H" * 51, "Subject": "x" * 2001, "SteeringType": "9"})

    assert [finding.code for finding in validate(root, "edxml-document")] == [
        "schema.too-long",
        "schema.too-long",
        "schema.not-in-list",
    ]


def test_a_finding_never_tells_the_value() -> None:
    secret = "bi-mat-" * 400
    for changes in ({"Subject": secret}, {"SteeringType": secret}, {"PromulgationInfo/PromulgationDate": secret}):
        finding = one(dict(changes))
        assert "bi-mat" not in str(finding.as_dict())


def test_places_count_repeated_elements() -> None:
    root = letter()
    (first,) = all_of(root, "edXMLEnvelope/edXMLHeader/MessageHeader/To")
    second = etree.Element(f"{{{NAMESPACE}}}To")
    first.addnext(second)

    (finding,) = validate(root, "edxml-document")

    assert finding.where == HEADER + "/To[2]"
    assert element_path(first) == HEADER + "/To[1]"


def test_lines_come_from_the_parsed_document() -> None:
    root = etree.fromstring(etree.tostring(letter({"SteeringType": "9"}), pretty_print=True))

    (finding,) = validate(root, "edxml-document")

    assert finding.line == etree.tostring(root)[: etree.tostring(root).index(b"SteeringType")].count(b"\n") + 1


def test_another_root_is_not_of_this_schema() -> None:
    (finding,) = validate(etree.fromstring("<html/>"), "edxml-document")

    assert (finding.code, finding.where) == ("schema.unknown-root", "/html")


@pytest.mark.parametrize("name", ["no-such", "../validate", "", "edxml-document.xsd"])
def test_only_our_own_schemas_are_there(name: str) -> None:
    with pytest.raises(LookupError):
        validate(letter(), name)


def test_documents_cannot_bring_their_schema() -> None:
    root = letter({"SteeringType": "9"})
    root.set("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", f"{NAMESPACE} http://127.0.0.1:9/x.xsd")

    assert "schema.not-in-list" in [finding.code for finding in validate(root, "edxml-document")]


def test_xmlschema_is_not_asked_about_big_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def asking(root: etree._Element, schema: str) -> dict[str, Explanation]:
        asked.append(schema)
        return explain(root, schema)

    monkeypatch.setattr("schemas.validate.explain", asking)
    small, big, long = letter({"SteeringType": "9"}), letter({"SteeringType": "9"}), letter({"Content": "x" * 300_000})
    (to,) = all_of(big, "edXMLEnvelope/edXMLHeader/MessageHeader/To")
    for _ in range(700):
        to.addnext(etree.fromstring(etree.tostring(to)))

    for root in (small, big, long):
        assert validate(root, "edxml-document")

    assert len(asked) == 1
    assert validate(letter(), "edxml-document") == () and len(asked) == 1


def test_a_thousand_faults_are_cut_short_and_said_to_be() -> None:
    root = letter()
    (to,) = all_of(root, "edXMLEnvelope/edXMLHeader/MessageHeader/To")
    to[0].text = "H" * 51
    for _ in range(2 * MAX_FINDINGS):
        to.addnext(etree.fromstring(etree.tostring(to)))

    found = validate(root, "edxml-document")

    assert len(found) == MAX_FINDINGS + 1
    assert found[-1].code == "schema.more"


def test_threads_do_not_mix_their_faults() -> None:
    results: dict[int, set[str]] = {}

    def work(number: int) -> None:
        changes: dict[str, str | None] = {"SteeringType": "9"} if number % 2 else {"Subject": "x" * 2001}
        results[number] = {one(changes).code for _ in range(40)}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {number: {"schema.not-in-list" if number % 2 else "schema.too-long"} for number in range(4)}


@pytest.mark.parametrize("name", sorted(item.name for item in (files("schemas") / "xsd").iterdir()))
def test_every_schema_of_ours_compiles(name: str) -> None:
    assert validate(etree.fromstring("<none-of-them/>"), name.removesuffix(".xsd"))


def test_accepted_lengths_of_the_rules_are_those_of_the_schema() -> None:
    for (parent, name), limit in LIMITS.items():
        lengths = {_max_length(stem, parent, name) for stem in ("edxml-document", "edxml-status")} - {None}
        assert lengths == {limit.accept}, (parent, name)
        assert limit.emit <= limit.accept


def _max_length(stem: str, parent: str, name: str) -> int | None:
    """Length of an element of our edXML schemas, found by the names of parent and element."""
    own, types = (_schema(item) for item in (stem, "edxml-types"))
    holders = [item for item in own.iter(f"{XS}element") if item.get("name") == parent]
    named = {item.get("name", ""): item for root in (own, types) for item in root if item.get("name")}
    for holder in holders:
        body = named.get(holder.get("type", ""), holder)
        inner = f"{XS}complexType/" if body is holder else ""
        for item in body.iterfind(f"{inner}{XS}sequence/{XS}element"):
            if item.get("name") == name:
                facet = named[item.get("type", "")].find(f"{XS}restriction/{XS}maxLength")
                return None if facet is None else int(facet.get("value", "0"))
    return None


def _schema(stem: str) -> etree._Element:
    return etree.fromstring((files("schemas") / "xsd" / f"{stem}.xsd").read_bytes())
