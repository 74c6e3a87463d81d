"""What `send` promises without any hub: a local receipt at once, once, and only for what would pass the hub."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.errors import CheckFailed
from exchange_axis.node.errors import IdempotencyConflict, NotServed, SealMissing
from exchange_axis.pipeline.check import check_container
from exchange_axis.ports import DirectoryNews
from exchange_axis.wire.plain import plain
from schemas.findings import Stage
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand


def test_the_local_receipt_names_a_durable_sealed_container(stand: Stand) -> None:
    with stand.sender.open() as node:
        receipt = node.sender.send(stand.draft(priority="khan"), actor="Lê Thị Hoa")
    with stand.sender.open() as node:
        path = stand.folder / "again.asice"
        with node.world.blobs.open(receipt.container_sha256) as blob:
            path.write_bytes(b"".join(blob.chunks()))
        checked = check_container(
            path, sha256=receipt.container_sha256, size=receipt.size, anchors=node.world.anchors(), at=stand.clock.now()
        )
        assert checked.signer.fingerprint
        assert checked.consignment.id == receipt.consignment_id
        assert checked.consignment.lane is receipt.lane is Lane.KHAN
        assert checked.consignment.expires_at - checked.consignment.created_at == timedelta(days=15)
        assert [part.name for part in checked.parts][-1] == "attachments/001.pdf"
        (line,) = node.views.sent()
        assert (line.title, line.state, line.recipients[0].delivery) == ("57/BC-UBND", "queued", "queued")
        assert not list(node.world.settings.staging.iterdir())


def test_the_same_letter_again_has_the_same_receipt(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        stand.clock.advance(hours=1)
        assert plain(node.sender.send(stand.draft(), actor="Người khác")) == plain(first)
        assert len(node.views.sent()) == 1


def test_one_key_never_serves_two_contents(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        with pytest.raises(IdempotencyConflict) as caught:
            node.sender.send(stand.draft(subject="Nội dung khác hẳn"), actor="Lê Thị Hoa")
        assert first.consignment_id in caught.value.message()
        other_number = node.sender.send(stand.draft(number=58), actor="Lê Thị Hoa")
        assert other_number.consignment_id != first.consignment_id
        with pytest.raises(IdempotencyConflict):
            node.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor="Lê Thị Hoa")


def test_a_key_of_the_agencys_software_is_its_own(stand: Stand) -> None:
    with stand.sender.open() as node:
        first = node.sender.send(stand.draft(), actor="VOffice", idempotency_key="vo-1")
        second = node.sender.send(stand.draft(), actor="VOffice", idempotency_key="vo-2")
        assert first.consignment_id != second.consignment_id
        assert node.sender.send(stand.draft(), actor="VOffice", idempotency_key="vo-1") == first


def test_a_letter_the_hub_would_refuse_is_refused_here_and_leaves_nothing(stand: Stand) -> None:
    with stand.sender.open() as node:
        with pytest.raises(CheckFailed) as caught:
            node.sender.send(stand.draft(date=date(2027, 1, 1)), actor="Lê Thị Hoa")
        assert "rules.future-date" in {finding.code for finding in caught.value.findings}
        assert not node.views.sent()
        assert not list(node.world.settings.staging.iterdir())
        node.sender.send(stand.draft(), actor="Lê Thị Hoa")


def test_an_expired_seal_is_found_at_home(stand: Stand) -> None:
    stand.clock.advance(days=400)
    with stand.sender.open() as node:
        with pytest.raises(CheckFailed) as caught:
            node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        (finding,) = caught.value.findings
        assert (finding.stage, finding.code) == (Stage.SIGNATURE, "certificate.expired")


def test_only_served_agencies_send_and_only_under_their_seal(stand: Stand) -> None:
    with stand.sender.open() as node:
        with pytest.raises(NotServed):
            node.sender.send(stand.draft(**{"from": RECIPIENT}, to=[OTHER]), actor="Lê Thị Hoa")
        sealless = replace(node.world, seals={})
        with pytest.raises(SealMissing):
            type(node.sender)(sealless, node.directory).send(stand.draft(), actor="Lê Thị Hoa")


def test_a_copy_of_the_directory_is_asked_where_there_is_one(stand: Stand) -> None:
    agencies = (
        Agency(code=SENDER, name="UBND phường Xuân Lộc", tier=Tier.COMMUNE),
        Agency(code="H45.32", name="UBND thị xã Sông Cầu", tier=Tier.DISTRICT, valid_to=date(2025, 6, 30)),
        Agency(code="H45.31", name="Cũ", tier=Tier.COMMUNE, valid_to=date(2025, 6, 30), successor=OTHER),
        Agency(code=OTHER, name="UBND tỉnh Phú Yên", tier=Tier.PROVINCE),
    )
    directory = Directory.of(agencies)
    with stand.sender.open() as node:
        node.directory.adopt(DirectoryNews(version=directory.version, document=to_toml(directory)))
        assert node.directory.name_of(OTHER) == "UBND tỉnh Phú Yên"
        with pytest.raises(CheckFailed) as caught:
            node.sender.send(stand.draft(to=["H45.32", "H45.31", OTHER, "G99"]), actor="Lê Thị Hoa")
        assert [(finding.code, finding.severity.value) for finding in caught.value.findings] == [
            ("directory.recipient-closed", "error"),
            ("directory.recipient-succeeded", "warning"),
            ("directory.recipient-unlisted", "warning"),
        ]
        receipt = node.sender.send(stand.draft(to=["H45.31", OTHER]), actor="Lê Thị Hoa")
        assert "directory.recipient-succeeded" in {note["code"] for note in receipt.notes}
        assert node.views.status().directory_version == directory.version


def test_what_was_refused_may_be_mended_and_sent_under_its_key(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as node:
            line = stand.line(stand.sender)
            first = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
            rejection = stand.hub.reject(first.container_sha256, codes=["route.unknown-recipient"])
            line.refusals.append(rejection)
            agent = node.agent(line)
            assert await agent.push_once() == 1
            shown = node.views.show(first.consignment_id)
            assert shown.sent is not None and shown.sent.state == "refused"
            assert shown.problem is not None and shown.problem["code"] == "route.unknown-recipient"
            second = node.sender.send(stand.draft(subject="Đã sửa"), actor="Lê Thị Hoa")
            assert second.consignment_id != first.consignment_id
            assert await agent.push_once() == 1
            assert {row.state for row in node.views.sent()} == {"refused", "accepted"}

    asyncio.run(story())
