"""What may be asked by whom: one table an interface, read by the router, the tests and the reader of the docs.

1. An address without a rule is not served: the application does not start (`require_rules`).
2. `callers` is enforced by the router before the handler is called. `sight` says what the use case behind it shows;
   the use case enforces it, because only it knows whose a thing is, and a generated matrix of tests holds it to that.
3. A thing that a caller may not see answers as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiohttp import web

from exchange_axis.domain.people import Person, Role, Stage


class Caller(StrEnum):
    ANYBODY = "anybody"
    """No proof of who it is."""
    NODE = "node"
    """An approved node: its own TLS certificate."""
    HUB = "hub"
    """An approved hub below."""
    PROGRAM = "program"
    """The agency's software on the node's own host: the node's token."""
    MONITOR = "monitor"
    """Monitoring: from the hub's own host, or with its token."""
    ENTERING = "entering"
    """Somebody whose password was right and who has a step to go."""
    PERSON = "person"
    """Everybody who is signed in, whatever his role."""
    CLERK = "clerk"
    DEPUTY_CLERK = "deputy-clerk"
    LEADER = "leader"
    READ_ONLY = "read-only"
    UNIT_ADMIN = "unit-admin"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    REGISTRY_OFFICER = "registry-officer"
    SECURITY_OFFICER = "security-officer"


CLERKS: Final = (Caller.CLERK, Caller.DEPUTY_CLERK)
"""Who may act on letters for the agency."""
READERS: Final = (*CLERKS, Caller.LEADER, Caller.READ_ONLY)
"""Who may see the agency's letters."""
KEEPERS: Final = (Caller.UNIT_ADMIN, Caller.SECURITY_OFFICER)
"""Who keeps the accounts of a house."""
REVIEW_PAGE: Final = "/people/review"
PEOPLE: Final = frozenset(set(Caller) - {Caller.ANYBODY, Caller.NODE, Caller.HUB, Caller.PROGRAM, Caller.MONITOR})
"""Whoever is known by a session."""


class Sight(StrEnum):
    NOTHING = "nothing"
    OWN = "own"
    PEOPLE = "people"
    WAITING = "waiting"
    PARTY = "party"
    GRANTED = "granted"
    HOUSE = "house"


SIGHTS: Final[Mapping[Sight, str]] = {
    Sight.NOTHING: "nothing of anybody's mail",
    Sight.OWN: "what the caller itself brings or began",
    Sight.PEOPLE: "who may sign in here, and what was changed about it",
    Sight.WAITING: "what waits for the caller",
    Sight.PARTY: "what the caller sent, brought or is given; of its deliveries only its own part",
    Sight.GRANTED: "the letters of the agencies that the caller's role is for, and no others",
    Sight.HOUSE: "everything that this node holds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    callers: frozenset[Caller]
    sight: Sight
    fresh: bool = False
    """Of people: only with a second factor of the last minutes."""
    counts: bool = False
    """It tells numbers and nothing else: a page that asks by itself is answered until the session would have ended
    anyway, though nobody has used it for long."""
    reviews: bool = False
    """Also the last administrator may, whose own account expired because nobody reviewed it."""
    programs: bool = False
    """Also by the token of somebody's program, in his name; nowhere else is such a token looked at."""


Address = tuple[str, str]
"""Method and path as in the router."""
Rules = Mapping[Address, Rule]


def rule(sight: Sight, *callers: Caller, fresh: bool = False, reviews: bool = False, programs: bool = False) -> Rule:
    return Rule(callers=frozenset(callers), sight=sight, fresh=fresh, reviews=reviews, programs=programs)


def roles_of(found: Rule, person: Person) -> frozenset[Role]:
    """By which of his roles somebody may ask for what has this rule."""
    return frozenset(role for role in person.roles if Caller(role.value) in found.callers)


def require_rules(app: web.Application, rules: Rules) -> None:
    """
    Raises:
        LookupError: an address has no rule, or a rule no address; the interface must not start so.
    """
    served = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    without, idle = sorted(served - rules.keys()), sorted(rules.keys() - served)
    if without or idle:
        raise LookupError(f"addresses without a rule: {without}; rules without an address: {idle}")


def allows(rule: Rule, person: Person | None) -> bool:
    """Whether somebody may ask for what has this rule; None: nobody is known."""
    if Caller.ANYBODY in rule.callers:
        return True
    if person is None:
        return False
    if person.stage is not Stage.IN:
        return Caller.ENTERING in rule.callers
    if person.user.only_reviews:
        own = Caller.PERSON in rule.callers and rule.sight is Sight.OWN
        return rule.reviews or own or Caller.ENTERING in rule.callers
    return Caller.PERSON in rule.callers or bool(rule.callers & {Caller(role.value) for role in person.roles})


def rule_for(rules: Rules, method: str, path: str) -> Rule | None:
    """The rule of an address as it stands on a page; None: it is not served. What is written out comes before `{}`."""
    parts = path.split("/")
    fitting = [canonical for known, canonical in rules if known == method and _fits(canonical.split("/"), parts)]
    return rules[method, min(fitting, key=lambda canonical: canonical.count("{"))] if fitting else None


def _fits(canonical: Sequence[str], parts: Sequence[str]) -> bool:
    return len(canonical) == len(parts) and all(
        known == part or (known.startswith("{") and part != "") for known, part in zip(canonical, parts, strict=True)
    )


def open_paths(rules: Rules) -> frozenset[str]:
    """Paths that everybody may ask for."""
    return frozenset(path for (_, path), found in rules.items() if Caller.ANYBODY in found.callers)
