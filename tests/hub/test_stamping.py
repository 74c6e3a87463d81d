"""Time-stamps over checkpoints: in batches, pending through an outage, repaired later, renewed for fifteen years."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemRng
from exchange_axis.hub.stamping import AT_ONCE, Stamping
from exchange_axis.hub.time_stamping import TimestampDesk
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.note import note_text
from exchange_axis.ledger.tree import verify_consistency
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.pipeline.verify_views import Stamped, judge_tokens
from exchange_axis.ports import TimestampsUnreachable
from schemas.gate.refusal import Refusal
from signing.certificates import Authority, CertificateUse, Issuance, Subject, issue, new_root
from signing.keys import KeyType, LocalSigner, generate_key
from signing.timestamp_chain import verify_chain
from signing.timestamp_service import TimestampService
from signing.trust import TrustAnchors
from tests.hub.stand import START, HandClock, Stand, enrol, make_letter, open_stand, reopen

_HOUR = timedelta(hours=1)


class Source:
    """The hub's own service, which can be away."""

    def __init__(self, desk: TimestampDesk) -> None:
        self._desk = desk
        self.away = False
        self.asked = 0
        self.at_call: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        return "test"

    async def answer(self, request: bytes) -> bytes:
        self.asked += 1
        self.at_call()
        if self.away:
            raise TimestampsUnreachable(url="test", reason="away")
        return self._desk.stamp(request)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.hub.close()


def _loop(stand: Stand, source: Source | None = None) -> tuple[Stamping, Source]:
    source = source or Source(stand.hub.time_stamping)
    return Stamping(stand.hub.world, stand.hub.stamps, source, anchors=stand.hub.world.anchors), source


def _round(loop: Stamping) -> int:
    return asyncio.run(loop.round())


def _grow(stand: Stand, times: int = 1) -> int:
    """Log something; gives the size of the log."""
    for _ in range(times):
        number = len(stand.hub.registry.every())
        enrol(stand, f"node-{number}", [f"H90.{number + 50}"])
        stand.hub.log.sequence()
    return stand.hub.log.state().size


def test_one_token_an_interval_covers_all_before_it(stand: Stand, tmp_path: Path) -> None:
    loop, source = _loop(stand)
    assert _round(loop) == 0, "an empty log has nothing to stamp"
    first = _grow(stand)
    assert _round(loop) == 1
    second = _grow(stand, 3)
    stand.clock.advance(minutes=59)
    assert _round(loop) == 0
    assert stand.hub.stamps.state().stamped_size == first
    stand.clock.advance(minutes=1)
    assert _round(loop) == 1
    assert _round(loop) == 0
    assert (stand.hub.stamps.state().stamped_size, source.asked) == (second, 2)


def test_what_is_served_proves_any_smaller_log(stand: Stand, tmp_path: Path) -> None:
    loop, _ = _loop(stand)
    small = _grow(stand)
    old = stand.hub.log.checkpoint()
    size = _grow(stand, 3)
    assert stand.hub.stamps.covering(small) is None, "pending"
    _round(loop)
    found = stand.hub.stamps.covering(small)
    assert found is not None and old is not None
    verifier = stand.hub.log._signer.verifier
    checkpoint, earlier = open_checkpoint(found.note, verifier), open_checkpoint(old, verifier)
    assert found.size == checkpoint.size == size
    verify_consistency(small, size, found.consistency, root1=earlier.root, root2=checkpoint.root)
    text = note_text(found.note).encode()
    chain = verify_chain(text, found.tokens, stand.hub.world.anchors(), at=stand.clock.now())
    assert chain.at == stand.clock.now()
    whole = stand.hub.stamps.covering(size)
    assert whole is not None and whole.consistency == ()


@pytest.mark.parametrize("size", [0, -1, 10_000])
def test_a_size_that_the_log_never_had(stand: Stand, tmp_path: Path, size: int) -> None:
    _grow(stand)
    with pytest.raises(Refusal, match=r"^request\.not-found"):
        stand.hub.stamps.covering(size)


