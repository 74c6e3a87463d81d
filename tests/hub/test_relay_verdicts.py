"""`refuse_verdicts` at a hub after the first: it spares its own recipients, and decides for nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from exchange_axis.wire.evidence import read_evidence
from signing.pdf_verdict import Verdict
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import make_letter
from tests.hub.test_three_hubs import Federation, feed_events
from tests.signing import pdfs


def refuse(federation: Federation, *verdicts: Verdict) -> None:
    world = federation.top.hub.world
    assert world.files is not None
    object.__setattr__(world, "files", replace(world.files, refuse_verdicts=frozenset(verdicts)))


def send(federation: Federation, folder: Path, number: str) -> None:
    letter = make_letter(
        folder,
        federation.a1,
        "H90.01",
        ["G90", "H91"],
        clock=federation.clock,
        number=number,
        files={"a.pdf": pdfs.page(pdfs.LETTER)},
    )
    federation.a.hub.intake.submit(federation.a1.row, letter)
    federation.settle()


def states(federation: Federation, number: str) -> dict[str, str]:
    (history,) = federation.a.hub.auditing.history(f"{number}/BC-UBND")
    return {one.recipient: one.state for one in history.deliveries}


def test_each_hub_spares_its_own_recipients_and_no_others(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    refuse(federation, Verdict.REVOKED)
    send(federation, tmp_path, "57")
    assert states(federation, "57") == {"G90": "consigned", "H91": "consigned"}, "another verdict is none of these"
    refuse(federation, Verdict.UNSIGNED, Verdict.NOT_INTACT)
    send(federation, tmp_path, "58")
    assert states(federation, "58") == {"G90": "failed", "H91": "consigned"}
    assert feed_events(federation.a, "node-a1").count("RelayRejection") == 1
    (history,) = federation.a.hub.auditing.history("58/BC-UBND")
    (rejection,) = (one for one in history.evidence if one.event == "RelayRejection")
    document = federation.a.hub.auditing.evidence(federation.a1.row, rejection.id).document
    said = read_evidence(verify_enveloped_unanchored(document).root)
    assert (said.recipients, said.reasons) == (("G90",), ("pdf.unsigned",))
    federation.close()
