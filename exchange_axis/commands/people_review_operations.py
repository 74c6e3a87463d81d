"""The operation behind `axis node user review` and `axis hub user review`. Arguments and results are JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.output import plain
from exchange_axis.pipeline.account_review import Account
from exchange_axis.pipeline.account_table import PRINTERS, account_table
from exchange_axis.pipeline.grants_text import grant_text
from exchange_axis.pipeline.staff import Staff
from exchange_axis.store.people import Change


def review(staff: Staff, arguments: Mapping[str, Any]) -> Any:
    logins, actor = list(arguments["logins"]), arguments["actor"]
    if arguments["every"]:
        logins = [
            one.user.login
            for one in staff.review.every()
            if one.is_open and not one.has_expired and one.user.login != actor
        ]
    done = 0
    if logins or arguments["every"]:
        done = staff.review.record(logins, actor=actor, note=arguments["note"])
    accounts = staff.review.every()
    file = {}
    if arguments["suffix"]:
        table = account_table(accounts, house=arguments["house"], at=staff.world.clock.now())
        file = {"file": base64.b64encode(PRINTERS[arguments["suffix"].lstrip(".")][1](table)).decode("ascii")}
    due = sum(one.review_due for one in accounts)
    expired = sum(one.has_expired for one in accounts)
    shown = [_shown(one) for one in accounts]
    return plain({"accounts": shown, "due": due, "expired": expired, "reviewed": done, **file})


def _shown(one: Account) -> dict[str, Any]:
    return {
        "login": one.user.login,
        "name": one.user.name,
        "state": one.standing.value,
        "roles": [grant_text(grant) for grant in one.user.grants],
        "factors": [factor.value for factor in one.factors],
        "passkeys": one.passkeys,
        "entered_at": one.user.entered_at,
        "closes_at": one.closes_at,
        "made": _change(one.made),
        "granted": _change(one.granted),
        "closed": _change(one.closed),
        "reviewed": _change(one.reviewed),
        "review_due": one.review_due,
        "expires_at": one.expires_at,
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {"number": change.seq, "at": change.at, "actor": change.actor, "details": change.details}
