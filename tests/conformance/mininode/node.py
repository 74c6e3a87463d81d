"""The node: a folder with keys, an outbox, an inbox and what the hub said; nothing is kept anywhere else.

Order that survives a crash: a container is on disk before it is sent, and a letter before it is said to be handed
over. What is sent again is always the same stored bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree

from . import logproof, parcel, seal
from .line import PAUSE, TRIES, Line

NAMESPACES = {kind: f"urn:exchange-axis:{kind}:1" for kind in ("evidence", "transfer", "binding")}
ACCEPTANCE = "http://uri.etsi.org/19522/Event/SubmissionAcceptance"


def make(folder: Path, *, id: str, name: str, agencies: Mapping[str, str], hub: str) -> Path:  # noqa: A002
    """Keys and the enrolment request, whose path is returned; the hub's operator gets nothing else."""
    folder.mkdir(mode=0o700, parents=True)
    for part in ("keys", "certificates", "outbox", "inbox", "documents"):
        (folder / part).mkdir(mode=0o700)
    requests = {}
    for place in ("tls", "node-seal", *(f"agency-seal:{code}" for code in agencies)):
        key = ec.generate_private_key(ec.SECP256R1())
        _write_key(folder / "keys" / f"{place}.key", key)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, place.partition(":")[2] or id)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        requests[place] = csr.public_bytes(serialization.Encoding.PEM).decode()
    request = {"format": "axis-enrolment-1", "kind": "node", "id": id, "name": name}
    _write(folder / "enrolment.json", _json({**request, "agencies": list(agencies), "requests": requests}))
    _write(folder / "settings.json", _json({"id": id, "agencies": dict(agencies), "hub": hub}))
    return folder / "enrolment.json"


def install(folder: Path, answer: Mapping[str, Any]) -> None:
    """Keep the hub's answer to the enrolment request, after a look at whether it is about our keys."""
    if answer["format"] != "axis-enrolment-answer-1":
        raise ValueError("not an answer to an enrolment request")
    for place, pem in answer["certificates"].items():
        key = _read_key(folder / "keys" / f"{place}.key")
        if x509.load_pem_x509_certificate(pem.encode()).public_key() != key.public_key():
            raise ValueError(f"the certificate for {place} is for another key")
        _write(folder / "certificates" / f"{place}.pem", pem.encode())
    _write(folder / "answer.json", _json(answer))


