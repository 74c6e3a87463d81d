"""Signed documents with bytes changed at random, and what became of each.

Rules of this file:
1. A seed gives the same mutants in the same order; a longer run begins with those of a shorter one.
2. A quarter of them change values only, so that they stay XML and get as far as the signature; the others change any
   bytes.
3. What is accepted must be what was signed, byte for byte in canonical form; anything else is a forgery.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from schemas.gate.refusal import Refusal
from signing.container import verify_members
from signing.xades import sign_enveloped, verify_enveloped
from tests.signing.attacks.families import STYLES, all_cases
from tests.signing.attacks.families.base import PKI, signed, signer
from tests.signing.pki import AT
from tests.signing.sealing import DOCUMENTS, Sealed

_TOKENS = (
    b"<", b">", b"/", b"<!---->", b"<?x?>", b"<![CDATA[", b"]]>", b" Id='b1'", b" ID='S0'", b" xmlns='urn:x'",
    b" xmlns=''", b"xmlns:ds='urn:x'", b"ds:", b"xades:", b"m:", b"&#x41;", b"&amp;", b"&#13;", b"\n", b" ", b"\t",
    b"\r\n", b"=", b"#", b"A", b"\xc2\xa0", b"\xef\xbb\xbf", b"\x00", b"'", b'"', b"http://", b"WithComments", b"sha1",
)  # fmt: skip
_VALUE = re.compile(rb">([^<>]+)<|\"([^\"<>]*)\"|'([^'<>]*)'")
"""Character data, and values of attributes."""
_LETTERS = b"ABCXYZabcxyz0129+/=-:#. "
_VALUES_ONLY = 0.25
_WITHOUT_KEY = tuple(f"xsw{number}-" for number in (1, 3, 4, 5, 6, 7, 8))
"""Families whose documents hold no signature but the honest one: mutants of near misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    octets: bytes
    content: object
    """All that a verifier may ever bring out of a mutant of this."""
    verify: Callable[[bytes], object]

    @property
    def values(self) -> tuple[tuple[int, int], ...]:
        """Where each value begins and ends."""
        return _values(self.octets)


@dataclass(slots=True, kw_only=True)
class Tally:
    tried: int = 0
    same: int = 0
    """Accepted, and what was signed is what was read."""
    forged: list[bytes] = field(default_factory=list)
    """Accepted with something else: there must be none."""
    codes: Counter[str] = field(default_factory=Counter)


def _content(data: bytes) -> object:
    return verify_enveloped(data, PKI.anchors, at=AT).content


def _listed(data: bytes) -> object:
    return verify_members(data, PKI.anchors, at=AT).members


@cache
def sources() -> tuple[Source, ...]:
    documents = {style: signed(style) for style in STYLES}
    evidence = {name: sign_enveloped(xml, signer(), at=AT) for name, xml in DOCUMENTS.items()}
    members = Sealed.container(signer()).octets()
    found = [
        Source(name=name, octets=octets, content=_content(octets), verify=_content)
        for name, octets in (documents | evidence).items()
    ]
    found.append(Source(name="members", octets=members, content=_listed(members), verify=_listed))
    found.extend(
        Source(name=str(case), octets=case.make(), content=_content(documents[case.style]), verify=_content)
        for case in all_cases()
        if case.family.startswith(_WITHOUT_KEY)
    )
    return tuple(found)


def mutants(seed: int) -> Iterator[tuple[Source, bytes]]:
    """Without end."""
    chance = random.Random(seed)
    honest = [source for source in sources() if not source.name.startswith("xsw")]
    while True:
        source = chance.choice(honest if chance.random() < 0.8 else sources())
        data = source.octets
        if chance.random() < _VALUES_ONLY:
            data = _value_bent(source, chance)
        else:
            for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
                data = _bent(data, chance)
        if data != source.octets:
            yield source, data


def judge(source: Source, data: bytes, tally: Tally) -> None:
    tally.tried += 1
    try:
        content = source.verify(data)
    except Refusal as refusal:
        tally.codes[refusal.code] += 1
        return
    if content == source.content:
        tally.same += 1
    else:
        tally.forged.append(data)


@cache
def _values(octets: bytes) -> tuple[tuple[int, int], ...]:
    return tuple(found.span(found.lastindex or 0) for found in _VALUE.finditer(octets))


def _value_bent(source: Source, chance: random.Random) -> bytes:
    """One value edited, put in place of another, or exchanged with it."""
    data, places = source.octets, source.values
    (begin, end), (other, other_end) = sorted(chance.sample(places, 2))
    match chance.randrange(4):
        case 0 if begin < end:
            at = chance.randrange(begin, end)
            return data[:at] + bytes([chance.choice(_LETTERS)]) + data[at + 1 :]
        case 1 if other < other_end:
            at = chance.randrange(other, other_end)
            return data[:at] + data[at + 1 :]
        case 2:
            return data[:begin] + data[other:other_end] + data[end:]
        case _:
            return data[:begin] + data[other:other_end] + data[end:other] + data[begin:end] + data[other_end:]


def _bent(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    length = min(int(chance.expovariate(1 / 12)) + 1, 400)
    other = chance.randrange(len(data))
    piece = data[other : other + length]
    match chance.randrange(8):
        case 0:
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        case 1:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 2:
            return data[:at] + data[at + length :]
        case 3:
            return data[:at] + piece + data[at:]
        case 4:
            return data[:at] + piece + data[at + len(piece) :]
        case 5 | 6:
            return data[:at] + chance.choice(_TOKENS) + data[at:]
        case _:
            return _element_moved(data, at, other)


def _element_moved(data: bytes, at: int, other: int) -> bytes:
    """From one tag to another, put in before a third: the wrapping that chance finds."""
    first, last = sorted((data.find(b"<", at), data.find(b"<", other)))
    target = data.rfind(b"<", 0, at + 1)
    if first < 0 or last <= first or target < 0:
        return data[:at] + data[at + 1 :]
    return data[:target] + data[first:last] + data[target:]
