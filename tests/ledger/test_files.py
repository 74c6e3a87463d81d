"""Notes, checkpoints and proof files: what is written reads back, what others wrote is understood, the rest refused."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.errors import AxisError
from exchange_axis.ledger.checkpoint import (
    Checkpoint,
    open_checkpoint,
    read_checkpoint_text,
    read_unverified_checkpoint,
    require_not_split,
    sign_checkpoint,
)
from exchange_axis.ledger.errors import (
    LedgerError,
    MalformedCheckpoint,
    MalformedKey,
    MalformedNote,
    MalformedProof,
    NotConsistent,
    UntrustedNote,
)
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import KeySigner, open_note, read_vkey, sign_note
from exchange_axis.ledger.proof import LogProof, read_proof, verify_evidence_proof, write_proof
from exchange_axis.ledger.tree import append, inclusion_proof, leaf_hash
from tests.ledger.naive import MemoryNodes, leaf

# The example in the documentation of the Go package golang.org/x/mod/sumdb/note (note.go), whose format C2SP wrote down
# as signed-note. There the seed stands at the end of the key `PRIVATE+KEY+PeterNeumann+c74f20a3+…`.
PUBLISHED_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLISHED_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED_NOTE = (
    PUBLISHED_TEXT
    + "\n\u2014 PeterNeumann "
    + "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

LOG = KeySigner("hub.example/log/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
WITNESS = KeySigner("witness.example", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
TWIN = KeySigner("hub.example/log/1", Ed25519PrivateKey.from_private_bytes(b"\x03" * 32))
CHECKPOINT = Checkpoint(origin=LOG.name, size=9, root=b"\x07" * 32)


def test_a_published_note_and_key_are_understood_and_reproduced() -> None:
    known = read_vkey(PUBLISHED_VKEY)
    assert open_note(PUBLISHED_NOTE.encode(), [known]).text == PUBLISHED_TEXT
    signer = KeySigner("PeterNeumann", Ed25519PrivateKey.from_private_bytes(base64.b64decode(PUBLISHED_SEED)[1:]))
    assert signer.verifier == known
    assert signer.verifier.vkey == PUBLISHED_VKEY
    assert sign_note(PUBLISHED_TEXT, signer) == PUBLISHED_NOTE.encode()


def test_unknown_signatures_are_ignored_and_known_ones_named() -> None:
    data = sign_note("text\n", WITNESS, LOG)
    assert open_note(data, [LOG.verifier]).signers == (LOG.verifier,)
    assert set(open_note(data, [LOG.verifier, WITNESS.verifier]).signers) == {LOG.verifier, WITNESS.verifier}
    assert open_note(sign_note("text\n", TWIN, LOG), [LOG.verifier]).signers == (LOG.verifier,)


def test_text_may_hold_blank_lines_and_vietnamese() -> None:
    text = "Kính gửi:\n\nỦy ban nhân dân\n"
    assert open_note(sign_note(text, LOG), [LOG.verifier]).text == text


def refused(data: bytes, *known: KeySigner) -> str:
    with pytest.raises(LedgerError) as caught:
        open_note(data, [signer.verifier for signer in known])
    return caught.value.code


def test_untrusted_notes_are_refused() -> None:
    good = sign_note("text\n", LOG)
    assert open_note(good, [LOG.verifier]).text == "text\n"
    assert refused(good) == "log.untrusted-note"
    assert refused(good, WITNESS, TWIN) == "log.untrusted-note"
    assert refused(good.replace(b"text", b"Text"), LOG) == "log.untrusted-note"
    both = sign_note("text\n", LOG, WITNESS)
    spoilt = both.replace(sign_note("text\n", WITNESS)[6:], sign_note("other\n", WITNESS)[7:])
    assert refused(spoilt, LOG, WITNESS) == "log.untrusted-note", "a known key's wrong signature spoils the note"
    assert open_note(spoilt, [LOG.verifier]).signers == (LOG.verifier,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"text", b"te\x00xt"),
        (b"text", b"te\txt"),
        (b"text", b"te\xffxt"),
        (b"\n\n", b"\n"),
        (b"\xe2\x80\x94 ", b"- "),
        (b"\xe2\x80\x94 hub", b"\xe2\x80\x94  hub"),
        (b" hub.example/log/1 ", b" hub+example "),
        (b"=\n", b"\n"),
        (b"=\n", b"="),
        (b"=\n", b"=\n\n"),
        (b"log/1 ", b"log/1 !"),
        (b"text", b"t" * 70_000),
    ],
)
def test_malformed_notes_are_refused(old: bytes, new: bytes) -> None:
    good = sign_note("text\n", LOG)
    assert old in good
    assert refused(good.replace(old, new), LOG) == "log.malformed-note"


def test_too_many_signatures_are_refused_and_sixteen_are_not() -> None:
    line = sign_note("text\n", LOG).partition(b"\n\n")[2]
    assert open_note(b"text\n\n" + line * 16, [LOG.verifier]).signers == (LOG.verifier,)
    assert refused(b"text\n\n" + line * 65, LOG) == "log.malformed-note"


def test_base64_has_one_spelling() -> None:
    """Two spellings of one signature would give one checkpoint two byte strings."""
    note = sign_note("text\n", LOG)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body, last = note[:-3], chr(note[-3])
    twin = body + letters[letters.index(last) ^ 1].encode() + note[-2:]
    assert refused(twin, LOG) == "log.malformed-note"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "+00000000+AQ==",
        PUBLISHED_VKEY.replace("c74f20a3", "c74f20a4"),
        PUBLISHED_VKEY.replace("PeterNeumann", "Peter"),
        PUBLISHED_VKEY.replace("Peter", "Peter "),
        PUBLISHED_VKEY.replace("+AR", "+BR"),
        PUBLISHED_VKEY[:-4],
    ],
)
def test_malformed_keys_are_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        read_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n"])
def test_a_name_that_no_note_could_carry_is_refused(name: str) -> None:
    with pytest.raises(MalformedKey):
        KeySigner(name, Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))


def test_a_text_that_is_no_note_text_is_not_signed() -> None:
    for text in ("", "no newline", "bell\x07\n"):
        with pytest.raises(MalformedNote):
            sign_note(text, LOG)


def test_a_checkpoint_reads_back() -> None:
    data = sign_checkpoint(CHECKPOINT, LOG)
    assert data.startswith(b"hub.example/log/1\n9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n")
    assert open_checkpoint(data, LOG.verifier) == read_unverified_checkpoint(data) == CHECKPOINT


def test_a_checkpoint_is_only_of_its_own_log() -> None:
    data = sign_checkpoint(CHECKPOINT, LOG)
    with pytest.raises(UntrustedNote):
        open_checkpoint(data, WITNESS.verifier)
    with pytest.raises(MalformedCheckpoint):
        sign_checkpoint(CHECKPOINT, WITNESS)
    cosigned = sign_note(CHECKPOINT.text(), WITNESS)
    with pytest.raises(MalformedCheckpoint) as caught:
        open_checkpoint(cosigned, WITNESS.verifier)
    assert "not of witness.example" in caught.value.facts["reason"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n9\n",
        "origin\n\n9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "origin\n09\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "origin\n+9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "origin\n\u0669\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "origin\n9223372036854775808\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        "origin\n9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc\n",
        "origin\n9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd=\n",
        "origin\n9\nBwc=\n",
        "origin\n9\nnot base64!\n",
        "origin\n9\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "origin\n0\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        read_checkpoint_text(text)


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint(origin="o", size=9, root=b"\x07" * 32, extensions=("a b", "c"))
    assert read_checkpoint_text(extended.text()) == extended


@pytest.mark.parametrize("origin", ["", "a\nb"])
def test_a_checkpoint_that_would_not_read_back_is_not_signed(origin: str) -> None:
    class Careless:
        name = origin
        key_id = b"1234"

        def sign(self, text: bytes) -> bytes:
            return text

    with pytest.raises(MalformedCheckpoint):
        sign_checkpoint(Checkpoint(origin=origin, size=9, root=b"\x07" * 32), Careless())


def test_two_roots_for_one_size_are_a_split_log() -> None:
    other = Checkpoint(origin=LOG.name, size=9, root=b"\x08" * 32)
    require_not_split(CHECKPOINT, CHECKPOINT)
    require_not_split(CHECKPOINT, Checkpoint(origin="elsewhere", size=9, root=b"\x08" * 32))
    with pytest.raises(NotConsistent):
        require_not_split(CHECKPOINT, other)


def proof_file(size: int, index: int) -> tuple[bytes, bytes]:
    """A proof file and the SHA-256 of the evidence it is for."""
    digest, salt = hashlib.sha256(b"evidence").digest(), b"\x05" * 32
    leaves = [leaf(number) for number in range(size)]
    leaves[index] = leaf_hash(leaf_data(salt, digest))
    store = MemoryNodes()
    checkpoint = Checkpoint(origin=LOG.name, size=size, root=append(store, 0, leaves))
    path = tuple(inclusion_proof(store, index, size))
    proof = LogProof(index=index, path=path, checkpoint=sign_checkpoint(checkpoint, LOG), extra=salt)
    return write_proof(proof), digest


@given(size=st.integers(1, 70), data=st.data())
def test_every_proof_file_reads_back_and_proves(size: int, data: st.DataObject) -> None:
    file, digest = proof_file(size, data.draw(st.integers(0, size - 1)))
    assert write_proof(read_proof(file)) == file
    assert verify_evidence_proof(file, digest, LOG.verifier).size == size


@given(data=st.data())
def test_a_proof_file_with_any_byte_changed_is_refused_or_says_the_same(data: st.DataObject) -> None:
    file, digest = proof_file(21, 13)
    place, bit = data.draw(st.integers(0, len(file) - 1)), data.draw(st.integers(0, 7))
    changed = file[:place] + bytes([file[place] ^ (1 << bit)]) + file[place + 1 :]
    try:
        verify_evidence_proof(changed, digest, LOG.verifier)
    except AxisError:
        return
    pytest.fail(f"byte {place} bit {bit} changed and still accepted")


def test_proof_files_over_their_limits_are_refused() -> None:
    base = LogProof(index=0, path=(), checkpoint=sign_checkpoint(CHECKPOINT, LOG), extra=b"\x05" * 32)
    assert read_proof(write_proof(base)) == base
    long_path = LogProof(index=0, path=(b"\x00" * 32,) * 64, checkpoint=base.checkpoint)
    long_extra = LogProof(index=0, path=(), checkpoint=base.checkpoint, extra=b"\x00" * 4_097)
    short_hash = LogProof(index=0, path=(b"\x00" * 31,), checkpoint=base.checkpoint)
    long_note = LogProof(index=0, path=(), checkpoint=b"x" * 100_000)
    for proof in (long_path, long_extra, short_hash, long_note):
        with pytest.raises(MalformedProof):
            read_proof(write_proof(proof))
    with pytest.raises(MalformedProof):
        read_proof(b"")


def test_a_leaf_shows_nothing_without_its_salt() -> None:
    digest = hashlib.sha256(b"evidence").digest()
    salted = leaf_data(b"\x01" * 32, digest)
    assert salted == hashlib.sha256(b"axis-leaf-v1\x00" + b"\x01" * 32 + digest).digest()
    assert salted != leaf_data(b"\x02" * 32, digest)
    for salt, evidence in [(b"", digest), (b"\x01" * 32, digest.hex().encode())]:
        with pytest.raises(ValueError, match="32 raw bytes"):
            leaf_data(salt, evidence)