class Node:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = json.loads((folder / "settings.json").read_bytes())
        self.answer = json.loads((folder / "answer.json").read_bytes())
        anchors = "".join(self.answer["anchors"])
        self.roots = x509.load_pem_x509_certificates(anchors.encode())
        tls = (folder / "certificates/tls.pem", folder / "keys/tls.key")
        self.line = Line(self.settings["hub"], roots=anchors, certificate=tls[0], key=tls[1])

    # --- sending ---

    def compose(
        self, letter: Mapping[str, str], recipients: Mapping[str, str], files: Sequence[Path], lane: str
    ) -> str:
        """A letter into the outbox; its consignment id."""
        at, number = datetime.now(UTC), str(uuid.uuid4())
        names, sender = [file.name for file in files], letter["sender"]
        told = dict(letter) | {"sender_name": self.settings["agencies"][sender]}
        container = parcel.build(
            parcel.consignment(
                number=number, kind="letter", sender=sender, recipients=list(recipients), lane=lane, at=at
            ),
            ("letter.edxml", parcel.letter(told, recipients, names, at)),
            [(file.name, file.read_bytes()) for file in files],
            by=self._seal(f"agency-seal:{sender}"),
            at=at,
        )
        _write(self.folder / "outbox" / f"{number}.asice", container)
        return number

    def send(self, number: str, lane: str, *, resumable: bool = False, cut_at: int | None = None) -> dict[str, Any]:
        """Hand an outbox container over, or hand it over again; the acceptance."""
        container = (self.folder / "outbox" / f"{number}.asice").read_bytes()
        if resumable:
            answer, resumed_at = self.line.upload(container, lane, cut_at=cut_at)
        else:
            answer, resumed_at = self.line.submit(container, lane), 0
        evidence = self._evidence(answer["documents"][0])
        self._about(evidence, event=ACCEPTANCE, container=container, number=number)
        return {"consignment_id": number, "evidence": evidence, "resumed_at": resumed_at, "size": len(container)}

    # --- receiving ---

    def receive(self, wait: float) -> list[dict[str, Any]]:
        """Take what waits: papers, container, digest, signature, binding; store; say 01 for each recipient."""
        offered = self.line.call("GET", f"/v1/shipments?wait={wait:g}&max=8").json()["shipments"]
        return [self._take(shipment) for shipment in offered]

    def _take(self, shipment: Mapping[str, Any]) -> dict[str, Any]:
        documents = {document["sha256"]: document for document in shipment["documents"]}
        record = self._read("transfer", shipment["documents"][0])
        expected = [self.answer["hub"], self.settings["id"], shipment["container_sha256"]]
        if [_text(record, name) for name in ("Hub", "Peer", "ContainerSha256")] != expected:
            raise seal.NotTrusted("the transfer record speaks of something else")
        named = set(_texts(record, "Recipients"))
        if named != set(shipment["recipients"]) or not named <= self.settings["agencies"].keys():
            raise seal.NotTrusted("the transfer record names others")
        container = self.line.download(
            f"/v1/shipments/{shipment['id']}/container", shipment["size"], shipment["container_sha256"]
        )
        if hashlib.sha256(container).hexdigest() != shipment["container_sha256"]:
            raise seal.NotTrusted("the container is not the one announced")
        acceptance = self._evidence(documents[_text(record, "AcceptanceSha256")])
        self._about(acceptance, event=ACCEPTANCE, container=container, number=shipment["consignment_id"])
        opened = parcel.open_container(container, self.roots)
        self._bound(opened, [documents[digest] for digest in _texts(record, "Bindings")])
        place = self.folder / "inbox" / shipment["consignment_id"]
        place.mkdir(exist_ok=True)
        _write(place / "letter.asice", container)
        said = {code: self.say(shipment["consignment_id"], code, "01") for code in shipment["recipients"]}
        return {
            "consignment_id": shipment["consignment_id"],
            "sender": opened.fields["Sender"],
            "subject": parcel.text(opened.document, "MessageHeader/Subject"),
            "container_sha256": shipment["container_sha256"],
            "attachments": {
                name: hashlib.sha256(content).hexdigest()
                for name, content in opened.members.items()
                if name.startswith("attachments/")
            },
            "handed_over": said,
        }

    def say(
        self, number: str, recipient: str, code: str, description: str = "", *, anew: bool = False
    ) -> dict[str, Any]:
        """A status about a letter in the inbox: made once, sent as often as needed; the hub's evidence of it."""
        place = self.folder / "inbox" / number
        file = place / f"{code}-{recipient}.asice"
        if anew or not file.exists():
            opened = parcel.open_container((place / "letter.asice").read_bytes(), self.roots)
            _write(file, self._status(opened, recipient, code, description))
        container = file.read_bytes()
        lane = parcel.open_container(container, self.roots).fields["Lane"]
        evidence = self._evidence(self.line.submit(container, lane)["documents"][0])
        self._about(evidence, number=number)
        # A second handover is answered with the first one's evidence.
        if code != "01" and evidence["status_sha256"] != hashlib.sha256(container).hexdigest():
            raise seal.NotTrusted("the evidence speaks of another status")
        return evidence

    def _status(self, letter: parcel.Opened, recipient: str, code: str, description: str) -> bytes:
        at = datetime.now(UTC)
        consignment = parcel.consignment(
            number=str(uuid.uuid4()),
            kind="status",
            sender=recipient,
            recipients=[letter.fields["Sender"]],
            lane=letter.fields["Lane"],
            at=at,
            in_reply_to=letter.fields["Id"],
        )
        who = (recipient, self.settings["agencies"][recipient])
        document = parcel.status(code, who, letter.document, description, at)
        return parcel.build(consignment, ("status.edxml", document), [], by=self._seal("node-seal"), at=at)

    # --- what the hub says ---

    def events(self, wait: float) -> list[dict[str, Any]]:
        """Everything in the feed beyond what is on our disk; asking on confirms it."""
        journal = self.folder / "events.jsonl"
        known = journal.read_text().splitlines() if journal.exists() else []
        after = json.loads(known[-1])["number"] if known else 0
        taken: list[dict[str, Any]] = []
        while entries := self.line.call("GET", f"/v1/events?after={after}&wait={wait:g}").json()["events"]:
            for entry in entries:
                if entry["number"] != after + 1:
                    raise seal.NotTrusted(f"entry {entry['number']} follows {after}")
                told = {name: entry[name] for name in ("number", "kind", "consignment_id", "recipient", "at")}
                told["documents"] = [self._hear(document) for document in entry["documents"]]
                with journal.open("a") as file:
                    file.write(json.dumps(told) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                taken.append(told)
                after = entry["number"]
            wait = 0
        return taken

    def _hear(self, document: Mapping[str, str]) -> dict[str, Any]:
        if document["kind"] == "evidence":
            return {"kind": "evidence", **self._evidence(document)}
        if document["kind"] == "status":
            opened = parcel.open_container(_content(document), self.roots)
            return {"kind": "status", "code": parcel.text(opened.document, "MessageHeader/StatusCode")}
        return {"kind": document["kind"], "sha256": document["sha256"]}

    def proof(self, sha256: str) -> dict[str, int]:
        """The log proof of a document of the hub, verified."""
        for _ in range(TRIES):
            reply = self.line.call("GET", f"/v1/proofs/{sha256}")
            if reply.status == 200:
                index, size = logproof.check(reply.body, sha256, self.answer["vkey"])
                _write(self.folder / "documents" / f"{sha256}.tlog-proof", reply.body)
                return {"index": index, "size": size}
            time.sleep(PAUSE)
        raise OSError("no checkpoint covers it yet")

    def ask_again(self, evidence_id: str) -> str:
        """SHA-256 of the evidence as the hub gives it now."""
        return hashlib.sha256(self.line.call("GET", f"/v1/evidence/{evidence_id}").body).hexdigest()

    # --- trust ---

    def _read(self, kind: str, document: Mapping[str, str]) -> etree._Element:
        """A hub's document whose seal holds and names the hub that says it."""
        content = _content(document)
        root, certificate = seal.open_document(content, self.roots)
        if etree.QName(root).namespace != NAMESPACES[kind]:
            raise seal.NotTrusted(f"not of kind {kind}")
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if name.value != _text(root, "Issuer" if kind == "evidence" else "Hub"):
            raise seal.NotTrusted("sealed by another hub")
        _write(self.folder / "documents" / f"{document['sha256']}.{kind}.xml", content)
        return root

    def _evidence(self, document: Mapping[str, str]) -> dict[str, Any]:
        root = self._read("evidence", document)
        return {
            "id": _text(root, "Id"),
            "event": _text(root, "Event"),
            "consignment_id": _text(root, "ConsignmentId"),
            "recipients": _texts(root, "Recipients"),
            "container_sha256": _text(root, "ContainerSha256"),
            "status_sha256": _text(root, "StatusSha256"),
            "sha256": document["sha256"],
        }

    def _about(self, evidence: Mapping[str, Any], *, number: str, event: str = "", container: bytes = b"") -> None:
        digest = hashlib.sha256(container).hexdigest() if container else evidence["container_sha256"]
        found = (evidence["consignment_id"], evidence["event"], evidence["container_sha256"])
        if found != (number, event or evidence["event"], digest):
            raise seal.NotTrusted("the evidence speaks of something else")

    def _bound(self, opened: parcel.Opened, bindings: Sequence[Mapping[str, str]]) -> None:
        """A hub says that this certificate is the seal of that sender."""
        for document in bindings:
            root = self._read("binding", document)
            said = (_text(root, "Fingerprint"), _text(root, "Use"))
            if said == (seal.fingerprint(opened.certificate), "agency-seal") and opened.fields["Sender"] in _texts(
                root, "Codes"
            ):
                return
        raise seal.NotTrusted("the seal is not bound to the sender")

    def _seal(self, place: str) -> seal.Seal:
        pem = (self.folder / "certificates" / f"{place}.pem").read_bytes()
        return seal.Seal(
            key=_read_key(self.folder / "keys" / f"{place}.key"), certificate=x509.load_pem_x509_certificate(pem)
        )


def _content(document: Mapping[str, str]) -> bytes:
    content = base64.b64decode(document["content"], validate=True)
    if hashlib.sha256(content).hexdigest() != document["sha256"]:
        raise seal.NotTrusted("a document is not the one announced")
    return content


def _text(root: etree._Element, name: str) -> str:
    return (root.findtext(f"{{{etree.QName(root).namespace}}}{name}") or "").strip()


def _texts(root: etree._Element, wrapper: str) -> list[str]:
    return [(each.text or "").strip() for each in root.iterfind(f"{{{etree.QName(root).namespace}}}{wrapper}/*")]


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _write(path: Path, content: bytes) -> None:
    """Durable when it returns, and never seen half-written."""
    temporary = path.with_name(f".{path.name}.part")
    with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, key.private_bytes(*form))


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the keys of this node are P-256")
    return key
