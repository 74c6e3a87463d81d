"""Who may say what: grants of a peer, bindings of a certificate. Empty means refuse.

Design: keys, trust, authority. A hub carries a letter but never speaks for an agency; the agency's own seal is
checked at every hub, against a binding that a hub signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cryptography import x509
from cryptography.x509.oid import NameOID

from exchange_axis.domain.consignment import ConsignmentClass, Origin
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.domain.trust_list import HeardList, TrustList
from exchange_axis.errors import AxisError
from exchange_axis.hub import seals
from exchange_axis.hub.log_peers import keys_of
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.ports import Document
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import peers, trust_lists
from signing.certificates import fingerprint
from signing.roots import RootUse
from signing.trust import TrustAnchors, judge_for
from signing.xades import VerifiedXml, verify_enveloped

JUDGEMENTS = 10
"""How often authority and routes are judged again because they changed before the transaction."""


class NotGranted(AxisError):
    code: ClassVar[str] = "authority.not-granted"
    vi: ClassVar[str] = "Nút {peer} không được gửi thay cho {sender}"
    en: ClassVar[str] = "Peer {peer} may not send for {sender}"
    remedy_vi: ClassVar[str] = "Đề nghị quản trị trục cấp quyền: axis hub node approve {peer} --code {sender}"
    remedy_en: ClassVar[str] = "Ask the hub's operator for the grant: axis hub node approve {peer} --code {sender}"


class SealNotBound(AxisError):
    code: ClassVar[str] = "authority.seal-not-bound"
    vi: ClassVar[str] = "Chứng thư đã ký không phải là con dấu của {sender}"
    en: ClassVar[str] = "The signing certificate is not the seal of {sender}"
    remedy_vi: ClassVar[str] = "Ký bằng con dấu đã đăng ký tại trục của cơ quan gửi"
    remedy_en: ClassVar[str] = "Sign with the seal registered at the sender's hub"


class PeerSealUnknown(AxisError):
    code: ClassVar[str] = "authority.peer-seal-unknown"
    vi: ClassVar[str] = "Tài liệu không mang con dấu của {peer}"
    en: ClassVar[str] = "The document does not carry the seal of {peer}"


class BeyondSubtree(AxisError):
    code: ClassVar[str] = "relay.beyond-subtree"
    vi: ClassVar[str] = "Theo danh sách tin cậy, trục {hub} không được bảo đảm cho {sender}"
    en: ClassVar[str] = "By the trust list, hub {hub} may not vouch for {sender}"
    remedy_vi: ClassVar[str] = "Đối chiếu cây mã của {hub} trong danh sách tin cậy với danh mục"
    remedy_en: ClassVar[str] = "Compare the subtree of {hub} in the trust list with the directory"


class DocumentMissing(AxisError):
    code: ClassVar[str] = "relay.document-missing"
    vi: ClassVar[str] = "Thiếu tài liệu đi kèm {sha256}"
    en: ClassVar[str] = "Accompanying document {sha256} is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBinding:
    binding: Binding
    sha256: str
    document: bytes


def unsettled() -> StoreUnavailable:
    """Permissions or directory changed at every one of the JUDGEMENTS."""
    return StoreUnavailable(reason="directory and permissions are being changed")


def seal_uses(checked: Checked) -> frozenset[KeyUse]:
    """Which keys may have sealed this consignment (design: keys)."""
    if checked.consignment.kind is ConsignmentClass.STATUS or checked.consignment.origin is Origin.RECEIVED_UNSIGNED:
        return frozenset({KeyUse.NODE_SEAL})
    return frozenset({KeyUse.AGENCY_SEAL})


def local_binding(connection: Connection, checked: Checked, *, peer: str, at: datetime) -> SealedBinding:
    """The binding, registered here, that lets this certificate seal for this sender.

    Raises:
        NotGranted: the peer does not act for the sender.
        SealNotBound: the certificate is not the sender's seal at this peer.
    """
    sender = checked.consignment.sender
    if sender not in acting_for(connection, peer, at):
        raise NotGranted(where="consignment.xml", peer=peer, sender=sender)
    for bound in peers.bound(connection, checked.signer.fingerprint, at):
        rightful = bound.binding.holder == peer and bound.binding.use in seal_uses(checked)
        if rightful and sender in bound.binding.codes:
            return SealedBinding(binding=bound.binding, sha256=bound.sha256, document=bound.document)
    raise SealNotBound(where="META-INF/signatures0.xml", sender=sender)


def acting_for(connection: Connection, peer: str, at: datetime) -> frozenset[str]:
    """Codes that this node may send for, and whose mail it receives."""
    return frozenset(grant.code for grant in peers.grants(connection, at, peer=peer, action="act"))


def local_nodes(connection: Connection, at: datetime) -> dict[str, str]:
    """Agency code to the node that acts for it at this hub."""
    return {grant.code: grant.peer for grant in peers.grants(connection, at, action="act")}


def may_relay(connection: Connection, directory: Directory, *, peer: str, code: str, at: datetime) -> bool:
    """True when the peer carries a relay grant for this agency: its own code, or a subtree it lies in."""
    for grant in peers.grants(connection, at, peer=peer, action="relay"):
        if grant.code == code or (grant.subtree and code in directory.subtree(grant.code)):
            return True
    return False


def verify_peer(world: World, connection: Connection, document: Document, *, peer: str) -> VerifiedXml:
    """A document that only this hub peer can have sealed: by a seal bound to it, or one that the trust list gives it.

    What it sealed before a change of seals may still be under way, so that the time of sealing counts too; who hands
    it over proved by its TLS certificate who it is.

    Raises:
        PeerSealUnknown: signed, but by neither.
        Refusal: of the signature or its path; the seal is known to be revoked.
    """
    at, verified = world.issuer.now(), sealed_by_a_hub(world, document)
    found, sealed_at = verified.signer.fingerprint, verified.signing_time
    seals.require(connection, verified.signer, sealed_at=sealed_at, now=at)
    for bound in (*peers.bound(connection, found, at), *peers.bound(connection, found, sealed_at)):
        if bound.binding.holder == peer and bound.binding.use is KeyUse.HUB_SEAL:
            return verified
    known = listed(world, connection)
    if known is not None and known.speaks_for(peer, found, sealed_at):
        return verified
    raise PeerSealUnknown(peer=peer)


def sealed_by_a_hub(world: World, document: Document) -> VerifiedXml:
    """Sealed under a root that is trusted for hubs; by which hub, is judged after that.

    Raises:
        Refusal: of the signature or its path.
    """
    at = world.issuer.now()

    def judge(anchors: TrustAnchors) -> VerifiedXml:
        return verify_enveloped(document.content, anchors, at=at)

    return judge_for(RootUse.HUB_SEAL, world.anchors(), at, judge)


def require_hub(world: World, verified: VerifiedXml, hub: str) -> None:
    """Evidence of one hub cannot be passed off as another's (ADR 0019).

    Of ourselves and of hubs that are peers the certificate itself is known. Of hubs further away the trust list says
    which seals were whose at which time; a hub that it does not list is not believed. Where there is no trust list yet,
    the name in the certificate decides, and whoever runs an authority that we trust could issue one of that name.

    Raises:
        PeerSealUnknown.
        CertificateRevoked, CertificateOnHold: the seal is known to be.
    """
    found, sealed_at, now = verified.signer.fingerprint, verified.signing_time, world.issuer.now()

    def work(connection: Connection) -> tuple[TrustList | None, frozenset[str]]:
        seals.require(connection, verified.signer, sealed_at=sealed_at, now=now)
        if hub == world.settings.id:
            return None, _own_seals(world, connection, sealed_at)
        return listed(world, connection), peers.hub_seals(connection, hub)

    known, bound = world.transactions.read(work)
    if known is not None and known.speaks_for(hub, found, sealed_at):
        return
    only_by_list = known is not None and not bound
    if only_by_list or not names_hub(verified.signer.certificate, hub) or (bound and found not in bound):
        raise PeerSealUnknown(peer=hub)


def require_beneath(world: World, directory: Directory, *, sender: str, hub: str) -> None:
    """The trust list limits for which agencies a hub below the top may vouch.

    Raises:
        BeyondSubtree.
    """
    known = world.transactions.read(lambda connection: listed(world, connection))
    entry = None if known is None else known.hub(hub)
    if entry is None or entry.parent is None:
        return
    if not any(sender == code or sender in directory.subtree(code) for code in entry.subtree):
        raise BeyondSubtree(hub=hub, sender=sender)


def held_list(world: World, connection: Connection) -> HeardList | None:
    """The trust list in force here, with the bytes that were signed."""
    newest = trust_lists.newest(connection)
    if newest is None:
        return None
    version, sha256 = newest
    return world.trust.cache.of(sha256, lambda: trust_lists.document(connection, version))


def listed(world: World, connection: Connection) -> TrustList | None:
    """The trust list in force here."""
    held = held_list(world, connection)
    return None if held is None else held.value


def witnesses_asked(world: World, connection: Connection, there_are: int) -> int:
    """Cosignatures that a proof waits for, by the list in force, else the settings; never more than there are."""
    known = listed(world, connection)
    said = 0 if known is None else known.witnesses.needed
    return min(said or world.settings.witnesses_needed or 1, there_are)


def _own_seals(world: World, connection: Connection, at: datetime) -> frozenset[str]:
    """Certificates that we sealed with at that time."""
    ours = {seal.fingerprint for seal in trust_lists.own_seals(connection) if seal.until is None or at <= seal.until}
    return frozenset({fingerprint(world.issuer.certificate), *ours})


def names_hub(certificate: x509.Certificate, hub: str) -> bool:
    """True if this certificate can be the seal of that hub; an agency's seal carries the agency's code twice."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    agency = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    return [name.value for name in names] == [hub] and hub not in {name.value for name in agency}


def is_on_line(directory: Directory, *, sender: str, hub: str) -> bool:
    """False if the directory knows the sender and has it served elsewhere than at this hub or beneath it.

    A hub vouches for what lies beneath it; nobody vouches sideways or upwards.
    """
    serving = directory.hub_of(sender)
    if serving is None or hub not in directory.hubs:
        return True
    return hub in directory.way_up(serving)


def pick(documents: Mapping[str, Document], sha256: str) -> Document:
    """Raises DocumentMissing."""
    if sha256 not in documents:
        raise DocumentMissing(sha256=sha256)
    return documents[sha256]


def asked_vkey(row: peers.PeerRow) -> str | None:
    """The log key that a hub below brought with its enrolment request."""
    log, _ = keys_of(json.loads(row.request))
    return None if log is None else log.vkey
