"""What two versions of a letter differ in: the fields that people read, and the attachments by name and digest.

A letter is reduced to `Content`, which is small enough to be kept beside it; comparing needs no container.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.domain.letter import Letter, Organ

_ATTACHMENTS = "attachments/"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    """As people read it; never a path."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A letter as far as a reader compares it."""

    fields: Mapping[str, str]
    """Those that say something, in the order in which they are shown."""
    attachments: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    field: str
    old: str
    """Empty: it was not there."""
    new: str


class FileFate(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    change: FileFate
    name: str
    """The new one, or that of what was removed."""
    old_name: str | None
    old_sha256: str | None
    new_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    fields: tuple[FieldChange, ...] = ()
    attachments: tuple[FileChange, ...] = ()


def content_of(letter: Letter, parts: Sequence[PartDigest]) -> Content:
    """The n-th attachment member of a container belongs to the n-th reference."""
    members = [part for part in parts if part.name.startswith(_ATTACHMENTS)]
    names = [reference.name for reference in letter.references]
    names += [part.name.removeprefix(_ATTACHMENTS) for part in members[len(names) :]]
    files = tuple(File(name=name, sha256=part.sha256) for name, part in zip(names, members, strict=False))
    return Content(fields={name: text for name, text in _fields(letter) if text}, attachments=files)


def compare(old: Content, new: Content) -> Comparison:
    names = dict.fromkeys((*old.fields, *new.fields))
    return Comparison(
        fields=tuple(
            FieldChange(field=name, old=old.fields.get(name, ""), new=new.fields.get(name, ""))
            for name in names
            if old.fields.get(name, "") != new.fields.get(name, "")
        ),
        attachments=tuple(_files(list(old.attachments), list(new.attachments))),
    )


def _fields(letter: Letter) -> Iterator[tuple[str, str]]:
    other, signer = letter.other, letter.signer
    yield "number", letter.code_number
    yield "notation", letter.code_notation
    yield "date", "" if letter.promulgation_date is None else letter.promulgation_date.isoformat()
    yield "subject", letter.subject
    yield "type", letter.document_type.name
    yield "content", letter.content
    yield "place", letter.promulgation_place
    yield "from", _organ(letter.from_)
    yield "to", "; ".join(map(_organ, letter.to))
    yield "places", "; ".join(letter.to_places)
    yield "signer", " ".join(filter(None, (signer.competence, signer.position, signer.full_name)))
    yield "due_date", "" if letter.due_date is None else letter.due_date.isoformat()
    yield "due_time", "" if letter.due_time is None else letter.due_time.isoformat()
    yield "priority", "" if other.priority is None else str(other.priority)
    yield "sphere", other.sphere
    yield "pages", "" if other.pages is None else str(other.pages)
    yield "copies", "" if other.copies is None else str(other.copies)
    yield "appendixes", "; ".join(other.appendixes)
    yield "answers", "; ".join(one.code for one in letter.response_for)


def _organ(organ: Organ) -> str:
    return f"{organ.id} {organ.name}".strip()


def _files(old: list[File], new: list[File]) -> Iterator[FileChange]:
    """What is the same in name and digest is passed over; then names are matched, then digests."""
    for file in list(old):
        if file in new:
            old.remove(file)
            new.remove(file)
    for file in list(new):
        before = next((one for one in old if one.name == file.name), None)
        fate = FileFate.CHANGED
        if before is None:
            before, fate = next((one for one in old if one.sha256 == file.sha256), None), FileFate.RENAMED
        if before is None:
            yield FileChange(
                change=FileFate.ADDED, name=file.name, old_name=None, old_sha256=None, new_sha256=file.sha256
            )
            continue
        old.remove(before)
        yield FileChange(
            change=fate, name=file.name, old_name=before.name, old_sha256=before.sha256, new_sha256=file.sha256
        )
    for file in old:
        yield FileChange(
            change=FileFate.REMOVED, name=file.name, old_name=file.name, old_sha256=file.sha256, new_sha256=None
        )
