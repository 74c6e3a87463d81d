"""Forms that browsers send: read once, whoever asks first; and the key that tells ours from foreign ones.

Rules of this file:
1. A form of fields is read as a whole before any handler runs, and its key is checked there (`web.shared.sessions`).
2. A form with files is read by its handler, piece by piece; the handler gives the key to `require_key`. One that
   forgets is refused afterwards, which its first test shows.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from exchange_axis.pipeline.people_refusals import FormForged
from exchange_axis.web.shared.bodies import Pace, read_whole
from exchange_axis.web.shared.errors import WrongMediaType
from exchange_axis.web.shared.pages import CSRF

FORM_TYPE: Final = "application/x-www-form-urlencoded"
FILES_TYPE: Final = "multipart/form-data"
FORM_LIMIT: Final = 256 * 1024
"""Bytes of a form without files."""
FIELDS_MOST: Final = 2_000
KEY_FIELD: Final = "csrf"
FORM_PACE: Final = Pace(deadline=120.0)
_KEPT = web.RequestKey("form", object)
_CHECKED = web.RequestKey("form_checked", bool)


@dataclass(frozen=True, slots=True)
class Fields:
    pairs: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str:
        """The last value of a field, without blanks around it; empty if it was not sent."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """As it was typed, for passwords."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def every(self, name: str) -> tuple[str, ...]:
        return tuple(value.strip() for key, value in self.pairs if key == name and value.strip())


async def fields_of(request: web.Request, pace: Pace = FORM_PACE) -> Fields:
    """The fields of a form without files; the same at every call.

    Raises:
        WrongMediaType, BodyTooLarge, BodyTooSlow, BodyCutOff.
    """
    kept = request.get(_KEPT)
    if isinstance(kept, Fields):
        return kept
    if request.content_type != FORM_TYPE:
        raise WrongMediaType(wanted=FORM_TYPE)
    body = await read_whole(request, pace, limit=FORM_LIMIT)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError as error:  # not UTF-8, or too many fields
        raise WrongMediaType(wanted=FORM_TYPE) from error
    request[_KEPT] = found = Fields(tuple(pairs))
    return found


def require_key(request: web.Request, given: str) -> None:
    """The form was made for this session. Raises FormForged."""
    wanted = request.get(CSRF, "")
    if not wanted or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise FormForged()
    request[_CHECKED] = True


def is_checked(request: web.Request) -> bool:
    return bool(request.get(_CHECKED))
