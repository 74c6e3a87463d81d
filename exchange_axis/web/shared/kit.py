"""What every application with pages serves beside its own: static files and the choice of language and colours."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import TemplateError

from exchange_axis.web.shared.edge import answer
from exchange_axis.web.shared.pages import PREFERENCES_PATH, choose, problem_page, wants_page
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule
from exchange_axis.web.shared.problems import Problem
from exchange_axis.web.shared.static_files import STATIC_PATH, serve_static

log = logging.getLogger("axis.web")

KIT_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", STATIC_PATH, serve_static),
    ("GET", PREFERENCES_PATH, choose),
)
KIT_RULES: Final[Rules] = {
    ("GET", STATIC_PATH): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", PREFERENCES_PATH): rule(Sight.NOTHING, Caller.ANYBODY),
}


def answered(request: web.Request, problem: Problem) -> web.Response:
    """A refusal in the form that its asker reads: a page for browsers, a problem document for programs.

    Given to `web.shared.edge.edge` by applications with pages.
    """
    if not wants_page(request):
        return answer(problem)
    try:
        return problem_page(request, problem)
    except TemplateError:
        log.exception("a page of a refusal could not be made")
        return answer(problem)
