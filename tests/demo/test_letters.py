"""The letters: what is written out as expected is what the data gives."""

from __future__ import annotations

from collections import Counter
from datetime import date

from exchange_axis.demo.cast import TOP_HUB, directory, node_of
from exchange_axis.demo.letters import (
    CONFLICT,
    EXPECTED,
    FOREIGN_SEAL,
    JOURNEYS,
    PLANNED_REFUSALS,
    REPEATED,
    TAMPERED,
    UNKNOWN_RECIPIENT,
    Amending,
    Answer,
    DemoLetter,
    Issued,
    letter,
    letters,
)
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Standing
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.routing import HopKind, NextHop, UnknownRecipient, route

TODAY = date(2026, 11, 22)


def hops_of(demo: DemoLetter) -> list[str]:
    """The way that routing gives a letter with one recipient, hub by hub."""
    hub = directory().nodes[node_of(demo.sender)].hub
    hops = [node_of(demo.sender), hub]
    before = None
    while True:
        local = directory().local_nodes(hub)
        plan = route(demo.recipients, directory(), here=hub, on=TODAY, local=local, came_from=before)
        (hop,) = plan.by_peer
        hops.append(hop.id)
        if hop.kind is HopKind.LOCAL:
            return hops
        before, hub = hub, hop.id


def test_the_totals_written_out_are_those_of_the_data() -> None:
    pairs = [(demo, recipient) for demo in letters() for recipient in demo.recipients]
    answers = Counter(demo.answer_of(recipient) for demo, recipient in pairs)
    assert len(letters()) == EXPECTED.letters
    assert len(pairs) == EXPECTED.deliveries
    assert EXPECTED.handed_over + EXPECTED.failed + EXPECTED.pending == EXPECTED.deliveries
    assert EXPECTED.withdrawn == 0, "everything is handed over before it is recalled or taken back"
    assert answers[Answer.REFUSE] == EXPECTED.receiver_refusals
    assert answers[Answer.ACCEPT] == EXPECTED.accepted_by_readers
    assert len(PLANNED_REFUSALS) == EXPECTED.refused
    assert len({demo.amends for demo in letters() if demo.does is Amending.RECALL}) == EXPECTED.recalls
    assert len({demo.amends for demo in letters() if demo.does is Amending.REPLACE}) == EXPECTED.replacements
    assert sum(len(demo.recipients) for demo in letters() if demo.take_back) == EXPECTED.take_backs
    assert sum(demo.issued is Issued.LATE for demo in letters()) == EXPECTED.deadline_misses


def test_the_letters_are_those_of_the_collection_the_two_long_ways_and_the_one_taken_back() -> None:
    assert [one.number for one in letters()] == [1, 2, 6, 7, 8, 16, 4, 5, 10, 12, 13, 14, 15, 101, 102, 26, 103, 17, 18]
    assert {demo.number: len(demo.recipients) for demo in letters()} == {
        1: 9,
        2: 9,
        4: 1,
        5: 1,
        6: 11,
        7: 4,
        8: 4,
        10: 4,
        12: 1,
        13: 1,
        14: 1,
        15: 1,
        16: 20,
        17: 20,
        18: 20,
        26: 1,
        101: 1,
        102: 1,
        103: 1,
    }


def test_groups_leave_out_the_closed_and_the_sender() -> None:
    assert set(letter(1).recipients) == {"H15", "H29", "H45", "H49", "H57", "G06", "G09", "G12", "G20"}
    assert "H45.05" not in letter(2).recipients
    everybody = {
        code for code in directory().subtree("H45") if directory().resolve(code, TODAY).standing is Standing.OPEN
    }
    assert set(letter(16).recipients) == everybody - {"H45.01"}
    assert letter(10).recipients == ("H49.01", "H49.30", "H49.36", "H49.38")


def test_every_recipient_is_open_and_served_and_nobody_is_addressed_twice() -> None:
    for demo in letters():
        assert len(set(demo.recipients)) == len(demo.recipients)
        for code in (demo.sender, *demo.recipients):
            assert directory().resolve(code, TODAY).standing is Standing.OPEN
            assert node_of(code)


def test_the_large_letter_comes_right_before_the_one_that_overtakes_it_from_the_same_node() -> None:
    order = [demo.number for demo in letters()]
    large, urgent = letter(2), letter(6)
    assert order.index(urgent.number) == order.index(large.number) + 1
    assert urgent.lane is Lane.HOA_TOC
    assert urgent.priority == 3
    assert node_of(large.sender) == node_of(urgent.sender)
    sizes = [attachment.pad_to for demo in letters() for attachment in demo.attachments if attachment.pad_to]
    assert len(sizes) == 1
    assert sizes[0] > 10 * 1024 * 1024


def test_letter_5_has_the_document_key_of_letter_4_and_another_content() -> None:
    first, second = letter(4), letter(5)
    assert second.same_key_as == first.number
    key = [(one.sender, one.symbol, one.promulgation_date, one.document_type) for one in (first, second)]
    assert key[0] == key[1]
    assert first.recipients == second.recipients
    assert first.body != second.body


