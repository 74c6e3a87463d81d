"""Accounts that nobody uses are closed, on record, once: at the next round, or when somebody knocks before it.

Until an administrator enables it again, which is on record too, a closed account opens by no way in.
"""

from __future__ import annotations

from datetime import datetime

from exchange_axis.domain.people import ASLEEP, HOUSE_ACTOR, User
from exchange_axis.store import people_sessions as sessions
from exchange_axis.store import people_tokens as tokens
from exchange_axis.store.people import PeopleRows


def close_if_unused(rows: PeopleRows, user: User, at: datetime) -> bool:
    """Inside a unit of work; whether it was closed by this.

    Args:
        user: his row is locked.
    """
    if not user.enabled or not user.is_asleep(at):
        return False
    rows.put(user.seq, enabled=False, lapsed=True, unreviewed=False)
    sessions.end(rows, user.seq)
    tokens.revoke(rows, user.seq, at=at, by=HOUSE_ACTOR)
    entered = "never" if user.entered_at is None else user.entered_at.isoformat()
    details = f"unused since={user.awake_at.isoformat()} days={ASLEEP.days} last-sign-in={entered}"
    rows.note(at=at, actor=HOUSE_ACTOR, action="disable", login=user.login, details=details, alarm=False)
    return True


def close_unused(rows: PeopleRows, at: datetime) -> int:
    """Every account that is unused for too long; how many were closed."""
    sleepers = [user.login for user in rows.every() if user.enabled and user.is_asleep(at)]
    held = [rows.find(login) for login in sleepers]
    return sum(close_if_unused(rows, one.user, at) for one in held if one is not None)
