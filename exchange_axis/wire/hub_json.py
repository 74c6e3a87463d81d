"""JSON of the hub's HTTP interface, read and written by both of its ends.

Rules of this file:
1. What is read is complete and of the stated type, or refused with the place; unknown members are left alone.
2. A document's digest is computed from its content: what the other side says of it must agree.
3. Texts are storable: valid Unicode without control characters.

The form of each message is in `openapi/hub-v1.yaml`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, NoReturn

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.reminders import Asked, AskedState
from exchange_axis.errors import AxisError
from exchange_axis.ports import Answer, Document, DocumentKind, FeedItem, OfferedShipment
from exchange_axis.wire.times import MalformedTime, from_text, to_text

SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Ids of shipments, uploads, consignments and evidence: safe in a path and in a file name."""
MAX_NUMBER = 2**53
"""Above it, JSON numbers are not exact everywhere."""
MAX_DOCUMENTS = 1_000
MAX_LISTS = 1_000
MAX_ROLLS = 100
"""Trust lists in one answer."""
MAX_PROOFS = 100
MAX_ASKED = 4_000
"""Documents whose log proofs are asked for in one request."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class MalformedMessage(AxisError):
    code: ClassVar[str] = "request.malformed"
    vi: ClassVar[str] = "Thông điệp không đúng dạng: cần {wanted}"
    en: ClassVar[str] = "The message is malformed: {wanted} is wanted"
    remedy_vi: ClassVar[str] = "Xem dạng đúng tại /v1/openapi.yaml"
    remedy_en: ClassVar[str] = "The form is described in /v1/openapi.yaml"


def dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> Fields:
    """A JSON object.

    Raises:
        MalformedMessage: not JSON of RFC 8259 in UTF-8, a member twice, nested too deep, or no object.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(wanted="JSON (UTF-8)") from error
    return Fields(value, "")