def test_letter_14_is_refused_and_15_is_its_resending() -> None:
    wrong, right = letter(14), letter(15)
    assert (wrong.answer, wrong.reason) == (Answer.REFUSE, "LD01")
    assert len(wrong.reason_text) >= 10
    assert right.answer is Answer.ACCEPT
    assert (wrong.symbol, wrong.body) == (right.symbol, right.body)
    assert wrong.recipients != right.recipients
    assert right.resends == wrong.number


def test_letter_17_recalls_16_from_everybody_and_18_replaces_it() -> None:
    invitation, recall, replacement = letter(16), letter(17), letter(18)
    assert (recall.does, recall.amends) == (Amending.RECALL, invitation.number)
    assert (replacement.does, replacement.amends) == (Amending.REPLACE, invitation.number)
    assert set(recall.recipients) == set(replacement.recipients) == set(invitation.recipients)
    assert {one.lane for one in (invitation, recall, replacement)} == {Lane.THUONG_KHAN}
    assert invitation.is_withdrawn
    assert not recall.is_withdrawn
    readers = [code for code in invitation.recipients if invitation.answer_of(code) is Answer.ACCEPT]
    assert readers == list(invitation.accepted_by or ()), "who is to accept it gets it"
    assert 0 < len(readers) < len(invitation.recipients), "clerks cancel it here, nodes there"
    assert {node_of(code) for code in readers} != {node_of(invitation.sender)}


def test_letter_103_is_taken_back_from_its_one_recipient_before_anybody_has_looked_at_it() -> None:
    wrong = letter(103)
    (recipient,) = wrong.recipients
    assert wrong.is_withdrawn
    assert wrong.answer_of(recipient) is Answer.NOTHING
    assert directory().hub_of(recipient) != directory().hub_of(wrong.sender), "it is asked back over three hubs"


def test_letter_26_is_the_only_one_sent_by_its_node_while_the_line_is_down() -> None:
    assert [one.number for one in letters() if one.offline] == [26]
    order = [one.number for one in letters() if node_of(one.sender) == node_of(letter(26).sender)]
    assert order[-1] == 26, "nothing else waits for the line"


def test_the_two_long_ways_are_those_that_routing_gives() -> None:
    assert set(JOURNEYS) == {101, 102}
    for number, journey in JOURNEYS.items():
        demo = letter(number)
        assert demo.journey == journey
        assert hops_of(demo) == list(journey.hops)
        hubs = journey.hops[1:-1]
        relays = [hub for hub, event in journey.events if event is Event.RELAY_ACCEPTANCE]
        assert journey.events[0] == (hubs[0], Event.SUBMISSION_ACCEPTANCE)
        assert relays == list(hubs[1:])
        assert journey.events[-3:] == tuple(
            (hubs[-1], event) for event in (Event.CONTENT_CONSIGNMENT, Event.CONTENT_HANDOVER, Event.ACCEPTED)
        )


def test_the_planned_refusals_are_refused_for_what_they_plan() -> None:
    assert len({planned.story for planned in PLANNED_REFUSALS}) == len(PLANNED_REFUSALS)
    for planned in PLANNED_REFUSALS:
        assert node_of(planned.sender)
        assert node_of(planned.seal_of)
        assert (planned.sender != planned.seal_of) == (planned is FOREIGN_SEAL)
    assert CONFLICT.same_id_as is not None
    assert letter(CONFLICT.same_id_as).sender == CONFLICT.sender
    hub = directory().nodes[node_of(UNKNOWN_RECIPIENT.sender)].hub
    assert hub == TOP_HUB, "below the top an unknown code goes up, and would be accepted first"
    plan = route(UNKNOWN_RECIPIENT.recipients, directory(), here=hub, on=TODAY, local={})
    assert [type(refusal) for refusal in plan.refusals] == [UnknownRecipient]
    assert plan.refusals[0].code == UNKNOWN_RECIPIENT.code
    for planned in (TAMPERED, FOREIGN_SEAL, CONFLICT):
        here = directory().nodes[node_of(planned.sender)].hub
        found = route(planned.recipients, directory(), here=here, on=TODAY, local=directory().local_nodes(here))
        assert [hop.kind for hop in found.by_peer] == [HopKind.LOCAL]


def test_the_letter_sent_twice_is_one_of_them() -> None:
    assert letter(REPEATED).number == REPEATED


def test_a_hop_of_the_broadcast_crosses_each_link_once() -> None:
    plan = route(letter(1).recipients, directory(), here=TOP_HUB, on=TODAY, local=directory().local_nodes(TOP_HUB))
    assert set(plan.by_peer) == {
        NextHop(kind=HopKind.LOCAL, id="nut-btc"),
        NextHop(kind=HopKind.LOCAL, id="nut-trung-uong"),
        NextHop(kind=HopKind.CHILD, id="truc-h45"),
        NextHop(kind=HopKind.CHILD, id="truc-h49"),
    }
