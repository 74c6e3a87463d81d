"""What somebody does to a signed container on its way: each is refused for its own reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import check_members, open_container
from exchange_axis.wire.manifest import read_manifest, write_manifest
from schemas.gate.refusal import Refusal
from tests.signing.pki import AT, TestPki
from tests.wire.containers import PDF, Members, Seal, attachment, make, pack, unpack
from tests.wire.strategies import SAMPLE_CONSIGNMENT

Forgery = Callable[[Members], Members]
_MANIFEST = "META-INF/manifest.xml"
_FIRST, _SECOND = "attachments/001.pdf", "attachments/002.pdf"


@pytest.fixture(scope="module")
def seal() -> Seal:
    return Seal(TestPki())


@pytest.fixture
def signed(tmp_path: Path, seal: Seal) -> Path:
    files = [attachment(tmp_path, "a.pdf"), attachment(tmp_path, "b.pdf", PDF + b"second")]
    return make(tmp_path / "signed.asice", seal.sign, files).path


def check(path: Path, seal: Seal) -> tuple[PartDigest, ...]:
    with open_container(path) as container:
        return check_members(container, seal.verify(path))


def swap(members: Members) -> Members:
    return members | {_FIRST: members[_SECOND], _SECOND: members[_FIRST]}


def replace_content(name: str, data: bytes) -> Forgery:
    return lambda members: members | {name: data}


def alter(name: str) -> Forgery:
    """One bit of the last byte."""
    return lambda members: members | {name: members[name][:-1] + bytes([members[name][-1] ^ 1])}


def drop(name: str, *, tell: bool) -> Forgery:
    return lambda members: _retold({key: data for key, data in members.items() if key != name}, tell=tell)


def add(name: str, *, tell: bool) -> Forgery:
    return lambda members: _retold(members | {name: PDF}, tell=tell)


def _retold(members: Members, *, tell: bool) -> Members:
    """The manifest, unsigned as it is, told of the change: it must make no difference."""
    names = [name for name in members if name != "mimetype" and not name.startswith("META-INF/")]
    types = read_manifest(members[_MANIFEST])
    listed = [(name, types.get(name, "application/pdf")) for name in names]
    return members | {_MANIFEST: write_manifest(listed)} if tell else members


def rerouted(members: Members) -> Members:
    return members | {"consignment.xml": write_consignment(replace(SAMPLE_CONSIGNMENT, recipients=("H49",)))}


def mistyped(members: Members) -> Members:
    types = read_manifest(members[_MANIFEST]) | {_SECOND: "text/html"}
    return members | {_MANIFEST: write_manifest(types.items())}


FORGERIES: dict[str, tuple[Forgery, str, str]] = {
    "attachments swapped": (swap, "container.digest-mismatch", _FIRST),
    "attachment replaced": (replace_content(_SECOND, b"%PDF-other"), "container.digest-mismatch", _SECOND),
    "attachment emptied": (replace_content(_SECOND, b""), "container.digest-mismatch", _SECOND),
    "attachment altered": (alter(_FIRST), "container.digest-mismatch", _FIRST),
    "letter altered": (alter("letter.edxml"), "container.digest-mismatch", "letter.edxml"),
    "consignment altered": (alter("consignment.xml"), "container.digest-mismatch", "consignment.xml"),
    "recipients exchanged": (rerouted, "container.digest-mismatch", "consignment.xml"),
    "attachment dropped": (drop(_SECOND, tell=False), "container.missing-member", _SECOND),
    "attachment dropped, manifest told": (drop(_SECOND, tell=True), "container.missing-member", _SECOND),
    "attachment added": (add("attachments/003.pdf", tell=False), "container.unsigned-member", "attachments/003.pdf"),
    "attachment added, manifest told": (
        add("attachments/003.pdf", tell=True),
        "container.unsigned-member",
        "attachments/003.pdf",
    ),
    "source added": (add("source/received.edxml", tell=True), "container.unsigned-member", "source/received.edxml"),
    "type in the manifest changed": (mistyped, "container.manifest-mismatch", _SECOND),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forgery_is_refused_for_its_reason(case: str, tmp_path: Path, seal: Seal, signed: Path) -> None:
    forgery, code, where = FORGERIES[case]
    members = unpack(signed)
    same = pack(tmp_path / "same.asice", members.items())
    assert same.read_bytes() == signed.read_bytes()
    assert len(check(same, seal)) == 4
    forged = pack(tmp_path / "forged.asice", forgery(members).items())
    with pytest.raises(Refusal) as caught:
        check(forged, seal)
    assert (caught.value.code, caught.value.where) == (code, where)


@pytest.mark.parametrize("twin", ["attachments/001.PDF", "attachments/001.pdf", "Consignment.xml"])
def test_twins_do_not_pass_the_gate(tmp_path: Path, seal: Seal, signed: Path, twin: str) -> None:
    members = list(unpack(signed).items())
    forged = pack(tmp_path / "forged.asice", [*members, (twin, PDF)])
    with pytest.raises(Refusal) as caught:
        check(forged, seal)
    assert (caught.value.code, caught.value.where) == ("zip.name-twice", twin)


def test_a_flipped_bit_in_the_file_is_damage(tmp_path: Path, seal: Seal, signed: Path) -> None:
    data = bytearray(signed.read_bytes())
    data[data.index(b"%PDF") + 1000] ^= 1
    damaged = tmp_path / "damaged.asice"
    damaged.write_bytes(data)
    with pytest.raises(Refusal) as caught:
        check(damaged, seal)
    assert (caught.value.code, caught.value.where) == ("zip.crc", _FIRST)


def test_a_file_cut_short_while_open_is_damage(seal: Seal, signed: Path) -> None:
    with open_container(signed) as container:
        with signed.open("r+b") as file:
            file.truncate(container.entry(_SECOND).offset + 10)
        with pytest.raises(Refusal) as caught:
            container.digest_parts()
    assert caught.value.code == "zip.truncated"


def test_a_signature_of_another_container_covers_other_content(tmp_path: Path, seal: Seal, signed: Path) -> None:
    other = make(
        tmp_path / "other.asice", seal.sign, [attachment(tmp_path, "a.pdf", b"x"), attachment(tmp_path, "b.pdf")]
    )
    with open_container(signed) as container, pytest.raises(Refusal) as caught:
        check_members(container, seal.verify(other.path))
    assert caught.value.code == "container.digest-mismatch"


def test_a_member_signed_twice_is_refused(seal: Seal, signed: Path) -> None:
    verified = seal.verify(signed)
    assert verified.signing_time == AT
    twice = replace(verified, members=(*verified.members, verified.members[0]))
    with open_container(signed) as container, pytest.raises(Refusal) as caught:
        check_members(container, twice)
    assert caught.value.code == "container.repeated-reference"
