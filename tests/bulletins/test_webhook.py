"""Bulletins to a gateway over HTTP, received by a real server that checks their signature."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.courier_webhook import WebhookCourier, signature
from exchange_axis.domain.bulletin import BulletinKind, Fault
from exchange_axis.ports import BulletinDoubtful, BulletinFailed, BulletinRefused, BulletinUndelivered
from tests.bulletins.stand import AT, DESK, SAMPLE, SECRET, Gateway, Ground, gateway, ground


@pytest.fixture
def here(tmp_path: Path) -> Ground:
    return ground(tmp_path)


def sent(
    here: Ground, there: Gateway, *, tls: bool = False, roots: Path | None = None, patience: float = 20.0
) -> WebhookCourier:
    async def work() -> WebhookCourier:
        async with gateway(there, tls=here.context if tls else None):
            secret = here.secret("webhook", SECRET)
            given = ssl.create_default_context(cafile=str(roots)) if roots is not None else None
            url = f"{'https' if tls else 'http'}://127.0.0.1:{there.port}/hook/khoa-trong-dia-chi"
            courier = WebhookCourier(url, secret_file=secret, roots=given, patience=patience)
            assert courier.place == f"127.0.0.1:{there.port}", "the path may hold a key"
            assert await courier.send(SAMPLE) == 0
            return courier

    return asyncio.run(work())


def refused(kind: type[BulletinFailed], here: Ground, there: Gateway, **given: object) -> tuple[Fault, int | None]:
    with pytest.raises(kind) as caught:
        sent(here, there, **given)  # type: ignore[arg-type]
    told = f"{caught.value!r} {caught.value} {caught.value.message('vi')}"
    assert SECRET not in told and "khoa-trong-dia-chi" not in told
    return caught.value.fault, caught.value.answer


@pytest.mark.parametrize("tls", [False, True])
def test_a_signed_bulletin_arrives(here: Ground, tls: bool) -> None:
    there = Gateway()
    courier = sent(here, there, tls=tls, roots=here.roots if tls else None)
    (document,) = there.documents
    assert document["form"] == "exchange-axis/bulletin/1"
    assert (document["id"], document["kind"], document["at"]) == (SAMPLE.id, "most-urgent", "2026-11-22T01:02:03.000Z")
    assert document["new"] == {"hoa-toc": 2, "thuong-khan": 0, "khan": 0, "thuong": 0}
    assert [document[name] for name in ("most_urgent", "today", "overdue", "refused")] == [3, 1, 4, 5]
    assert document["sign_in"] == DESK and document["short"].isascii() and len(document["short"]) < 140
    assert there.heads[0]["Axis-Timestamp"] == str(int(AT.timestamp()))
    assert SECRET not in f"{courier!r} {vars(courier)!r}"


def test_whoever_has_another_secret_finds_it_forged(here: Ground) -> None:
    there = Gateway(secret="mot bi mat khac han")
    assert refused(BulletinRefused, here, there) == (Fault.REFUSED, 403)
    assert (there.forged, there.bodies) == (1, [])
    assert signature(b"k", "1", b"x") != signature(b"k", "2", b"x"), "the time is signed, too"


def test_a_gateway_with_a_wrong_certificate_gets_nothing(here: Ground) -> None:
    there = Gateway()
    assert refused(BulletinUndelivered, here, there, tls=True) == (Fault.CERTIFICATE, None)
    assert there.bodies == []


@pytest.mark.parametrize(
    ("status", "kind", "fault"),
    [
        (503, BulletinUndelivered, Fault.BUSY),
        (429, BulletinUndelivered, Fault.BUSY),
        (400, BulletinRefused, Fault.REFUSED),
        (307, BulletinRefused, Fault.REFUSED),
    ],
)
def test_the_status_decides_whether_it_is_tried_again(
    here: Ground, status: int, kind: type[BulletinFailed], fault: Fault
) -> None:
    there = Gateway(status=status)
    assert refused(kind, here, there) == (fault, status)
    assert len(there.bodies) == 1, "a redirect is not followed"


def test_a_gateway_that_takes_it_and_says_nothing_leaves_it_open(here: Ground) -> None:
    there = Gateway(silent=True)
    assert refused(BulletinDoubtful, here, there, patience=0.5) == (Fault.NO_ANSWER, None)
    there = Gateway(hangs_up=True)
    assert refused(BulletinDoubtful, here, there) == (Fault.NO_ANSWER, None)
    assert len(there.bodies) == 1


def test_without_its_secret_nothing_leaves(here: Ground) -> None:
    courier = WebhookCourier("http://127.0.0.1:1/x", secret_file=here.folder / "missing")
    short = WebhookCourier("http://127.0.0.1:1/x", secret_file=here.secret("short", "123456789"))
    there = WebhookCourier("http://127.0.0.1:1/x", secret_file=here.secret("webhook", SECRET))
    for one, fault in ((courier, Fault.SECRET), (short, Fault.SECRET), (there, Fault.UNREACHABLE)):
        with pytest.raises(BulletinUndelivered) as caught:
            asyncio.run(one.send(replace(SAMPLE, kind=BulletinKind.TEST)))
        assert caught.value.fault is fault
