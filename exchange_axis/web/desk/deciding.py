"""What a clerk does about a received letter: accept, refuse, report, answer what its sender asks, take it over.

Each form acts once (`frame.once`) and leads to the letter's page, which shows what is stored now: nothing is said to be
done because it was asked for. What a use case refuses is said on the page the form came from, with what was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.registers import Book
from exchange_axis.node.passing import PassedTo
from exchange_axis.node.register_errors import LetterClaimed
from exchange_axis.web.desk.frame import Desk, Form, form_of, once, page, person_of
from exchange_axis.web.desk.letters import OPEN, agency_in, base_of, letter_page, opened_of
from exchange_axis.web.shared.language import later, spoken
from exchange_axis.web.shared.pages import see
from exchange_axis.web.shared.problems import status_of
from schemas import codelists
from schemas.gate.refusal import Refusal

TEXT_LEAST: Final = 10
"""Characters of a reason that the other side can act upon."""
TEXT_MOST: Final = 1_000
NUMBER_MOST: Final = 10**9
REGISTER_FIELDS: Final = ("author", "code", "date", "subject", "unit", "note")
"""Cells of the incoming register that the accepting screen shows."""
SKIPPED: Final = later("Số này bỏ qua số kế tiếp: gõ nhầm thì sửa lại, đúng theo sổ thì đánh dấu ô xác nhận")
"""A number cannot be changed once it is given, and the series goes on after it: a slip of the finger would stay."""
Faults = dict[str, str]
Act = Callable[[Desk, web.Request, Form], Awaitable[str | web.Response]]


async def accept_form(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The one screen. Opening it gives the letter to this clerk and holds a number, both for a quarter of an hour."""
    try:
        return await _accept_page(desk, request)
    except LetterClaimed as refusal:
        return await letter_page(desk, request, refusal=refusal, status=status_of(refusal))


async def accept(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _accept)


