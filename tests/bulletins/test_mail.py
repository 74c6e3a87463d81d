"""Bulletins by mail, to a server that really speaks SMTP and TLS."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from adapters.courier_mail import Delivery, MailCourier, MailServer, Security
from exchange_axis.domain.bulletin import Fault
from exchange_axis.ports import BulletinDoubtful, BulletinFailed, BulletinRefused, BulletinUndelivered
from tests.bulletins import smtp
from tests.bulletins.smtp import mail_server
from tests.bulletins.stand import DESK, PASSWORD, SAMPLE, Ground, ground
from tests.signing.pki import TestPki

CLERK, LEADER = "van-thu@xa.example", "chu-tich@xa.example"


@pytest.fixture
def here(tmp_path: Path) -> Ground:
    return ground(tmp_path)


def courier(here: Ground, port: int, *, patience: float = 20.0, **given: Any) -> MailCourier:
    values: dict[str, Any] = {"host": "127.0.0.1", "sender": "truc@tinh.example", "roots": here.roots} | given
    return MailCourier(MailServer(port=port, **values), (CLERK, LEADER), patience=patience)


def sent(here: Ground, server: smtp.MailServer, *, tls: bool = False, **given: Any) -> int:
    async def work() -> int:
        async with mail_server(server, tls=tls):
            return await courier(here, server.port, **given).send(SAMPLE)

    return asyncio.run(work())


def refused(kind: type[BulletinFailed], *args: Any, **given: Any) -> tuple[Fault, int | None]:
    with pytest.raises(kind) as caught:
        sent(*args, **given)
    assert PASSWORD not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    return caught.value.fault, caught.value.answer


@pytest.mark.parametrize("security", list(Security))
def test_a_bulletin_arrives_by_every_way_of_security(here: Ground, security: Security) -> None:
    secret = here.secret("password", PASSWORD)
    server = smtp.MailServer(
        context=None if security is Security.NONE else here.context, account=("nut@tinh.example", PASSWORD)
    )
    tls = security is Security.TLS
    assert sent(here, server, tls=tls, security=security, user="nut@tinh.example", password_file=secret) == 0
    ((sender, recipients, raw),) = server.messages
    assert (sender, recipients) == ("truc@tinh.example", (CLERK, LEADER))
    letter = server.read()
    assert letter["Subject"] == "HỎA TỐC: 2 văn bản mới / HỎA TỐC: 2 new"
    assert letter["Date"] == "Sun, 22 Nov 2026 08:02:03 +0700"
    assert letter["Message-ID"] == f"<{SAMPLE.id}@tinh.example>"
    assert (letter["Auto-Submitted"], letter["Importance"]) == ("auto-generated", "high")
    assert CLERK.encode() not in raw and LEADER.encode() not in raw, "recipients do not learn of each other"
    text = letter.get_content()
    vietnamese, english = text.split("---")
    assert "Quá hạn: 4" in vietnamese and DESK in vietnamese
    assert "Overdue: 4" in english and DESK in english
    if security is Security.STARTTLS:
        assert [line.split(b" ")[0].lower() for line in server.before_tls] == [b"ehlo", b"starttls"]


def test_nothing_is_said_to_a_server_whose_certificate_does_not_count(here: Ground, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = ground(tmp_path / "other", TestPki(name="kẻ khác"))
    for tls, security in ((True, Security.TLS), (False, Security.STARTTLS)):
        server = smtp.MailServer(context=other.context)
        found = refused(BulletinUndelivered, here, server, tls=tls, security=security)
        assert found == (Fault.CERTIFICATE, None)
        assert server.messages == [] and b"MAIL" not in server.heard.upper()
    server = smtp.MailServer(context=other.context)
    assert sent(other, server) == 0, "its own root vouches for it"


def test_starttls_is_required_not_tried(here: Ground) -> None:
    server = smtp.MailServer(context=here.context, offers_starttls=False)
    assert refused(BulletinUndelivered, here, server) == (Fault.NO_TLS, None)
    assert b"MAIL" not in server.heard.upper()
    assert refused(BulletinUndelivered, here, smtp.MailServer(), security=Security.TLS) == (Fault.NO_TLS, None)


def test_a_wrong_password_is_told_without_what_was_said(here: Ground, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = here.secret("password", PASSWORD)
    server = smtp.MailServer(context=here.context, account=("nut", "another one"))
    assert refused(BulletinUndelivered, here, server, user="nut", password_file=secret) == (Fault.SIGN_IN, 535)
    mine = courier(here, 25, user="nut", password_file=secret)
    assert PASSWORD not in f"{mine!r} {vars(mine)!r}" and PASSWORD not in caplog.text
    secret.chmod(0o644)
    assert refused(BulletinUndelivered, here, server, user="nut", password_file=secret) == (Fault.SECRET, None)
    assert PASSWORD.encode() not in server.heard


@pytest.mark.parametrize(
    ("answers", "kind", "found"),
    [
        ({"MAIL": "451 try later"}, BulletinUndelivered, (Fault.BUSY, 451)),
        ({"MAIL": "550 not you"}, BulletinRefused, (Fault.REFUSED, 550)),
        ({"RCPT": "450 greylisted"}, BulletinUndelivered, (Fault.BUSY, 450)),
        ({"RCPT": "550 nobody here"}, BulletinRefused, (Fault.REFUSED, 550)),
        ({"DATA": "452 disk full"}, BulletinUndelivered, (Fault.BUSY, 452)),
        ({"TEXT": "451 later"}, BulletinUndelivered, (Fault.BUSY, 451)),
        ({"TEXT": "554 spam"}, BulletinRefused, (Fault.REFUSED, 554)),
    ],
)
def test_what_the_server_says_decides_whether_it_is_tried_again(
    here: Ground, answers: dict[str, str], kind: type[BulletinFailed], found: tuple[Fault, int]
) -> None:
    assert refused(kind, here, smtp.MailServer(context=here.context, answers=answers)) == found


def test_after_the_text_only_an_answer_tells(here: Ground) -> None:
    before = smtp.MailServer(context=here.context, hangs_up_at="MAIL")
    assert refused(BulletinUndelivered, here, before) == (Fault.NO_ANSWER, None)
    after = smtp.MailServer(context=here.context, hangs_up_at="TEXT")
    assert refused(BulletinDoubtful, here, after) == (Fault.NO_ANSWER, None)
    assert len(after.messages) == 1
    rude = smtp.MailServer(context=here.context, hangs_up_at="QUIT")
    assert sent(here, rude) == 0, "it was taken before"


def test_a_server_that_falls_silent_is_left_in_time(here: Ground) -> None:
    silent = smtp.MailServer(context=here.context, silent_at="EHLO")
    refused(BulletinUndelivered, here, silent, patience=0.3)


@pytest.mark.parametrize(("at", "kind"), [("MAIL", BulletinUndelivered), ("TEXT", BulletinDoubtful)])
def test_who_leaves_a_silent_server_knows_whether_it_has_the_text(
    here: Ground, at: str, kind: type[BulletinFailed]
) -> None:
    server = smtp.MailServer(context=here.context, silent_at=at)

    async def work() -> None:
        async with mail_server(server):
            given = MailServer(host="127.0.0.1", port=server.port, sender="truc@tinh.example", roots=here.roots)
            delivery = Delivery(given, (CLERK,), step=20.0)
            running = asyncio.ensure_future(asyncio.to_thread(delivery.deliver, b"Subject: x\r\n\r\ny\r\n"))
            await server.reached.wait()
            delivery.abandon()
            with pytest.raises(kind):
                await running

    asyncio.run(work())
    assert len(server.messages) == (at == "TEXT")


def test_nobody_there_is_surely_not_delivered(here: Ground) -> None:
    async def work() -> None:
        async with mail_server(smtp.MailServer()) as gone:
            port = gone.port
        await courier(here, port).send(SAMPLE)

    with pytest.raises(BulletinUndelivered) as caught:
        asyncio.run(work())
    assert caught.value.fault is Fault.UNREACHABLE
