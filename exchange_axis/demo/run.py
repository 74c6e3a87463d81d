"""`axis demo`: a federation is built, the story is played, everything is verified, and the figures are held against it.

Exit codes: 0 as the story says, 1 anything else, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from exchange_axis.demo.archive import Archive
from exchange_axis.demo.cast import SAMPLE
from exchange_axis.demo.count import OpenDisk
from exchange_axis.demo.errors import FolderInUse
from exchange_axis.demo.events import Arrow, Commentary, Voice
from exchange_axis.demo.federation import Federation
from exchange_axis.demo.letters import letters
from exchange_axis.demo.life import Life
from exchange_axis.demo.report import Findings, LogSize, OpenVerifier, Summary, against_the_story, examine, verify_logs
from exchange_axis.demo.stage import Stage
from exchange_axis.demo.story import Story
from exchange_axis.demo.supervisor import Supervisor
from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.ports import Clock, Rng

OK, DIFFERENT, INTERRUPTED = 0, 1, 130
_STANDING = {
    True: ("thay văn bản giấy", "replaces paper"),
    False: ("chỉ để biết, tham khảo", "for information only"),
}
"""Of a letter whose PDF is in order, or is not (Decision 28/2018/QĐ-TTg)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    out: Path | None = None
    """Where everything is kept; None: a folder that is removed at the end."""
    serve: bool = False
    """Keep the federation running after the story, until interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the demo needs from outside."""

    voice: Voice
    clock: Clock
    calendar: WorkingCalendar
    """By which signing times are counted back from the present; the one that hubs and nodes come with."""
    rng: Rng
    open_disk: OpenDisk
    open_verifier: OpenVerifier
    log_size: LogSize


def run(options: DemoOptions, world: World) -> int:
    """
    Raises:
        FolderInUse: `out` holds something.
        DemoError: the demo itself failed.
    """
    started = world.clock.monotonic()
    with _terminable():
        try:
            with _folder(options.out) as folder:
                return _Demo(folder, options, world).play(started)
        except KeyboardInterrupt:
            world.voice.say("Đã dừng; mọi tiến trình đã kết thúc", "Stopped; all processes have ended")
            return INTERRUPTED


