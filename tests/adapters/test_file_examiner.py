"""Hostile files meet a process of their own: what hangs, swells or crashes is an answer, and the next file is read."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.file_examiner import FileExaminer
from schemas.gate.files import FileFlag
from schemas.gate.limits import MIB
from signing.examined import Examined, Problem
from signing.pdf import Coverage
from tests.signing.test_pdf import both, one


@pytest.fixture
def examiner() -> Iterator[FileExaminer]:
    made = FileExaminer(workers=1)
    yield made
    made.close()


def ask(examiner: FileExaminer, data: bytes, folder: Path, *, seconds: float = 30) -> Examined:
    path = folder / "file"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return examiner.examine(path, offset=0, size=len(data), sha256=digest, seconds=seconds)


def test_a_signed_pdf_inside_a_container_is_read_in_place(examiner: FileExaminer, tmp_path: Path) -> None:
    path = tmp_path / "container"
    data = both()
    path.write_bytes(b"before" + data + b"after")
    found = examiner.examine(path, offset=6, size=len(data), sha256="0" * 64, seconds=30)
    assert found.problem is None
    assert found.pdf is not None
    assert [one.coverage for one in found.pdf.signatures] == [Coverage.REVISION, Coverage.WHOLE_FILE]
    assert all(one.intact for one in found.pdf.signatures)


def test_pdfs_in_a_zip_are_read_whatever_their_name_and_no_deeper(examiner: FileExaminer, tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as deeper:
        deeper.writestr("sâu.pdf", one())
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Phụ lục 1.PDF", one())
        archive.writestr("phu-luc-2.bin", both())
        archive.writestr("khong-phai.pdf", b"plain text")
        archive.writestr("trong.zip", inner.getvalue())
    found = ask(examiner, outer.getvalue(), tmp_path)
    members = {member.name: member for member in found.members}
    counts = {name: len(member.pdf.signatures) for name, member in members.items() if member.pdf}
    assert counts == {"Phụ lục 1.PDF": 1, "phu-luc-2.bin": 2}
    assert (members["khong-phai.pdf"].problem, members["khong-phai.pdf"].detail) == (Problem.UNREADABLE, "pdf.not-pdf")
    assert members["trong.zip"].problem is Problem.NESTED


def test_a_zip_bomb_is_named_and_costs_little(examiner: FileExaminer, tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.pdf", b"\0" * (64 * MIB))
    found = ask(examiner, bomb.getvalue(), tmp_path)
    assert (found.flags, found.members) == (frozenset({FileFlag.BOMB}), ())


def test_headers_that_lie_about_the_size_do_not_help_a_bomb(examiner: FileExaminer, tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.bin", b"\0" * (64 * MIB))
    lying = bomb.getvalue().replace((64 * MIB).to_bytes(4, "little"), (500).to_bytes(4, "little"))
    found = ask(examiner, lying, tmp_path)
    assert FileFlag.BOMB in found.flags or found.members[0].problem is Problem.UNREADABLE


def test_a_file_that_takes_too_long_is_a_timeout_and_the_next_one_is_read(
    examiner: FileExaminer, tmp_path: Path
) -> None:
    assert ask(examiner, both(), tmp_path, seconds=0.001).problem is Problem.TIMEOUT
    assert ask(examiner, both(), tmp_path).problem is None, "what was not finished is not remembered"


def test_a_file_that_swells_ends_its_own_process_only(tmp_path: Path) -> None:
    examiner = FileExaminer(workers=1, memory=160 * MIB)
    try:
        assert ask(examiner, _swelling(), tmp_path).problem in {Problem.CRASH, Problem.UNREADABLE}
        assert ask(examiner, one(), tmp_path).problem is None
    finally:
        examiner.close()


def test_a_worker_that_is_killed_is_an_answer_and_is_replaced(examiner: FileExaminer, tmp_path: Path) -> None:
    assert ask(examiner, one(), tmp_path).problem is None
    worker = examiner._idle.queue[0]
    assert worker is not None
    os.killpg(worker._process.pid, signal.SIGKILL)
    assert ask(examiner, both(), tmp_path).problem in {None, Problem.CRASH}
    assert ask(examiner, both(), tmp_path).problem is None


def test_answers_are_kept_by_digest(examiner: FileExaminer, tmp_path: Path) -> None:
    found = ask(examiner, both(), tmp_path)
    (tmp_path / "file").unlink()
    digest = hashlib.sha256(both()).hexdigest()
    again = examiner.examine(tmp_path / "file", offset=0, size=len(both()), sha256=digest, seconds=30)
    assert again == found


def test_many_threads_share_the_workers(tmp_path: Path) -> None:
    examiner = FileExaminer(workers=2)
    found: dict[int, Examined] = {}

    def work(number: int) -> None:
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(one())
        found[number] = examiner.examine(path, offset=0, size=len(one()), sha256=f"{number:064}", seconds=60)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    examiner.close()
    assert [found[number].problem for number in range(8)] == [None] * 8


def _swelling() -> bytes:
    """A PDF whose page is two hundred megabytes of spaces, packed small."""
    pack = zlib.compressobj(9)
    packed = b"".join(pack.compress(b" " * MIB) for _ in range(200)) + pack.flush()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def test_the_swelling_file_is_one_that_opens(tmp_path: Path) -> None:
    """Without it the test above could pass because the file is broken."""
    examiner = FileExaminer(workers=1, memory=4096 * MIB)
    try:
        found = ask(examiner, _swelling(), tmp_path)
        assert found.pdf is not None
        assert (found.pdf.pages, found.problem) == (1, None)
    finally:
        examiner.close()
