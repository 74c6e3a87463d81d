"""Real PDFs for the demo's letters, set on the spot with fonts that travel inside the `typst` wheel.

The same letter and the same random bytes give the same page: no clock is read, no system font is used. Then it is
signed (`pdf_signing`), which is never the same twice.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from functools import cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import typst

from exchange_axis.demo.cast import SAMPLE
from exchange_axis.demo.letters import DemoAttachment, DemoLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.ports import Rng

SCAN_WIDTH, SCAN_HEIGHT = 1_654, 2_339
"""A4 at 200 dpi in colour: the least that Decree 30/2020 asks of a scan."""
_SCAN_BYTES = SCAN_WIDTH * SCAN_HEIGHT * 3
_STAMPS = {Lane.HOA_TOC: "HỎA TỐC", Lane.THUONG_KHAN: "THƯỢNG KHẨN", Lane.KHAN: "KHẨN", Lane.THUONG: ""}


class Sign(Protocol):
    def __call__(self, letter: DemoLetter, pdf: bytes, /, *, annex: bool) -> bytes:
        """The file as it leaves the agency."""
        ...


def write_attachments(letter: DemoLetter, folder: Path, rng: Rng, sign: Sign) -> tuple[Path, ...]:
    """The signed PDFs of a letter under their human names, in the letter's order."""
    return tuple(_write(letter, attachment, folder, rng=rng, sign=sign) for attachment in letter.attachments)


def letter_pdf(letter: DemoLetter, target: Path, *, pad_to: int | None = None, rng: Rng) -> None:
    """The page of a letter; with `pad_to` its scanned annex instead, at least that many bytes.

    The scans are noise, which nothing can make smaller: what is asked for is what must be carried.
    """
    pages = 0 if pad_to is None else -(-pad_to // _SCAN_BYTES)
    with TemporaryDirectory(prefix="axis-pdf-") as name:
        folder = Path(name)
        scans = [_scan(folder / f"scan-{page}.png", rng.token(32)) for page in range(pages)]
        (folder / "letter.typ").write_bytes(_template())
        values = {"letter": json.dumps(_values(letter) | {"scans": [scan.name for scan in scans]})}
        typst.compile(
            folder / "letter.typ",
            output=target,
            root=folder,
            ignore_system_fonts=True,
            sys_inputs=values,
            timestamp=letter.signed_at,
        )


def _write(letter: DemoLetter, attachment: DemoAttachment, folder: Path, *, rng: Rng, sign: Sign) -> Path:
    target = folder / attachment.name
    letter_pdf(letter, target, pad_to=attachment.pad_to, rng=rng)
    target.write_bytes(sign(letter, target.read_bytes(), annex=letter.attachments.index(attachment) > 0))
    return target


@cache
def _template() -> bytes:
    return (resources.files("exchange_axis.demo") / "data" / "letter.typ").read_bytes()


def _values(letter: DemoLetter) -> dict[str, object]:
    signed = letter.signed_at
    # Decree 30/2020, Appendix I: days below 10 and the months 1 and 2 take a leading zero.
    month = f"{signed.month:02d}" if signed.month < 3 else str(signed.month)
    return {
        "banner": SAMPLE,
        "symbol": letter.symbol,
        "kind": letter.document_type.name,
        "subject": _title(letter),
        "governing": letter.desk.governing,
        "issuer": letter.desk.issuer,
        "place": letter.desk.place,
        "date": f"ngày {signed.day:02d} tháng {month} năm {signed.year}",
        "urgency": _STAMPS[letter.lane],
        "addressed": letter.addressed_to,
        "body": letter.body,
        "competence": letter.signer.competence,
        "position": letter.signer.position,
        "signer": letter.signer.full_name,
    }


def _title(letter: DemoLetter) -> str:
    """The subject under a heading that already names the kind: "Báo cáo kết quả …" becomes "Kết quả …"."""
    rest = letter.subject.removeprefix(letter.document_type.name + " ")
    return rest[:1].upper() + rest[1:]


def _scan(target: Path, seed: bytes) -> Path:
    """A PNG of noise, the size of a scanned page; written without compression, which would find nothing."""
    noise = memoryview(hashlib.shake_128(seed).digest(_SCAN_BYTES))
    width = SCAN_WIDTH * 3
    rows = b"".join(b"\0" + noise[start : start + width] for start in range(0, _SCAN_BYTES, width))
    header = struct.pack(">IIBBBBB", SCAN_WIDTH, SCAN_HEIGHT, 8, 2, 0, 0, 0)
    with target.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return target
