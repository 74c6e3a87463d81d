"""The table of the desk's pages, and who may ask for each."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from exchange_axis.web.desk import bulk, burning, deciding, digest, dossiers, inbox, letters
from exchange_axis.web.desk.frame import DeskHandler
from exchange_axis.web.sending.routes import SENDING_TABLE
from exchange_axis.web.shared.kit import KIT_RULES
from exchange_axis.web.shared.permissions import CLERKS, READERS, Caller, Rules, Sight, rule

_FIRST = rule(Sight.NOTHING, Caller.PERSON)
_READ, _ACT = rule(Sight.GRANTED, *READERS), rule(Sight.GRANTED, *CLERKS)
_SEALED = frozenset(
    {
        ("POST", "/drafts/{id}/send"),
        ("POST", "/drafts/send"),
        ("POST", "/drafts/results/{token}/go-on"),
        ("POST", "/sent/{id}/take-back"),
    }
)
"""What goes out under the agency's seal, recalls and updates included."""
DESK_TABLE: Final[tuple[tuple[str, str, DeskHandler], ...]] = (
    ("GET", "/", digest.first),
    ("GET", "/digest", digest.digest),
    ("GET", "/below", burning.below),
    ("GET", "/alarms", burning.alarms),
    ("GET", "/inbox", inbox.inbox),
    ("GET", "/inbox/news", inbox.news),
    ("POST", "/inbox/accept", bulk.accept_many),
    ("GET", "/inbox/results/{token}", bulk.results),
    ("POST", "/inbox/results/{token}/go-on", bulk.go_on),
    ("GET", "/inbox/{id}/{agency}", letters.letter),
    ("GET", "/inbox/{id}/{agency}/verdict", letters.verdict),
    ("POST", "/inbox/{id}/{agency}/verdict/report", letters.make_report),
    ("GET", "/inbox/{id}/{agency}/verdict/{report}", letters.report),
    ("GET", "/inbox/{id}/{agency}/files/{place}", letters.attachment),
    ("GET", "/inbox/{id}/{agency}/container", letters.container),
    ("GET", "/inbox/{id}/{agency}/dossier", dossiers.of_received),
    ("GET", "/inbox/{id}/{agency}/evidence/{evidence}", letters.evidence),
    ("GET", "/inbox/{id}/{agency}/proof/{evidence}", letters.proof),
    ("GET", "/inbox/{id}/{agency}/accept", deciding.accept_form),
    ("POST", "/inbox/{id}/{agency}/accept", deciding.accept),
    ("GET", "/inbox/{id}/{agency}/refuse", deciding.refuse_form),
    ("POST", "/inbox/{id}/{agency}/refuse", deciding.refuse),
    ("POST", "/inbox/{id}/{agency}/report", deciding.report),
    ("POST", "/inbox/{id}/{agency}/answer", deciding.answer),
    ("POST", "/inbox/{id}/{agency}/apology", deciding.apologize),
    ("POST", "/inbox/{id}/{agency}/take-over", deciding.take_over),
    ("POST", "/inbox/{id}/{agency}/give-back", deciding.give_back),
    ("GET", "/sent/{id}/dossier", dossiers.of_sent),
    *SENDING_TABLE,
)
TAKING: Final = frozenset({"/inbox/{id}/{agency}/accept", "/inbox/{id}/{agency}/refuse"})
"""Pages that are opened to act: the first gives a letter and a number to whoever opens it."""
WRITING: Final = "/drafts"
"""Begin of the pages on which letters are written: nothing but forms, and nothing that was sent yet."""


def _is_for_acting(path: str) -> bool:
    return path in TAKING or path.startswith(WRITING)


DESK_RULES: Final[Rules] = {
    **KIT_RULES,
    **{
        (method, path): _READ if method == "GET" and not _is_for_acting(path) else _ACT
        for method, path, _ in DESK_TABLE
    },
    ("GET", "/"): _FIRST,
    ("GET", "/registers/closed.pdf"): rule(Sight.GRANTED, *CLERKS, Caller.LEADER),
    ("GET", "/registers/archive.zip"): rule(Sight.GRANTED, Caller.CLERK, Caller.LEADER),
    ("GET", "/inbox/news"): replace(_READ, counts=True),
    **dict.fromkeys(_SEALED, rule(Sight.GRANTED, *CLERKS, fresh=True)),
}
