"""Statuses in both containers, and with faults."""

from __future__ import annotations

from collections.abc import Mapping

from tests.vectors.edxml.packets import (
    REPORT,
    Vector,
    add,
    at,
    build,
    xml,
)


def statuses() -> list[Vector]:
    def status(changes: Mapping[str, str | None]) -> bytes:
        nodes = [(name, changes.get(name, content)) for name, content in REPORT]
        return xml(build([node for node in nodes if node[1] is not None], None, None))

    regulation = [REPORT[1], REPORT[0], *REPORT[3:], REPORT[2]]
    refusal: dict[str, str | None] = {"StatusCode": "02"}
    return [
        Vector(
            id="status::axis",
            prose="fields in MessageHeader",
            data=xml(build(REPORT, None, None)),
            facts={"code": "03", "timestamp": "2025-06-04T03:20:05+00:00"},
        ),
        Vector(
            id="status::in-status",
            prose="fields in Status",
            source="Bkav and clients of 2014",
            data=xml(build(REPORT, None, None, container="Status")),
            same_as="status::axis",
        ),
        Vector(
            id="status::regulation-order",
            prose="order of the regulation",
            data=xml(build(regulation, None, None)),
            same_as="status::axis",
        ),
        Vector(
            id="status::both-containers",
            prose="fields spread over both containers",
            data=both_containers(),
            same_as="status::axis",
        ),
        Vector(
            id="status::day-first",
            prose="time with the day first",
            data=status({"Timestamp": "04/06/2025 10:20:05"}),
            same_as="status::axis",
        ),
        Vector(
            id="status::refused",
            prose="a refusal with a reason code",
            data=status(refusal | {"Description": "LD01: gửi nhầm nơi nhận"}),
            facts={"code": "02", "reason": "LD01", "text": "gửi nhầm nơi nhận"},
        ),
        Vector(
            id="status::refused-in-words",
            prose="a refusal in words only, as other systems write",
            data=status(refusal | {"Description": "Gửi nhầm"}),
            warnings=("rules.reason-without-code",),
            facts={"reason": "", "text": "Gửi nhầm"},
        ),
        Vector(
            id="status::refused-silently",
            prose="a refusal without a reason",
            data=status(refusal | {"Description": None}),
            errors=("rules.reason-missing",),
        ),
        Vector(
            id="status::other-reason-short",
            prose="LD99 with too little text",
            data=status(refusal | {"Description": "LD99: sai"}),
            errors=("rules.reason-too-short",),
        ),
        Vector(
            id="status::take-back-silently",
            prose="a take-back without a reason",
            data=status({"StatusCode": "13", "Description": None}),
            errors=("rules.reason-missing",),
        ),
        Vector(
            id="status::unknown-code",
            prose="a code that no source explains",
            data=status({"StatusCode": "09"}),
            warnings=("rules.unknown-status",),
        ),
        Vector(
            id="status::three-digits",
            prose="a local system's own code",
            data=status({"StatusCode": "100"}),
            errors=("schema.bad-pattern",),
            warnings=("rules.unknown-status",),
        ),
        Vector(
            id="status::no-time",
            prose="no time",
            data=status({"Timestamp": None}),
            errors=("rules.missing-field", "schema.missing-element"),
        ),
        Vector(
            id="status::future",
            prose="a time in the future",
            data=status({"Timestamp": "2025/07/30 10:20:05"}),
            warnings=("rules.future-timestamp",),
        ),
        Vector(
            id="status::long",
            prose="a description that old receivers cut",
            data=status({"Description": "Đã chuyển phòng chuyên môn. " * 4}),
            warnings=("rules.long-description",),
        ),
    ]


def both_containers() -> bytes:
    root = build(REPORT[:2], None, None)
    add(at(root, "edXMLHeader"), ("Status", REPORT[2:]))
    return xml(root)
