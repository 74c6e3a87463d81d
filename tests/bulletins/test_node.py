"""When a node tells outside that there is mail, what it says, and that it says it once."""

from __future__ import annotations

import asyncio
import base64
import quopri
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from adapters.courier_mail import MailCourier, MailServer
from adapters.courier_webhook import WebhookCourier
from exchange_axis.domain.bulletin import LASTS, Bulletin, BulletinKind, BulletinState, Destination
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.hours import Hours
from exchange_axis.node.service import Node
from exchange_axis.pipeline.bulletins import ALARM_AFTER, BulletinRounds
from exchange_axis.store.bulletin_rows import BulletinRow
from exchange_axis.web.node_api.metrics import node_metrics
from tests.bulletins import smtp
from tests.bulletins.house import DOUBTFUL, DOWN, NAME, REFUSED, House, Kept
from tests.bulletins.smtp import mail_server
from tests.bulletins.stand import DESK, PASSWORD, SECRET, Gateway, gateway, ground
from tests.node.stand import OTHER, RECIPIENT, SENDER

MOST_URGENT, GATHERED, DIGEST = BulletinKind.MOST_URGENT, BulletinKind.GATHERED, BulletinKind.DIGEST
HALF_HOUR = timedelta(minutes=30)


def row(node: Node, kind: BulletinKind, name: str = NAME) -> BulletinRow:
    (found,) = [one for one in node.bulletins.state() if (one.destination, one.kind) == (name, kind)]
    return found


def alarms(node: Node) -> list[str]:
    return [alarm.code for alarm in node.views.status().alarms]


def test_most_urgent_letters_are_told_of_at_once_and_others_gathered(house: House) -> None:
    with house.open(Destination(name=NAME, gather=HALF_HOUR)) as node:
        house.mail(node, "hoa-toc", "thuong")
        assert house.round(node) == 0, "what was there before is not told of"
        house.mail(node, "thuong", "hoa-toc", "hoa-toc", "khan")
        assert house.round(node) == 1
        (told,) = house.courier.taken
        assert (told.kind, house.courier.figures[0].new, house.courier.figures[0].most_urgent) == (
            MOST_URGENT,
            {Lane.HOA_TOC: 2},
            3,
        )
        house.stand.clock.advance(minutes=20)
        house.mail(node, "thuong")
        assert house.round(node) == 0
        house.stand.clock.advance(minutes=11)
        assert house.round(node) == 1
        assert house.courier.figures[1].new == {Lane.KHAN: 1, Lane.THUONG: 2}
        house.stand.clock.advance(hours=5)
        assert house.round(node) == 0, "each letter is told of once"


def test_what_was_dealt_with_meanwhile_is_not_told_of(house: House) -> None:
    with house.open(Destination(name=NAME, gather=HALF_HOUR)) as node:
        house.round(node)
        house.mail(node, "thuong", "hoa-toc")
        house.accept(node, 1)
        house.accept(node, 2)
        house.stand.clock.advance(hours=1)
        assert house.round(node) == 0
        house.mail(node, "thuong")
        house.stand.clock.advance(hours=1)
        house.round(node)
        assert house.courier.figures[0].new == {Lane.THUONG: 1}


def test_quiet_hours_hold_back_all_but_the_most_urgent(house: House) -> None:
    night = Hours(opens=time(21), closes=time(6))
    spared = Destination(name=NAME, gather=HALF_HOUR, quiet=night)
    strict = Destination(name="strict", gather=HALF_HOUR, quiet=night, quiet_most_urgent=True)
    with house.open(spared, strict) as node:
        for one in (spared, strict):
            house.round(node, one.name)
        house.at(22, 23, 30)
        house.mail(node, "hoa-toc", "thuong")
        house.stand.clock.advance(hours=1)
        assert (house.round(node), house.round(node, "strict")) == (1, 0)
        house.at(23, 6, 0)
        assert (house.round(node), house.round(node, "strict")) == (1, 2)
        assert house.courier.kinds == [MOST_URGENT, GATHERED, MOST_URGENT, GATHERED]


def test_a_digest_goes_at_its_hour_of_vietnam_once_a_day(house: House) -> None:
    twice = Destination(name=NAME, most_urgent=False, digest=(time(0, 15), time(7, 30)))
    house.at(22, 23, 50)  # 16:50 UTC: the day of UTC has no border near
    with house.open(twice) as node:
        house.mail(node, "hoa-toc", "thuong")
        assert house.round(node) == 0
        house.at(23, 0, 14)
        assert house.round(node) == 0
        house.at(23, 0, 15)
        assert (house.round(node), house.round(node)) == (1, 0)
        (told,) = house.courier.taken
        assert (told.kind, house.courier.figures[0].most_urgent, house.courier.figures[0].new) == (DIGEST, 1, {})
        house.at(23, 7, 29)  # 00:29 UTC of the same day
        assert house.round(node) == 0
        house.at(23, 7, 31)
        assert house.round(node) == 1
        house.at(24, 4, 0)
        assert house.round(node) == 0, "a digest that is hours late is left out"
        house.at(24, 7, 30)
        assert house.round(node) == 1


