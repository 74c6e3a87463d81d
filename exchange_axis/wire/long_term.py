"""A copy of a container for long keeping: the same members, and a signature file with what proves it for years.

The container itself never changes: it keeps its bytes and its SHA-256, and the copy is another file beside it. The
signature in both is the same, so whoever believes the copy believes the container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from exchange_axis.wire import members
from exchange_axis.wire.container import Container, check_members, open_container
from exchange_axis.wire.container_writer import ContainerFile, Planned, planned_bytes, write_archive
from exchange_axis.wire.manifest import media_type_of
from exchange_axis.wire.zip_writer import Content
from signing.container import VerifiedMembers
from signing.long_term import verify_long_term_unanchored


def write_long_term_copy(source: Path, target: Path, signatures: bytes) -> ContainerFile:
    """Write `source` again with another META-INF/signatures0.xml; durable when it returns, memory is one chunk.

    Args:
        signatures: made by `signing.long_term` from the container's own signature file.

    Raises:
        Refusal: `source` is no container, or `signatures` is not a signature over its members; nothing is left behind.
        OSError: disk; nothing is left behind.
    """
    signed = verify_long_term_unanchored(signatures)
    verified = VerifiedMembers(members=signed.members, signer=signed.signer, signing_time=signed.signing_time)
    with open_container(source) as container:
        parts = check_members(container, verified)
        planned = [
            planned_bytes(members.SIGNATURES, signatures)
            if entry.name == members.SIGNATURES
            else _copied(container, entry.name)
            for entry in container.entries
        ]
        size, sha256 = write_archive(target, planned)
    return ContainerFile(path=target, size=size, sha256=sha256, parts=parts)


def _copied(container: Container, name: str) -> Planned:
    content = Content.of(container.stream(name))
    return Planned(name=name, mime_type=media_type_of(name), content=content, chunks=_stream(container, name))


def _stream(container: Container, name: str) -> Callable[[], Iterable[bytes]]:
    return lambda: container.stream(name)