class Fields:
    """An object of a message, and where it stands in it."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise MalformedMessage(where=where, wanted="an object")
        self._values: Mapping[str, Any] = value
        self._where = where

    def text(self, name: str, *, limit: int = 1_000) -> str:
        value = self._get(name)
        if not isinstance(value, str) or len(value) > limit or _CONTROL.search(value) or not _is_unicode(value):
            self._refuse(name, f"a line of text of at most {limit} characters")
        return value

    def optional_text(self, name: str, *, limit: int = 1_000) -> str | None:
        return None if self._values.get(name) is None else self.text(name, limit=limit)

    def name(self, name: str) -> str:
        return self._matching(name, NAME, "an id")

    def sha256(self, name: str) -> str:
        return self._matching(name, SHA256, "a SHA-256 in lower-case hex")

    def number(self, name: str, *, least: int = 0, most: int = MAX_NUMBER) -> int:
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._refuse(name, f"a whole number from {least} to {most}")
        return value

    def time(self, name: str) -> datetime:
        text = self.text(name, limit=40)
        try:
            return from_text(text)
        except MalformedTime as error:
            raise MalformedMessage(where=self._place(name), wanted="a time of RFC 3339") from error

    def lane(self, name: str) -> Lane:
        text = self.text(name, limit=40)
        if text not in set(Lane):
            self._refuse(name, " | ".join(Lane))
        return Lane(text)

    def objects(self, name: str, *, most: int) -> tuple[Fields, ...]:
        value = self._get(name)
        if not isinstance(value, list) or len(value) > most:
            self._refuse(name, f"an array of at most {most} objects")
        return tuple(Fields(item, f"{self._place(name)}[{index}]") for index, item in enumerate(value))

    def texts(self, name: str, *, most: int) -> tuple[str, ...]:
        value = self._get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(item, str) for item in value):
            self._refuse(name, f"an array of at most {most} texts")
        return tuple(value)

    def documents(self, name: str = "documents") -> tuple[Document, ...]:
        return tuple(item.document() for item in self.objects(name, most=MAX_DOCUMENTS))

    def document(self) -> Document:
        """This object as a document. Raises MalformedMessage, also when the digest is not that of the content."""
        kind = self.text("kind")
        if kind not in set(DocumentKind):
            self._refuse("kind", " | ".join(DocumentKind))
        content, sha256 = self.signed("content")
        return Document(kind=DocumentKind(kind), sha256=sha256, content=content)

    def content(self, name: str) -> bytes:
        """The bytes that stand in base64 under this name."""
        return _decode(self._get(name), self._place(name))

    def contents(self, name: str, *, most: int) -> tuple[bytes, ...]:
        texts = self.texts(name, most=most)
        return tuple(_decode(text, f"{self._place(name)}[{index}]") for index, text in enumerate(texts))

    def signed(self, name: str) -> tuple[bytes, str]:
        """The bytes in base64 under this name, and their digest, which the member `sha256` must agree with."""
        content = self.content(name)
        sha256 = self.sha256("sha256")
        if hashlib.sha256(content).hexdigest() != sha256:
            self._refuse("sha256", "the digest of the content")
        return content, sha256

    def part(self, name: str) -> Fields | None:
        """An object inside this one, None when it is absent or null."""
        value = self._values.get(name)
        return None if value is None else Fields(value, self._place(name))

    def raw(self) -> Mapping[str, Any]:
        """The object as it came, unchecked."""
        return self._values

    def _get(self, name: str) -> Any:
        if name not in self._values:
            self._refuse(name, "this member")
        return self._values[name]

    def _matching(self, name: str, pattern: re.Pattern[str], wanted: str) -> str:
        value = self.text(name)
        if not pattern.fullmatch(value):
            self._refuse(name, wanted)
        return value

    def _place(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        raise MalformedMessage(where=self._place(name), wanted=wanted)


def _decode(value: object, where: str) -> bytes:
    try:
        if not isinstance(value, str):
            raise TypeError
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise MalformedMessage(where=where, wanted="base64") from error


def document_json(document: Document) -> dict[str, str]:
    content = base64.b64encode(document.content).decode("ascii")
    return {"kind": document.kind.value, "sha256": document.sha256, "content": content}


def documents_json(documents: Iterable[Document]) -> list[dict[str, str]]:
    return [document_json(document) for document in documents]


def answer_json(answer: Answer) -> dict[str, object]:
    return {"documents": documents_json(answer.documents), "warnings": [dict(item) for item in answer.warnings]}


def read_answer(fields: Fields) -> Answer:
    warnings = tuple(item.raw() for item in fields.objects("warnings", most=10_000))
    return Answer(documents=fields.documents(), warnings=warnings)


def shipment_json(shipment: OfferedShipment) -> dict[str, object]:
    return {
        "id": shipment.id,
        "fence": shipment.fence,
        "leased_until": to_text(shipment.leased_until),
        "sender": shipment.sender,
        "consignment_id": shipment.consignment_id,
        "container_sha256": shipment.container_sha256,
        "size": shipment.size,
        "lane": shipment.lane.value,
        "recipients": list(shipment.recipients),
        "documents": documents_json(shipment.documents),
    }


def read_shipment(fields: Fields) -> OfferedShipment:
    return OfferedShipment(
        id=fields.name("id"),
        fence=fields.number("fence"),
        leased_until=fields.time("leased_until"),
        sender=fields.text("sender"),
        consignment_id=fields.name("consignment_id"),
        container_sha256=fields.sha256("container_sha256"),
        size=fields.number("size"),
        lane=fields.lane("lane"),
        recipients=fields.texts("recipients", most=10_000),
        documents=fields.documents(),
    )


def feed_item_json(item: FeedItem) -> dict[str, object]:
    return {
        "number": item.number,
        "kind": item.kind,
        "consignment_id": item.consignment_id,
        "recipient": item.recipient,
        "at": to_text(item.at),
        "documents": documents_json(item.documents),
    }


def read_feed_item(fields: Fields) -> FeedItem:
    return FeedItem(
        number=fields.number("number", least=1),
        kind=fields.text("kind"),
        consignment_id=fields.name("consignment_id"),
        recipient=fields.optional_text("recipient"),
        at=fields.time("at"),
        documents=fields.documents(),
    )


def read_digests(fields: Fields) -> tuple[str, ...]:
    """What a request for proofs asks for, each once. Raises MalformedMessage."""
    digests = tuple(dict.fromkeys(fields.texts("sha256", most=MAX_PROOFS)))
    if not all(SHA256.fullmatch(digest) for digest in digests):
        raise MalformedMessage(where="sha256", wanted="SHA-256 in lower-case hex")
    return digests


def proofs_json(found: Mapping[str, bytes | None]) -> dict[str, object]:
    """None for what no checkpoint covers yet."""
    return {
        "proofs": [
            {"sha256": sha256, "proof": base64.b64encode(proof).decode("ascii")}
            for sha256, proof in found.items()
            if proof is not None
        ],
        "pending": [sha256 for sha256, proof in found.items() if proof is None],
    }


def read_proofs(fields: Fields) -> dict[str, bytes]:
    """Proof files by digest of the document. Raises MalformedMessage."""
    found = fields.objects("proofs", most=MAX_PROOFS)
    return {one.sha256("sha256"): one.content("proof") for one in found}


def asked_json(answers: Iterable[Asked]) -> dict[str, Any]:
    return {
        "reminders": [
            {"recipient": one.recipient, "state": one.state.value, "at": None if one.at is None else to_text(one.at)}
            for one in answers
        ]
    }


def read_asked(fields: Fields) -> tuple[Asked, ...]:
    """Raises MalformedMessage."""
    return tuple(map(_asked, fields.objects("reminders", most=MAX_ASKED)))


def _asked(one: Fields) -> Asked:
    states = {state.value: state for state in AskedState}
    state = states.get(one.text("state"), AskedState.UNKNOWN)
    at = None if one.optional_text("at") is None else one.time("at")
    return Asked(recipient=one.text("recipient", limit=50), state=state, at=at)


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def tally_json(document: Document, lines: bytes) -> dict[str, object]:
    """A sealed tally with its packed lines."""
    return {"tally": document_json(document), "lines": base64.b64encode(lines).decode("ascii")}


def read_tally_exchange(fields: Fields) -> tuple[Document, bytes]:
    """What it is worth is for whoever verifies it. Raises MalformedMessage."""
    part = fields.part("tally")
    if part is None:
        raise MalformedMessage(where="tally", wanted="a document")
    return part.document(), fields.content("lines")
