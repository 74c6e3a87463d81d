"""A reduced letter agrees with the packet it was made from (design: what travels).

Whoever seals a container could put one letter into `letter.edxml` and another into `source/received.edxml`; people
would read the first and the sender's system would prove the second. So the reduction is made again from the source,
streaming, and compared by bytes: the letter, and each attachment with the member of the same number.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.errors import AxisError
from exchange_axis.wire import members
from exchange_axis.wire.container import Container
from exchange_axis.wire.edxml.source import ReadSource, read_source


class ReducedStatus(AxisError):
    code: ClassVar[str] = "reduced.not-a-letter"
    vi: ClassVar[str] = "Chỉ văn bản mới có bản rút gọn; trạng thái không có source/received.edxml"
    en: ClassVar[str] = "Only letters are reduced; a status has no source/received.edxml"


class LetterDiffers(AxisError):
    code: ClassVar[str] = "reduced.letter-differs"
    vi: ClassVar[str] = "letter.edxml không phải là source/received.edxml bỏ phần AttachmentEncoded"
    en: ClassVar[str] = "letter.edxml is not source/received.edxml without AttachmentEncoded"
    remedy_vi: ClassVar[str] = "Cắt đúng các phần tử AttachmentEncoded, giữ nguyên từng byte còn lại, rồi ký lại"
    remedy_en: ClassVar[str] = "Cut out the AttachmentEncoded elements, keep every other byte, and sign again"


class AttachmentCountDiffers(AxisError):
    code: ClassVar[str] = "reduced.attachment-count"
    vi: ClassVar[str] = "source/received.edxml có {inside} tệp nhưng gói tin có {present} tệp đính kèm"
    en: ClassVar[str] = "source/received.edxml carries {inside} files but the container holds {present} attachments"


class AttachmentDiffers(AxisError):
    code: ClassVar[str] = "reduced.attachment-differs"
    vi: ClassVar[str] = "Thành phần {name} không phải là tệp cùng số trong source/received.edxml"
    en: ClassVar[str] = "Member {name} is not the file of that number in source/received.edxml"
    remedy_vi: ClassVar[str] = "Lấy lại tệp từ gói tin gốc, theo đúng thứ tự của Reference, rồi ký lại"
    remedy_en: ClassVar[str] = "Take the files from the source again, in the order of Reference, and sign again"


def check_reduced(container: Container, parts: Sequence[PartDigest], *, scratch: Path | None = None) -> None:
    """Nothing to say about a container without a source.

    Args:
        parts: of the container, their digests already proved (`check_members`).
        scratch: folder for a nameless file of up to three quarters of the source; None: the system's.

    Raises:
        ReducedStatus, LetterDiffers, AttachmentCountDiffers, AttachmentDiffers.
        Refusal: of the source (`read_source`).
        OSError: no room in `scratch`.
    """
    if members.SOURCE not in container:
        return
    if container.document_name != members.LETTER:
        raise ReducedStatus(where=container.document_name)
    with tempfile.TemporaryFile(dir=scratch) as spool:
        _compare(read_source(container.stream(members.SOURCE), spool), parts)


def _compare(source: ReadSource, parts: Sequence[PartDigest]) -> None:
    sha256 = {part.name: part.sha256 for part in parts}
    if sha256[members.LETTER] != hashlib.sha256(source.document).hexdigest():
        raise LetterDiffers(where=members.LETTER)
    attached = [part for part in parts if part.name.startswith(members.ATTACHMENTS)]
    if len(attached) != len(source.attachments):
        raise AttachmentCountDiffers(where=members.SOURCE, inside=len(source.attachments), present=len(attached))
    for part, attachment in zip(attached, source.attachments, strict=True):
        if part.sha256 != attachment.content.sha256:
            raise AttachmentDiffers(where=part.name, name=part.name)