@pytest.mark.usefixtures("either_store")
def test_an_outage_leaves_time_stamps_pending_and_letters_go_on(stand: Stand, tmp_path: Path) -> None:
    loop, source = _loop(stand)
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90"])
    stand.hub.log.sequence()
    source.away = True
    with pytest.raises(TimestampsUnreachable):
        _round(loop)
    state = stand.hub.stamps.state()
    assert (state.stamped_size, state.waiting_since, state.late) == (0, stand.clock.now(), False)
    stand.clock.advance(hours=2)
    letter = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=stand.clock)
    (document,) = stand.hub.intake.submit(sender.row, letter).documents
    stand.hub.log.sequence()
    assert stand.hub.log.proof(document.sha256) is not None
    assert stand.hub.stamps.state().late
    source.away = False
    assert _round(loop) == 1
    state = stand.hub.stamps.state()
    assert (state.waiting_since, state.late) == (None, False)
    assert state.stamped_size == stand.hub.log.state().size


def test_failures_are_counted_until_a_token_comes(stand: Stand, tmp_path: Path) -> None:
    loop, source = _loop(stand)
    _grow(stand)
    source.away = True

    async def story() -> None:
        stop = asyncio.Event()
        source.at_call = stop.set
        await loop.run(stop)

    asyncio.run(story())
    assert (stand.hub.stamps.state().failures, stand.hub.stamps.state().error) == (1, "timestamp.unreachable")
    source.away = False
    _round(loop)
    assert (stand.hub.stamps.state().failures, stand.hub.stamps.state().error) == (0, "")


def test_a_token_that_cannot_be_believed_is_not_kept(stand: Stand, tmp_path: Path) -> None:
    stranger = _service(_root(1), 2, stand.clock)
    desk = TimestampDesk(stranger, clock=stand.clock, rng=SystemRng(), guard=ClockGuard(stand.clock))
    loop, _ = _loop(stand, Source(desk))
    _grow(stand)
    with pytest.raises(Refusal, match=r"^certificate\.untrusted"):
        _round(loop)
    assert stand.hub.stamps.state().stamped_size == 0


@pytest.mark.usefixtures("either_store")
def test_two_processes_of_one_hub_keep_one_token(stand: Stand, tmp_path: Path) -> None:
    loop, _ = _loop(stand)
    size = _grow(stand)
    wanted = stand.hub.stamps.next()
    assert wanted is not None
    _round(loop)
    stamp = asyncio.run(loop.stamp(wanted.text))
    assert stand.hub.stamps.keep(wanted, stamp, stand.hub.world.anchors()) is False
    found = stand.hub.stamps.covering(size)
    assert found is not None and len(found.tokens) == 1


def test_time_stamps_outlive_a_restart(stand: Stand, tmp_path: Path) -> None:
    loop, _ = _loop(stand)
    size = _grow(stand)
    _round(loop)
    again = reopen(stand)
    stand.hub = again.hub
    found = again.hub.stamps.covering(size)
    assert found is not None and len(found.tokens) == 1
    assert _round(_loop(again)[0]) == 0


def _root(number: int) -> Authority:
    return new_root(
        generate_key(KeyType.P256),
        subject=Subject(common_name=f"Gốc {number}"),
        issuance=Issuance(serial=number, not_before=START - _HOUR, not_after=START + timedelta(days=365 * 30)),
    )


def _service(root: Authority, serial: int, clock: HandClock) -> TimestampService:
    """A service whose certificate lasts three years from now."""
    key = generate_key(KeyType.P256)
    certificate = issue(
        root,
        key.public_key(),
        subject=Subject(common_name=f"Dịch vụ {serial}"),
        use=CertificateUse.TIME_STAMPING,
        issuance=Issuance(serial=serial, not_before=clock.now() - _HOUR, not_after=clock.now() + timedelta(days=1095)),
    )
    return TimestampService(signer=LocalSigner(key, certificate))


