"""The small node by itself: what it makes is valid, in the eyes of the product too."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.note import KeySigner
from exchange_axis.ledger.proof import LogProof, write_proof
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.container import check_members, open_container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.status import read_status
from schemas.findings import errors
from schemas.rules import check_letter, check_status
from schemas.validate import validate
from signing.certificates import CertificateUse, certificate_pem
from signing.container import verify_members
from signing.der import issuer_serial
from tests.conformance.mininode import certificates, identity, parcel, proofs
from tests.conformance.mininode.common import Untrusted
from tests.conformance.mininode.parcel import unpack
from tests.conformance.world import AGENCY, PKI, ROOTS, container, digest, letter_members, seal_of, status_members
from tests.ledger.naive import MemoryNodes
from tests.signing.pki import AT

SETTINGS = identity.Settings("nut-xa", "Nút xã", "https://hub.example", {"H90.01": "UBND xã Thử"})


def test_its_letter_and_status_fit_the_schema_and_the_rules() -> None:
    read = read_letter(letter_members()["letter.edxml"])
    assert validate(read.normal, "edxml-document") == ()
    assert errors((*read.findings, *check_letter(read.normal, at=AT))) == ()
    status = read_status(status_members()["status.edxml"])
    assert validate(status.normal, "edxml-status") == ()
    assert errors((*status.findings, *check_status(status.normal, at=AT))) == ()
    assert (status.status.response_for.code, status.status.description) == ("57/BC-UBND", "Số đến 812")


def test_its_container_is_read_by_both(tmp_path: Path) -> None:
    path = tmp_path / "letter.asice"
    path.write_bytes(container())
    with open_container(path) as opened:
        verified = verify_members(opened.read("META-INF/signatures0.xml"), PKI.anchors, at=AT)
        theirs = {part.name: part.sha256 for part in check_members(opened, verified)}
        assert read_consignment(opened.read("consignment.xml")).sender == "H90.01"
    ours = unpack(path.read_bytes())
    assert theirs == {each.uri: each.digest for each in ours.judged.references}
    assert list(theirs)[2:] == ["attachments/001.pdf", "attachments/002", "attachments/003"]
    assert (ours.fields["Sender"], ours.recipients, ours.seal_use) == ("H90.01", ["H90"], "agency-seal")
    assert ours.judged.fingerprint == hashlib.sha256(certificates.der(AGENCY.chain[0])).hexdigest()


def test_it_knows_the_elements_of_consignment_xml() -> None:
    text = (Path(__file__).resolve().parents[2] / "schemas" / "xsd" / "consignment.xsd").read_text("utf-8")
    known = re.findall(r'<xs:element name="(\w+)"', text)
    assert [name for name in known if name not in {"Consignment", "Recipient"}] == list(parcel.ORDER)


def test_the_issuer_and_serial_of_a_certificate_are_those_of_the_product() -> None:
    for certificate in (*AGENCY.chain, *ROOTS):
        assert certificates.issuer_serial(certificate) == issuer_serial(certificate)


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = json.loads(identity.make(tmp_path, SETTINGS).read_text("utf-8"))["requests"]
    kept = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert set(first) == {"tls", "node-seal", "agency-seal:H90.01"}
    identity.make(tmp_path, SETTINGS)
    assert {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == kept
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_an_answer_for_other_keys_or_of_another_hub_is_not_installed(tmp_path: Path) -> None:
    identity.make(tmp_path, SETTINGS)
    own = {
        place: certificate_pem(PKI.certificate(identity._key(tmp_path, place))).decode()
        for place in ("tls", "node-seal", "agency-seal:H90.01")
    }
    answer = {
        "format": "axis-enrolment-answer-1",
        "hub": "hub-c",
        "anchors": [PKI.root_pem.decode()],
        "vkey": "",
        "certificates": own,
    }
    identity.install(tmp_path, answer, digest(certificates.der(ROOTS[0])))
    with pytest.raises(Untrusted, match="another fingerprint"):
        identity.install(tmp_path, answer, "00" * 32)
    stranger = certificate_pem(seal_of("stranger", use=CertificateUse.TLS_CLIENT).chain[0]).decode()
    with pytest.raises(Untrusted, match="tls: for another key"):
        identity.install(tmp_path, answer | {"certificates": own | {"tls": stranger}})
    with pytest.raises(Untrusted, match="other places"):
        identity.install(tmp_path, answer | {"certificates": {"tls": own["tls"]}})


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_proofs_hold_for_their_document_only(size: int) -> None:
    documents = [hashlib.sha256(bytes([number])).digest() for number in range(size)]
    salt, signer = b"s" * 32, KeySigner("hub-c/log/1", Ed25519PrivateKey.generate())
    nodes = MemoryNodes()
    root = tree.append(nodes, 0, [tree.leaf_hash(leaf_data(salt, document)) for document in documents])
    note = sign_checkpoint(Checkpoint(origin=signer.name, size=size, root=root), signer)
    vkey = signer.verifier.vkey
    for index, document in enumerate(documents):
        path = tuple(tree.inclusion_proof(nodes, index, size))
        proof = write_proof(LogProof(index=index, path=path, checkpoint=note, extra=salt))
        assert proofs.check_proof(proof, document.hex(), vkey) == (index, size)
        with pytest.raises(Untrusted, match="another root"):
            proofs.check_proof(proof, "00" * 32, vkey)
        with pytest.raises(Untrusted, match="signature does not hold"):
            proofs.check_proof(proof.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1)), document.hex(), vkey)
        with pytest.raises(Untrusted, match="another log"):
            proofs.check_proof(
                proof, document.hex(), KeySigner("hub-d/log/1", Ed25519PrivateKey.generate()).verifier.vkey
            )
        with pytest.raises(Untrusted, match="not signed by the log's key"):
            proofs.check_proof(
                proof, document.hex(), KeySigner(signer.name, Ed25519PrivateKey.generate()).verifier.vkey
            )