async def refuse_form(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _refuse_page(desk, request)


async def refuse(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _refuse)


async def report(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _report)


async def answer(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _answer)


async def apologize(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _apologize)


async def take_over(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _take_over)


async def give_back(desk: Desk, request: web.Request) -> web.StreamResponse:
    return await _act(desk, request, _give_back)


async def _act(desk: Desk, request: web.Request, act: Act) -> web.Response:
    form = await form_of(desk, request)
    return await once(desk, request, form, lambda: act(desk, request, form))


async def _accept(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    faults, number = _accept_faults(form)
    if faults:
        return await _accept_page(desk, request, form=form, faults=faults, status=422)
    opened, person, agency = await opened_of(desk, request), person_of(request), agency_in(request)
    if opened.line.status in OPEN and not form.text("skips") and await _skips(desk, request, number or 0):
        return await _accept_page(desk, request, form=form, faults={"number": SKIPPED}, status=422)
    changed = {
        name: form.text(name)
        for name in REGISTER_FIELDS
        if name in form.values and form.text(name) != opened.register.get(name, "")
    }
    try:
        await desk.run(
            desk.node.clerk.accept,
            request.match_info["id"],
            actor=person.actor,
            agency=agency,
            arrival_number=number,
            cells=changed,
        )
    except Refusal as refusal:
        return await _accept_page(desk, request, form=form, refusal=refusal, status=status_of(refusal))
    desk.wake()
    return f"{base_of(request)}?done=03"


async def _refuse(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    reason, text = form.text("reason"), " ".join(form.text("text").split())
    faults: Faults = {}
    if codelists.load("refusal-reasons").get(reason) is None:
        faults["reason"] = later("Chọn một lý do")
    if not TEXT_LEAST <= len(text) <= TEXT_MOST:
        faults["text"] = later("Viết rõ từ 10 đến 1.000 ký tự: bên gửi đọc để biết phải sửa gì")
    if faults:
        return await _refuse_page(desk, request, form=form, faults=faults, status=422)
    try:
        await desk.run(
            desk.node.clerk.refuse,
            request.match_info["id"],
            reason=reason,
            text=text,
            actor=person_of(request).actor,
            agency=agency_in(request),
        )
    except Refusal as refusal:
        return await _refuse_page(desk, request, form=form, refusal=refusal, status=status_of(refusal))
    desk.wake()
    return f"{base_of(request)}?done=02"


async def _report(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    code, text = form.text("status"), form.text("text")[:TEXT_MOST]
    letter_id, actor, agency = request.match_info["id"], person_of(request).actor, agency_in(request)
    unit, person = form.text("unit"), form.text("person")
    if code == "04" and (unit or person):
        to = PassedTo(unit=unit, person=person, note=text, due=_day(form.text("due")))
        step = desk.run(desk.node.clerk.pass_on, letter_id, to=to, actor=actor, agency=agency)
    else:
        step = desk.run(desk.node.clerk.report, letter_id, code=code, text=text, actor=actor, agency=agency)
    return await _told(desk, request, form, step, done=code)


async def _answer(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    letter_id, actor, agency = request.match_info["id"], person_of(request).actor, agency_in(request)
    text = form.text("text")[:TEXT_MOST]
    if form.text("answer") == "16":
        step = desk.run(desk.node.clerk.decline, letter_id, text=text, actor=actor, agency=agency)
        return await _told(desk, request, form, step, done="16")
    step = desk.run(desk.node.clerk.consent, letter_id, text=text, actor=actor, agency=agency)
    return await _told(desk, request, form, step, done="15")


async def _apologize(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    day = _day(form.text("apology-date"))
    letter = ApologyLetter(
        number=form.text("apology-number"),
        day=day or day_of(desk.node.world.now()) + timedelta(days=1),  # a day to come is refused, as none is
        link=form.text("apology-link"),
    )
    letter_id, actor, agency = request.match_info["id"], person_of(request).actor, agency_in(request)
    step = desk.run(desk.node.apologizing.record, letter_id, agency, letter, actor=actor)
    return await _told(desk, request, form, step, done="apology")


async def _take_over(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    step = desk.run(
        desk.node.claims.take_over,
        request.match_info["id"],
        clerk=person_of(request).actor,
        reason=form.text("reason")[:TEXT_MOST],
        agency=agency_in(request),
    )
    return await _told(desk, request, form, step, done="claim")


async def _give_back(desk: Desk, request: web.Request, form: Form) -> str | web.Response:
    letter_id, clerk, agency = request.match_info["id"], person_of(request).actor, agency_in(request)
    await desk.run(desk.node.numbers.give_back, letter_id, clerk=clerk, agency=agency)
    step = desk.run(desk.node.claims.give_back, letter_id, clerk=clerk, agency=agency)
    return await _told(desk, request, form, step, done="")


async def _told(
    desk: Desk, request: web.Request, form: Form, step: Awaitable[object], *, done: str
) -> str | web.Response:
    """The letter's page with what was done, or with why it was not."""
    try:
        await step
    except Refusal as refusal:
        return await letter_page(desk, request, refusal=refusal, status=status_of(refusal), filled=form.values)
    desk.wake()
    return f"{base_of(request)}?done={done}" if done else base_of(request)


async def _accept_page(
    desk: Desk,
    request: web.Request,
    *,
    form: Form | None = None,
    faults: Faults | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> web.Response:
    opened, clerk = await opened_of(desk, request), person_of(request).actor
    if opened.line.status not in OPEN or opened.line.frozen:
        return see(f"{base_of(request)}?done={opened.line.status}")
    letter_id, agency = request.match_info["id"], agency_in(request)
    await desk.run(desk.node.claims.take, letter_id, clerk=clerk, agency=agency)
    held = await desk.run(desk.node.numbers.hold, letter_id, clerk=clerk, agency=agency)
    day = day_of(desk.node.world.now())
    return await page(
        desk,
        request,
        "desk/accept.html",
        here="inbox",
        status=status,
        opened=opened,
        base=base_of(request),
        held=held,
        today=day,
        place_of_agency=desk.node.world.settings.agencies.get(agency, agency),
        columns=[(one.key, one.vi if spoken(request) == "vi" else one.en) for one in Book.INCOMING.columns],
        filled={} if form is None else form.values,
        faults=faults or {},
        SKIPPED=SKIPPED,
        refusal=refusal,
    )


async def _refuse_page(
    desk: Desk,
    request: web.Request,
    *,
    form: Form | None = None,
    faults: Faults | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> web.Response:
    opened = await opened_of(desk, request)
    if opened.line.status not in OPEN or opened.line.frozen:
        return see(f"{base_of(request)}?done={opened.line.status}")
    language = spoken(request)
    return await page(
        desk,
        request,
        "desk/refuse.html",
        here="inbox",
        status=status,
        opened=opened,
        base=base_of(request),
        reasons=[
            (one.code, f"{one.code} — {one.label(language)}") for one in codelists.load("refusal-reasons").entries
        ],
        filled={} if form is None else form.values,
        faults=faults or {},
        refusal=refusal,
    )


def _accept_faults(form: Form) -> tuple[Faults, int | None]:
    text = form.text("number")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    faults: Faults = {}
    if not 1 <= number <= NUMBER_MOST:
        faults["number"] = later("Số đến là số nguyên từ 1")
    for name in REGISTER_FIELDS:
        if len(form.text(name)) > TEXT_MOST:
            faults[name] = later("Tối đa 1.000 ký tự")
    return faults, number or None


async def _skips(desk: Desk, request: web.Request, number: int) -> bool:
    letter_id, clerk, agency = request.match_info["id"], person_of(request).actor, agency_in(request)
    await desk.run(desk.node.claims.take, letter_id, clerk=clerk, agency=agency)
    held = await desk.run(desk.node.numbers.hold, letter_id, clerk=clerk, agency=agency)
    return number > held.number


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
