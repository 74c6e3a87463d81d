"""The files of letters at the hub: judged while the sender waits, as far as there is time, and completed afterwards.

1. The first hub looks before it accepts: what must stop a letter stops it before anything of it is stored.
2. What was not reached in time is completed from the stored container; so is, at the recipients' hub, what came by a
   relay: each hub that hands over says by its own trust what a letter is worth.
3. The report is kept beside the letter and read with its history. Evidence has the codes of the moment of acceptance.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.attachments import look_into
from exchange_axis.pipeline.check import DOCUMENT_LIMIT, Checked
from exchange_axis.pipeline.file_report import FilesReport
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import file_reports, mail, records
from exchange_axis.wire.container import open_container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.members import LETTER
from schemas.findings import Finding
from signing.xades import verify_enveloped_unanchored

LATER_SECONDS = 120.0
"""For all files of one letter when nobody waits."""
TRIES = 3
STOPS = frozenset({"rules.secrecy-mark", "secrecy.page"})
"""Findings that stop a letter for a state secret (R7)."""
_log = logging.getLogger(__name__)


class Files:
    def __init__(self, world: World) -> None:
        self._world = world

    def judge(self, checked: Checked, received: Received) -> FilesReport | None:
        """What the files of a letter are worth; None where nobody can look or there is nothing to look at."""
        tools, letter = self._world.files, checked.letter
        if tools is None or letter is None:
            return None
        at = self._world.issuer.now()
        trust = tools.trust(self._world.anchors(), received_at=at, now=at)
        monotonic = self._world.clock.monotonic
        return look_into(received.path, checked.parts, letter, tools=tools, trust=trust, monotonic=monotonic)

    def complete(self, *, most: int = 20) -> int:
        """Look at letters whose files are not all looked at, the longest waiting first; returns how many were done."""
        tools, done = self._world.files, 0
        while tools is not None and done < most:
            pending = self._world.transactions.read(file_reports.next_pending)
            if pending is None or not self._complete(pending, tools):
                break
            done += 1
        return done

    def _complete(self, pending: file_reports.Pending, tools: FileTools) -> bool:
        try:
            report = self._look_again(pending, tools)
        except StoreError:
            report = None  # erased or lost meanwhile; the report stays as it is
        last = pending.tries + 1 >= TRIES
        again = not last and (report is None or not report.complete)
        document = None if report is None else document_of(report)
        at = self._world.issuer.now()
        return self._world.transactions.run(
            lambda connection: file_reports.complete(connection, pending, document=document, again=again, at=at)
        )

    def _look_again(self, pending: file_reports.Pending, tools: FileTools) -> FilesReport | None:
        path = self._world.staging / f"files-{self._world.rng.uuid()}.part"
        try:
            with self._world.blobs.open(pending.container_sha256) as blob, path.open("xb") as file:
                for piece in blob.chunks():
                    file.write(piece)
            return self._report(path, pending, tools)
        finally:
            path.unlink(missing_ok=True)

    def _report(self, path: Path, pending: file_reports.Pending, tools: FileTools) -> FilesReport | None:
        def work(connection: Connection) -> tuple[mail.ConsignmentRow, datetime]:
            row = mail.consignment_by_seq(connection, pending.consignment)
            acceptance = records.whole_documents(connection, [row.documents[0]])[0]
            return row, read_evidence(verify_enveloped_unanchored(acceptance.content).root).recorded_at

        row, accepted_at = self._world.transactions.read(work)
        with open_container(path) as container:
            letter = read_letter(container.read(LETTER, limit=DOCUMENT_LIMIT)).letter
        now = self._world.issuer.now()
        trust = tools.trust(self._world.anchors(), received_at=accepted_at, now=now)
        patient = replace(tools, seconds=LATER_SECONDS)
        monotonic = self._world.clock.monotonic
        return look_into(path, row.parts, letter, tools=patient, trust=trust, monotonic=monotonic)

    def stops(self, most: int) -> tuple[file_reports.Stop, ...]:
        """Letters that were stopped for a secrecy mark, newest first."""
        return self._world.transactions.read(lambda connection: file_reports.stops(connection, most))


def keep(connection: Connection, seq: int, world: World, *, report: FilesReport | None, checked: Checked) -> None:
    """The report of a letter that is stored in this transaction; without one, somebody looks later."""
    if world.files is None or not _has_files(checked):
        return
    at = world.issuer.now()
    document = "" if report is None else document_of(report)
    file_reports.add(connection, seq, document=document, pending=report is None or not report.complete, at=at)


def document_of(report: FilesReport) -> str:
    return json.dumps(report.document, ensure_ascii=False)


def note_stop(
    world: World, findings: Sequence[Finding], *, peer: str, checked: Checked | None, container_sha256: str
) -> None:
    """Keep the one line about a letter with a secrecy mark, and tell the operator (R7). Nothing of its content."""
    code = next((finding.code for finding in findings if finding.code in STOPS), None)
    if code is None:
        return
    stop = file_reports.Stop(
        at=world.issuer.now(),
        peer=peer,
        sender="" if checked is None else checked.consignment.sender,
        consignment_id="" if checked is None else checked.consignment.id,
        container_sha256=container_sha256,
        code=code,
    )
    world.transactions.run(lambda connection: file_reports.note_stop(connection, stop))
    _log.warning("intake.secrecy-stop peer=%s code=%s sha256=%s", peer, code, container_sha256)


def _has_files(checked: Checked) -> bool:
    return checked.consignment.kind is ConsignmentClass.LETTER and any(
        part.name.startswith("attachments/") for part in checked.parts
    )
