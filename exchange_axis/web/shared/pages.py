"""Pages: a template, its values, the language and the colours that the person chose; safe headers on each.

    return render(request, "desk/inbox.html", letters=letters)

Templates lie in `exchange_axis/web/<area>/templates/` and are named `<area>/<file>`. What is not given to a template
is an error, not an empty place. Nothing on a page is inline: no script, no style, nothing from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from exchange_axis.domain.people import Person
from exchange_axis.domain.program_tokens import ProgramToken
from exchange_axis.web.shared.edge import REQUEST_ID
from exchange_axis.web.shared.language import AREAS, LANGUAGE_COOKIE, LANGUAGES, catalog, spoken
from exchange_axis.web.shared.permissions import Caller, allows, rule_for
from exchange_axis.web.shared.problems import Problem
from exchange_axis.web.shared.static_files import static_url
from exchange_axis.web.shared.words import filters
from schemas.gate.refusal import Language

PRODUCT: Final = "Exchange Axis"
STAMP: Final = (("Số", "number"), ("Ngày", "day"), ("Chuyển", "to"), ("Số và ký hiệu HS", "file"))
"""Lines of the ĐẾN stamp. A stamp is Vietnamese in every language of the page."""
THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "axis-theme"
COOKIE_AGE: Final = 365 * 24 * 3600
PREFERENCES_PATH: Final = "/preferences"
PRACTICE: Final = "/luyen-tap"
"""Below it lies the desk's practice mode."""
PERSON = web.RequestKey("person", object)
"""Who asks; has a `name`, which the top bar shows. Set by whoever admits people."""
PROGRAM = web.RequestKey("program", ProgramToken)
"""By whose token a program asks."""
IDLE = web.RequestKey("idle", bool)
"""True where his session has ended by being left alone, and he is told numbers only (`Rule.counts`)."""
CSRF = web.RequestKey("csrf", str)
"""What every form of his must carry."""
RULES = web.RequestKey("rules", Mapping)
"""The table of permissions that the door asks; pages show what it allows (`may`). Without a door: everything."""
REACH = web.RequestKey("reach", object)
"""A function that says for which agencies he may ask for what has a rule; None: for all. Without it: for all."""
OF_NO_AGENCY: Final = frozenset({Caller.ANYBODY, Caller.PERSON})
"""What they may ask for is their own, or everybody's."""
LAYOUT = web.AppKey("layout", str)
"""Template that pages of an application lie in; error pages use it too."""
FRAME = web.AppKey("frame", Mapping[str, object])
"""What the layout of an application shows on every page of it."""
PLAIN_LAYOUT: Final = "shared/base.html"
CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; connect-src 'self'",
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
)
PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With `no-referrer` browsers send `Origin: null` with forms, and ours could not be told from a foreign one.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every template knows without being told: `page`."""

    language: Language
    theme: str
    path: str
    """With its query, for the way back after a choice of language."""
    practice: bool = False


def render(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """The template as a whole page.

    Beside `values` it has `page`, `layout`, `person` (or None), `_`, `ngettext`, `static(name)`, `csrf_field()`,
    `may(method, address)` and the filters of `web.shared.words`. A page about what is one agency's is given that as
    `of_agency`: it then offers what its reader may do for this one.
    """
    language = spoken(request)
    page = Page(
        language=language, theme=theme_of(request), path=request.rel_url.raw_path_qs, practice=practising(request)
    )
    given = {
        "page": page,
        "layout": request.app.get(LAYOUT, PLAIN_LAYOUT),
        "person": request.get(PERSON),
        "csrf": request.get(CSRF, ""),
        "rules": request.get(RULES),
        "reach": request.get(REACH),
    }
    frame: Mapping[str, object] = request.app.get(FRAME, {})
    html = environment(language).get_template(template).render({**given, **frame, **values})
    headers = {**PAGE_HEADERS, "Content-Language": language}
    return web.Response(text=html, status=status, content_type="text/html", charset="utf-8", headers=headers)


def see(address: str) -> web.Response:
    """After a form was carried out: the page that shows the confirmed state. A reload repeats nothing."""
    return web.Response(status=303, headers={hdrs.LOCATION: address})


def problem_page(request: web.Request, problem: Problem) -> web.Response:
    """A refusal as a page: what is wrong, where, and what to do next."""
    response = render(
        request,
        "shared/problem.html",
        status=problem.status,
        problem=problem.document,
        request_id=request.get(REQUEST_ID, ""),
    )
    response.headers.update(problem.headers)
    return response


def wants_page(request: web.BaseRequest) -> bool:
    """Whether who asks is a browser that shows what it gets, and not a program."""
    return not request.path.startswith("/v1/") and "text/html" in request.headers.get(hdrs.ACCEPT, "")


async def choose(request: web.Request) -> web.Response:
    """Handler of `PREFERENCES_PATH`: keeps the language or the colours in a cookie, then goes back.

    A GET, so that it is a link: what it changes is only how pages look in this browser.
    """
    response = see(local_path(request.query.get("back", "")))
    for name, cookie, allowed in (("language", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        value = request.query.get(name, "")
        if value in allowed:
            response.set_cookie(
                cookie, value, max_age=COOKIE_AGE, path="/", httponly=True, samesite="Lax", secure=request.secure
            )
    return response


def local_path(given: str) -> str:
    """An address of this server, or its first page: nobody is led elsewhere."""
    inside = given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
    return given if inside and given.isascii() else "/"


def practising(request: web.BaseRequest) -> bool:
    """Whether what is asked for is part of practice mode: its address alone decides."""
    return request.path == PRACTICE or request.path.startswith(f"{PRACTICE}/")


def theme_of(request: web.BaseRequest) -> str:
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


@cache
def environment(language: Language) -> Environment:
    """All templates in one language; compiled once."""
    web_folder = files("exchange_axis.web")
    found = Environment(
        loader=PrefixLoader({area: FileSystemLoader(str(web_folder / area / "templates")) for area in AREAS}),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.policies["ext.i18n.trimmed"] = True
    words = catalog(language)
    found.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    found.filters.update(filters(language))
    found.globals.update(static=static_url, csrf_field=csrf_field, may=may, PRODUCT=PRODUCT, STAMP=STAMP)
    return found


@pass_context
def may(context: Context, method: str, address: str, agency: str | None = None) -> bool:
    """Whether whoever sees the page may ask for that, by the very table that the door asks.

    Args:
        agency: for which one; by default the one that the page is about.
    """
    rules, person = context.get("rules"), context.get("person")
    if rules is None:
        return True
    found = rule_for(rules, method, address.partition("?")[0].partition("#")[0])
    if found is None or not allows(found, person if isinstance(person, Person) else None):
        return False
    if not found.callers.isdisjoint(OF_NO_AGENCY):
        return True
    reach, asked = context.get("reach"), agency or context.get("of_agency")
    codes = None if reach is None or asked is None else reach(found)
    return codes is None or asked in codes


@pass_context
def csrf_field(context: Context) -> Markup:
    """The hidden field that tells our own forms from foreign ones; empty where nobody is logged in."""
    token = context["csrf"]
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token) if token else Markup()
