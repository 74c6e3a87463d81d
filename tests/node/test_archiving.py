"""What goes to the archive is whole, in order, and provable by programs nobody here wrote."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import signal
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from exchange_axis.commands.files import FileExists, FileUnreadable
from exchange_axis.commands.handing import take_whole
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.lifecycle import Request
from exchange_axis.node.archiving import ArchiveNotWritten, ArchiveUnusable, Archiving, Period
from exchange_axis.node.errors import LetterFrozen, NotServed
from exchange_axis.node.service import Node
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Reason
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.wire.archive import NAMESPACE
from signing.certificates import certificate_pem
from tests import judges
from tests.node.stand import RECIPIENT, SENDER, NodeFolder, Stand

NAMES = {"a": NAMESPACE}


def today(node: Node) -> Period:
    day = day_of(node.world.now())
    return Period(first=day, last=day)


def fields(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    root = etree.fromstring(archive.read(name))
    return {etree.QName(one).localname: one.text or "" for one in root}


def there_and_back(stand: Stand, home: Node, away: Node) -> str:
    """A letter that was sent, fetched and accepted; one more that nobody has taken in."""

    async def story() -> str:
        first = home.sender.send(stand.draft(to=[RECIPIENT]), actor="Lê Thị Hoa")
        here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
        await here.push_once()
        await there.pull_once()
        await there.push_once()
        away.clerk.accept(first.consignment_id, agency=RECIPIENT, actor="Trần Văn Bình")
        return first.consignment_id

    return asyncio.run(story())


def trusted(tmp_path: Path, folder: NodeFolder) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(b"".join(certificate_pem(one) for one in folder.pki.world.anchors.certificates))
    return path


def test_letters_of_a_day_with_files_fields_and_a_sealed_list(stand: Stand, tmp_path: Path) -> None:
    with stand.sender.open() as home, stand.receiver.open() as away:
        name = there_and_back(stand, home, away)
        made = Archiving(away.world).write(RECIPIENT, today(away), by="Trần Văn Bình")
        with zipfile.ZipFile(made.path) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            folder = names[1].partition("/")[0]
            assert (names[0], names[-1], folder[:9]) == ("archive.xml", "manifest.xml", "00001-den")
            assert [one.rpartition("/")[2] for one in names[1:-1]][0::2] == ["letter.edxml", "metadata.xml"]
            said = fields(archive, f"{folder}/metadata.xml")
            wanted = {"CodeNumber": "57", "CodeNotation": "BC-UBND", "ArrivalNumber": "1", "ConsignmentId": name}
            assert wanted.items() <= said.items()
            assert {"IssuedDate", "OrganName", "Subject", "Language", "FullName", "Position", "To"} <= said.keys()
            manifest = etree.fromstring(archive.read("manifest.xml"))
            rows = [tuple(one.text for one in row) for row in manifest.iterfind(".//{*}Item")]
            assert rows == [
                (one, str(len(archive.read(one))), hashlib.sha256(archive.read(one)).hexdigest()) for one in names[:-1]
            ]
            (tmp_path / "manifest.xml").write_bytes(archive.read("manifest.xml"))
            opened = away.world.store.read(lambda unit: unit.inbox.letters()[0].opened_by)
            assert opened == "Trần Văn Bình", "taking content out is reading it"
            with away.world.blobs.open(away.world.store.read(lambda u: u.inbox.letters()[0].container_sha256)) as blob:
                (tmp_path / "letter.asice").write_bytes(b"".join(blob.chunks()))
        with zipfile.ZipFile(tmp_path / "letter.asice") as letter, zipfile.ZipFile(made.path) as archive:
            signed = {one: letter.read(one) for one in letter.namelist() if one.startswith(("attachments/", "letter."))}
            found = {
                one.rpartition("/")[2]: archive.read(one) for one in names[1:-1] if not one.endswith("metadata.xml")
            }
            assert {one.rpartition("/")[2]: data for one, data in signed.items()} == found, "byte for byte"
        root = trusted(tmp_path, stand.receiver)
        at = away.world.now()
        assert judges.xmlsec1_verify(tmp_path / "manifest.xml", root, at=at).accepted
        question = Question(trust=Trust(anchors=stand.receiver.pki.world.anchors), at=at)
        assert verify_file(tmp_path / "manifest.xml", question).reason is Reason.OK
        text = (tmp_path / "manifest.xml").read_text("utf-8")
        (tmp_path / "manifest.xml").write_text(text.replace(rows[1][2] or "", "0" * 64), encoding="utf-8")
        assert verify_file(tmp_path / "manifest.xml", question).reason is Reason.ALTERED
        assert not judges.xmlsec1_verify(tmp_path / "manifest.xml", root, at=at).accepted


def test_both_sides_in_order_of_time_and_only_of_that_agency_and_period(stand: Stand) -> None:
    with stand.sender.open() as home, stand.receiver.open() as away:
        there_and_back(stand, home, away)
        stand.clock.advance(minutes=3 * 24 * 60)
        second = home.sender.send(stand.draft(to=[RECIPIENT], number=58), actor="Lê Thị Hoa")
        asyncio.run(home.agent(stand.line(stand.sender)).push_once())
        unsent = home.sender.send(stand.draft(to=[RECIPIENT], number=59), actor="Lê Thị Hoa")
        day = day_of(home.world.now())
        whole = Archiving(home.world).write(SENDER, Period(first=day - timedelta(days=5), last=day), by="Hoa")
        with zipfile.ZipFile(whole.path) as archive:
            said = [fields(archive, one) for one in archive.namelist() if one.endswith("metadata.xml")]
        assert [one["SentDate"] for one in said] == sorted(one["SentDate"] for one in said)
        assert len(said) == 2
        assert said[1]["ConsignmentId"] == second.consignment_id != unsent.consignment_id
        late = Archiving(home.world).write(SENDER, Period(first=day, last=day), by="Hoa")
        assert (late.documents, whole.documents) == (1, 2)
        assert Archiving(away.world).write(RECIPIENT, today(away), by="Bình").documents == 0
        with pytest.raises(NotServed):
            Archiving(away.world).write(SENDER, today(away), by="Bình")
        with pytest.raises(ArchiveUnusable):
            Archiving(away.world).write(RECIPIENT, Period(first=day, last=day + timedelta(days=1)), by="Bình")


def test_what_is_gone_stands_there_by_its_fields(stand: Stand) -> None:
    with stand.sender.open() as home, stand.receiver.open() as away:
        there_and_back(stand, home, away)
        row = away.world.store.read(lambda unit: unit.inbox.letters()[0])
        away.world.blobs.erase(row.container_sha256)
        made = Archiving(away.world).write(RECIPIENT, today(away), by="Bình")
        with zipfile.ZipFile(made.path) as archive:
            (one,) = [one for one in archive.namelist() if one.endswith("metadata.xml")]
            said = fields(archive, one)
            assert (said["Title"], said["Withheld"]) == ("57/BC-UBND", "archive.content-gone")
            assert len(archive.namelist()) == 3


def test_what_was_recalled_leaves_no_content(stand: Stand) -> None:
    with stand.sender.open() as home, stand.receiver.open() as away:
        there_and_back(stand, home, away)
        row = away.world.store.read(lambda unit: unit.inbox.letters()[0])
        for request in (Request.RECALL_ASKED, Request.WITHDRAWN):
            now = away.world.store.read(lambda unit: unit.inbox.letters()[0])
            business = replace(row.business, request=request)
            away.world.store.run(lambda unit, now=now, business=business: unit.inbox.ask(now, business))  # type: ignore[misc]
        made = Archiving(away.world).write(RECIPIENT, today(away), by="Bình")
        with zipfile.ZipFile(made.path) as archive:
            (one,) = [one for one in archive.namelist() if one.endswith("metadata.xml")]
            said = fields(archive, one)
            assert (said["ArrivalNumber"], said["Withheld"]) == ("1", LetterFrozen.code)
            assert len(archive.namelist()) == 3


def test_a_full_disk_is_told_and_leaves_nothing(stand: Stand) -> None:
    with stand.sender.open() as home, stand.receiver.open() as away:
        there_and_back(stand, home, away)
        away.reading.content("57/BC-UBND", reader="Bình")
        limits, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        period, archiving = today(away), Archiving(away.world)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, limits[1]))
        try:
            with pytest.raises(ArchiveNotWritten, match="File too large"):
                archiving.write(RECIPIENT, period, by="")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, told)
        assert list(away.world.settings.staging.glob("archive-*")) == []
        assert archiving.write(RECIPIENT, period, by="").documents == 1


def test_under_its_name_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def laid() -> Path:
        source = tmp_path / "archive-0123456789.zip"
        source.write_bytes(b"x" * 5000)
        return source

    take_whole(laid(), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").stat().st_size == 5000
    with pytest.raises(FileExists):
        take_whole(laid(), tmp_path / "a.zip")
    limits, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    source = laid()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(FileUnreadable):
            take_whole(source, tmp_path / "b.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, told)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip"]