def test_a_destination_hears_of_its_agencies_only(house: House) -> None:
    mine = Destination(name=NAME, agencies=frozenset({RECIPIENT}))
    other = Destination(name="other", agencies=frozenset({OTHER}))
    with house.open(mine, other) as node:
        for one in (mine, other):
            house.round(node, one.name)
        house.mail(node, "hoa-toc", to=OTHER)
        assert (house.round(node), house.round(node, "other")) == (0, 1)
        assert house.courier.figures[0].most_urgent == 1


def test_it_is_tried_again_until_the_server_is_back_and_then_told_once(house: House) -> None:
    house.courier.failing = DOWN
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        while row_of(node).attempts < ALARM_AFTER:
            house.round(node)
            house.stand.clock.advance(seconds=5)
        assert alarms(node) == ["bulletin.undelivered"]
        assert row_of(node).state is BulletinState.WAITING
        assert b'axis_bulletins_waiting{kind="most-urgent"} 1.0' in node_metrics(node)
        house.mail(node, "hoa-toc")
    house.courier.failing = None
    with house.open() as node:
        house.stand.clock.advance(minutes=20)
        assert house.round(node) == 1
        assert house.courier.figures[0].new == {Lane.HOA_TOC: 2}, "what came meanwhile joins it"
        house.stand.clock.advance(hours=1)
        assert house.round(node) == 0
        assert (row_of(node).sent, row_of(node).lost, row_of(node).state) == (1, 0, BulletinState.IDLE)
        assert b'axis_bulletins_total{kind="most-urgent",result="sent"} 1.0' in node_metrics(node)


def row_of(node: Node) -> BulletinRow:
    return row(node, MOST_URGENT)


def test_a_waiting_bulletin_whose_letters_were_accepted_is_not_sent(house: House) -> None:
    house.courier.failing = DOWN
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        house.round(node)
        house.accept(node, 1)
        house.courier.failing = None
        house.stand.clock.advance(hours=1)
        assert (house.round(node), row_of(node).state) == (0, BulletinState.IDLE)


@pytest.mark.parametrize(("failing", "lost", "doubtful"), [(REFUSED, 1, 0), (DOUBTFUL, 0, 1)])
def test_what_was_refused_or_may_have_arrived_is_not_sent_again(
    house: House, failing: object, lost: int, doubtful: int
) -> None:
    house.courier.failing = failing  # type: ignore[assignment]
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        assert house.round(node) == 1
        house.courier.failing = None
        house.stand.clock.advance(hours=1)
        assert house.round(node) == 0
        assert (row_of(node).lost, row_of(node).doubtful) == (lost, doubtful)
        assert alarms(node) == [REFUSED.code if lost else DOUBTFUL.code]
        house.mail(node, "hoa-toc")
        assert house.round(node) == 1, "the next event is told of"


def test_a_destination_that_was_taken_out_and_comes_back_is_new(house: House) -> None:
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
    with house.open(Destination(name="other")) as node:
        assert [one.destination for one in node.bulletins.state()] == []
    with house.open() as node:
        assert (house.round(node), house.round(node)) == (0, 0)
        house.mail(node, "hoa-toc")
        assert house.round(node) == 1


def test_a_fault_of_ours_is_no_reason_to_say_it_twice(house: House) -> None:
    class Broken(Kept):
        async def send(self, bulletin: Bulletin) -> int:
            await super().send(bulletin)
            raise ZeroDivisionError

    broken = Broken()
    house.stand.receiver.couriers = {NAME: broken}
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        assert (house.round(node), house.round(node), broken.tried) == (1, 0, 1)
        assert (row_of(node).doubtful, alarms(node)) == (1, ["bulletin.doubtful"])


def test_nothing_is_tried_for_longer_than_a_day(house: House) -> None:
    house.courier.failing = DOWN
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        house.round(node)
        house.stand.clock.advance(seconds=LASTS.total_seconds() + 1)
        assert house.round(node) == 0
        assert (row_of(node).state, row_of(node).lost) == (BulletinState.IDLE, 1)


