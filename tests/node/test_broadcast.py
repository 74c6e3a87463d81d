"""`group:xa`: resolved at sending with the node's directory, frozen in what is signed and acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.groups import Group
from exchange_axis.errors import CheckFailed
from exchange_axis.node.audit import receipts
from exchange_axis.node.compose import Draft, compose
from exchange_axis.node.service import Node
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import open_container
from tests.hub.stand import AGENCIES, HUBS, NODES, HandClock, Peer, Stand, enrol, open_stand
from tests.node.test_with_hub import ShortLine, opened

GROUPS = (
    Group(code="xa", name="Các xã", tier=Tier.COMMUNE, under="H90"),
    Group(code="mot-nguoi", name="Một mình", members=("H90",)),
)
LATER = Agency(code="H90.04", name="Xã thử A4", tier=Tier.COMMUNE, parent="H90", node="node-a1")


def directory(*more: Agency) -> Directory:
    return Directory.of((*AGENCIES, *more), HUBS, NODES, GROUPS)


def adopt(stand: Stand, version: Directory) -> None:
    stand.hub.directory.adopt(version, to_toml(version), actor="test")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    adopt(stand, directory())
    yield stand
    stand.close()


def draft(folder: Path, node: Node, *to: str) -> Draft:
    (folder / "a.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    values: dict[str, object] = {
        "from": "H90",
        "to": list(to),
        "number": 57,
        "notation": "CV-UBND",
        "date": "2026-03-01",
        "subject": "V/v phòng chống thiên tai",
        "attachments": ["a.pdf"],
    }
    return compose(
        values,
        base=folder,
        agencies=node.world.settings.agencies,
        name_of=node.directory.name_of,
        groups=node.directory.groups(),
    )


def peers(stand: Stand) -> tuple[Peer, Peer]:
    return enrol(stand, "node-a", ["H90", "H90.02"]), enrol(stand, "node-a1", ["H90.01"])


def test_a_group_is_frozen_in_what_is_signed_and_acknowledged(stand: Stand, tmp_path: Path) -> None:
    async def story() -> None:
        province, commune = peers(stand)
        with opened(tmp_path, stand, province) as node:
            agent = node.agent(ShortLine(stand, province))
            await agent.directory_once()
            then = node.directory.version()
            receipt = node.sender.send(draft(tmp_path, node, "group:xa", "H90.02"), actor="Hoa", idempotency_key="k")
            assert receipt.recipients == ("H90.01", "H90.02"), "the closed commune is not among them"

            adopt(stand, directory(LATER))
            await agent.directory_once()
            assert node.directory.version() != then
            again = node.sender.send(draft(tmp_path, node, "group:xa", "H90.02"), actor="Hoa", idempotency_key="k")
            assert again == receipt, "who joined meanwhile makes no other letter of it"
            assert await agent.push_once() == 1
            (acceptance,) = [row for row in receipts(node.world.store) if row.event is Event.SUBMISSION_ACCEPTANCE]
            assert sorted(acceptance.recipients) == ["H90.01", "H90.02"]
            assert [one.agency for one in node.views.sent()[0].recipients] == ["H90.01", "H90.02"]

            (shipment,) = stand.hub.dispatch.lease(commune.row.id, 5)
            target = tmp_path / "fetched.asice"
            with stand.hub.world.blobs.open(shipment.container_sha256) as blob, target.open("wb") as file:
                file.writelines(blob.chunks())
            with open_container(target) as container:
                consignment = read_consignment(container.read("consignment.xml", limit=1_000_000))
            assert consignment.recipients == ("H90.02", "H90.01")
            assert consignment.directory_version == then

            new = node.sender.send(draft(tmp_path, node, "group:xa"), actor="Hoa", idempotency_key="another")
            assert new.recipients == ("H90.01", "H90.02", "H90.04")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("group:huyen", "form.group-unknown"),
        ("group:mot-nguoi", "form.group-empty"),
        ("group:", "form.group-unknown"),
    ],
)
def test_a_group_of_nobody_is_a_fault_of_the_form(stand: Stand, tmp_path: Path, to: str, code: str) -> None:
    async def story() -> None:
        province, _ = peers(stand)
        with opened(tmp_path, stand, province) as node:
            await node.agent(ShortLine(stand, province)).directory_once()
            with pytest.raises(CheckFailed) as caught:
                draft(tmp_path, node, to, "H90.01")
            assert [finding.code for finding in caught.value.findings] == [code]

    asyncio.run(story())


def test_without_a_directory_no_group_is_known(stand: Stand, tmp_path: Path) -> None:
    province, _ = peers(stand)
    with opened(tmp_path, stand, province) as node:
        with pytest.raises(CheckFailed) as caught:
            draft(tmp_path, node, "group:xa")
        assert "form.no-directory" in [finding.code for finding in caught.value.findings]


def test_an_old_code_beside_its_group_is_no_second_recipient(stand: Stand, tmp_path: Path) -> None:
    async def story() -> None:
        province, _ = peers(stand)
        with opened(tmp_path, stand, province) as node:
            await node.agent(ShortLine(stand, province)).directory_once()
            made = draft(tmp_path, node, "000.00.01.H90", "group:xa")
            assert [organ.id for organ in made.letter.to] == ["H90.01", "H90.02"]

    asyncio.run(story())
