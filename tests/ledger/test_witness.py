"""Cosignatures, policies and the judgement of a witness, by the words of C2SP."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from exchange_axis.ledger.cosignature import (
    Cosigner,
    cosignature_names,
    read_cosignatures,
    read_witness_key,
    with_cosignatures,
)
from exchange_axis.ledger.epochs import epoch_of, heir_of, log_of, next_origin
from exchange_axis.ledger.errors import LedgerError, MalformedCheckpoint, MalformedKey, UntrustedNote
from exchange_axis.ledger.note import KeySigner, note_text, read_vkey
from exchange_axis.ledger.policy import MalformedPolicy, read_policy, some_of, witnessed
from exchange_axis.ledger.tree import append, consistency_proof, root
from exchange_axis.ledger.witness import (
    Adding,
    MalformedAdding,
    NotTheLogs,
    OtherOldSize,
    SplitView,
    judge,
    read_adding,
    read_size,
    write_adding,
)
from tests.ledger.naive import MemoryNodes, leaf

AT = datetime(2026, 3, 2, 1, 0, 0, tzinfo=UTC)
LOG = KeySigner("hub-c/log/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
TWIN = KeySigner(LOG.name, Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
WITNESSES = [
    Cosigner(f"w{number}/witness", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)) for number in range(9)
]
KEYS = [one.witness for one in WITNESSES]


class GrowingLog:
    def __init__(self, size: int, *, fork: int = 1 << 40) -> None:
        self.nodes = MemoryNodes()
        leaves = [leaf(index if index < fork else index + 1_000_000) for index in range(size)]
        self.root = append(self.nodes, 0, leaves)
        self.size = size

    def note(self, size: int, signer: KeySigner = LOG) -> bytes:
        return sign_checkpoint(Checkpoint(origin=signer.name, size=size, root=root(self.nodes, size)), signer)

    def adding(self, old: int, new: int, signer: KeySigner = LOG) -> Adding:
        path = consistency_proof(self.nodes, old, new) if 0 < old < new else []
        return Adding(old=old, path=tuple(path), checkpoint=self.note(new, signer))

    def seen(self, size: int) -> Checkpoint:
        return open_checkpoint(self.note(size), LOG.verifier)


HONEST = GrowingLog(300)
FORKED = GrowingLog(300, fork=40)
NOTE = HONEST.note(7)


def cosigned(note: bytes, who: Sequence[tuple[int, int]]) -> bytes:
    """By witness number and seconds after AT."""
    text = note_text(note)
    return with_cosignatures(note, [WITNESSES[n].cosign(text, AT + timedelta(seconds=s)) for n, s in who])


# Cosignatures


def test_a_cosignature_reads_back_with_its_time() -> None:
    note = cosigned(NOTE, [(3, 0), (5, 90)])
    found = read_cosignatures(note, KEYS)
    assert [(one.witness, one.at) for one in found] == [(KEYS[3], AT), (KEYS[5], AT + timedelta(seconds=90))]
    assert open_checkpoint(note, LOG.verifier).size == 7, "the log's own signature stands"
    assert list(cosignature_names(note)) == ["w3/witness", "w5/witness"]
    assert read_cosignatures(note, KEYS[:3]) == (), "unknown witnesses are ignored"


def test_the_signed_message_is_the_specifications() -> None:
    line = WITNESSES[3].cosign(note_text(NOTE), AT)
    data = base64.b64decode(line.split(" ")[2])
    assert (data[:4], data[4:12]) == (KEYS[3].key_id, int(AT.timestamp()).to_bytes(8))
    message = f"cosignature/v1\ntime {int(AT.timestamp())}\n{note_text(NOTE)}".encode()
    Ed25519PrivateKey.from_private_bytes(b"\x03" * 32).public_key().verify(data[12:], message)


def test_a_witness_key_travels_as_vkey_of_its_own_type() -> None:
    assert read_witness_key(KEYS[1].vkey) == KEYS[1]
    with pytest.raises(MalformedKey):
        read_vkey(KEYS[1].vkey)  # of a log it is none
    with pytest.raises(MalformedKey):
        read_witness_key(LOG.verifier.vkey)


def test_a_cosignature_that_was_altered_refuses_the_note() -> None:
    lines: dict[str, Callable[[bytes], bytes]] = {
        "time": lambda data: data[:11] + bytes([data[11] ^ 1]) + data[12:],
        "signature": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        "short": lambda data: data[:-1],
        "far": lambda data: data[:4] + b"\xff" * 8 + data[12:],
    }
    name, encoded = WITNESSES[3].cosign(note_text(NOTE), AT).removeprefix("\u2014 ").split()
    for what, alter in lines.items():
        altered = base64.b64encode(alter(base64.b64decode(encoded))).decode()
        with pytest.raises(UntrustedNote):
            read_cosignatures(NOTE + f"\u2014 {name} {altered}\n".encode(), KEYS)
            pytest.fail(what)
    other = WITNESSES[3].cosign(note_text(HONEST.note(8)), AT)
    with pytest.raises(UntrustedNote):
        read_cosignatures(with_cosignatures(NOTE, [other]), KEYS)


def test_a_cosignature_counts_once_however_often_it_stands_there() -> None:
    text = note_text(NOTE)
    twice = NOTE + (WITNESSES[3].cosign(text, AT) + WITNESSES[3].cosign(text, AT + timedelta(seconds=1))).encode()
    assert [one.at for one in read_cosignatures(twice, KEYS)] == [AT]
    assert with_cosignatures(twice, [WITNESSES[3].cosign(text, AT)]) == twice
    assert not witnessed(twice, some_of(2, KEYS)).enough


# Policies


@pytest.mark.parametrize(("needed", "enough"), [(0, True), (1, True), (2, True), (3, False)])
def test_k_of_n(needed: int, enough: bool) -> None:
    found = witnessed(cosigned(NOTE, [(1, 30), (2, 10)]), some_of(needed, KEYS))
    assert (found.enough, found.asked) == (enough, needed > 0)
    since = {1: AT + timedelta(seconds=10), 2: AT + timedelta(seconds=30)}.get(needed)
    assert found.since == since
    assert len(found.cosignatures) == 2


GROUPS = "\n".join(
    [
        "# two houses",
        f"log {LOG.verifier.vkey} https://hub-c.example/log/1",
        *(f"witness {name} {KEYS[number].vkey}" for number, name in enumerate(["a1", "a2", "a3", "b1", "b2"])),
        "\tgroup house-a 2 a1 a2 a3",
        "group house-b any b1  b2 ",
        "",
        "group both all house-a house-b",
        "quorum both",
        "",
    ]
)


@pytest.mark.parametrize(
    ("who", "enough"),
    [
        ([(0, 0), (1, 5), (3, 2)], True),
        ([(0, 0), (1, 5), (2, 9)], False),
        ([(0, 0), (3, 2), (4, 2)], False),
        ([], False),
    ],
)
def test_groups(who: list[tuple[int, int]], enough: bool) -> None:
    policy = read_policy(GROUPS)
    assert policy.logs == (LOG.verifier,)
    found = witnessed(cosigned(NOTE, who), policy)
    assert (found.enough, found.asked) == (enough, True)
    assert found.since == (AT + timedelta(seconds=5) if enough else None)


def test_none_asks_for_nobody() -> None:
    found = witnessed(NOTE, read_policy("quorum none\n"))
    assert (found.enough, found.asked, found.since) == (True, False, None)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["quorum x"],
        ["quorum none", "quorum none"],
        ["witness x KEY0", "witness x KEY1", "quorum x"],
        ["witness x KEY0", "witness y KEY0", "quorum x"],
        ["witness none KEY0", "quorum none"],
        ["witness x KEY0", "group g 0 x", "quorum g"],
        ["witness x KEY0", "group g 2 x", "quorum g"],
        ["witness x KEY0", "group g ² x", "quorum g"],
        ["witness x KEY0", "group g any", "quorum g"],
        ["witness x KEY0", "group g any x x", "quorum g"],
        ["witness x KEY0", "group g any x", "group h any x", "quorum g"],
        ["group g any x", "witness x KEY0", "quorum g"],
        ["group g any none", "quorum g"],
        ["witness x LOG", "quorum x"],
        ["log KEY0", "quorum none"],
        ["nonsense x", "quorum none"],
        ["quorum none extra"],
    ],
)
def test_a_policy_that_says_nothing_clear_is_refused(lines: list[str]) -> None:
    text = (
        "\n".join(lines).replace("KEY0", KEYS[0].vkey).replace("KEY1", KEYS[1].vkey).replace("LOG", LOG.verifier.vkey)
    )
    with pytest.raises((MalformedPolicy, MalformedKey)):
        read_policy(text)


def test_more_than_there_are_is_no_policy() -> None:
    with pytest.raises(MalformedPolicy):
        some_of(10, KEYS)


# The witness

SPECIFIED = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""  # noqa: E501 - as in the specification


def test_the_request_of_the_specification_is_understood_and_written_so() -> None:
    adding = read_adding(SPECIFIED.encode())
    assert (adding.old, len(adding.path)) == (20852014, 4)
    assert write_adding(adding) == SPECIFIED.encode()


@pytest.mark.parametrize(
    "head",
    ["", "old", "old -1", "old 01", "old 1 ", "OLD 1", "old 99999999999999999999", "old 1\nx", "old 1\n" + "A" * 43,
     "old 1\n" + "\n".join(["A" * 43 + "="] * 64), "old \u0661"],
)  # fmt: skip
def test_malformed_requests(head: str) -> None:
    with pytest.raises(MalformedAdding):
        read_adding(f"{head}\n\n".encode() + NOTE)


def test_a_request_without_end_is_refused() -> None:
    with pytest.raises(MalformedAdding):
        read_adding(b"old 0\n" + NOTE.partition(b"\n\n")[0])
    with pytest.raises(MalformedAdding):
        read_adding(b"old 0\n\n" + b"x" * 100_000)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 300), (1, 2), (7, 7), (64, 65), (255, 300)])
def test_what_continues_is_taken(old: int, new: int) -> None:
    seen = HONEST.seen(old) if old else None
    taken = judge(read_adding(write_adding(HONEST.adding(old, new))), LOG.verifier, seen)
    assert taken == HONEST.seen(new)


@pytest.mark.parametrize(
    ("adding", "seen", "refusal"),
    [
        (HONEST.adding(0, 7, TWIN), None, NotTheLogs),
        (HONEST.adding(9, 7), HONEST.seen(9), MalformedAdding),
        (HONEST.adding(0, 7), HONEST.seen(5), OtherOldSize),
        (HONEST.adding(5, 7), None, OtherOldSize),
        (HONEST.adding(5, 7), HONEST.seen(6), OtherOldSize),
        (FORKED.adding(41, 60), HONEST.seen(41), SplitView),
        (FORKED.adding(60, 60), HONEST.seen(60), SplitView),
        (Adding(old=41, path=(), checkpoint=HONEST.note(60)), HONEST.seen(41), SplitView),
        (Adding(old=0, path=(b"\x00" * 32,), checkpoint=HONEST.note(60)), None, MalformedAdding),
    ],
)
def test_what_does_not_is_refused(adding: Adding, seen: Checkpoint | None, refusal: type[LedgerError]) -> None:
    with pytest.raises(refusal) as caught:
        judge(read_adding(write_adding(adding)), LOG.verifier, seen)
    if isinstance(caught.value, OtherOldSize):
        assert caught.value.size == (0 if seen is None else seen.size)


def test_a_fork_before_which_nothing_was_seen_continues() -> None:
    """Teeth: only a witness that remembers more than the common part notices."""
    assert judge(FORKED.adding(40, 60), LOG.verifier, HONEST.seen(40)).size == 60


def test_sizes_in_answers() -> None:
    assert read_size(b"17\n") == 17
    for data in (b"17", b"017\n", b"-1\n", b"\xff\n", b"17\n17\n", b""):
        with pytest.raises(MalformedCheckpoint):
            read_size(data)


# Epochs


def test_epochs() -> None:
    assert (epoch_of("hub-c/log/12"), log_of("hub-c/log/12"), next_origin("hub-c/log/12")) == (
        12, "hub-c/log", "hub-c/log/13",
    )  # fmt: skip
    assert (epoch_of("old-name"), log_of("old-name"), next_origin("old-name")) == (1, "old-name", "old-name/2")
    heir = heir_of(LOG.verifier, "hub-c/log/3")
    assert heir is not None
    assert (heir.name, heir.public_key) == ("hub-c/log/3", LOG.verifier.public_key)
    for stranger in ("hub-c/log/1", "hub-c/log/0", "hub-d/log/2", "hub-c/log/x", "hub-c/log/02"):
        assert heir_of(LOG.verifier, stranger) is None
