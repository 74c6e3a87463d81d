"""Counting wrong tries: each is counted before it is judged, and given back when it was right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from exchange_axis.domain.people import TRIES, User, locked_until
from exchange_axis.pipeline.people_refusals import LoginLocked
from exchange_axis.store import people_sessions as store
from exchange_axis.store.people import PeopleRows

ADDRESS_TRIES: Final = 20
"""Wrong tries from one address, whoever was tried, before it waits as a person does after five."""
FORGET: Final = timedelta(days=1)
"""Wrong tries older than this are no row of failures any more."""
_LOCAL: Final = ("127.", "::1")


def factor_tries(user: User) -> str:
    """Name under which the tries for a person's second factor are counted."""
    return f"#{user.seq}"


def charge(rows: PeopleRows, name: str, address: str, at: datetime) -> None:
    """Count a try before it is judged. Raises LoginLocked: it is not looked at, and not counted."""
    for one, free in _counted(name, address):
        found = store.tries(rows, one)
        if found is not None and at - found[1] > FORGET:
            store.forgive(rows, one)
        elif found is not None:
            until = locked_until(found[0] - free, found[1])
            if until is not None and until > at:
                raise LoginLocked(seconds=max(1, round((until - at).total_seconds())))
    for one, _ in _counted(name, address):
        store.failed(rows, one, at)


def refund(rows: PeopleRows, name: str, address: str) -> None:
    """It was right: the person's count begins anew; of an address only this try is taken back."""
    for one, free in _counted(name, address):
        if free:
            store.refund(rows, one)
        else:
            store.forgive(rows, one)


def _counted(name: str, address: str) -> tuple[tuple[str, int], ...]:
    """Names under which a try is counted, and how many more than a person's it has free. Loopback is everybody."""
    if not address or address.startswith(_LOCAL):
        return ((name, 0),)
    return ((name, 0), (f"@{address}", ADDRESS_TRIES - TRIES))
