"""Whole containers in one request, the dry run, and the history of what was accepted."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from exchange_axis.domain.deadlines import DeadlineClock
from exchange_axis.errors import CheckFailed
from exchange_axis.hub.deadlines import Question
from exchange_axis.store.hub.deadlines import Listed
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import deadline_json, history_json, json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.incoming import received
from exchange_axis.web.hub_api.parameters import choice_of, number_of, path_name
from exchange_axis.web.shared.bodies import read_json
from exchange_axis.wire.hub_json import MAX_ASKED, answer_json, asked_json
from schemas.findings import Finding, Severity, Stage

DEFAULT = 100
MOST = 1_000
"""Clocks in one answer."""


async def submit(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    async with received(context, request, peer) as (container, _):
        answer = await context.run(context.hub.intake.submit, peer, container)
    context.watch.ring()
    return json_answer(answer_json(answer))


async def check(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """What `submit` would say; nothing is kept and no id is used up."""
    async with received(context, request, peer) as (container, _):
        try:
            findings: Sequence[Finding] = await context.run(context.hub.intake.dry_run, peer, container)
            unchecked: Sequence[str] = ()
        except CheckFailed as failed:
            findings, unchecked = failed.findings, failed.unchecked
    return json_answer(
        {"findings": [finding.as_dict() for finding in findings], "stages": _stages(findings, unchecked)}
    )


async def history(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    found = await context.run(context.hub.auditing.history_for, peer, path_name(request))
    return json_answer({"consignments": [history_json(item) for item in found]})


async def remind(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Of a letter that this node brought; each recipient by itself."""
    fields = await read_json(request, context.settings.pace, limit=context.settings.small_body)
    ask, letter = context.hub.asked_reminding.ask, path_name(request)
    answers = [await context.run(ask, peer, letter, one) for one in fields.texts("recipients", most=MAX_ASKED)]
    context.watch.ring()
    return json_answer(asked_json(answers))


async def deadlines(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Clocks of what this node sent or received."""
    question = Question(
        listed=choice_of(request, "state", Listed),
        clock=choice_of(request, "clock", DeadlineClock),
        after=request.query.get("after"),
        limit=number_of(request, "max", default=DEFAULT, least=1, most=MOST),
    )
    page = await context.run(context.hub.deadlines.find_for, peer, question)
    return json_answer({"deadlines": [deadline_json(line) for line in page.lines], "next": page.next})


def _stages(findings: Sequence[Finding], unchecked: Sequence[str]) -> dict[str, str]:
    refused = {finding.stage for finding in findings if finding.severity is Severity.ERROR}
    verdicts = {}
    for stage in Stage:
        verdict = "refused" if stage in refused else "passed"
        verdicts[stage.value] = "not-checked" if stage.value in set(unchecked) else verdict
    return verdicts
