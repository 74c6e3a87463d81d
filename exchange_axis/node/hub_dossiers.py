"""The hub's dossier of a letter, fetched over the line: it has what a node never gets to see, time-stamps and proofs.

Rules of this file:
1. What comes is looked at before it is handed on: sealed by our hub, about this very letter.
2. It brings back no content that is frozen or gone here.
3. A hub cuts a dossier to the node. Where the node serves several agencies, one of them gets more from it only if the
   letter is its own.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from exchange_axis.domain.dossier import MANIFEST, Content, Dossier, IssuerKind
from exchange_axis.node.errors import HubDossierUnfit
from exchange_axis.node.voices import hear_dossier
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.dossier import Packed
from exchange_axis.pipeline.verify_members import ArchiveMembers, bytes_of
from exchange_axis.ports import HubUnreachable
from schemas.gate.limits import SIGNED_LIMITS


def fetch_from_hub(world: NodeWorld, consignment_id: str, container_sha256: str, *, content: Content) -> Packed:
    """
    Args:
        content: what became of the letter's content here.

    Raises:
        HubUnreachable, HubRefused: no dossier came.
        HubDossierUnfit, and what hearing a hub refuses with: what came is not handed on.
    """
    if world.hub_dossiers is None:
        raise HubUnreachable(url="", reason="no line")
    path = world.settings.staging / f"dossier-{world.rng.uuid()}.zip"
    path.touch(mode=0o600, exist_ok=False)
    try:
        world.hub_dossiers.fetch(consignment_id, path)
        dossier = _heard(world, path)
        _require_fitting(world, dossier, consignment_id, container_sha256, content=content)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Packed(
        path=path,
        id=dossier.id,
        issuer=dossier.issuer,
        issuer_kind=dossier.issuer_kind,
        size=path.stat().st_size,
        sha256=sha256,
        letters=dossier.letters,
    )


def _heard(world: NodeWorld, path: Path) -> Dossier:
    with path.open("rb") as file:
        members = ArchiveMembers(file)
        if MANIFEST not in members.names():
            raise HubDossierUnfit(what=MANIFEST)
        manifest = bytes_of(members, MANIFEST, SIGNED_LIMITS.document_bytes)
    return hear_dossier(manifest, world, at=world.now())


def _require_fitting(
    world: NodeWorld, dossier: Dossier, consignment_id: str, container_sha256: str, *, content: Content
) -> None:
    if (dossier.issuer, dossier.issuer_kind) != (world.settings.hub_id, IssuerKind.HUB):
        raise HubDossierUnfit(what=dossier.issuer)
    letter = next((one for one in dossier.letters if one.consignment_id == consignment_id), None)
    if letter is None or letter.container_sha256 != container_sha256:
        raise HubDossierUnfit(what=consignment_id)
    if content is not Content.HELD and letter.content is Content.HELD:
        raise HubDossierUnfit(what=f"{consignment_id}: {content.value}")
