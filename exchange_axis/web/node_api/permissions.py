"""Who may ask the node for what: one program, the agency's own, sees all of it; people ask for the desk's pages."""

from __future__ import annotations

from typing import Final

from exchange_axis.web.desk.routes import DESK_RULES
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule

RULES: Final[Rules] = {
    ("GET", "/healthz"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/readyz"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/metrics"): rule(Sight.NOTHING, Caller.PROGRAM),
    ("GET", "/v1/openapi.yaml"): rule(Sight.NOTHING, Caller.PROGRAM),
    ("GET", "/v1/status"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/outbox"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/outbox/waiting"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/outbox/retry"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/inbox"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/inbox/arriving"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/deadlines"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/letters/{id}"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/letters/{id}/container"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters/{id}/accept"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters/{id}/refuse"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters/{id}/report"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters/{id}/take-back"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters/{id}/consent"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("POST", "/v1/letters/{id}/decline"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/tallies/{day}"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/evidence/{id}"): rule(Sight.HOUSE, Caller.PROGRAM),
    ("GET", "/v1/evidence/{id}/proof"): rule(Sight.HOUSE, Caller.PROGRAM),
}
ALL_RULES: Final[Rules] = {**RULES, **DESK_RULES}
