"""What a root is trusted for, tried at every door: each class of root with each single use, against every kind of word.

All words are real ones of one hub and its nodes, under the hub's own root; only what that root is trusted for changes.
A door opens for its own use and for no other, whatever the class; where it stays shut it says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from cryptography import x509

from exchange_axis.domain.transfer import KeyUse
from exchange_axis.errors import CheckFailed
from exchange_axis.hub import authority
from exchange_axis.hub.asked import AskedSeal, AuthorityNotTrusted, require_trusted
from exchange_axis.hub.stamping import Stamping
from exchange_axis.node.voices import _verified
from exchange_axis.pipeline.check import prove
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.hub import peers
from schemas.gate.refusal import Refusal
from signing.certificates import certificate_pem, fingerprint, load_certificates
from signing.roots import RootClass, RootRule, RootUse
from signing.timestamp_chain import verify_chain
from signing.timestamps import accept_answer, make_request
from signing.trust import TrustAnchors
from tests.hub.stand import HandClock, Stand, enrol, make_letter, make_status, open_stand

DAY = timedelta(days=1)
Door = Callable[["Words", TrustAnchors], None]
"""Raises what it refuses with."""


@dataclass
class Words:
    """What was said in one exchange, and who may judge it."""

    stand: Stand
    root: x509.Certificate
    letter: Path
    status: Path
    files: dict[DocumentKind, Path]
    documents: dict[DocumentKind, Document]
    token: bytes

    def anchors(self, rule: RootRule) -> TrustAnchors:
        return TrustAnchors(certificates=(self.root,), rules={fingerprint(self.root): rule})


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Words]:
    folder = tmp_path_factory.mktemp("words")
    stand = open_stand(folder, "hub-a", clock=HandClock())
    sender, receiver = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90"])
    letter = make_letter(folder, sender, "H90.01", ["H90"], clock=stand.clock)
    kept = folder / "letter.asice"
    kept.write_bytes(letter.path.read_bytes())
    stand.hub.intake.submit(sender.row, letter)
    (shipment,) = stand.hub.dispatch.lease("node-a", 1)
    status = make_status(folder, receiver, "01", shipment, recipient="H90", clock=stand.clock)
    documents = {one.kind: one for one in shipment.documents}
    files = {}
    for kind, document in documents.items():
        files[kind] = folder / f"{kind.value}{'.binding' if kind is DocumentKind.BINDING else ''}.xml"
        files[kind].write_bytes(document.content)
    request = make_request(b"x", nonce=7)
    token = accept_answer(stand.hub.time_stamping.stamp(request.der()), request).token
    (root,) = load_certificates(stand.places.certificate("authority").read_bytes())
    yield Words(stand=stand, root=root, letter=kept, status=status.path, files=files, documents=documents, token=token)
    stand.close()


def at_intake(which: str) -> Door:
    def door(words: Words, anchors: TrustAnchors) -> None:
        try:
            prove(getattr(words, which), anchors=anchors, at=words.stand.clock.now())
        except CheckFailed as failed:
            raise RefusedError(failed.findings[0].code) from failed

    return door


def between_hubs(kind: DocumentKind) -> Door:
    def door(words: Words, anchors: TrustAnchors) -> None:
        world = replace(words.stand.hub.world, anchors=lambda: anchors)
        authority.sealed_by_a_hub(world, words.documents[kind])

    return door


def at_a_node(kind: DocumentKind) -> Door:
    def door(words: Words, anchors: TrustAnchors) -> None:
        _verified(words.documents[kind], anchors, words.stand.clock.now())

    return door


def by_verify(which: str | DocumentKind) -> Door:
    def door(words: Words, anchors: TrustAnchors) -> None:
        path = getattr(words, which) if which in {"letter", "status"} else words.files[DocumentKind(which)]
        now = words.stand.clock.now()
        found = verify_file(path, Question(trust=Trust(anchors=anchors), now=now, at=now))
        if found.signed is not Answer.YES:
            raise RefusedError(next(one.code for one in found.findings if one.severity.value == "error"))

    return door


def at_enrolment(use: KeyUse) -> Door:
    def door(words: Words, anchors: TrustAnchors) -> None:
        at, world = words.stand.clock.now(), words.stand.hub.world
        held = world.transactions.read(lambda connection: list(peers.every_bound(connection, at)))
        pem = next((one.certificate for one in held if one.binding.use is use), None)
        certificate = pem or certificate_pem(world.issuer.certificate).decode()
        require_trusted(
            "x", AskedSeal(use=use, codes=(), name=use.value, csr=None, certificate=certificate), anchors, at=at
        )

    return door


def stamped(words: Words, anchors: TrustAnchors) -> None:
    verify_chain(b"x", [words.token], anchors, at=words.stand.clock.now())


def stamping(words: Words, anchors: TrustAnchors) -> None:
    hub = words.stand.hub
    asyncio.run(Stamping(hub.world, hub.stamps, hub.time_stamping, anchors=lambda: anchors).stamp(b"y"))


class RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


DOORS: dict[str, tuple[RootUse, Door]] = {
    "a letter at intake": (RootUse.AGENCY_SEAL, at_intake("letter")),
    "a status at intake": (RootUse.NODE_SEAL, at_intake("status")),
    "a letter, axis verify": (RootUse.AGENCY_SEAL, by_verify("letter")),
    "a status, axis verify": (RootUse.NODE_SEAL, by_verify("status")),
    "an agency's seal at enrolment": (RootUse.AGENCY_SEAL, at_enrolment(KeyUse.AGENCY_SEAL)),
    "a node's seal at enrolment": (RootUse.NODE_SEAL, at_enrolment(KeyUse.NODE_SEAL)),
    "a hub's seal at enrolment": (RootUse.HUB_SEAL, at_enrolment(KeyUse.HUB_SEAL)),
    "a time-stamp": (RootUse.TIME_STAMP, stamped),
    "a service that stamps the log": (RootUse.TIME_STAMP, stamping),
    **{
        f"{kind.value}, {who}": (RootUse.HUB_SEAL, make(kind))
        for kind in (DocumentKind.EVIDENCE, DocumentKind.TRANSFER, DocumentKind.BINDING)
        for who, make in (("between hubs", between_hubs), ("at a node", at_a_node), ("axis verify", by_verify))
    },
}


def said(words: Words, door: Door, rule: RootRule) -> str:
    try:
        door(words, words.anchors(rule))
    except (Refusal, RefusedError) as refusal:
        return refusal.code
    return "open"


@pytest.mark.parametrize("name", DOORS)
def test_a_door_opens_for_its_own_use_only(words: Words, name: str) -> None:
    wanted, door = DOORS[name]
    found = {
        (kind, use): said(words, door, RootRule(kind=kind, uses=frozenset({use})))
        for kind, use in product((RootClass.PUBLIC, RootClass.PARTY, RootClass.TEST), RootUse)
    }
    shut = AuthorityNotTrusted.code if name.endswith("enrolment") else "certificate.root-use"
    for (kind, use), answer in found.items():
        expected = {"open"} if use is wanted else {"certificate.root-use", shut}
        assert answer in expected, (name, kind, use)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_opens_in_the_roots_time_only(words: Words, name: str) -> None:
    wanted, door = DOORS[name]
    now = words.stand.clock.now()
    every = frozenset(RootUse)
    assert said(words, door, RootRule(uses=every, valid_from=now - DAY, valid_to=now + DAY)) == "open"
    assert said(words, door, RootRule(uses=every - {wanted})) != "open", "all uses but its own"
    assert said(words, door, RootRule(uses=every, valid_to=now)) != "open", "it ended today"
    assert said(words, door, RootRule(uses=every, valid_from=now + DAY)) != "open", "it begins tomorrow"
    assert said(words, door, RootRule(uses=frozenset())) != "open"


def test_a_connection_is_pinned_itself_and_asks_for_no_root(words: Words) -> None:
    """`signing.roots` has no use for TLS: the very certificate is bound (docs/operator.md)."""
    assert said(words, at_enrolment(KeyUse.TLS), RootRule(uses=frozenset())) == "open"


def test_every_use_of_a_seal_or_time_stamp_has_a_door(words: Words) -> None:
    """Uses of PDF files are tried in tests/signing, of enterprises by those that no door opens for."""
    assert {use for use, _ in DOORS.values()} == set(RootUse) - {RootUse.PDF, RootUse.ENTERPRISE_SEAL}
