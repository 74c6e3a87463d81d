"""Onboarding: who may connect, with which certificates, for which codes. Every decision names its actor and is logged.

1. The hub never holds a peer's key: it gets requests (PKCS#10) or finished certificates, and gives certificates back.
2. Adding is not approving: an added peer can do nothing.
3. Approval binds certificate → peer → codes by statements that this hub seals; they travel beside every consignment.
4. Revoking ends bindings and grants at once and for ever; coming back is a new approval.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from exchange_axis.domain.directory_text import from_toml
from exchange_axis.domain.enrolment import (
    ANSWER_FORMAT,
    MalformedRequest,
    serial_number,
)
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub import authority, home
from exchange_axis.hub.asked import AskedSeal, require_trusted, require_well_formed, seals_of
from exchange_axis.hub.log_peers import LOG, WITNESS, LogKeys, keys_of
from exchange_axis.hub.own_list import list_address
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Sealed, milliseconds
from exchange_axis.store import Connection
from exchange_axis.store.hub import directories, peers, records
from signing.certificates import (
    Authority,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue,
    load_certificates,
    read_csr,
)

CERTIFICATE_LIFE = timedelta(days=825)
"""How long a certificate that this hub issues is valid."""
BACKDATED = timedelta(minutes=5)
"""Peers' clocks may be behind ours."""


class WrongState(AxisError):
    code: ClassVar[str] = "enrolment.wrong-state"
    vi: ClassVar[str] = "{peer} đang ở trạng thái {state}"
    en: ClassVar[str] = "{peer} is in state {state}"


class PeerExists(AxisError):
    code: ClassVar[str] = "enrolment.peer-exists"
    vi: ClassVar[str] = "Đã có {peer} với yêu cầu khác"
    en: ClassVar[str] = "There is a {peer} with another request already"
    remedy_vi: ClassVar[str] = "Thu hồi trước: axis hub node revoke {peer}"
    remedy_en: ClassVar[str] = "Revoke it first: axis hub node revoke {peer}"


class NameOfHub(AxisError):
    """A seal issued to that name could pass for the hub's own."""

    code: ClassVar[str] = "enrolment.name-of-hub"
    vi: ClassVar[str] = "{peer} là tên của một trục"
    en: ClassVar[str] = "{peer} is the name of a hub"
    remedy_vi: ClassVar[str] = "Chọn mã khác cho nút rồi tạo lại yêu cầu"
    remedy_en: ClassVar[str] = "Choose another id for the node and make the request again"


class CertificateTaken(AxisError):
    code: ClassVar[str] = "enrolment.certificate-taken"
    vi: ClassVar[str] = "Chứng thư trong yêu cầu của {peer} đang thuộc về {holder}"
    en: ClassVar[str] = "A certificate in the request of {peer} belongs to {holder}"
    remedy_vi: ClassVar[str] = "Tạo khóa mới cho {peer}, hoặc thu hồi {holder} trước"
    remedy_en: ClassVar[str] = "Make new keys for {peer}, or revoke {holder} first"


class CodeTaken(AxisError):
    code: ClassVar[str] = "enrolment.code-taken"
    vi: ClassVar[str] = "Cơ quan {agency} đang do {holder} phục vụ"
    en: ClassVar[str] = "Agency {agency} is served by {holder}"
    remedy_vi: ClassVar[str] = "Phê duyệt với các mã khác (--code), hoặc thu hồi {holder} trước"
    remedy_en: ClassVar[str] = "Approve for other codes (--code), or revoke {holder} first"


