"""Dossiers made once a run by a real hub, and ways to make one that lies: a manifest sealed anew over other members."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.dossier import MANIFEST, MANIFEST_STAMP, Content, Dossier, IssuerKind, LetterEntry, Member
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.issue import Issuer
from exchange_axis.wire.dossier import read_dossier, write_dossier
from exchange_axis.wire.zip_writer import Content as Bytes
from exchange_axis.wire.zip_writer import ZipWriter
from signing.xades import sign_enveloped, verify_enveloped_unanchored
from tests.hub.stand import START, HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand

SENDER, FIRST, SECOND = "H90.01", "H90", "H90.02"

__all__ = ["Content", "Dossier", "Filed", "IssuerKind", "LetterEntry", "Member", "filed", "members_of", "repack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    folder: Path
    hub: Hub
    issuer: Issuer
    sender: Peer
    whole: Path
    """One letter, handed over and accepted by the first recipient; its log proofs inside."""
    cut: Path
    """The same for the second recipient only."""
    recalled: Path
    """A letter that was recalled, with its recall."""
    trust: Path


@pytest.fixture(scope="session")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filed]:
    folder = tmp_path_factory.mktemp("filed")
    clock = HandClock()
    stand = open_stand(folder, "hub-a", clock=clock)
    yield _file(stand, folder, clock)
    stand.close()


def _file(stand: Stand, folder: Path, clock: HandClock) -> Filed:
    hub = stand.hub
    sender, receiver = enrol(stand, "node-a1", [SENDER]), enrol(stand, "node-a", [FIRST, SECOND])
    letter = make_letter(folder, sender, SENDER, [FIRST, SECOND], clock=clock)
    hub.intake.submit(sender.row, letter)
    (shipment,) = hub.dispatch.lease("node-a", 10)
    for code, text in (("01", ""), ("03", "Số đến 12")):
        clock.advance(seconds=30)
        status = make_status(folder, receiver, code, shipment, recipient=FIRST, clock=clock, description=text)
        hub.intake.submit(receiver.row, status)
    other = make_letter(folder, sender, SENDER, [FIRST], clock=clock, number="58")
    (acceptance,) = hub.intake.submit(sender.row, other).documents
    follows = _about(acceptance.content)
    recall = make_letter(
        folder, sender, SENDER, [FIRST], clock=clock, number="59", kind=BusinessKind.REVOKE, follows=follows
    )
    hub.intake.submit(sender.row, recall)
    trust = folder / "trust"
    trust.mkdir()
    (trust / "root.pem").write_bytes(stand.places.certificate("authority").read_bytes())
    (trust / "hub-a.vkey").write_text(hub.log.verifier.vkey + "\n")
    return Filed(
        folder=folder,
        hub=hub,
        issuer=hub.world.issuer,
        sender=sender,
        whole=hub.dossiers.write("57/BC-UBND", agency=None, actor="kiem-toan").path,
        cut=hub.dossiers.write("57/BC-UBND", agency=SECOND, actor="kiem-toan").path,
        recalled=hub.dossiers.write(follows, agency=None, actor="kiem-toan").path,
        trust=trust,
    )


def _about(acceptance: bytes) -> str:
    found = verify_enveloped_unanchored(acceptance).root.findtext("{*}ConsignmentId")
    assert found is not None
    return found


def members_of(dossier: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(dossier) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repack(filed: Filed, target: Path, members: Mapping[str, bytes], *, dossier: Dossier | None = None) -> Path:
    """The members as an archive; with `dossier`, under a manifest of it that the hub itself seals: a lying hub."""
    contents = dict(members)
    if dossier is not None:
        listed = tuple(
            Member(
                name=name,
                kind=next((one.kind for one in dossier.members if one.name == name), "evidence"),
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
            for name, data in contents.items()
            if name not in (MANIFEST, MANIFEST_STAMP)
        )
        told = Dossier(
            id=dossier.id,
            issuer=dossier.issuer,
            issuer_kind=dossier.issuer_kind,
            at=dossier.at,
            query=dossier.query,
            scope=dossier.scope,
            letters=dossier.letters,
            members=listed,
        )
        contents.pop(MANIFEST, None)
        contents.pop(MANIFEST_STAMP, None)  # it was over the manifest that is replaced
        contents[MANIFEST] = filed.issuer.attest(write_dossier(told), dossier.at)
    return zipped(target, contents)


def zipped(target: Path, members: Mapping[str, bytes]) -> Path:
    with target.open("wb") as file:
        writer = ZipWriter(file)
        for name, data in members.items():
            writer.add(name, Bytes.of((data,)), (data,))
        writer.finish()
    return target


def manifest_of(members: Mapping[str, bytes]) -> Dossier:
    return read_dossier(verify_enveloped_unanchored(members[MANIFEST]).root)


def unpack(dossier: Path, folder: Path) -> Path:
    with zipfile.ZipFile(dossier) as archive:
        archive.extractall(folder)
    return folder


def sealed_by_sender(filed: Filed, dossier: Dossier) -> bytes:
    """A manifest that an agency's key sealed."""
    return sign_enveloped(write_dossier(dossier), filed.sender.seals[SENDER], at=START + timedelta(hours=1))


def copied(path: Path, folder: Path) -> Path:
    return Path(shutil.copyfile(path, folder / path.name))
