"""One received letter: what it says, how its signatures stand, what happened to it, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from exchange_axis.domain.consignment import MIMETYPE
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.lifecycle import ASKED, Progress, Request
from exchange_axis.errors import NotFound
from exchange_axis.node.opening import Opened
from exchange_axis.node.reporting import NodeReport
from exchange_axis.web.desk.frame import Desk, form_of, once, page, person_of
from exchange_axis.web.desk.words import happening_words, reason_words
from exchange_axis.web.node_api.handing import Wanted, hand_out
from exchange_axis.web.shared.language import spoken
from schemas.gate.refusal import Refusal

OPEN: Final = frozenset({Progress.DELIVERED.value, Progress.ARRIVED.value})
AT_WORK: Final = frozenset({Progress.ACCEPTED.value, Progress.ASSIGNED.value, Progress.PROCESSING.value})
REPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    Progress.ACCEPTED.value: ("04", "05", "06"),
    Progress.ASSIGNED.value: ("04", "05", "06"),
    Progress.PROCESSING.value: ("05", "06"),
}
"""What can be told of a letter by where it is."""


async def letter(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await letter_page(desk, request)


async def letter_page(
    desk: Desk, request: web.Request, *, refusal: Refusal | None = None, status: int = 200, **more: object
) -> web.Response:
    """The page of the letter in the address.

    Args:
        refusal: why what was asked for on it was not done.
    """
    opened = await opened_of(desk, request)
    state, due, now = opened.line.status, opened.line.due, desk.node.world.now()
    waits = opened.line.request in {one.value for one in ASKED}
    apology = await desk.run(desk.node.apologizing.of, opened.line.consignment_id, opened.line.agency)
    return await page(
        desk,
        request,
        "desk/letter.html",
        here="inbox",
        status=status,
        opened=opened,
        of_agency=opened.line.agency,
        base=base_of(request),
        can_decide=state in OPEN and not opened.line.frozen,
        reports=() if opened.line.frozen else REPORTS.get(state, ()),
        waits=waits,
        may_decline=waits and opened.line.request != Request.RECALL_ASKED.value,
        colleague=opened.claim if opened.claim and opened.claim.clerk != person_of(request).actor else None,
        happened=[(one, happening_words(spoken(request), one.kind, one.what)) for one in opened.details.timeline],
        apology=apology,
        owes_apology=bool(due and due.overdue) or apology is not None,
        due_seconds=0 if due is None else int((due.at - now).total_seconds()),
        place_of_agency=desk.node.world.settings.agencies.get(opened.line.agency, opened.line.agency),
        reasons_said=partial(reason_words, spoken(request)),
        done=request.query.get("done", ""),
        refusal=refusal,
        **{"filled": {}, **more},
    )


async def verdict(desk: Desk, request: web.Request) -> web.StreamResponse:
    opened, named = await opened_of(desk, request), request.query.get("report", "")
    return await page(
        desk,
        request,
        "desk/verdict.html",
        here="inbox",
        opened=opened,
        of_agency=opened.line.agency,
        base=base_of(request),
        files=opened.details.files,
        report=named if desk.kept.of(_report_name(request, named)) is not None else "",
    )


async def make_report(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The signed report on what was found: made once, and handed out as XML and as a page that names its digest."""
    form = await form_of(desk, request)

    async def act() -> str:
        reader = person_of(request).actor
        made = await desk.run(desk.node.reports.make, request.match_info["id"], agency_in(request), reader=reader)
        desk.kept.keep(_report_name(request, made.id), made)
        return f"{base_of(request)}/verdict?report={made.id}#report"

    return await once(desk, request, form, act)


async def report(desk: Desk, request: web.Request) -> web.StreamResponse:
    name, _, suffix = request.match_info["report"].rpartition(".")
    made = desk.kept.of(_report_name(request, name))
    if not isinstance(made, NodeReport) or suffix not in {"xml", "pdf"}:
        raise NotFound(what=request.match_info["report"][:64])
    body, kind = (made.xml, "application/xml") if suffix == "xml" else (made.pdf, "application/pdf")
    headers = _as_file(f"bao-cao-kiem-tra-{made.title.replace('/', '-')}.{suffix}")
    return web.Response(body=body, content_type=kind, headers=headers)


async def attachment(desk: Desk, request: web.Request) -> web.StreamResponse:
    place = request.match_info["place"]
    if not (place.isascii() and place.isdecimal() and len(place) < 6):
        raise NotFound(what=place[:20])
    piece = await desk.run(
        desk.node.opening.attachment,
        request.match_info["id"],
        agency_in(request),
        int(place),
        reader=person_of(request).actor,
    )
    wanted = Wanted(sha256=piece.container_sha256, mime_type=piece.mime_type, offset=piece.offset, size=piece.size)
    return await _handed(desk, request, wanted, piece.name)


async def container(desk: Desk, request: web.Request) -> web.StreamResponse:
    found = await desk.run(
        desk.node.reading.content, request.match_info["id"], reader=person_of(request).actor, agency=agency_in(request)
    )
    name = f"{found.title.replace('/', '-')}.asice"
    return await _handed(desk, request, Wanted(sha256=found.container_sha256, mime_type=MIMETYPE), name)


async def evidence(desk: Desk, request: web.Request) -> web.StreamResponse:
    document, _ = await _evidence(desk, request)
    name = f"{request.match_info['evidence']}.xml"
    return web.Response(body=document, content_type="application/xml", headers=_as_file(name))


async def proof(desk: Desk, request: web.Request) -> web.StreamResponse:
    _, found = await _evidence(desk, request)
    name = request.match_info["evidence"]
    if found is None:
        raise NotFound(what=f"{name[:64]}.tlog-proof")
    return web.Response(body=found, content_type="text/plain", charset="utf-8", headers=_as_file(f"{name}.tlog-proof"))


async def opened_of(desk: Desk, request: web.Request) -> Opened:
    """
    Raises:
        NotFound.
    """
    reader = person_of(request).actor
    return await desk.run(desk.node.opening.letter, request.match_info["id"], agency_in(request), reader=reader)


def agency_in(request: web.Request) -> str:
    return canonical_code(request.match_info["agency"])


def base_of(request: web.Request) -> str:
    """Address of the letter's page."""
    return f"/inbox/{quote(request.match_info['id'], safe='')}/{quote(agency_in(request), safe='')}"


def _report_name(request: web.Request, report: str) -> str:
    """A report is one of this delivery, or none."""
    return f"{base_of(request)}/{report}"


async def _evidence(desk: Desk, request: web.Request) -> tuple[bytes, bytes | None]:
    """Of this letter only."""
    name, opened = request.match_info["evidence"], await opened_of(desk, request)
    if name not in {one.evidence_id for one in opened.details.timeline}:
        raise NotFound(what=name[:64])
    found = await desk.run(desk.node.views.evidence, name)
    if found is None:
        raise NotFound(what=name[:64])
    return found


async def _handed(desk: Desk, request: web.Request, wanted: Wanted, name: str) -> web.StreamResponse:
    return await hand_out(
        request,
        wanted,
        blobs=desk.node.world.blobs,
        run=desk.run,
        stall=desk.settings.stall,
        headers=_as_file(name),
    )


def _as_file(name: str) -> Mapping[str, str]:
    """Saved, never shown inside our own pages: what a letter brings is foreign."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "_" for one in name)
    return {
        hdrs.CONTENT_DISPOSITION: f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