def test_a_node_that_dies_while_sending_does_not_send_again(house: House) -> None:
    """Between the sending and the record of it nobody knows; at most once is what is promised."""
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        begun = node.bulletins.begin(NAME, sign_in=DESK)
        assert begun is not None
        asyncio.run(house.courier.send(begun.bulletin))  # and here the process dies
    with house.open() as node:
        house.stand.clock.advance(hours=1)
        assert house.round(node) == 0
        assert len(house.courier.taken) == 1
        assert (row_of(node).state, row_of(node).doubtful) == (BulletinState.IDLE, 1)
        assert alarms(node) == ["bulletin.doubtful"]
        house.mail(node, "hoa-toc")
        house.round(node)
        assert house.courier.figures[1].most_urgent == 2


def test_a_destination_that_hangs_holds_up_neither_the_other_nor_the_mail(house: House) -> None:
    gone = asyncio.Event()

    class Hanging(Kept):
        async def send(self, bulletin: object) -> int:
            gone.set()
            await asyncio.Event().wait()
            return 0

    house.stand.receiver.couriers = {"slow": Hanging()}
    with house.open(Destination(name="slow"), Destination(name=NAME)) as node:
        house.round(node, "slow")
        house.round(node)
        house.mail(node, "hoa-toc")

        async def both() -> None:
            rounds = BulletinRounds(node.bulletins, sign_in=DESK, run_in_thread=asyncio.to_thread)
            slow = asyncio.create_task(rounds.round("slow"))
            await gone.wait()
            assert await rounds.round(NAME) == 1
            slow.cancel()

        asyncio.run(both())
        house.mail(node, "hoa-toc")
        assert len(house.courier.taken) == 1


def test_nothing_of_a_letter_leaves_the_machine(house: House, tmp_path: Path) -> None:
    """Every byte that mail server and gateway heard, also decoded, has no content, number, name or code in it."""
    keys = ground(tmp_path)
    server, hook = smtp.MailServer(context=keys.context, account=("nut", PASSWORD)), Gateway()
    told = (
        Destination(name="mail", gather=HALF_HOUR, digest=(time(7, 30),)),
        Destination(name="hook", gather=HALF_HOUR, digest=(time(7, 30),)),
    )

    async def work(node: Node) -> int:
        async with mail_server(server), gateway(hook):
            given = MailServer(
                host="127.0.0.1",
                port=server.port,
                sender="truc@tinh.example",
                user="nut",
                password_file=keys.secret("password", PASSWORD),
                roots=keys.roots,
            )
            node.world.couriers["mail"] = MailCourier(given, ("a@b.example",))  # type: ignore[index]
            url = f"http://127.0.0.1:{hook.port}/hook/1"
            hooked = WebhookCourier(url, secret_file=keys.secret("webhook", SECRET))
            node.world.couriers["hook"] = hooked  # type: ignore[index]
            rounds = BulletinRounds(node.bulletins, sign_in=DESK, run_in_thread=asyncio.to_thread)
            return await rounds.round("mail") + await rounds.round("hook")

    house.at(23, 6, 0)
    with house.open(*told) as node:
        asyncio.run(work(node))
        house.post(node, "hoa-toc", "thuong", to=[RECIPIENT, OTHER])
        house.at(23, 7, 31)
        assert asyncio.run(work(node)) == 6
        rows = node.world.store.read(lambda unit: unit.inbox.letters())
        secrets = {text for row in rows for text in (row.consignment_id, row.title, row.document_id, row.signer)}
        secrets |= set(strings(house.stand.draft().letter)) | {"Lê Thị Hoa", "bao-cao.pdf", SENDER, RECIPIENT, OTHER}
        secrets = {text for text in secrets if len(text) > 3}
    said = bytes(server.heard) + b"".join(map(head, hook.heads)) + b"".join(hook.bodies)
    spoken = said + b"".join(one.get_payload(decode=True) for one in map(server.read, range(3)))  # type: ignore[misc]
    spoken += "".join(str(server.read(number)["Subject"]) for number in range(3)).encode()
    spoken += quopri.decodestring(said) + unquote_to_bytes(said)
    assert "Hỏa tốc đang chờ: 2".encode() in spoken, "what is looked for below would be found"
    assert len(server.messages) == len(hook.bodies) == 3
    assert {"V/v báo cáo tình hình thiên tai", "BC-UBND", "Người ký thử", "1/BC-UBND"} <= secrets
    for secret in sorted(secrets):
        for form in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")[:-1], ascii(secret).encode()):
            assert form not in spoken, secret


def head(headers: dict[str, str]) -> bytes:
    return "\n".join(f"{name}: {value}" for name, value in headers.items()).encode()


def strings(value: object) -> list[str]:
    """Every text in a value and what it holds."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list):
        return [text for one in value for text in strings(one)]
    slots = getattr(value, "__slots__", ())
    return [text for name in slots for text in strings(getattr(value, name))]
