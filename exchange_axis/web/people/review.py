"""Looking through all accounts, as a page and as a file; and the word that somebody did."""

from __future__ import annotations

from aiohttp import hdrs, web

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.people import Grant
from exchange_axis.pipeline.account_table import PRINTERS, account_table
from exchange_axis.pipeline.grants_text import grant_text, role_word
from exchange_axis.web.shared.errors import BadParameter
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import render, see
from exchange_axis.web.shared.permissions import REVIEW_PAGE
from exchange_axis.web.shared.sessions import Door, person_of
from schemas.gate.refusal import Refusal


async def show(door: Door, request: web.Request) -> web.StreamResponse:
    done = request.query.get("done", "")
    return await _page(door, request, done=int(done) if _is_number(done) else 0)


async def record(door: Door, request: web.Request) -> web.StreamResponse:
    """Nobody signs for accounts that he did not see: the form says which state of them it showed."""
    person, fields = person_of(request), await fields_of(request)
    seen, logins = fields.text("seen"), fields.every("login")
    if not _is_number(seen):
        raise BadParameter(name="seen", wanted="0, 1, 2, …")
    sign = door.staff.review.record
    try:
        done = await door.workers.run(sign, logins, actor=person.actor, note=fields.text("note"), seen=int(seen))
    except Refusal as refused:
        return await _page(door, request, refused=refused)
    return see(f"{REVIEW_PAGE}?done={done}")


async def as_csv(door: Door, request: web.Request) -> web.StreamResponse:
    return await _file(door, "csv")


async def as_xlsx(door: Door, request: web.Request) -> web.StreamResponse:
    return await _file(door, "xlsx")


async def _file(door: Door, suffix: str) -> web.Response:
    content_type, printed = PRINTERS[suffix]
    at = door.staff.world.clock.now()

    def make() -> bytes:
        return printed(account_table(door.staff.review.every(), house=door.house, at=at))

    headers = {
        hdrs.CONTENT_TYPE: content_type,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="tai-khoan-{day_of(at):%Y%m%d}.{suffix}"',
        hdrs.CACHE_CONTROL: "no-store",
    }
    return web.Response(body=await door.workers.run(make), headers=headers)


async def _page(door: Door, request: web.Request, *, refused: Refusal | None = None, done: int = 0) -> web.Response:
    language, review = spoken(request), door.staff.review
    changes = await door.workers.run(door.staff.people.changes, 1)
    accounts = await door.workers.run(review.every)
    return render(
        request,
        "people/review.html",
        status=200 if refused is None else 422,
        said=None if refused is None else (refused.message(language), refused.remedy(language)),
        accounts=[(one, "; ".join(_words(grant, language) for grant in one.user.grants)) for one in accounts],
        due=sum(one.review_due for one in accounts),
        expired=sum(one.has_expired for one in accounts),
        days=door.staff.world.review_days,
        more=door.staff.world.expiry_days,
        seen=changes[0].seq if changes else 0,
        done=done,
    )


def _words(grant: Grant, language: str) -> str:
    """The role as people call it, with its limits as they are written."""
    limits = grant_text(grant).partition(",")[2]
    return role_word(grant.role, language) + (f" ({limits})" if limits else "")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
