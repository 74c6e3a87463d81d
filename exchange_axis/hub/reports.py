"""Verification reports of a hub: what it holds of a letter, judged as an inspector would, and the result sealed.

The judging takes the dossier that an inspector would get, and nothing from the database: only roots and the log key
are the hub's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.hub.dossiers import Dossiers
from exchange_axis.hub.log import Log
from exchange_axis.hub.world import World
from exchange_axis.pipeline.report import Reported, print_report, write_report
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Profile, Verification
from exchange_axis.pipeline.verify_trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedReport:
    id: str
    result: Verification
    xml: bytes
    pdf: bytes


class Reports:
    def __init__(self, world: World, log: Log, dossiers: Dossiers) -> None:
        self._world = world
        self._log = log
        self.dossiers = dossiers

    def make(self, query: str, *, agency: str | None, actor: str) -> SealedReport:
        """
        Raises:
            NotFound: no such letter, or nothing of it is that agency's business.
        """
        packed = self.dossiers.write(query, agency=agency, actor=actor)
        try:
            trust = Trust(anchors=self._world.anchors(), logs=(self._log.verifier,))
            result = verify_file(packed.path, Question(trust=trust, now=self._world.clock.now()))
        finally:
            packed.path.unlink(missing_ok=True)
        hub = self._world.settings.id
        reported = Reported(
            id=self._world.issuer.new_id(),
            issuer=hub,
            at=self._world.issuer.now(),
            file=f"{query} ({packed.id})",
            profile=Profile.EDXML_2,
            result=result,
        )
        xml = self._world.issuer.attest(write_report(reported), reported.at)
        return SealedReport(id=reported.id, result=result, xml=xml, pdf=print_report(reported, xml, signed=True))
