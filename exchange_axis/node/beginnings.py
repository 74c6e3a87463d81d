"""Drafts that begin from a letter that is here: a reply, and whatever mends, replaces or recalls one that was sent.

Each is one act for a page: the draft comes back filled, with the files where the new letter has them too. Nothing is
said to anybody before the clerk sends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from exchange_axis.domain.letter import Letter
from exchange_axis.domain.lifecycle import DeliveryState, Progress
from exchange_axis.errors import NotFound
from exchange_axis.node.compose import PRIORITIES
from exchange_axis.node.drafts import Drafts
from exchange_axis.node.lookup import find_letter, find_received
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.drafts import DraftRow
from exchange_axis.store.node.rows import OutboxRow
from exchange_axis.store.node.unit import NodeUnit
from exchange_axis.wire.container import Container, open_container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.members import ATTACHMENTS, LETTER

_LETTER_MAX = 64 * 1024 * 1024
_GONE = frozenset({DeliveryState.FAILED, DeliveryState.DUPLICATE})


class Mending(StrEnum):
    RESEND = "resend"
    """Once more, to those who refused it or whom it did not reach (R71)."""
    UPDATE = "update"
    """The same document, corrected, to everybody."""
    REPLACE = "replace"
    RECALL = "recall"


class Beginnings:
    def __init__(self, world: NodeWorld, drafts: Drafts) -> None:
        self._world = world
        self._drafts = drafts

    def reply(self, query: str, *, owner: str, agency: str | None = None, closes: bool = False) -> DraftRow:
        """An answer to a received letter; with `closes` that one is reported as completed once it is sent (R83).

        Raises:
            NotFound, Ambiguous, ActorMissing.
        """
        row = self._world.store.read(lambda unit: find_received(unit, query, agency=agency))
        answered: dict[str, Any] = {"agency": row.organ_id, "code": row.title, "document_id": row.document_id}
        if row.document_date is not None:
            answered["date"] = row.document_date.isoformat()
        form = {"to": [row.sender], "subject": f"Phúc đáp {row.title}", "response_for": [answered]}
        return self._drafts.begin(row.recipient, owner=owner, form=form, closes=row.consignment_id if closes else None)

    def mend(self, query: str, kind: Mending, *, owner: str) -> DraftRow:
        """A letter that does something to one sent from here, filled from it.

        Raises:
            NotFound, Ambiguous, ActorMissing.
        """
        row, missed = self._world.store.read(lambda unit: _sent(unit, query))
        with self._opened(row) as (container, folder):
            letter = read_letter(container.read(LETTER, limit=_LETTER_MAX)).letter
            draft = self._drafts.begin(row.sender, owner=owner, form=_form(letter, row, kind, missed))
            if kind is not Mending.RECALL:
                self._copy_files(draft, letter, container, folder)
        return draft

    @contextmanager
    def _opened(self, row: OutboxRow) -> Iterator[tuple[Container, Path]]:
        path = self._world.settings.staging / f"mend-{self._world.rng.uuid()}.asice"
        try:
            with self._world.blobs.open(row.container_sha256) as blob, path.open("wb") as target:
                for piece in blob.chunks():
                    target.write(piece)
            with open_container(path) as container:
                yield container, path
        finally:
            path.unlink(missing_ok=True)
            path.with_suffix(".file").unlink(missing_ok=True)

    def _copy_files(self, draft: DraftRow, letter: Letter, container: Container, folder: Path) -> None:
        entries = [entry.name for entry in container.entries if entry.name.startswith(ATTACHMENTS)]
        for name, reference in zip(entries, letter.references, strict=False):
            one = folder.with_suffix(".file")
            with one.open("wb") as target:
                for piece in container.stream(name):
                    target.write(piece)
            self._drafts.files.take(draft.id, one, name=reference.name, description=reference.description)


def _sent(unit: NodeUnit, query: str) -> tuple[OutboxRow, tuple[str, ...]]:
    """The letter, and whom it has not reached, or who refused it."""
    row = unit.outbox.get(find_letter(unit, query))
    if row is None:
        raise NotFound(what=query)
    addressees = unit.outbox.addressees(row.consignment_id)
    missed = [one for one in addressees if one.state in _GONE or one.business.progress is Progress.REFUSED]
    return row, tuple(one.recipient for one in missed)


def _form(letter: Letter, row: OutboxRow, kind: Mending, missed: Sequence[str]) -> Mapping[str, Any]:
    everybody = [organ.id for organ in letter.to]
    match kind:
        case Mending.RESEND:
            return _values(letter) | {"to": list(missed) or everybody, "resends": row.consignment_id}
        case Mending.UPDATE:
            return _values(letter) | {"to": everybody, "kind": "update", "amends": row.consignment_id}
        case Mending.REPLACE:
            return _without(_values(letter), "number", "date", "document_id") | {
                "to": everybody,
                "kind": "replace",
                "amends": row.consignment_id,
            }
        case Mending.RECALL:
            return {"kind": "recall", "amends": row.consignment_id, "subject": f"Thu hồi văn bản số {letter.code}"}


def _values(letter: Letter) -> dict[str, Any]:
    """The keys of letter.toml that say what a letter says."""
    priorities = {value: name for name, value in PRIORITIES.items()}
    signer, other = letter.signer, letter.other
    named = {"name": signer.full_name, "position": signer.position, "competence": signer.competence}
    values: dict[str, Any] = {
        "number": letter.code_number,
        "notation": letter.code_notation,
        "date": None if letter.promulgation_date is None else letter.promulgation_date.isoformat(),
        "subject": letter.subject,
        "type": letter.document_type.name,
        "content": letter.content,
        "place": letter.promulgation_place,
        "priority": priorities.get(other.priority or 0, "thuong"),
        "due_date": None if letter.due_date is None else letter.due_date.isoformat(),
        "document_id": letter.document_id,
        "pages": other.pages,
        "copies": other.copies,
        "sphere": other.sphere,
        "places": list(letter.to_places),
        "signer": {key: value for key, value in named.items() if value},
        "response_for": [
            {"agency": one.organ_id, "code": one.code, "document_id": one.document_id} for one in letter.response_for
        ],
    }
    return {key: value for key, value in values.items() if value}


def _without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}
