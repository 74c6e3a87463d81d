"""The small node by itself: what it makes is valid, and what does not hold it refuses."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import KeySigner
from exchange_axis.ledger.proof import LogProof, write_proof
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.status import read_status
from schemas.findings import errors
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from signing.keys import LocalSigner
from signing.xades import sign_enveloped
from tests.conformance.mininode import logproof, parcel, seal
from tests.ledger.naive import MemoryNodes

AT = datetime.now(UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub-c")])
LETTER = {"sender": "H90.01", "sender_name": "UBND xã Thử", "number": "57", "symbol": "BC-UBND", "subject": "Báo cáo"}


def certificate() -> x509.Certificate:
    """Signs itself; for sealing."""
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(AT - timedelta(1)).not_valid_after(AT + timedelta(1))
    return builder.add_extension(usage, critical=True).sign(KEY, hashes.SHA256())


CERTIFICATE = certificate()
SEAL = seal.Seal(key=KEY, certificate=CERTIFICATE)


def letter() -> bytes:
    return parcel.letter(LETTER, {"H90": "UBND tỉnh Thử"}, ["57 Báo cáo.pdf"], AT)


def container() -> bytes:
    consignment = parcel.consignment(
        number="5f0e5c1e-0000-4000-8000-000000000001",
        kind="letter",
        sender="H90.01",
        recipients=["H90"],
        lane="thuong",
        at=AT,
    )
    attachments = [("57 Báo cáo.pdf", b"%PDF-")]
    return parcel.build(consignment, ("letter.edxml", letter()), attachments, by=SEAL, at=AT)


def test_its_letter_and_status_fit_the_schema_and_the_rules() -> None:
    read = read_letter(letter())
    assert validate(read.normal, "edxml-document") == ()
    assert errors((*read.findings, *check_letter(read.normal, at=AT))) == ()
    about = seal.parse(letter())
    status = read_status(parcel.status("03", ("H90", "UBND tỉnh Thử"), about, "Số đến 812", AT))
    assert validate(status.normal, "edxml-status") == ()
    assert errors((*status.findings, *check_status(status.normal, at=AT))) == ()
    assert (status.status.response_for.code, status.status.description) == ("57/BC-UBND", "Số đến 812")


def test_its_container_is_read_by_both() -> None:
    opened = parcel.open_container(container(), [CERTIFICATE])
    assert opened.fields["Sender"] == read_consignment(opened.members["consignment.xml"]).sender == "H90.01"
    assert opened.members["attachments/001.pdf"] == b"%PDF-"


def test_a_changed_member_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(container())) as file:
        members = {entry.filename: file.read(entry) for entry in file.infolist()}
    members["letter.edxml"] = members["letter.edxml"].replace(b"57", b"58")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    with pytest.raises(seal.NotTrusted, match="not those that were signed"):
        parcel.open_container(archive.getvalue(), [CERTIFICATE])


def test_a_hubs_document_is_taken_and_a_changed_one_is_not() -> None:
    signed = sign_enveloped(b"<Evidence><Id>1</Id></Evidence>", LocalSigner(KEY, CERTIFICATE, ()), at=AT)
    root, signer = seal.open_document(signed, [CERTIFICATE])
    assert (root.findtext("Id"), signer) == ("1", CERTIFICATE)
    with pytest.raises(seal.NotTrusted, match="changed"):
        seal.open_document(signed.replace(b"<Id>1<", b"<Id>2<"), [CERTIFICATE])
    later = (AT + timedelta(hours=1)).strftime("%Y").encode()
    with pytest.raises(seal.NotTrusted, match="properties"):
        seal.open_document(signed.replace(b"SigningTime>" + later, b"SigningTime>1999"), [CERTIFICATE])


def test_an_unknown_root_is_refused() -> None:
    other_key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(other_key.public_key())
    builder = builder.serial_number(2).not_valid_before(AT - timedelta(1)).not_valid_after(AT + timedelta(1))
    with pytest.raises(seal.NotTrusted, match="no known root"):
        parcel.open_container(container(), [builder.sign(other_key, hashes.SHA256())])


@pytest.mark.parametrize("index", range(7))
def test_proofs_hold_for_their_document_only(index: int) -> None:
    documents = [hashlib.sha256(bytes([number])).digest() for number in range(7)]
    salt, signer = b"s" * 32, KeySigner("hub-c/log/1", Ed25519PrivateKey.generate())
    nodes = MemoryNodes()
    root = tree.append(nodes, 0, [tree.leaf_hash(leaf_data(salt, document)) for document in documents])
    note = sign_checkpoint(Checkpoint(origin=signer.name, size=7, root=root), signer)
    path = tuple(tree.inclusion_proof(nodes, index, 7))
    proof = write_proof(LogProof(index=index, path=path, checkpoint=note, extra=salt))
    vkey = signer.verifier.vkey
    assert logproof.check(proof, documents[index].hex(), vkey) == (index, 7)
    with pytest.raises(logproof.NotLogged, match="another root"):
        logproof.check(proof, documents[index - 1].hex(), vkey)
    forged = proof.replace(b"\n7\n", b"\n8\n")
    with pytest.raises(logproof.NotLogged, match="signature is wrong"):
        logproof.check(forged, documents[index].hex(), vkey)
