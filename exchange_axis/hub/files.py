"""The files of letters at the hub: judged while the sender waits, as far as there is time, and completed afterwards.

1. The first hub looks before it accepts: what must stop a letter stops it before anything of it is stored.
2. What was not reached in time is completed from the stored container; so is, at the recipients' hub, what came by a
   relay: each hub that hands over says by its own trust what a letter is worth.
3. The report is kept beside the letter and read with its history. Evidence has the codes of the moment of acceptance.
4. When more becomes known of a signer, the report is judged again: the new one says what the earlier ones said, and the
   nodes of sender and recipients are told that there is a new one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from exchange_axis.domain.consignment import ConsignmentClass
from exchange_axis.hub.signers import Signers, note, write_container
from exchange_axis.hub.standing import Standing
from exchange_axis.hub.verdicts import judged_again
from exchange_axis.hub.world import Received, World
from exchange_axis.pipeline.attachments import look_into
from exchange_axis.pipeline.check import DOCUMENT_LIMIT, Checked
from exchange_axis.pipeline.file_report import FilesReport
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.ports import FILES_NEWS
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import file_reports, mail, peers, records, trails
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
    def __init__(self, world: World, seals: Standing) -> None:
        self._world = world
        self.signers = Signers(world, seals)

    def judge(self, checked: Checked, received: Received) -> FilesReport | None:
        """What the files of a letter are worth; None where nobody can look or there is nothing to look at."""
        tools, letter = self._world.files, checked.letter
        if tools is None or letter is None:
            return None
        at = self._world.issuer.now()
        anchors = self._world.anchors()
        asked = self.signers.asked(anchors)
        trust = tools.trust(anchors, received_at=at, now=at, revocation=asked)
        monotonic, scratch = self._world.clock.monotonic, self._world.staging
        report = look_into(
            received.path, checked.parts, letter, tools=tools, trust=trust, monotonic=monotonic, scratch=scratch
        )
        return None if report is None else replace(report, signers=tuple(asked.found.values()))

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
        return self._world.transactions.run(
            lambda connection: self._write(connection, pending, report=report, again=again)
        )

    def _write(
        self, connection: Connection, pending: file_reports.Pending, *, report: FilesReport | None, again: bool
    ) -> bool:
        at = self._world.issuer.now()
        if report is None:
            return file_reports.complete(connection, pending, document=None, again=again, at=at)
        before = file_reports.document(connection, pending.consignment)
        document = with_earlier(report.document, json.loads(before or "null"))
        text = json.dumps(document, ensure_ascii=False)
        if not file_reports.complete(connection, pending, document=text, again=again, at=at):
            return False
        judged_again(connection, self._world, pending.consignment, files=document)
        trails.look_again(connection, pending.consignment)
        if note(connection, self._world, pending.consignment, report.signers) and not again:
            file_reports.reopen(connection, pending.consignment)
        if document.get("earlier"):
            tell_nodes(connection, pending.consignment, at=at)
        return True

    def _look_again(self, pending: file_reports.Pending, tools: FileTools) -> FilesReport | None:
        path = self._world.staging / f"files-{self._world.rng.uuid()}.part"
        try:
            write_container(self._world, pending.container_sha256, path)
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
        anchors = self._world.anchors()
        asked = self.signers.asked(anchors, consignment=pending.consignment)
        trust = tools.trust(anchors, received_at=accepted_at, now=now, revocation=asked)
        patient = replace(tools, seconds=LATER_SECONDS)
        monotonic, scratch = self._world.clock.monotonic, self._world.staging
        report = look_into(path, row.parts, letter, tools=patient, trust=trust, monotonic=monotonic, scratch=scratch)
        return None if report is None else replace(report, signers=tuple(asked.found.values()))

    def stops(self, most: int) -> tuple[file_reports.Stop, ...]:
        """Letters that were stopped for a secrecy mark, newest first."""
        return self._world.transactions.read(lambda connection: file_reports.stops(connection, most))


def keep(connection: Connection, seq: int, world: World, *, report: FilesReport | None, checked: Checked) -> None:
    """The report of a letter that is stored in this transaction; without one, somebody looks later."""
    if world.files is None or not _has_files(checked):
        return
    at = world.issuer.now()
    document = "" if report is None else json.dumps(report.document, ensure_ascii=False)
    behind = report is not None and note(connection, world, seq, report.signers)
    pending = behind or report is None or not report.complete
    file_reports.add(connection, seq, document=document, pending=pending, at=at)


def with_earlier(document: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The new report, with what the earlier ones said where that was something else."""
    if before is None:
        return dict(document)
    earlier = list(before.get("earlier", ()))
    if _said(before) != _said(document):
        earlier.append({"judged_at": before["judged_at"], **_said(before)})
    return dict(document) | ({"earlier": earlier} if earlier else {})


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader of a report goes by."""
    verdicts = [{"member": file["member"], "verdict": file["verdict"]} for file in document["files"]]
    return {"standing": document["standing"], "files": verdicts}


def tell_nodes(connection: Connection, seq: int, *, at: datetime) -> None:
    """Nodes of ours that sent or got the letter hear that its report is another now, and fetch it."""
    row = mail.consignment_by_seq(connection, seq)
    names = {row.upstream, *(delivery.peer for delivery in mail.deliveries(connection, seq))}
    news = [records.News(kind=FILES_NEWS, consignment_id=row.consignment_id, recipient=None, documents=())]
    for name in sorted(names):
        peer = peers.get(connection, name)
        if peer is not None and peer.kind == "node":
            records.feed_to(connection, name, news, at=at)


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
    """Members of the container, or files inside the letter: either way it refers to them."""
    if checked.consignment.kind is not ConsignmentClass.LETTER:
        return False
    named = checked.letter is not None and bool(checked.letter.references)
    return named or any(part.name.startswith("attachments/") for part in checked.parts)
