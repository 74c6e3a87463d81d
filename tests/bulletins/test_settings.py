"""Sections [[bulletin]] and [mail] of node.toml, and the loops of a running node."""

from __future__ import annotations

import asyncio
from datetime import time, timedelta
from pathlib import Path

import pytest

from adapters.courier_mail import MailCourier
from adapters.courier_webhook import WebhookCourier
from config.bulletins import bulletins_given
from config.places import Places
from config.serve_node import telling
from config.settings import WrongSettings
from exchange_axis.commands import node as node_commands
from exchange_axis.domain.bulletin import Destination
from exchange_axis.domain.hours import Hours
from tests.bulletins.house import DOWN, NAME, House
from tests.commands.counter import Counter
from tests.node.stand import RECIPIENT

AGENCIES = {"H90": "Tỉnh thử", "H90.01": "Xã thử"}
MAIL = (
    '[mail]\nhost = "thu.tinh.example"\nsender = "truc@tinh.example"\nuser = "nut"\npassword_file = "smtp-password"\n'
)
CLERK = '[[bulletin]]\nname = "van-thu"\nmail = ["van-thu@xa.example"]\n'
HOOK = '[[bulletin]]\nname = "sms"\nwebhook = "https://sms.example/x"\nsecret_file = "secret"\n'


def given(folder: Path, text: str) -> tuple[Destination, ...]:
    (folder / "node.toml").write_text(text, encoding="utf-8")
    return bulletins_given(Places(folder), AGENCIES)[0]


def test_nobody_is_told_unless_somebody_says_so(tmp_path: Path) -> None:
    assert given(tmp_path, '[node]\nid = "x"\n' + MAIL) == ()


def test_what_the_sections_say(tmp_path: Path) -> None:
    more = (
        'agencies = ["000.00.01.H90"]\ngather_minutes = 0\ndigest = ["13:30", "07:30"]\nquiet_hours = "21:00-06:00"\n'
    )
    assert given(tmp_path, MAIL + CLERK + HOOK + more) == (
        Destination(name="van-thu", gather=timedelta(minutes=30)),
        Destination(
            name="sms",
            agencies=frozenset({"H90.01"}),
            digest=(time(7, 30), time(13, 30)),
            quiet=Hours(opens=time(21), closes=time(6)),
        ),
    )
    _, couriers = bulletins_given(Places(tmp_path), AGENCIES)
    assert isinstance(couriers["van-thu"], MailCourier) and isinstance(couriers["sms"], WebhookCourier)
    assert couriers["van-thu"].place == "thu.tinh.example:587"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CLERK, "missing key host"),
        (MAIL + CLERK + 'password = "in the open"\n', "unknown key password"),
        (MAIL + CLERK + CLERK, "there twice"),
        (MAIL + CLERK + 'webhook = "https://x.example"\nsecret_file = "s"\n', "one of mail and webhook"),
        (HOOK.replace("https", "http"), "webhook must be https"),
        (HOOK.replace('secret_file = "secret"', ""), "wants secret_file"),
        (MAIL + CLERK.replace("van-thu@xa.example", "a@b.example\\nBcc: c@d.example"), "mail must be addresses"),
        (HOOK + 'agencies = ["H91"]\n', "not served here: H91"),
        (HOOK + 'agencies = ["?"]\n', "not served here: ?"),
        (HOOK + 'digest = ["7:30"]\n', "digest must be HH:MM"),
        (HOOK + 'digest = ["22:00"]\nquiet_hours = "21:00-06:00"\n', "a digest lies in the quiet hours"),
        (HOOK + 'quiet_hours = "21-6"\n', "quiet_hours must be"),
        (HOOK + "gather_minutes = 5000\n", "gather_minutes must be"),
        (MAIL.replace("thu.tinh", "thu") + 'security = "none"\n' + CLERK, "loopback only"),
        (MAIL + 'security = "off"\n' + CLERK, "security must be of"),
        (MAIL.replace('user = "nut"\n', "") + CLERK, "go together"),
        ("[bulletin]\nname = 'x'\n", "must be [[bulletin]]"),
        ("bulletin = ['x']\n", "a table of keys"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(WrongSettings) as caught:
        given(tmp_path, text)
    assert told in caught.value.facts["what"]


def test_a_running_node_tells_of_what_comes_and_ends_in_order(house: House) -> None:
    with house.open() as node:
        house.round(node)
        house.mail(node, "hoa-toc")

        async def run() -> None:
            stop = asyncio.Event()
            loops = [asyncio.ensure_future(one) for one in telling(stop, node, None)]
            await house.courier.heard.wait()
            stop.set()
            await asyncio.wait_for(asyncio.gather(*loops), 20)

        asyncio.run(run())
        assert [one.sign_in for one in house.courier.taken] == [""]


def test_an_operator_sees_what_would_be_said_and_what_went_wrong(house: House) -> None:
    some = Destination(name=NAME, agencies=frozenset({RECIPIENT}), digest=(time(7, 30),))
    folder = house.stand.receiver.folder
    counter = Counter(node_commands, folder, lambda _folder: house.stand.receiver.open(bulletins=(some,)))
    with house.open(some) as node:
        house.round(node)
        house.mail(node, "hoa-toc")
        house.courier.failing = DOWN
        house.round(node)
    told = counter.run("node", "bulletin", "show")
    assert told.code == 0, told.err
    for text in ("van-thu → thu.test:587", "hỏa tốc báo ngay; tóm tắt lúc 07:30", "Mới đến, chưa tiếp nhận: 1 hỏa tốc"):
        assert text in told.out
    assert "chờ thử lại" in told.out and "không kết nối được" in told.out
    refused = counter.run("node", "bulletin", "test", NAME)
    assert refused.code == 1 and "bulletin.undelivered" in refused.err
    house.courier.failing = None
    assert "thu.test:587 took the test bulletin" in counter.run("node", "bulletin", "test", NAME, "--lang", "en").out
    assert counter.run("node", "bulletin", "test", "khac").code == 1