class Registry:
    def __init__(
        self,
        world: World,
        office: Authority,
        *,
        anchors: Callable[[], Sequence[str]],
        vkeys: LogKeys,
        url: str,
        trust_signer: Callable[[], str | None],
    ) -> None:
        self._world = world
        self._office = office
        self._anchors = anchors
        self.vkeys = vkeys
        self.url = url
        """Where peers reach this hub."""
        self._trust_signer = trust_signer

    def use_office(self, office: Authority) -> None:
        """It issues to peers from now on."""
        self._office = office

    def add(self, request: Mapping[str, Any], *, actor: str) -> peers.PeerRow:
        """Note a peer that wants to connect; the same request again changes nothing.

        Raises:
            MalformedRequest, PeerExists, KeyOfTwoUses.
            SigningRefusal: a certificate is not for its use, or not valid now.
        """
        at = self._world.issuer.now()
        require_well_formed(request, at)
        text = json.dumps(request, ensure_ascii=False, sort_keys=True)
        kind = "child" if request["kind"] == "hub" else "node"
        row = peers.PeerRow(
            id=request["id"],
            kind=kind,
            name=request.get("name", request["id"]),
            state="pending",
            request=text,
            added_at=at,
            seen_at=None,
        )

        def work(connection: Connection) -> peers.PeerRow:
            known = peers.get(connection, row.id)
            self._require_free_name(connection, row, known)
            if known is not None and known.request == text and known.state != "revoked":
                return known
            if known is not None and known.state != "revoked":
                raise PeerExists(peer=row.id)
            if known is None:
                peers.add(connection, row)
            else:
                peers.set_state(connection, row.id, expected=("revoked",), state="pending")
                peers.set_request(connection, row.id, text)
            records.decide(connection, at=at, actor=actor, action="peer.add", subject=row.id, details=kind)
            return row

        return self._world.transactions.run(work)

    def approve(self, peer_id: str, *, codes: Sequence[str], relay: Sequence[str], actor: str) -> dict[str, Any]:
        """Bind the peer's certificates and grant what it may do; returns the answer file for the peer.

        Args:
            codes: agencies a node may act for; empty means those of its request.
            relay: subtrees a hub below may relay for; empty means those of its request.

        Raises:
            NotFound, WrongState, MalformedRequest, AuthorityNotTrusted.
            SigningRefusal: a certificate of the peer's own does not hold.
        """
        peer = self._peer(peer_id)
        if peer.state == "revoked":
            raise WrongState(peer=peer_id, state=peer.state)
        request = json.loads(peer.request)
        at = self._world.issuer.now()
        acting = tuple(canonical_code(code) for code in (codes or request.get("agencies", ())))
        carrying = tuple(canonical_code(code) for code in (relay or request.get("subtree", ())))
        bound = [self.bind(peer, seal, at) for seal in seals_of(request, acting or carrying)]

        def work(connection: Connection) -> None:
            if not peers.set_state(connection, peer_id, expected=("pending", "approved"), state="approved"):
                raise WrongState(peer=peer_id, state="revoked")
            if peer.kind == "node":
                _require_free_codes(connection, peer_id, acting, at)
            require_free_certificates(connection, peer_id, bound, at)
            peers.end_bindings(connection, peer_id, at)
            peers.end_grants(connection, peer_id, at)
            for _, sealed, certificate in bound:
                peers.bind(connection, certificate, peer=peer_id)
                home.add_leaves(connection, "binding", [sealed.leaf])
            for action, granted in (("act", acting), ("relay", carrying)):
                for code in granted if (action == "act") is (peer.kind == "node") else ():
                    _grant(connection, peer_id, action=action, code=code, at=at)
            details = json.dumps({"codes": acting, "relay": carrying})
            records.decide(connection, at=at, actor=actor, action="peer.approve", subject=peer_id, details=details)

        self._world.transactions.run(work)
        return self.answer({name: certificate.certificate for name, _, certificate in bound})

    def revoke(self, peer_id: str, *, actor: str, reason: str) -> None:
        """Cut a peer off at once. Raises NotFound, WrongState."""
        self._peer(peer_id)
        at = self._world.issuer.now()

        def work(connection: Connection) -> None:
            if not peers.set_state(connection, peer_id, expected=("pending", "approved"), state="revoked"):
                raise WrongState(peer=peer_id, state="revoked")
            peers.end_bindings(connection, peer_id, at)
            peers.end_grants(connection, peer_id, at)
            records.decide(connection, at=at, actor=actor, action="peer.revoke", subject=peer_id, details=reason)

        self._world.transactions.run(work)

    def adopt_parent(self, answer: Mapping[str, Any], *, actor: str) -> None:
        """Take the hub above as a peer, from the answer it gave to our uplink request."""
        at = self._world.issuer.now()
        parent = str(answer["hub"])
        seal = AskedSeal(use=KeyUse.HUB_SEAL, codes=(), name="hub-seal", csr=None, certificate=answer["hub_seal"])
        given = {LOG: answer.get("vkey", ""), WITNESS: answer.get(WITNESS, "")}
        keys_of(given)
        row = peers.PeerRow(
            id=parent,
            kind="parent",
            name=parent,
            state="approved",
            request=json.dumps(given),
            added_at=at,
            seen_at=None,
        )
        _, sealed, bound = self.bind(row, seal, at)

        if not authority.names_hub(load_certificates(bound.certificate.encode())[0], parent):
            raise MalformedRequest(what="hub_seal")

        def work(connection: Connection) -> None:
            known = peers.get(connection, parent)
            if known is None:
                peers.add(connection, row)
            elif known.kind != row.kind:
                raise PeerExists(peer=parent)
            peers.set_request(connection, parent, json.dumps(given))
            peers.end_bindings(connection, parent, at)
            peers.bind(connection, bound, peer=parent)
            home.add_leaves(connection, "binding", [sealed.leaf])
            records.decide(
                connection,
                at=at,
                actor=actor,
                action="uplink.install",
                subject=parent,
                details=str(answer.get("url", "")),
            )

        self._world.transactions.run(work)

    def every(self) -> tuple[peers.PeerRow, ...]:
        return self._world.transactions.read(peers.every)

    def identify(self, tls_fingerprint: str) -> peers.PeerRow | None:
        """The approved peer behind a TLS client certificate."""
        at = self._world.clock.now()
        return self._world.transactions.read(lambda connection: peers.peer_by_tls(connection, tls_fingerprint, at))

    def tls_certificates(self) -> tuple[str, ...]:
        """PEM of every client certificate that may connect."""
        at = self._world.clock.now()
        return self._world.transactions.read(lambda connection: peers.tls_certificates(connection, at))

    def _require_free_name(self, connection: Connection, row: peers.PeerRow, known: peers.PeerRow | None) -> None:
        """A node has no hub's name: its seal would bear it. A peer never changes its kind.

        Raises:
            NameOfHub, PeerExists.
        """
        document = directories.current(connection)
        hubs = () if document is None or row.kind != "node" else tuple(from_toml(document[1]).hubs)
        if row.id == self._world.settings.id or row.id in hubs:
            raise NameOfHub(peer=row.id)
        if known is not None and known.kind != row.kind:
            raise PeerExists(peer=row.id)

    def _peer(self, peer_id: str) -> peers.PeerRow:
        peer = self._world.transactions.read(lambda connection: peers.get(connection, peer_id))
        if peer is None:
            raise NotFound(what=peer_id)
        return peer

    def bind(self, peer: peers.PeerRow, seal: AskedSeal, at: datetime) -> tuple[str, Sealed, peers.BoundCertificate]:
        """Place in the request, the sealed statement, and the certificate as it will be bound; nothing is stored.

        Raises:
            MalformedRequest, AuthorityNotTrusted.
        """
        chain = self._certificate(peer, seal, at)
        certificate = load_certificates(chain.encode())[0]
        binding = Binding(
            id=self._world.issuer.new_id(),
            hub=self._world.settings.id,
            holder=peer.id,
            fingerprint=fingerprint(certificate),
            use=seal.use,
            codes=seal.codes,
            valid_from=at,
            valid_to=milliseconds(certificate.not_valid_after_utc),
        )
        sealed = self._world.issuer.binding(binding, at)
        bound = peers.BoundCertificate(
            binding=binding, certificate=chain, document=sealed.document.content, sha256=sealed.document.sha256
        )
        return seal.name, sealed, bound

    def _certificate(self, peer: peers.PeerRow, seal: AskedSeal, at: datetime) -> str:
        """The peer's own certificate, or one this hub's office issues for its request."""
        if seal.certificate is not None:
            require_trusted(peer.id, seal, self._world.anchors(), at=at)
            return seal.certificate
        if seal.csr is None:
            raise MalformedRequest(what=seal.name)
        wish, office = read_csr(seal.csr.encode()), self._office
        agency = seal.codes[0] if seal.use is KeyUse.AGENCY_SEAL else None
        certificate = issue(
            office,
            wish.public_key,
            subject=Subject(common_name=agency or peer.id, organization=peer.name[:64], agency_code=agency),
            use=CertificateUse.TLS_CLIENT if seal.use is KeyUse.TLS else CertificateUse.SEAL,
            issuance=Issuance(
                serial=serial_number(self._world.rng.token(16)),
                not_before=at - BACKDATED,
                not_after=at + CERTIFICATE_LIFE,
            ),
            crl=list_address(self.url, office.certificate),
        )
        return certificate_pem(certificate).decode()

    def answer(self, certificates: Mapping[str, str]) -> dict[str, Any]:
        """The answer file for a peer: certificates by their place in its request, and what it must know of us."""
        return {
            "format": ANSWER_FORMAT,
            "hub": self._world.settings.id,
            "url": self.url,
            "certificates": dict(certificates),
            "anchors": list(self._anchors()),
            "hub_seal": self.seal_pem(),
            "vkey": self.vkeys.log.vkey,
            **({} if self.vkeys.witness is None else {WITNESS: self.vkeys.witness.vkey}),
            "trust_signer": self._trust_signer(),
        }

    def authority_pem(self) -> str:
        """PEM of the roots that this hub's own certificates lead to: public, and to be compared by fingerprint."""
        return "".join(self._anchors())

    @property
    def log_vkey(self) -> str:
        """The key that checkpoints of this hub's log are checked with."""
        return self.vkeys.log.vkey

    def seal_pem(self) -> str:
        """PEM of this hub's seal certificate."""
        return certificate_pem(self._world.issuer.certificate).decode()


def _require_free_codes(connection: Connection, peer: str, codes: Sequence[str], at: datetime) -> None:
    """One node serves an agency: whom its letters go to must not depend on who was approved last. Raises CodeTaken."""
    for grant in peers.grants(connection, at, action="act"):
        if grant.peer != peer and grant.code in codes:
            raise CodeTaken(agency=grant.code, holder=grant.peer)


def require_free_certificates(
    connection: Connection,
    peer: str,
    bound: Sequence[tuple[str, Sealed, peers.BoundCertificate]],
    at: datetime,
) -> None:
    """A certificate stands for one peer, or whoever presents it is taken for another one. Raises CertificateTaken."""
    fingerprints = [certificate.binding.fingerprint for _, _, certificate in bound]
    for holder in peers.bound_elsewhere(connection, fingerprints, peer=peer, at=at):
        raise CertificateTaken(peer=peer, holder=holder)


def _grant(connection: Connection, peer: str, *, action: str, code: str, at: datetime) -> None:
    subtree = action == "relay"
    peers.grant(
        connection,
        peers.Grant(peer=peer, action=action, code=code, subtree=subtree, valid_from=at, valid_to=None),
    )