class _Demo:
    def __init__(self, folder: Path, options: DemoOptions, world: World) -> None:
        self._folder = folder
        self._options = options
        self._world = world
        self._commentary = Commentary(world.voice, world.clock)

    def play(self, started: float) -> int:
        world = self._world
        letters = self._folder / "letters"
        letters.mkdir()
        with (
            Supervisor(self._folder, world.clock, remove=self._options.out is None) as supervisor,
            contextlib.closing(Federation(supervisor)) as federation,
        ):
            stage = Stage(
                federation=federation,
                supervisor=supervisor,
                commentary=self._commentary,
                folder=letters,
                clock=world.clock,
                calendar=world.calendar,
                rng=world.rng,
            )
            story = Story(stage=stage)
            self._build(federation, stage)
            self._commentary.chapter("Văn bản đi và đến", "Letters go and arrive")
            story.play()
            self._commentary.chapter("Kiểm chứng ngoại tuyến", "Offline verification")
            findings = self._examine(federation, story)
            summary = findings.summary(refused=len(story.rejections), seconds=world.clock.monotonic() - started)
            code = self._conclude(findings, summary, story.stage.consignments)
            if self._options.serve:
                self._serve(federation)
        return code

    def _build(self, federation: Federation, stage: Stage) -> None:
        """The PDFs are set while the processes start."""
        self._commentary.note(SAMPLE, SAMPLE)
        self._commentary.chapter("Dựng liên trục: 3 trục, 10 nút", "Building the federation: 3 hubs, 10 nodes")
        with ThreadPoolExecutor(max_workers=1) as printer:
            printed = printer.submit(stage.write_letters)
            federation.build(lambda place, vi, en: self._commentary.tell(place, Arrow.HERE, vi, en))
            printed.result()

    def _examine(self, federation: Federation, story: Story) -> Findings:
        archive = Archive(self._folder, federation)
        federation.stop_nodes()
        disks = archive.collect(self._world.open_disk)
        for rejection in story.rejections:
            archive.add_receipt(rejection.node, rejection)
        archive.add_trust()
        archive.ask_logs()
        federation.stop_hubs()
        logs = verify_logs(federation, self._world.log_size)
        verify = self._world.open_verifier(archive.trust)
        return examine(archive, disks, verify, logs=logs, consignments=story.stage.consignments)

    def _conclude(self, findings: Findings, summary: Summary, consignments: Mapping[int, str]) -> int:
        """Say what was found; the summary is the last line on standard output."""
        note = self._commentary.note
        counts = findings.counts
        note(
            f"{counts.letters} văn bản, {counts.deliveries} lượt gửi: {counts.handed_over} đã giao, {counts.failed} "
            f"không giao được, {counts.pending} đang chờ; mất {counts.lost}, trùng {counts.duplicated}",
            f"{counts.letters} letters, {counts.deliveries} deliveries: {counts.handed_over} handed over, "
            f"{counts.failed} failed, {counts.pending} pending; {counts.lost} lost, {counts.duplicated} duplicated",
        )
        life, late = findings.life, len(findings.life.late)
        note(
            f"bên nhận từ chối {life.receiver_refusals}, thu hồi {life.recalls}, lấy lại {life.take_backs}, "
            f"thay thế {life.replacements}, phát hành muộn {late}",
            f"{life.receiver_refusals} refused by its reader, {life.recalls} recalled, {life.take_backs} taken back, "
            f"{life.replacements} replaced, {late} issued late",
        )
        note(
            f"đã kiểm chứng {findings.receipts_verified}/{findings.receipts} biên nhận, {findings.containers} gói tin",
            f"{findings.receipts_verified}/{findings.receipts} receipts and {findings.containers} containers verified",
        )
        for log in findings.logs:
            state = ("khớp", "sound") if log.log_verified else ("KHÔNG khớp", "NOT sound")
            note(
                f"nhật ký {log.name}: {log.log_size} mục, {state[0]}", f"log of {log.name}: {log.log_size}, {state[1]}"
            )
        self._tell_papers(findings.life, consignments)
        differences = against_the_story(findings, refused=summary.refused)
        for vi, en in differences:
            note(f"KHÁC KỊCH BẢN: {vi}", f"NOT AS THE STORY SAYS: {en}")
        if not differences:
            note(f"Đúng như kịch bản, {summary.seconds} giây", f"All as the story says, {summary.seconds} seconds")
        if self._options.out is not None:
            note(f"Tất cả ở {self._options.out}", f"Everything is in {self._options.out}")
        text = json.dumps(summary.as_dict(), ensure_ascii=False)
        (self._folder / "summary.json").write_text(text + "\n", encoding="utf-8")
        self._world.voice.data(summary.as_dict())
        return DIFFERENT if differences else OK

    def _tell_papers(self, life: Life, consignments: Mapping[int, str]) -> None:
        """The verdict on the signatures in each letter's PDF, and its legal standing, as the receipts say them."""
        note = self._commentary.note
        good, all_of = life.replace_paper, len(life.papers)
        note(
            f"chữ ký trong PDF: {good}/{all_of} văn bản HỢP LỆ, thay văn bản giấy",
            f"signatures in the PDFs: {good} of {all_of} letters valid, replacing paper",
        )
        for one in letters():
            paper = life.papers.get(consignments.get(one.number, ""))
            if paper is None or paper.verdict is None:
                continue
            vi, en = _STANDING[paper.replaces_paper]
            note(
                f"  {one.symbol} {one.sender}: {paper.verdict.vi}; {vi}",
                f"  {one.symbol} {one.sender}: {paper.verdict.en}; {en}",
            )

    def _serve(self, federation: Federation) -> None:
        """Until interrupted."""
        federation.start_again()
        for hub in federation.hubs.values():
            self._commentary.note(f"{hub.id}  {hub.url}", f"{hub.id}  {hub.url}")
        for node in federation.nodes.values():
            url = federation.node_url(node.id)
            self._commentary.note(
                f"{node.id}  {url}  (--data {node.folder})", f"{node.id}  {url}  (--data {node.folder})"
            )
        self._commentary.note("Ctrl-C để dừng", "Ctrl-C stops it")
        signal.pause()


@contextlib.contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """The folder of this run; a folder of our own is removed, whatever happened in it."""
    if out is None:
        path = Path(tempfile.mkdtemp(prefix="axis-demo-"))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FolderInUse(folder=out)
    out.mkdir(parents=True, exist_ok=True)
    yield out.absolute()


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does: in order, with all its children."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
