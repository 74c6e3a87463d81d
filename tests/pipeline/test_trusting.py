"""Which trust list follows which: the pin, the named successor, and everything that must not be taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from exchange_axis.domain.trust_list import HeardList, KnownHub, KnownSeal, TrustList, WitnessPolicy, require_sound
from exchange_axis.domain.trust_list_text import from_toml, to_toml
from exchange_axis.errors import CheckFailed
from exchange_axis.pipeline.trusting import ListCache, following, hear_trust_list
from exchange_axis.wire.trust_list import read_trust_list, write_trust_list
from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint
from tests.judges import xmlsec1_verify
from tests.signing.pki import AT
from tests.trust_lists import PKI, TOP, known, row, seal_of, signed, trust_list

SEAL, NEXT, STRANGER = seal_of(TOP), seal_of(TOP), seal_of(TOP)
PIN = fingerprint(SEAL.certificate)


def taken(documents: list[bytes], *, held: HeardList | None = None, pin: str | None = PIN) -> list[int | str]:
    """Versions taken, and the code of the refusal that ended the row."""
    found = following(documents, held=held, pin=pin)
    return [one.code if isinstance(one, Refusal) else one.value.version for one in found]


def test_a_list_reads_back_as_it_was_written() -> None:
    value = trust_list(3, SEAL, then=NEXT)
    assert read_trust_list(write_trust_list(value)) == value
    assert from_toml(to_toml(value), version=3, issued_at=value.issued_at, issuer=TOP) == value


@pytest.mark.judge
def test_xmlsec1_accepts_a_list_and_refuses_an_altered_one(tmp_path: Path) -> None:
    root, path = tmp_path / "root.pem", tmp_path / "trust-list.xml"
    root.write_bytes(PKI.root_pem)
    document = signed(trust_list(1, SEAL), SEAL)
    path.write_bytes(document)
    assert xmlsec1_verify(path, root, at=AT).accepted
    path.write_bytes(document.replace(b"H90 H92.01", b"H90 H92.02"))
    assert not xmlsec1_verify(path, root, at=AT).accepted


def test_the_first_list_needs_the_pinned_signer() -> None:
    first = row(SEAL, 1)
    assert taken(first) == [1]
    assert taken(first, pin=None) == ["trust-list.signer-not-pinned"]
    assert taken(row(STRANGER, 1)) == ["trust-list.wrong-signer"]


def test_lists_follow_one_after_the_other() -> None:
    one, two, three = row(SEAL, 1, 2, 3)
    held = hear_trust_list(one)
    assert taken([one, two, three]) == [1, 2, 3]
    assert taken([one, two], held=held) == [2]
    assert taken([three], held=held) == ["trust-list.gap"]
    assert taken([one], held=hear_trust_list(two)) == ["trust-list.older"]


def test_a_list_of_the_same_number_with_other_bytes_is_an_alarm() -> None:
    held = hear_trust_list(signed(trust_list(2, SEAL), SEAL))
    other = signed(trust_list(2, SEAL, more=1), SEAL)
    assert taken([held.document], held=held) == []
    assert taken([other, *row(SEAL, 3)], held=held) == ["trust-list.forked"]


def test_the_next_list_needs_the_signer_that_this_one_names() -> None:
    held = hear_trust_list(signed(trust_list(1, SEAL, then=NEXT), SEAL))
    by_old, by_new = signed(trust_list(2, SEAL, then=NEXT), SEAL), signed(trust_list(2, NEXT), NEXT)
    assert taken([by_new], held=held) == [2]
    assert taken([by_old], held=held) == ["trust-list.wrong-signer"]
    # Once held, the pin is worth nothing any more.
    assert taken([by_old], held=held, pin=fingerprint(SEAL.certificate)) == ["trust-list.wrong-signer"]


def test_whoever_joined_late_starts_at_the_list_that_its_pin_signed() -> None:
    early = signed(trust_list(1, SEAL, then=NEXT), SEAL)
    late = signed(trust_list(2, NEXT), NEXT)
    assert taken([early, late], pin=fingerprint(NEXT.certificate)) == [2]


def test_an_altered_list_is_not_read() -> None:
    document = row(SEAL, 1)[0]
    assert taken([document]) == [1]
    assert taken([document.replace(b"H90 H92.01", b"H90 H92.02")]) == ["signature.digest"]


def test_the_signer_stands_in_its_own_list_and_may_seal_then() -> None:
    """A retired seal of the top hub signs no list, even where its name would fit."""
    value = trust_list(1, SEAL)
    retired = replace(known(SEAL), valid_to=value.issued_at - timedelta(seconds=1))
    with pytest.raises(Refusal) as caught:
        hear_trust_list(signed(_with_top(value, retired), SEAL))
    assert caught.value.code == "trust-list.wrong"
    hear_trust_list(signed(_with_top(value, replace(retired, valid_to=value.issued_at + timedelta(1))), SEAL))


def _with_top(value: TrustList, seal: KnownSeal) -> TrustList:
    return replace(value, hubs=(replace(value.hubs[0], seals=(seal,)), *value.hubs[1:]))


FAULTS: dict[str, Callable[[TrustList], TrustList]] = {
    "a hub twice": lambda one: replace(one, hubs=(*one.hubs, one.hubs[0])),
    "an anchor twice": lambda one: replace(one, anchors=one.anchors * 2),
    "an anchor without use": lambda one: replace(one, anchors=(replace(one.anchors[0], uses=()),)),
    "a period that is none": lambda one: replace(
        one, anchors=(replace(one.anchors[0], valid_to=one.anchors[0].valid_from),)
    ),
    "an unknown successor": lambda one: replace(one, next_signer="0" * 64),
    "an unknown parent": lambda one: replace(one, hubs=(one.hubs[0], replace(one.hubs[1], parent="hub-x"))),
    "a hub beneath itself": lambda one: replace(one, hubs=(one.hubs[0], replace(one.hubs[1], parent="hub-a"))),
    "one seal of two hubs": lambda one: replace(one, hubs=(one.hubs[0], replace(one.hubs[1], seals=one.hubs[0].seals))),
    "too few witnesses": lambda one: replace(one, witnesses=WitnessPolicy(needed=1)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_holds_together(fault: str) -> None:
    sound = trust_list(1, SEAL)
    require_sound(sound)
    with pytest.raises(Refusal) as caught:
        require_sound(FAULTS[fault](sound))
    assert caught.value.code == "trust-list.wrong"


@pytest.mark.parametrize("needed", ["Version", "IssuedAt", "Issuer", "NextSigner", "Hubs", "WitnessesNeeded"])
def test_the_schema_asks_for_each_part(needed: str) -> None:
    root = etree.fromstring(write_trust_list(trust_list(1, SEAL)))
    child = root.find(f"{{*}}{needed}")
    assert child is not None
    root.remove(child)
    with pytest.raises(CheckFailed):
        read_trust_list(etree.tostring(root))


def test_a_fingerprint_does_not_lie() -> None:
    document = write_trust_list(trust_list(1, SEAL, then=NEXT))
    first = fingerprint(SEAL.certificate).encode()
    with pytest.raises(Refusal) as caught:
        read_trust_list(document.replace(b"<Fingerprint>" + first, b"<Fingerprint>" + b"0" * 64))
    assert caught.value.code == "trust-list.wrong"


@pytest.mark.parametrize(
    "draft",
    ["next_signer = ", "[[hub]]\nid = 'Hub X'", "[[seal]]\nhub = 'hub-x'", "[[hub]]\nid='hub-x'\nvalid = 1", "x = 1"],
)
def test_a_faulty_draft_is_refused(draft: str) -> None:
    with pytest.raises(Refusal) as caught:
        from_toml(draft, version=1, issued_at=AT, issuer=TOP)
    assert caught.value.code == "trust-list.wrong"


def test_a_seal_counts_at_its_time_only() -> None:
    hub = KnownHub(id="hub-x", seals=(known(SEAL, since=AT, days=2), known(NEXT, since=AT + timedelta(1), days=2)))
    old, new = fingerprint(SEAL.certificate), fingerprint(NEXT.certificate)
    days = {
        days: (hub.speaks_with(old, AT + timedelta(days)), hub.speaks_with(new, AT + timedelta(days)))
        for days in range(-1, 4)
    }
    assert days == {-1: (False, False), 0: (True, False), 1: (True, True), 2: (False, True), 3: (False, False)}


def test_the_list_in_force_is_parsed_once() -> None:
    cache, read = ListCache(), []
    document = row(SEAL, 1)[0]
    sha256 = hear_trust_list(document).sha256

    def load() -> bytes:
        read.append(1)
        return document

    assert cache.of(sha256, load) is cache.of(sha256, load)
    assert len(read) == 1


def test_every_key_of_a_list_can_be_used() -> None:
    value = trust_list(1, SEAL)
    hear_trust_list(signed(value, SEAL))
    anchor = replace(value.anchors[0], certificate=b"no certificate")
    broken = {
        "certificate.unreadable": replace(value, anchors=(anchor,)),
        "log.malformed-key": replace(value, witnesses=WitnessPolicy(vkeys=("hub-x/log/1+00000000+AAAA",))),
    }
    for code, one in broken.items():
        with pytest.raises(Refusal) as caught:
            hear_trust_list(signed(one, SEAL))
        assert caught.value.code == code
