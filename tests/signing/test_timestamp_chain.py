"""Time-stamps over fifteen years under a clock that tests set: services and roots are rolled, proofs go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography import x509

from schemas.gate.refusal import Refusal
from signing.certificates import Authority, CertificateUse, Issuance, Subject, issue, new_root
from signing.keys import KeyType, LocalSigner
from signing.policy import DigestAlgorithm
from signing.timestamp_chain import (
    RENEW_AFTER,
    RENEW_BEFORE,
    Ended,
    TimestampChain,
    read_chain,
    renewal_due,
    stamped_octets,
    verify_chain,
)
from signing.timestamp_service import TimestampService
from signing.timestamps import Timestamp
from signing.trust import TrustAnchors
from tests.signing.pki import AT, key
from tests.signing.stamping import DATA, stamp

_YEAR = timedelta(days=365)
_TYPES = (KeyType.P256, KeyType.RSA2048, KeyType.P384)


@dataclass
class _World:
    """Services of three years each, under roots of six: what an operator renews in time."""

    roots: list[Authority] = field(default_factory=list)
    services: list[tuple[datetime, TimestampService]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(10):
            begin = AT + number * 2 * _YEAR
            if number % 2 == 0:
                issuance = Issuance(serial=number + 1, not_before=begin, not_after=begin + 7 * _YEAR)
                name = Subject(common_name=f"Gốc dấu thời gian {number}")
                self.roots.append(new_root(key(KeyType.P256, f"root {number}"), subject=name, issuance=issuance))
            self.services.append((begin, self._service(number, begin)))

    def _service(self, number: int, begin: datetime) -> TimestampService:
        key_type = _TYPES[number % len(_TYPES)]
        private = key(key_type, f"service {number}")
        certificate = issue(
            self.roots[-1],
            private.public_key(),
            subject=Subject(common_name=f"Dấu thời gian {number}"),
            use=CertificateUse.TIME_STAMPING,
            issuance=Issuance(serial=100 + number, not_before=begin, not_after=begin + 3 * _YEAR),
        )
        return TimestampService(signer=LocalSigner(private, certificate))

    @property
    def anchors(self) -> TrustAnchors:
        return TrustAnchors(certificates=tuple(root.certificate for root in self.roots))

    def stamp(self, tokens: list[bytes], at: datetime) -> bytes:
        """By the newest service of that day."""
        service = [one for begin, one in self.services if begin <= at][-1]
        return stamp(service, stamped_octets(DATA, tokens), at=at).token


_world = cache(_World)


def _renewed(years: int, *, late: timedelta = timedelta()) -> list[bytes]:
    """The first token and its renewals, each made when it was due and a time."""
    tokens = [_world().stamp([], AT)]
    while True:
        at = renewal_due(read_chain(DATA, tokens)[-1], _world().anchors) + late
        if at > AT + years * _YEAR:
            return tokens
        tokens.append(_world().stamp(tokens, at))


def _verify(tokens: list[bytes], at: datetime, ended: Ended | None = None) -> TimestampChain:
    return verify_chain(DATA, tokens, _world().anchors, at=at, ended=ended)


def _refusal(work: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        work()
    return refused.value


@cache
def _fifteen() -> list[bytes]:
    return _renewed(15)


@pytest.mark.parametrize("years", range(16))
def test_fifteen_years_of_yearly_renewal(years: int) -> None:
    found = _verify(_fifteen(), AT + years * _YEAR + timedelta(days=1))
    assert found.at == AT
    assert len(found.timestamps) >= years


def test_services_and_roots_were_rolled_on_the_way() -> None:
    found = _verify(_fifteen(), AT + 15 * _YEAR)
    assert len({one.fingerprint for one in found.timestamps}) >= 7
    assert len({one.certificate.issuer for one in found.timestamps}) >= 4
    assert {one.signature_algorithm.name for one in found.timestamps} == {"ECDSA_SHA256", "RSA_SHA256", "ECDSA_SHA384"}


def test_without_renewal_the_proof_ends_with_the_certificate() -> None:
    end = _world().services[0][1].signer.certificate.not_valid_after_utc
    assert _verify(_fifteen()[:1], end).at == AT
    refused = _refusal(lambda: _verify(_fifteen()[:1], end + timedelta(seconds=1)))
    assert (refused.code, refused.facts["number"]) == ("timestamp.lapsed", "1")


def test_a_renewal_that_came_too_late_is_refused() -> None:
    end = _world().services[0][1].signer.certificate.not_valid_after_utc
    in_time = [*_fifteen()[:1], _world().stamp(_fifteen()[:1], end)]
    too_late = [*_fifteen()[:1], _world().stamp(_fifteen()[:1], end + timedelta(seconds=1))]
    later = AT + 4 * _YEAR
    assert _verify(in_time, later).at == AT
    refused = _refusal(lambda: _verify(too_late, later))
    assert (refused.code, refused.facts["number"]) == ("timestamp.lapsed", "1")


def test_a_gap_in_the_middle_is_found() -> None:
    """Renewals of years 3 to 6 are missing: what follows does not cover them up."""
    tokens = _fifteen()[:2]
    tokens = [*tokens, _world().stamp(tokens, AT + 7 * _YEAR)]
    refused = _refusal(lambda: _verify(tokens, AT + 8 * _YEAR))
    assert (refused.code, refused.facts["number"]) == ("timestamp.lapsed", "2")


def test_a_dropped_or_swapped_token_is_found() -> None:
    at = AT + 15 * _YEAR
    assert _verify(_fifteen(), at).at == AT
    for wrong in (_fifteen()[1:], [*_fifteen()[:3], *_fifteen()[4:]], [_fifteen()[1], _fifteen()[0], *_fifteen()[2:]]):
        assert _refusal(lambda wrong=wrong: _verify(wrong, at)).code == "timestamp.imprint"  # type: ignore[misc]
    assert _refusal(lambda: verify_chain(DATA + b"x", _fifteen(), _world().anchors, at=at)).code == "timestamp.imprint"


def test_an_older_renewal_is_refused() -> None:
    young = _world().stamp([], AT + timedelta(days=1))
    tokens = [young, _world().stamp([young], AT)]
    refused = _refusal(lambda: _verify(tokens, AT + timedelta(days=2)))
    assert (refused.code, refused.facts["number"]) == ("timestamp.order", "2")


def test_nothing_and_the_future() -> None:
    assert _refusal(lambda: _verify([], AT)).code == "timestamp.missing"
    assert _refusal(lambda: _verify(_fifteen(), AT - timedelta(minutes=6))).code == "timestamp.future"
    assert _verify(_fifteen(), AT - timedelta(minutes=4)).at == AT


def test_asked_about_an_earlier_day_later_renewals_do_not_count() -> None:
    assert len(_verify(_fifteen(), AT + timedelta(days=1)).timestamps) == 1


def test_a_service_that_was_revoked_after_the_renewal_harms_nothing() -> None:
    renewed_at = read_chain(DATA, _fifteen())[1].at

    def ended(revoked: datetime) -> Ended:
        first = _world().services[0][1].signer.certificate
        return lambda one: revoked if one.certificate == first else None

    # The first two tokens are by the same service: the third relieves them.
    third = read_chain(DATA, _fifteen())[2].at
    at = AT + 10 * _YEAR
    assert _verify(_fifteen(), at, ended(third + timedelta(seconds=1))).at == AT
    refused = _refusal(lambda: _verify(_fifteen(), at, ended(third)))
    assert (refused.code, refused.facts["number"]) == ("timestamp.lapsed", "2")
    refused = _refusal(lambda: _verify(_fifteen(), at, ended(renewed_at)))
    assert (refused.code, refused.facts["number"]) == ("timestamp.lapsed", "1")


def test_an_algorithm_that_was_given_up() -> None:
    """SHA-256 ends in year 5 of this test, and no token was renewed with another digest before."""

    def ended(one: Timestamp) -> datetime | None:
        return AT + 5 * _YEAR if one.digest_algorithm is DigestAlgorithm.SHA256 else None

    assert _verify(_fifteen(), AT + 5 * _YEAR - timedelta(days=1), ended).at == AT
    assert _refusal(lambda: _verify(_fifteen(), AT + 6 * _YEAR, ended)).code == "timestamp.lapsed"


def test_when_a_renewal_is_due() -> None:
    first = read_chain(DATA, _fifteen()[:1])[0]
    assert renewal_due(first, _world().anchors) == AT + RENEW_AFTER
    late = stamp(_world().services[0][1], at=AT + 2 * _YEAR + timedelta(days=200))
    assert renewal_due(late, _world().anchors) == late.certificate.not_valid_after_utc - RENEW_BEFORE


def test_the_roots_end_counts_too() -> None:
    """A service's certificate that outlives its root by far is renewed before the root ends."""
    root = new_root(
        key(KeyType.P256, "short root"),
        subject=Subject(common_name="Gốc ngắn hạn"),
        issuance=Issuance(serial=1, not_before=AT, not_after=AT + timedelta(days=200)),
    )
    private = key(KeyType.P256, "service 0")
    certificate: x509.Certificate = issue(
        root,
        private.public_key(),
        subject=Subject(common_name="Dấu thời gian"),
        use=CertificateUse.TIME_STAMPING,
        issuance=Issuance(serial=2, not_before=AT, not_after=AT + 9 * _YEAR),
    )
    found = stamp(TimestampService(signer=LocalSigner(private, certificate)))
    anchors = TrustAnchors(certificates=(root.certificate,))
    assert renewal_due(found, anchors) == AT + timedelta(days=200) - RENEW_BEFORE
    after = AT + timedelta(days=201)
    assert _refusal(lambda: verify_chain(DATA, [found.token], anchors, at=after)).code == "timestamp.lapsed"
