"""Names of the members of a container, in their order (docs/protocol.md, 5)."""

from __future__ import annotations

from pathlib import PurePath

from exchange_axis.domain.consignment import ConsignmentClass

CHUNK = 1024 * 1024
"""Bytes read, hashed and written at a time."""

MIMETYPE_NAME = "mimetype"
MANIFEST = "META-INF/manifest.xml"
SIGNATURES = "META-INF/signatures0.xml"
CONSIGNMENT = "consignment.xml"
LETTER = "letter.edxml"
STATUS = "status.edxml"
ATTACHMENTS = "attachments/"
SOURCE = "source/received.edxml"

UNSIGNED = frozenset({MIMETYPE_NAME, MANIFEST, SIGNATURES})
"""Members that carry the container; every other one is signed."""

DOCUMENTS = {ConsignmentClass.LETTER: LETTER, ConsignmentClass.STATUS: STATUS}

MAX_ATTACHMENTS = 990
"""What the gate's limit of 1,000 members leaves, in three digits."""

_MAX_SUFFIX = 8
_NO_SUFFIX = ".bin"


def attachment_name(number: int, human_name: str) -> str:
    """Member name of the attachment with that number, from 1: `attachments/001.pdf`.

    Only a short ASCII extension survives of the human name; anything else becomes `.bin`.
    """
    suffix = PurePath(human_name).suffix.lower()
    plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= _MAX_SUFFIX + 1
    return f"{ATTACHMENTS}{number:03d}{suffix if plain else _NO_SUFFIX}"
