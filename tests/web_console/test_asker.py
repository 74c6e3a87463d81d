"""What a signed-in person sees on the auditor's pages follows from his grants of today, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from exchange_axis.domain.people import Grant, Person, Role, Session, Stage, User
from exchange_axis.hub.searching import Sees
from exchange_axis.web.console.auditor_pages import ACCESS, AUDITOR_PAGES, AUDITOR_RULES, NOTHING, asker_from
from exchange_axis.web.shared.permissions import Caller
from tests.hub.stand import START


def person(*grants: Grant) -> Person:
    user = User(
        seq=1,
        login="thanh-tra",
        name="Thanh tra",
        enabled=True,
        grants=grants,
        has_password=True,
        has_second_factor=True,
        must_change=False,
        password_at=START,
        awake_at=START,
        created_at=START,
    )
    session = Session(
        id=1, user=1, begun_at=START, seen_at=START, factor_at=START, way="password", address="", agent=""
    )
    return Person(user=user, session=session, stage=Stage.IN, roles=user.roles(START), fresh=True)


def test_the_grant_of_an_auditor_is_what_he_sees() -> None:
    grant = Grant(role=Role.AUDITOR, codes=("H90",), letters_since=date(2026, 1, 1))
    found = asker_from(person(grant), START)
    assert (found.name, found.sees) == ("thanh-tra", Sees(territories=("H90",), since=date(2026, 1, 1)))
    assert not found.reads_access_log
    over = replace(grant, until=date(2026, 3, 1))
    assert asker_from(person(over), START).sees == NOTHING


def test_a_security_officer_reads_the_access_log_and_no_letter() -> None:
    found = asker_from(person(Grant(role=Role.SECURITY_OFFICER)), START)
    assert (found.sees, found.reads_access_log) == (NOTHING, True)


def test_every_page_has_a_rule_and_only_the_security_officer_sees_who_looked() -> None:
    assert set(AUDITOR_RULES) == {(method, path) for method, path, _ in AUDITOR_PAGES}
    for (_, path), rule in AUDITOR_RULES.items():
        assert rule.callers == {Caller.SECURITY_OFFICER if path.startswith(ACCESS) else Caller.AUDITOR}
