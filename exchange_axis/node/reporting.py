"""Verification reports of a node: what it holds of a received letter, judged as an inspector would, and the result
sealed with the node's seal (R39). The hub makes its own (`hub.reports`); this one needs no line.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.node.dossiers import NodeDossiers
from exchange_axis.node.views import Views
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.report import Reported, print_report, write_report
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Profile
from exchange_axis.pipeline.verify_trust import Trust
from signing.xades import sign_enveloped


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    id: str
    title: str
    xml: bytes
    """Signed; `axis verify` judges it."""
    pdf: bytes
    """Carries the digest of the XML."""


class NodeReports:
    def __init__(self, world: NodeWorld, dossiers: NodeDossiers, views: Views) -> None:
        self._world = world
        self._dossiers = dossiers
        self._views = views

    def make(self, consignment_id: str, agency: str, *, reader: str) -> NodeReport:
        """
        Raises:
            NotFound: no letter with this id came for that agency.
        """
        world = self._world
        packed = self._dossiers.write(consignment_id, agency=agency, reader=reader)
        held = world.held_list()
        trust = Trust(anchors=world.anchors(), logs=world.logs(), listed=None if held is None else held.value)
        try:
            result = verify_file(packed.path, Question(trust=trust, now=world.clock.now()))
        finally:
            packed.path.unlink(missing_ok=True)
        details = self._views.show(consignment_id)
        reported = Reported(
            id=world.rng.uuid(),
            issuer=None,
            node=world.settings.node_id,
            at=world.now(),
            file=f"{details.title} ({packed.id})",
            profile=Profile.EDXML_2,
            result=result,
            files=details.files,
        )
        xml = sign_enveloped(write_report(reported), world.node_seal, at=reported.at)
        pdf = print_report(reported, xml, signed=True)
        return NodeReport(id=reported.id, title=details.title, xml=xml, pdf=pdf)
