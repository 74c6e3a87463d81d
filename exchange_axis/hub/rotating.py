"""Changing keys while mail flows: a peer's, and this hub's own seal.

1. For an overlap both certificates are bound: what is under way under the old one still arrives. The statement about
   the old one is sealed anew with the date on which it ends, so that everybody can read it.
2. After its end the old key seals nothing new: neither is it bound here, nor does its statement allow it elsewhere.
3. A hub's new seal is believed because the old one says so; a node's because its operator hands over the request, as at
   enrolment.
4. When this hub's own seal has changed, every statement in force is sealed anew: the old certificate ends some day, the
   statements must not end with it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from exchange_axis.domain.enrolment import REQUEST_FORMAT, ROTATION_FORMAT, MalformedRequest
from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub import authority, home
from exchange_axis.hub.asked import AskedSeal, require_well_formed, seals_of
from exchange_axis.hub.registry import Registry, WrongState, require_free_certificates
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Sealed, as_document
from exchange_axis.ports import DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, records, trust_lists
from exchange_axis.wire.binding import read_binding
from signing.certificates import certificate_pem, fingerprint, load_certificates

OVERLAP = timedelta(days=30)
"""How long both certificates are bound, unless the operator says otherwise."""


class NothingToRotate(AxisError):
    code: ClassVar[str] = "enrolment.nothing-to-rotate"
    vi: ClassVar[str] = "{peer} không có chứng thư nào đang dùng cho {place}"
    en: ClassVar[str] = "{peer} has no certificate in force for {place}"
    remedy_vi: ClassVar[str] = "Đăng ký như một nút mới: axis hub node add, axis hub node approve"
    remedy_en: ClassVar[str] = "Enrol it as a new one: axis hub node add, axis hub node approve"


class RotationUnproved(AxisError):
    code: ClassVar[str] = "enrolment.rotation-unproved"
    vi: ClassVar[str] = "Khóa đang dùng của {peer} không xác nhận khóa mới này"
    en: ClassVar[str] = "The key in use of {peer} does not vouch for this new one"
    remedy_vi: ClassVar[str] = (
        "Tạo lại yêu cầu ở đó: axis hub rotate seal, axis node rotate … --ask; mất khóa cũ thì duyệt lại từ đầu"
    )
    remedy_en: ClassVar[str] = (
        "Make the request again there: axis hub rotate seal, or axis node rotate … --ask; "
        "if the old key is lost, approve anew"
    )


class Rotation:
    def __init__(self, world: World, registry: Registry) -> None:
        self._world = world
        self._registry = registry
        self._noted = False
        """A running hub has one seal: it is looked at once."""

    def fitting(self, request: Mapping[str, Any]) -> list[tuple[AskedSeal, tuple[str, ...]]]:
        """What a request asks for, each with the certificates (PEM) in force at its place; nothing is changed.

        Raises:
            as `rotate`.
        """
        at, peer = self._world.issuer.now(), self._peer(request)
        asked = self._asked(request, peer, at)
        return [(seal, tuple(one.certificate for one in self._old(peer, seal, at))) for seal in asked]

    def rotate(
        self,
        request: Mapping[str, Any],
        *,
        overlap: timedelta = OVERLAP,
        actor: str,
        done: Callable[[Connection, Mapping[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Bind new certificates of a peer beside the old ones; returns the answer file for it.

        Args:
            request: as at enrolment, for the places that change; of a hub with the statement of its old seal.
            overlap: how long the old ones stay bound.
            done: what else becomes true with it, given the answer.

        Raises:
            NotFound, WrongState, MalformedRequest, KeyOfTwoUses, NothingToRotate, RotationUnproved, CertificateTaken,
            AuthorityNotTrusted.
            SigningRefusal: a certificate does not hold.
        """
        at = self._world.issuer.now()
        peer = self._peer(request)
        asked = self._asked(request, peer, at)
        changes = [(seal, self._old(peer, seal, at)) for seal in asked]
        bound = [self._registry.bind(peer, replace(seal, codes=_codes(old)), at) for seal, old in changes]
        fresh = {one.binding.fingerprint for _, _, one in bound}
        ending = [self._until(one, at + overlap, at) for _, old in changes for one in old]
        kept = [(old, sealed, one) for old, sealed, one in ending if one.binding.fingerprint not in fresh]
        answer = self._registry.answer({name: one.certificate for name, _, one in bound})

        def work(connection: Connection) -> None:
            require_free_certificates(connection, peer.id, bound, at)
            for old, sealed, one in kept:
                if not peers.end_binding(connection, old.binding.id, at):
                    raise WrongState(peer=peer.id, state="changing")
                peers.bind(connection, one, peer=peer.id)
                home.add_leaves(connection, "binding", [sealed.leaf])
            for _, sealed, one in bound:
                peers.bind(connection, one, peer=peer.id)
                home.add_leaves(connection, "binding", [sealed.leaf])
            details = json.dumps({"places": [seal.name for seal in asked], "until": str(at + overlap)})
            records.decide(connection, at=at, actor=actor, action="peer.rotate", subject=peer.id, details=details)
            if done is not None:
                done(connection, answer)

        self._world.transactions.run(work)
        return answer

    def own_seal(self) -> int:
        """Note with which seal this hub speaks; if it is another than before, seal what is in force anew.

        Returns how many statements were sealed.
        """
        if self._noted:
            return 0
        at, mine = self._world.issuer.now(), fingerprint(self._world.issuer.certificate)
        before = self._world.transactions.read(trust_lists.own_seals)
        current = next((seal.fingerprint for seal in before if seal.until is None), None)
        if current == mine:
            self._noted = True
            return 0
        standing = self._world.transactions.read(lambda connection: peers.bound_now(connection, at)) if before else ()
        anew = [self._until(one, one.binding.valid_to, at) for one in standing]
        pem = certificate_pem(self._world.issuer.certificate).decode()

        def work(connection: Connection) -> int:
            done = 0
            for old, sealed, one in anew:
                if peers.end_binding(connection, old.binding.id, at):  # else it changed meanwhile, under the new seal
                    peers.bind(connection, one, peer=old.binding.holder)
                    home.add_leaves(connection, "binding", [sealed.leaf])
                    done += 1
            trust_lists.use_seal(connection, mine, pem, at)
            here, details = self._world.settings.id, f"fingerprint={mine} statements={done}"
            records.decide(connection, at=at, actor=here, action="hub.seal", subject=here, details=details)
            return done

        done = self._world.transactions.run(work)
        self._noted = True
        return done

    def _peer(self, request: Mapping[str, Any]) -> peers.PeerRow:
        if request.get("format") != ROTATION_FORMAT:
            raise MalformedRequest(what="format")
        peer_id = str(request.get("id", ""))
        peer = self._world.transactions.read(lambda connection: peers.get(connection, peer_id))
        if peer is None:
            raise NotFound(what=peer_id)
        if peer.state != "approved":
            raise WrongState(peer=peer_id, state=peer.state)
        if (peer.kind == "node") is not (request.get("kind") == "node"):
            raise MalformedRequest(what="kind")
        return peer

    def _asked(self, request: Mapping[str, Any], peer: peers.PeerRow, at: datetime) -> list[AskedSeal]:
        named = tuple(place.partition(":")[2] for place in (*request.get("requests", {}), *request["certificates"]))
        codes = tuple(code for code in named if code)
        require_well_formed({**request, "format": REQUEST_FORMAT, "agencies": codes}, at)
        asked = seals_of(request, codes)
        if not asked:
            raise MalformedRequest(what="requests, certificates")
        for seal in asked:
            if seal.use is KeyUse.HUB_SEAL:
                self._require_statement(request, peer, seal)
        return asked

    def _require_statement(self, request: Mapping[str, Any], peer: peers.PeerRow, seal: AskedSeal) -> None:
        """Raises RotationUnproved, or a refusal of the statement's own signature."""
        try:
            content = base64.b64decode(str(request.get("statement", "")), validate=True)
        except (ValueError, binascii.Error) as cause:
            raise MalformedRequest(what="statement") from cause
        document = as_document(DocumentKind.BINDING, content)
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(self._world, connection, document, peer=peer.id)
        )
        said = read_binding(verified.root)
        found = fingerprint(load_certificates((seal.certificate or "").encode())[0])
        if (said.hub, said.holder, said.use, said.fingerprint) != (peer.id, peer.id, KeyUse.HUB_SEAL, found):
            raise RotationUnproved(peer=peer.id)

    def _old(self, peer: peers.PeerRow, seal: AskedSeal, at: datetime) -> Sequence[peers.BoundCertificate]:
        """What is in force for this place."""
        bound = self._world.transactions.read(lambda connection: peers.bound_for(connection, peer.id, seal.use, at))
        found = [one for one in bound if not seal.codes or seal.use is not KeyUse.AGENCY_SEAL or _same(one, seal)]
        if not found:
            raise NothingToRotate(peer=peer.id, place=seal.name)
        return found

    def _until(
        self, old: peers.BoundCertificate, end: datetime, at: datetime
    ) -> tuple[peers.BoundCertificate, Sealed, peers.BoundCertificate]:
        """The same statement from now until `end` at the latest, sealed with the seal in use."""
        here = self._world.settings.id
        binding: Binding = replace(
            old.binding,
            id=self._world.issuer.new_id(),
            hub=here,
            valid_from=at,
            valid_to=min(old.binding.valid_to, end),
        )
        sealed = self._world.issuer.binding(binding, at)
        document, sha256 = sealed.document.content, sealed.document.sha256
        return old, sealed, replace(old, binding=binding, document=document, sha256=sha256)


def _codes(old: Sequence[peers.BoundCertificate]) -> tuple[str, ...]:
    """What the certificates in force speak for; a new one speaks for no more."""
    return tuple(dict.fromkeys(code for one in old for code in one.binding.codes))


def _same(bound: peers.BoundCertificate, seal: AskedSeal) -> bool:
    return set(seal.codes) <= set(bound.binding.codes)