def test_a_year_is_renewed_by_one_token_for_fifteen_years(stand: Stand, tmp_path: Path) -> None:
    """The hub's own loop under a clock moved by hand, with a service that is rolled every other year. All that was
    stamped in the first days is carried on by one token a year."""
    root = _root(1)
    anchors = TrustAnchors(certificates=(root.certificate,))
    clock, hub = stand.clock, stand.hub
    service = _service(root, 2, clock)
    sources: list[Source] = []
    sizes: list[int] = []

    def hour() -> None:
        hub.log.sequence()
        _round(loop)
        clock.advance(hours=1)

    for year in range(15):
        if year and year % 2 == 0:
            service = _service(root, year + 2, clock)
        sources.append(Source(TimestampDesk(service, clock=clock, rng=SystemRng(), guard=ClockGuard(clock))))
        loop = Stamping(hub.world, hub.stamps, sources[-1], anchors=lambda: anchors)
        if not year:
            for _ in range(2):
                sizes.append(_grow(stand))
                hour()
        assert hub.stamps.state().renewals_due == (len(sizes) if year == 1 else min(year, 1))
        hour()
        assert hub.stamps.state().renewals_due == (0 if not year else len(sizes) if year == 1 else 1), "in the log"
        hour()
        assert hub.stamps.state().renewals_due == 0, "and covered"
        clock.advance(days=366)
    assert [one.asked for one in sources] == [2, *[1] * 14]
    trust = replace(Trust(anchors=anchors), logs=(hub.log.verifier,))
    for number, size in enumerate(sizes):
        found = hub.stamps.covering(size)
        assert found is not None and len(found.renewed) == 14
        tokens = (*found.tokens, *(token for one in found.renewed for token in one.tokens))
        proofs = tuple(one.proof for one in found.renewed)
        text = note_text(found.note).encode()

        def told(proofs: tuple[bytes, ...], tokens: tuple[bytes, ...] = tokens, text: bytes = text) -> Stamped:
            question = Question(trust=replace(trust, tokens=tokens, token_proofs=proofs), now=clock.now())
            return judge_tokens(question, text)

        assert told(proofs).at == START + number * _HOUR, "to the hour, after fifteen years and eight services"
        if number:
            continue
        assert told(proofs[1:]).answer is Answer.NO, "a link is missing"
        assert told(()).answer is Answer.NO
        lapsed = told(proofs[:8]).refusal
        assert lapsed is not None and lapsed.code == "timestamp.lapsed"
    assert list(hub.log_check.run().faults) == []


def test_a_renewal_that_came_too_late_carries_nothing(stand: Stand, tmp_path: Path) -> None:
    """The service was away until its old certificate had ended."""
    root = _root(1)
    anchors = TrustAnchors(certificates=(root.certificate,))
    clock, hub = stand.clock, stand.hub

    def stamp(serial: int) -> None:
        desk = TimestampDesk(_service(root, serial, clock), clock=clock, rng=SystemRng(), guard=ClockGuard(clock))
        hub.log.sequence()
        _round(Stamping(hub.world, hub.stamps, Source(desk), anchors=lambda: anchors))

    size = _grow(stand)
    stamp(2)
    clock.advance(days=1100)
    for _ in range(2):
        stamp(3)
        clock.advance(hours=1)
    found = hub.stamps.covering(size)
    assert found is not None and len(found.renewed) == 1
    trust = replace(
        Trust(anchors=anchors),
        logs=(hub.log.verifier,),
        tokens=(*found.tokens, *found.renewed[0].tokens),
        token_proofs=(found.renewed[0].proof,),
    )
    told = judge_tokens(Question(trust=trust, now=clock.now()), note_text(found.note).encode())
    assert told.refusal is not None and told.refusal.code == "timestamp.lapsed"


def test_a_round_has_an_end(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, source = _loop(stand)
    _grow(stand)
    monkeypatch.setattr(stand.hub.stamps, "keep", lambda *_: False)
    assert _round(loop) == AT_ONCE == source.asked
