"""What a hub tells that is no evidence: kept, shown until something newer is known, never in the way."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from exchange_axis.commands.node_words import word
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.notice import Notice
from exchange_axis.node.service import Node
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import DocumentKind, FeedItem
from exchange_axis.wire.notices import write_notice
from tests.node.stand import RECIPIENT, SENDER, Stand


def tell(stand: Stand, consignment_id: str, content: bytes, recipient: str = RECIPIENT) -> None:
    feed = stand.hub.feeds[stand.sender.id]
    item = FeedItem(
        number=len(feed) + 1,
        kind="notice",
        consignment_id=consignment_id,
        recipient=recipient,
        at=stand.clock.now(),
        documents=(as_document(DocumentKind.NOTICE, content),),
    )
    feed.append(item)


def notice(stand: Stand, consignment_id: str, code: str) -> bytes:
    return write_notice(
        Notice(
            code=code,
            since=stand.clock.now(),
            sender=SENDER,
            consignment_id=consignment_id,
            recipient=RECIPIENT,
        )
    )


def sent(node: Node, stand: Stand) -> str:
    receipt = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
    agent = node.agent(stand.line(stand.sender))
    asyncio.run(agent.push_once())
    asyncio.run(agent.feed_once())
    return receipt.consignment_id


def heard(node: Node, stand: Stand) -> tuple[str, datetime] | None:
    stand.clock.advance(seconds=1)
    asyncio.run(node.agent(stand.line(stand.sender)).feed_once())
    (line,) = node.views.sent()
    shown = line.recipients[0].notice
    return None if shown is None else (shown.code, shown.since)


@pytest.mark.parametrize("code", ["recipient.silent", "deadline.near"])
def test_a_notice_is_shown_until_newer_evidence_comes(stand: Stand, code: str) -> None:
    with stand.sender.open() as node:
        letter = sent(node, stand)
        since = stand.clock.now()
        tell(stand, letter, notice(stand, letter, code))
        assert heard(node, stand) == (code, since)
        assert [one.what for one in node.views.show(letter).timeline if one.kind == "notice"] == [code]
        checked, _ = stand.hub.letters[letter]
        said = stand.hub.say(Event.CONTENT_HANDOVER, checked, RECIPIENT)
        stand.hub.tell(stand.sender.id, letter, RECIPIENT, said)
        assert heard(node, stand) is None
        assert node.views.status().alarms == ()


def test_a_closing_notice_takes_it_back(stand: Stand) -> None:
    with stand.sender.open() as node:
        letter = sent(node, stand)
        tell(stand, letter, notice(stand, letter, "recipient.silent"))
        assert heard(node, stand) is not None
        tell(stand, letter, notice(stand, letter, "recipient.back"))
        assert heard(node, stand) is None


def test_what_is_no_notice_is_kept_aside_and_the_feed_goes_on(stand: Stand) -> None:
    with stand.sender.open() as node:
        letter = sent(node, stand)
        tell(stand, letter, b'{"code": "recipient.silent"}')
        tell(stand, letter, notice(stand, letter, "recipient.silent"))
        assert heard(node, stand) is not None
        assert [alarm.code for alarm in node.views.status().alarms] == ["feed.untrusted"]


def test_reminders_are_listed_apart_from_what_is_told_about_recipients(stand: Stand) -> None:
    with stand.sender.open() as node:
        letter = sent(node, stand)
        since = stand.clock.now()
        for code in ("reminder.no-04", "reminder.subordinate.no-02-or-03"):
            told = Notice(
                code=code, since=since, sender=SENDER, consignment_id=letter, recipient=RECIPIENT, title="57/BC-UBND"
            )
            tell(stand, letter, write_notice(told))
            tell(stand, letter, write_notice(told))  # said again: the same bytes
        assert heard(node, stand) is None
        reminders = node.deadlines.overview().reminders
        assert [(one.missing, one.subordinate, one.title, one.since) for one in reminders] == [
            ("no-02-or-03", True, "57/BC-UBND", since),
            ("no-04", False, "57/BC-UBND", since),
        ]
        assert len([one for one in node.views.show(letter).timeline if one.kind == "notice"]) == 2


def test_a_status_that_came_after_a_reminder_is_shown_to_the_sender(stand: Stand) -> None:
    with stand.sender.open() as node:
        letter = sent(node, stand)
        assert node.deadlines.overview().came == ()
        tell(stand, letter, notice(stand, letter, "came.no-02-or-03"))
        assert heard(node, stand) is None, "it says nothing about the recipient's system"
        (came,) = node.deadlines.overview().came
        assert (came.consignment_id, came.recipient, came.missing) == (letter, RECIPIENT, "no-02-or-03")
        assert [one.what for one in node.views.show(letter).timeline if one.kind == "notice"] == ["came.no-02-or-03"]
        assert "sau khi nhắc" in word("came.no-02-or-03", "vi") and "reminder" in word("came.no-02-or-03", "en")


def test_the_agency_above_sees_that_what_it_was_reminded_of_came(stand: Stand) -> None:
    with stand.sender.open() as node:
        letter = sent(node, stand)
        tell(stand, letter, notice(stand, letter, "reminder.subordinate.no-02-or-03"))
        heard(node, stand)
        (reminded,) = node.deadlines.overview().reminders
        assert reminded.subordinate and reminded.came_at is None
        tell(stand, letter, notice(stand, letter, "came.subordinate.no-04"))
        heard(node, stand)
        assert node.deadlines.overview().reminders[0].came_at is None, "another status came"
        tell(stand, letter, notice(stand, letter, "came.subordinate.no-02-or-03"))
        heard(node, stand)
        overview = node.deadlines.overview()
        assert overview.reminders[0].came_at is not None and overview.came == ()
