"""The PDFs: real ones, Vietnamese, the same for the same letter, and as large as asked."""

from __future__ import annotations

import random
import re
import zlib
from pathlib import Path

from exchange_axis.demo.letters import DemoLetter, letter, letters
from exchange_axis.demo.pdfs import letter_pdf, write_attachments


class Seeded:
    """A source of bytes that repeats itself."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def uuid(self) -> str:
        raise AssertionError("a PDF needs no name")

    def uniform(self) -> float:
        return self._random.random()


def unsigned(letter: DemoLetter, pdf: bytes, *, annex: bool) -> bytes:
    return pdf


def characters(pdf: bytes) -> str:
    """Every character that the fonts of the file map to text."""
    found = ""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"begincmap" in text:
            values = re.findall(rb"<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>", text)
            found += "".join(bytes.fromhex(value.decode()).decode("utf-16-be", "ignore") for value in values)
    return found


def test_every_letter_has_its_pdfs_under_their_human_names(tmp_path: Path) -> None:
    for demo in letters():
        if any(attachment.pad_to for attachment in demo.attachments):
            continue
        folder = tmp_path / str(demo.number)
        folder.mkdir()
        paths = write_attachments(demo, folder, Seeded(1), unsigned)
        assert [path.name for path in paths] == [attachment.name for attachment in demo.attachments]
        assert all(path.read_bytes().startswith(b"%PDF-1.") for path in paths)


def test_the_text_keeps_its_diacritics(tmp_path: Path) -> None:
    demo = letter(4)
    letter_pdf(demo, tmp_path / "4.pdf", rng=Seeded(1))
    written = "".join((*demo.body, demo.symbol, demo.signer.full_name, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"))
    assert set(written) - {" "} <= set(characters((tmp_path / "4.pdf").read_bytes()))


def test_the_same_letter_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, number in (("a", 4), ("b", 4), ("c", 5)):
        letter_pdf(letter(number), tmp_path / name, rng=Seeded(1))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_scanned_annex_is_as_large_as_asked_and_cannot_be_made_smaller(tmp_path: Path) -> None:
    annex = letter(2).attachments[1]
    assert annex.pad_to is not None
    target = tmp_path / annex.name
    letter_pdf(letter(2), target, pad_to=annex.pad_to, rng=Seeded(1))
    data = target.read_bytes()
    assert annex.pad_to <= len(data) < annex.pad_to + 2_000_000
    assert len(zlib.compress(data, 1)) > 0.99 * len(data)
