"""Routing: each recipient goes one way, or is refused with the code of its reason."""

from __future__ import annotations

from datetime import date

import pytest

from exchange_axis.domain.agency import Agency, Hub, Tier
from exchange_axis.domain.directory import Directory, UnknownHub
from exchange_axis.domain.routing import HopKind, NextHop, RoutingPlan, route

DAY = date(2025, 7, 1)
CLOSED = date(2025, 2, 28)


def agency(code: str, parent: str | None = None, **values: object) -> Agency:
    return Agency(code=code, name=code, tier=Tier.COMMUNE, parent=parent, **values)  # type: ignore[arg-type]


DIRECTORY = Directory.of(
    [
        agency("G12"),
        agency("G06"),
        agency("G14", valid_to=CLOSED, successor="G06"),
        agency("G13", valid_to=CLOSED, successor="G14"),
        agency("G77", valid_to=CLOSED),
        agency("H15.209", valid_from=date(2026, 1, 1)),
        agency("H45"),
        agency("H45.05", "H45", valid_to=CLOSED, successor="H45.09"),
        agency("H45.09", "H45"),
        agency("H45.32", "H45"),
        agency("H45.32.03", "H45.32"),
        agency("H45.90"),
        agency("H49"),
        agency("H49.30.01", "H49"),
    ],
    [
        Hub(id="top", name="t"),
        Hub(id="h45", name="p", parent="top", subtree=("H45",)),
        Hub(id="huyen", name="d", parent="h45", subtree=("H45.32",)),
        Hub(id="h49", name="p", parent="top", subtree=("H49",)),
    ],
)
LOCAL = {"top": {"G12": "nut-btc", "G06": "nut-tw", "H45.90": "nut-tw"}, "h45": {"H45": "nut-h45", "H45.09": "nut-h45"}}
UP = NextHop(kind=HopKind.PARENT, id="top")


def plan(here: str, *recipients: str, came_from: str | None = None) -> RoutingPlan:
    return route(recipients, DIRECTORY, here=here, on=DAY, local=LOCAL.get(here, {}), came_from=came_from)


def local(node: str) -> NextHop:
    return NextHop(kind=HopKind.LOCAL, id=node)


def child(hub: str) -> NextHop:
    return NextHop(kind=HopKind.CHILD, id=hub)


@pytest.mark.parametrize(
    ("here", "recipient", "hop"),
    [
        ("h45", "H45.09", local("nut-h45")),
        ("h45", "G12", UP),
        ("h45", "H49.30.01", UP),
        ("h45", "H45.32.03", child("huyen")),
        ("top", "H45.32.03", child("h45")),
        ("top", "H49.30.01", child("h49")),
        ("top", "G12", local("nut-btc")),
        ("top", "H45.90", local("nut-tw")),
        ("huyen", "H45", NextHop(kind=HopKind.PARENT, id="h45")),
        ("h45", "H99.01", UP),
        ("h45", "H45.99", UP),
    ],
)
def test_each_recipient_has_one_way(here: str, recipient: str, hop: NextHop) -> None:
    found = plan(here, recipient)
    assert found.by_peer == {hop: (recipient,)}
    assert found.refusals == ()
    assert found.hop_of(recipient) == hop


@pytest.mark.parametrize(
    ("here", "recipient", "came_from", "code"),
    [
        ("top", "H99.01", None, "route.unknown-recipient"),
        ("top", "H45.99", None, "route.unknown-recipient"),
        ("h45", "H45.99", "top", "route.unknown-recipient"),
        ("h45", "G77", None, "route.closed-recipient"),
        ("top", "G77", "h45", "route.closed-recipient"),
        ("h45", "H15.209", None, "route.early-recipient"),
        ("top", "H15.209", None, "route.early-recipient"),
        ("huyen", "H45.32.03", None, "route.unserved-recipient"),
        ("h45", "G12", "top", "route.would-return"),
        ("top", "H45.32.03", "h45", "route.would-return"),
    ],
)
def test_what_cannot_go_is_refused_with_its_reason(here: str, recipient: str, came_from: str | None, code: str) -> None:
    found = plan(here, recipient, came_from=came_from)
    assert [refusal.code for refusal in found.refusals] == [code]
    assert found.refusals[0].recipient == recipient
    assert recipient in found.refusals[0].message("vi")
    assert found.by_peer == {}
    assert found.hop_of(recipient) is None


def test_successors_are_followed_and_told() -> None:
    found = plan("h45", "H45.05", "G13", "G14")
    assert found.redirects == {"H45.05": "H45.09", "G13": "G06", "G14": "G06"}
    assert found.by_peer == {local("nut-h45"): ("H45.09",), UP: ("G06",)}
    assert found.hop_of("G13") == UP


def test_a_successor_that_is_addressed_too_gets_one_copy() -> None:
    found = plan("h45", "H45.09", "H45.05")
    assert found.by_peer == {local("nut-h45"): ("H45.09",)}
    assert found.redirects == {"H45.05": "H45.09"}


def test_one_refusal_leaves_the_others_their_way() -> None:
    found = plan("top", "G12", "H99", "H45", "H45.09", "G12")
    assert found.by_peer == {local("nut-btc"): ("G12",), child("h45"): ("H45", "H45.09")}
    assert [refusal.recipient for refusal in found.refusals] == ["H99"]


def test_a_hub_outside_the_directory_routes_nothing() -> None:
    with pytest.raises(UnknownHub):
        plan("h99", "G12")
