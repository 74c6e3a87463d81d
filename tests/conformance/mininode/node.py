"""The node: sending, receiving, statuses, feed, proofs; everything durable in one folder."""

from __future__ import annotations

import json
import logging
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .client import Client, Refused, Sending
from .common import Untrusted, need, sha256, write_durable
from .edxml import Letter, quote, read_status, write_letter, write_status
from .feed import Feed
from .hubdocs import ACCEPTANCE, HANDOVER, REJECTION, STATUS_EVENT, HubDocument, unwrap, verify
from .identity import Identity
from .parcel import Address, pack, unpack
from .proofs import check_proof
from .shipments import Receiver, Shipment

log = logging.getLogger("mininode")
PROOF_PATIENCE = 60.0


class Node:
    """One enrolled node and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.identity = folder, Identity.load(folder)
        self.settings, self.anchors = self.identity.settings, self.identity.anchors
        self.client = Client(self.settings.hub, self.identity.roots, self.identity.tls_files)
        self.feed = Feed(folder / "feed", self.anchors, self.alarm)

    def alarm(self, text: str) -> None:
        """Tell the operator, and keep it."""
        log.error("%s", text)
        with (self.folder / "alarms.log").open("a", encoding="utf-8") as out:
            out.write(f"{text}\n")

    # sending

    def compose(self, letter: Letter) -> str:
        """Seal a letter and store it before the first try to send; gives its consignment id."""
        at, identifier = datetime.now(UTC), str(uuid.uuid4())
        recipients = list(letter.recipients)
        address = Address(
            id=identifier, kind="letter", sender=letter.sender, recipients=recipients, lane=letter.lane, at=at
        )
        members = {"consignment.xml": address.write(), "letter.edxml": write_letter(letter, at), **letter.members()}
        container = pack(members, self.identity.seal(f"agency-seal:{letter.sender}"), at)
        expected = {
            "sender": letter.sender,
            "recipients": recipients,
            "lane": letter.lane,
            "parts": {name: sha256(data) for name, data in members.items()},
        }
        write_durable(self.folder / "sent" / identifier / "container.asice", container)
        write_durable(self.folder / "sent" / identifier / "expected.json", _json(expected))
        return identifier

    def submit(self, identifier: str, *, resumable: bool = False, cut_at: int | None = None) -> dict[str, Any]:
        """Send a stored letter, now or again, and keep the receipt. Raises Refused, Untrusted."""
        place = self.folder / "sent" / identifier
        container, expected = (place / "container.asice").read_bytes(), _load(place / "expected.json")
        sending = Sending(container, sha256(container), expected["lane"], resumable=resumable, cut_at=cut_at)
        try:
            answer = self.client.send(sending)
        except Refused as refused:
            self._keep_rejection(refused, sending.sha256, place / "rejection.xml")
            raise
        receipt = self._one_evidence(answer)
        need(receipt.one("Event") == ACCEPTANCE, "not a SubmissionAcceptance")
        receipt.check_about(expected["sender"], identifier, sending.sha256)
        need(sorted(receipt.many("Recipients/Recipient")) == sorted(expected["recipients"]), "other recipients")
        names, digests = receipt.many("Parts/Part/Name"), receipt.many("Parts/Part/Sha256")
        need(dict(zip(names, digests, strict=True)) == expected["parts"], "the receipt lists other parts")
        write_durable(place / "acceptance.xml", receipt.raw)
        summary = {"consignment_id": identifier, "evidence": receipt.summary(), "size": len(container)}
        return summary | {"resumed_at": sending.resumed_at}

    def _keep_rejection(self, refused: Refused, container_sha256: str, path: Path) -> None:
        """A refusal for good is proved by a signed SubmissionRejection inside the problem."""
        if proof := refused.problem.get("evidence"):
            wrapped = {"kind": "evidence", "sha256": proof["sha256"], "content": proof["document"]}
            rejection = self._own_evidence(wrapped)
            need(rejection.one("Event") == REJECTION, "not a SubmissionRejection")
            need(rejection.one("ContainerSha256") == container_sha256, "a rejection of other bytes")
            write_durable(path, rejection.raw)

    def _one_evidence(self, answer: dict[str, Any]) -> HubDocument:
        need(len(answer.get("documents", [])) == 1, "not one document in the answer")
        return self._own_evidence(answer["documents"][0])

    def _own_evidence(self, wrapped: dict[str, Any]) -> HubDocument:
        kind, raw = unwrap(wrapped)
        need(kind == "evidence", "not an evidence")
        evidence = verify(kind, raw, self.anchors, datetime.now(UTC))
        need(evidence.hub == self.identity.hub, "sealed by another hub than ours")
        return evidence

    # receiving

    def receive(self, wait: float = 0) -> list[dict[str, Any]]:
        """Take all that waits: verify, store, hand over."""
        taken: list[dict[str, Any]] = []
        while shipments := self.client.call("GET", f"/v1/shipments?wait={wait:g}&max=8").json()["shipments"]:
            taken += filter(None, map(self._take, shipments))
            wait = 0
        return taken

    def _take(self, value: dict[str, Any]) -> dict[str, Any] | None:
        try:
            shipment = Shipment.read(value)
            folder = self._store(shipment)
        except Untrusted as error:
            self.alarm(f"shipment {value['id']}: {error}")
            release = {"fence": value["fence"], "error": str(error)[:200]}
            self.client.post(f"/v1/shipments/{value['id']}/release", release)
            return None
        letter: dict[str, Any] = _load(folder / "letter.json")
        said = {code: self._say(folder, code, "01") for code in shipment.recipients}
        return letter | {"handed_over": {code: evidence.summary() for code, evidence in said.items()}}

    def _store(self, shipment: Shipment) -> Path:
        """The letter's folder; what is stored already is not fetched again."""
        folder = self.folder / "received" / f"{shipment.sender}_{shipment.consignment_id}"
        if (folder / "letter.json").exists():
            need(_load(folder / "letter.json")["container_sha256"] == shipment.container_sha256, "other bytes")
            return folder
        path = f"/v1/shipments/{shipment.id}/container"
        container = self.client.download(path, shipment.container_sha256, shipment.size)
        by = Receiver(self.identity.hub, self.settings.id, set(self.settings.agencies), self.anchors)
        try:
            parcel = shipment.judge(container, by, datetime.now(UTC))
        except Untrusted:
            write_durable(self.folder / "aside" / f"{sha256(container)}.asice", container)
            raise
        letter = {
            "consignment_id": shipment.consignment_id,
            "sender": shipment.sender,
            "lane": parcel.fields["Lane"],
            "subject": quote(parcel.members["letter.edxml"]).subject,
            "container_sha256": shipment.container_sha256,
            "attachments": {n: sha256(data) for n, data in parcel.members.items() if n.startswith("attachments/")},
        }
        write_durable(folder / "container.asice", container)
        for number, (kind, raw) in enumerate(shipment.documents):
            write_durable(folder / f"document-{number:02d}-{kind}.xml", raw)
        write_durable(folder / "letter.json", _json(letter))
        return folder

    # statuses

    def say(
        self, consignment_id: str, recipient: str, code: str, text: str = "", *, anew: bool = False
    ) -> dict[str, Any]:
        """A status about a letter that was received. Raises Refused, Untrusted."""
        found = sorted((self.folder / "received").glob(f"*_{consignment_id}"))
        need(len(found) == 1, "no such letter, or of more than one sender")
        path = _status_path(found[0], recipient, code)
        if anew:
            path.unlink(missing_ok=True)
        elif path.exists() and text:
            said = read_status(unpack(path.read_bytes()).members["status.edxml"])[1]
            need(said == text, f"{code} was said already, in other words")
        return self._say(found[0], recipient, code, text).summary()

    def _say(self, folder: Path, recipient: str, code: str, text: str = "") -> HubDocument:
        """The container is made once, stored, and then sent as often as needed."""
        letter, path = _load(folder / "letter.json"), _status_path(folder, recipient, code)
        if not path.exists():
            write_durable(path, self._status(folder, recipient, code, text))
        container = path.read_bytes()
        try:
            answer = self.client.send(Sending(container, sha256(container), letter["lane"]))
        except Refused:
            path.rename(path.with_suffix(".refused"))
            raise
        evidence = self._one_evidence(answer)
        need(evidence.one("Event") == (HANDOVER if code == "01" else STATUS_EVENT + code), "another event")
        evidence.check_about(letter["sender"], letter["consignment_id"], letter["container_sha256"])
        need(code == "01" or evidence.one("StatusSha256") == sha256(container), "evidence of another status")
        write_durable(path.with_suffix(".xml"), evidence.raw)
        return evidence

    def _status(self, folder: Path, recipient: str, code: str, text: str) -> bytes:
        at, letter = datetime.now(UTC), _load(folder / "letter.json")
        address = Address(
            id=str(uuid.uuid4()),
            kind="status",
            sender=recipient,
            recipients=[letter["sender"]],
            lane=letter["lane"],
            at=at,
            in_reply_to=letter["consignment_id"],
        )
        about = quote(unpack((folder / "container.asice").read_bytes()).members["letter.edxml"])
        status = write_status(code, about, (recipient, self.settings.agencies[recipient]), text, at)
        return pack({"consignment.xml": address.write(), "status.edxml": status}, self.identity.seal("node-seal"), at)

    # feed, log, looking up

    def events(self, wait: float = 0) -> list[dict[str, Any]]:
        """Read the feed to its end from where it stopped."""
        told: list[dict[str, Any]] = []
        while True:
            path = f"/v1/events?after={self.feed.position()}&wait={wait:g}&max=50"
            entries = self.client.call("GET", path).json()["events"]
            if not entries:
                return told
            told += self.feed.take(entries, datetime.now(UTC))
            wait = 0

    def proof(self, document_sha256: str) -> dict[str, int]:
        """Fetch a document's log proof, wait for it, check and keep it."""
        end = time.monotonic() + PROOF_PATIENCE
        while (answer := self.client.call("GET", f"/v1/proofs/{document_sha256}")).status == 202:
            need(time.monotonic() < end, "no proof in time")
            time.sleep(float(answer.headers.get("retry-after", "1")))
        index, size = check_proof(answer.body, document_sha256, self.identity.vkey)
        write_durable(self.folder / "proofs" / f"{document_sha256}.txt", answer.body)
        return {"index": index, "size": size}

    def evidence(self, identifier: str) -> dict[str, str]:
        """Ask for an evidence again. Raises Refused, Untrusted."""
        raw = self.client.call("GET", f"/v1/evidence/{identifier}").body
        document = verify("evidence", raw, self.anchors, datetime.now(UTC))
        need(document.one("Id") == identifier, "another evidence")
        return {"sha256": document.sha256}


def _status_path(folder: Path, recipient: str, code: str) -> Path:
    return folder / f"status-{code}-{recipient.replace('.', '_')}.asice"


def _load(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
