"""The tables, pair by pair, and what they promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.delivery import Delivery, Shipment
from exchange_axis.domain.evidence import FAILURES, STATUS_EVENTS, Event
from exchange_axis.domain.lifecycle import (
    DELIVERY,
    DELIVERY_EVENTS,
    PROGRESS,
    REQUEST,
    SHIPMENT,
    Business,
    DeliveryEvent,
    DeliveryState,
    Machine,
    Progress,
    Request,
    RequestEvent,
    ShipmentEvent,
    ShipmentState,
    StatusCode,
    as_markdown,
)
from exchange_axis.domain.routing import HopKind, NextHop
from exchange_axis.errors import IllegalTransition

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
MACHINES: list[Machine[Any, Any]] = [DELIVERY, SHIPMENT, PROGRESS, REQUEST]
PAIRS = [
    pytest.param(machine, state, event, id=f"{machine.name}-{state}-{event}")
    for machine in MACHINES
    for state in machine.states
    for event in machine.events
]


@pytest.mark.parametrize(("machine", "state", "event"), PAIRS)
def test_every_pair_moves_as_the_table_says_or_is_refused(machine: Machine[Any, Any], state: Any, event: Any) -> None:
    if (state, event) in machine.table:
        assert machine.after(state, event) is machine.table[state, event]
        assert machine.observe(state, event) is machine.table[state, event]
        return
    with pytest.raises(IllegalTransition) as caught:
        machine.after(state, event)
    assert caught.value.facts == {"state": state.value, "event": event.value}
    assert machine.observe(state, event) is state


@pytest.mark.parametrize("state", list(DeliveryState))
def test_a_handover_is_recorded_from_any_state_and_stays(state: DeliveryState) -> None:
    assert DELIVERY.observe(state, DeliveryEvent.HANDED_OVER) is DeliveryState.HANDED_OVER
    assert DELIVERY.observe(DeliveryState.HANDED_OVER, DeliveryEvent.FAILED) is DeliveryState.HANDED_OVER


@given(st.lists(st.sampled_from(DeliveryEvent)))
def test_whatever_is_observed_in_whatever_order_a_handover_decides(events: list[DeliveryEvent]) -> None:
    state = DeliveryState.QUEUED
    for event in events:
        state = DELIVERY.observe(state, event)
    assert (state is DeliveryState.HANDED_OVER) == (DeliveryEvent.HANDED_OVER in events)


def test_only_the_hub_that_holds_a_delivery_lets_it_expire() -> None:
    assert DELIVERY.after(DeliveryState.CONSIGNED, DeliveryEvent.EXPIRED) is DeliveryState.FAILED
    with pytest.raises(IllegalTransition):
        DELIVERY.after(DeliveryState.RELAYED, DeliveryEvent.EXPIRED)


def test_evidence_of_transport_has_its_event_and_the_rest_has_none() -> None:
    of_reader = set(STATUS_EVENTS.values()) - {Event.CONTENT_HANDOVER} | {Event.OTHER_STATUS}
    assert set(DELIVERY_EVENTS) == set(Event) - of_reader - {Event.SUBMISSION_ACCEPTANCE, Event.SUBMISSION_REJECTION}
    assert {event for event, move in DELIVERY_EVENTS.items() if move is DeliveryEvent.FAILED} == FAILURES


def test_status_codes_are_those_of_the_evidence() -> None:
    assert {code.value for code in StatusCode} == set(STATUS_EVENTS)


def delivery(state: DeliveryState) -> Delivery:
    return Delivery(consignment_id="c", sender="H45", recipient="G12", state=state)


def test_a_refused_event_changes_nothing() -> None:
    relayed = delivery(DeliveryState.RELAYED)
    with pytest.raises(IllegalTransition):
        relayed.after(DeliveryEvent.EXPIRED)
    assert relayed == delivery(DeliveryState.RELAYED)
    assert relayed.after(DeliveryEvent.CONSIGNED) == delivery(DeliveryState.CONSIGNED)


def shipment() -> Shipment:
    hop = NextHop(kind=HopKind.PARENT, id="truc")
    return Shipment(
        id="s",
        consignment_id="c",
        sender="H45",
        lane=Lane.THUONG,
        hop=hop,
        recipients=("G12",),
        next_try_at=AT,
        expires_at=AT + timedelta(days=7),
    )


def test_a_lease_is_taken_once_and_its_fence_rises() -> None:
    leased = shipment().leased("a", AT + timedelta(minutes=1))
    assert leased.lease is not None
    assert (leased.state, leased.lease.fence) == (ShipmentState.LEASED, 1)
    with pytest.raises(IllegalTransition):
        leased.leased("b", AT + timedelta(minutes=1))
    with pytest.raises(ValueError, match="still runs"):
        leased.lease_expired(AT)
    again = leased.lease_expired(AT + timedelta(minutes=1)).leased("b", AT + timedelta(minutes=2))
    assert again.lease is not None
    assert (again.lease.holder, again.lease.fence, again.attempts) == ("b", 2, 1)


def test_a_failed_attempt_waits_and_an_orderly_stop_does_not() -> None:
    leased = shipment().leased("a", AT + timedelta(minutes=1))
    failed = leased.released(AT, jitter=1.0)
    assert (failed.attempts, failed.next_try_at) == (1, AT + timedelta(seconds=1))
    assert not failed.is_ready(AT)
    assert failed.is_ready(AT + timedelta(seconds=1))
    assert leased.released(AT).is_ready(AT)
    assert leased.released(AT).attempts == 0


def test_an_answer_after_the_lease_ended_counts() -> None:
    late = shipment().leased("a", AT).lease_expired(AT)
    assert late.ended(ShipmentEvent.DONE).state is ShipmentState.DONE
    assert late.ended(ShipmentEvent.EXPIRED).ended(ShipmentEvent.DONE).state is ShipmentState.DONE


def test_the_reader_goes_on_after_declining_to_give_back() -> None:
    letter = Business().after(StatusCode.ARRIVED).after(StatusCode.ACCEPTED)
    asked = letter.after(StatusCode.TAKE_BACK)
    assert asked.request is Request.TAKE_BACK_ASKED
    assert asked.after(StatusCode.DECLINED) == letter
    gone = asked.after(StatusCode.CONSENTED)
    assert gone.request is Request.WITHDRAWN
    with pytest.raises(IllegalTransition):
        gone.after(StatusCode.PROCESSING)
    assert gone.observe("05").state == gone


def test_an_update_leaves_the_letter_in_process() -> None:
    letter = Business(progress=Progress.PROCESSING)
    updated = letter.after(RequestEvent.UPDATE).after(StatusCode.CONSENTED)
    assert (updated.progress, updated.request) == (Progress.PROCESSING, Request.UPDATED)
    assert updated.after(StatusCode.COMPLETED).progress is Progress.COMPLETED
    with pytest.raises(IllegalTransition):
        letter.after(StatusCode.CONSENTED)


def test_a_recalled_letter_is_frozen_until_its_cancellation_and_after() -> None:
    letter = Business(progress=Progress.ACCEPTED)
    recalled = letter.after(RequestEvent.RECALL)
    assert recalled.is_frozen
    for event in (StatusCode.PROCESSING, StatusCode.DECLINED, RequestEvent.UPDATE):
        with pytest.raises(IllegalTransition):
            recalled.after(event)
    cancelled = recalled.after(RequestEvent.REPLACE).after(StatusCode.CONSENTED)
    assert cancelled.request is Request.WITHDRAWN
    assert cancelled.is_frozen
    assert cancelled.after(RequestEvent.REPLACE) == cancelled


def test_a_replaced_letter_can_still_be_worked_on_and_recalled() -> None:
    replaced = Business(progress=Progress.ARRIVED).after(RequestEvent.REPLACE)
    assert not replaced.is_frozen
    assert replaced.after(StatusCode.ACCEPTED).progress is Progress.ACCEPTED
    assert replaced.after(RequestEvent.RECALL).is_frozen


def test_a_withdrawn_delivery_is_overtaken_by_its_handover_only() -> None:
    for event in DeliveryEvent:
        late = DELIVERY.observe(DeliveryState.WITHDRAWN, event)
        assert (late is DeliveryState.HANDED_OVER) == (event is DeliveryEvent.HANDED_OVER)
        assert late in {DeliveryState.HANDED_OVER, DeliveryState.WITHDRAWN}


@pytest.mark.parametrize("ended", [Progress.REFUSED, Progress.COMPLETED])
@pytest.mark.parametrize("code", list(StatusCode)[:6])
def test_refused_and_completed_are_the_end(ended: Progress, code: StatusCode) -> None:
    with pytest.raises(IllegalTransition):
        Business(progress=ended).after(code)


@pytest.mark.parametrize(
    ("before", "code", "after", "expected"),
    [
        ("00", "03", "03", True),
        ("01", "03", "03", True),
        ("01", "06", "06", False),
        ("05", "03", "05", False),
        ("03", "01", "03", False),
        ("03", "02", "03", False),
        ("02", "03", "02", False),
        ("06", "05", "06", False),
        ("03", "07", "03", False),
        ("03", "inbox", "03", False),
    ],
)
def test_what_others_report_may_be_late_or_strange(before: str, code: str, after: str, expected: bool) -> None:
    observed = Business(progress=Progress(before)).observe(code)
    assert (observed.state.progress.value, observed.expected) == (after, expected)


@given(st.permutations(["01", "03", "05", "06"]))
def test_out_of_order_ends_where_in_order_ends(codes: list[str]) -> None:
    letter = Business()
    for code in codes:
        letter = letter.observe(code).state
    assert letter.progress is Progress.COMPLETED


def test_tables_become_pages() -> None:
    page = as_markdown(SHIPMENT).splitlines()
    assert page[0].startswith("| shipment: state \\ event | lease |")
    assert page[2] == "| queued | leased | · | · | done | failed | failed | withdrawn | · |"
    assert len(page) == 2 + len(ShipmentState)
