"""Accounts that nobody reviews expire, on record, once: at the next round, or when somebody knocks before it.

Rules of this file:
1. An expired account opens by no way in until another person reviews it; that gives back what it had.
2. No house locks itself out: where nobody would be left who may review, one of them stays able to sign in, to review
   others and to do nothing else. That is an alarm until somebody has reviewed him.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from exchange_axis.domain.people import ACCOUNT_KEEPERS, CONFIRMING, REVIEW_ACTOR, User, grants_words
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.store import people_sessions as sessions
from exchange_axis.store import people_tokens as tokens
from exchange_axis.store.people import PeopleRows
from exchange_axis.store.people_review import EXPIRE

log = logging.getLogger("axis.people")


def expire_unreviewed(rows: PeopleRows, world: PeopleWorld, at: datetime) -> int:
    """Inside a unit of work: every account that nobody has looked at for too long; how many expired."""
    due = [user.login for user in rows.every() if is_to_expire(user, world, at)]
    held = [rows.find(login) for login in due]
    late = [one.user for one in held if one is not None and is_to_expire(one.user, world, at)]
    kept = _kept(rows.every(), late, at) if late else None
    for user in late:
        _expire(rows, user, at, kept=user.login == kept)
    return len(late)


def is_to_expire(user: User, world: PeopleWorld, at: datetime) -> bool:
    return user.enabled and not user.unreviewed and user.is_overdue(at, world.unreviewed_days)


def _kept(users: Collection[User], late: Collection[User], at: datetime) -> str | None:
    """Who stays to review the others; None: somebody is left who may, or nobody ever could."""
    going = {user.login for user in late}
    able = [user for user in users if user.may_enter(at) and CONFIRMING & user.roles(at)]
    if not able or any(user.login not in going for user in able):
        return None

    def rank(user: User) -> tuple[bool, datetime, str]:
        return bool(ACCOUNT_KEEPERS & user.roles(at)), user.entered_at or user.created_at, user.login

    return max(able, key=rank).login


def _expire(rows: PeopleRows, user: User, at: datetime, *, kept: bool) -> None:
    rows.put(user.seq, enabled=kept, unreviewed=True)
    sessions.end(rows, user.seq)
    tokens.revoke(rows, user.seq, at=at, by=REVIEW_ACTOR)
    left = " left=review" if kept else ""
    details = f"unreviewed since={user.looked_at().isoformat()} grants={grants_words(user.grants)}{left}"
    rows.note(at=at, actor=REVIEW_ACTOR, action=EXPIRE, login=user.login, details=details, alarm=False)
    log.warning("people.expired login=%s left=%s", user.login, "review" if kept else "-")
