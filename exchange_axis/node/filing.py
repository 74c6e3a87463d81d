"""The node's own look into the files of letters: before it sends one, and when one comes.

1. What the hub would stop is not sent; what it would warn of is in the local receipt.
2. A letter that came is in, whatever its files are: the report says what they are worth by this node's trust.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.domain.letter import Letter
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.attachments import look_into
from exchange_axis.pipeline.check import refuse_on_errors
from exchange_axis.pipeline.file_report import FilesReport
from schemas.findings import Finding


class Filing:
    def __init__(self, world: NodeWorld) -> None:
        self._world = world

    def before_sending(self, path: Path, letter: Letter, parts: Sequence[PartDigest]) -> tuple[str, Sequence[Finding]]:
        """The report, empty where nobody looks, and its warnings.

        Raises:
            CheckFailed: a file that the hub would not let in.
        """
        report = self._look(path, letter, parts, received_at=self._world.now())
        if report is None:
            return "", ()
        refuse_on_errors(report.findings)
        return _text(report), report.findings

    def of_arrival(self, path: Path, letter: Letter, parts: Sequence[PartDigest], *, accepted_at: datetime) -> str:
        """The report on a letter that came; signatures count at the time when its first hub took it in."""
        report = self._look(path, letter, parts, received_at=accepted_at)
        return "" if report is None else _text(report)

    def _look(
        self, path: Path, letter: Letter, parts: Sequence[PartDigest], *, received_at: datetime
    ) -> FilesReport | None:
        tools = self._world.files
        if tools is None:
            return None
        trust = tools.trust(self._world.anchors(), received_at=received_at, now=self._world.now())
        monotonic, scratch = self._world.clock.monotonic, self._world.settings.staging
        return look_into(path, parts, letter, tools=tools, trust=trust, monotonic=monotonic, scratch=scratch)


def _text(report: FilesReport) -> str:
    return json.dumps(report.document, ensure_ascii=False)
