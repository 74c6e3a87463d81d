"""An authority and the key towards the hub above change between running processes while letters are under way.

Nobody is restarted: who reloads (SIGHUP) asks for what is new at once and takes up the key that lies in its folder.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from config import actions
from config.places import Places
from signing.certificates import load_certificates
from tests.prove.federation import Federation, Service, letter
from tests.prove.test_kills import Outcome, outcome, running, wait_until_settled

pytestmark = [pytest.mark.prove, pytest.mark.timeout(180)]

SECONDS = 30.0
WAYS = (("node-a", "H90.01", "G90"), ("node-g", "G90", "H90.01"))


class Sender(threading.Thread):
    """A letter each way, again and again until told to stop."""

    def __init__(self, federation: Federation) -> None:
        super().__init__(daemon=True)
        self._federation = federation
        self._stop_now = threading.Event()
        self.sent = 0

    def run(self) -> None:
        while not self._stop_now.wait(0.4):
            for node, sender, recipient in WAYS:
                form = letter(sender, [recipient], self.sent + 1)
                assert self._federation.services[node].ask("send", form=form, base="/") is not None
                self.sent += 1

    def some_more(self, letters: int = 4) -> None:
        goal = self.sent + letters
        until(lambda: self.sent >= goal)

    def __enter__(self) -> Sender:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_now.set()
        self.join()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.05)


def reload(*services: Service) -> None:
    for one in services:
        assert one.process is not None
        one.process.send_signal(signal.SIGHUP)


def certificate(path: Path) -> x509.Certificate:
    return load_certificates(path.read_bytes())[0]


def test_an_authority_and_an_uplink_key_change_while_letters_are_under_way(tmp_path: Path) -> None:
    with running(tmp_path) as federation:
        top, below, node = (federation.services[name] for name in ("hub-top", "hub-a", "node-g"))
        pids = [one.process.pid for one in (top, below, node) if one.process is not None]
        with Sender(federation) as sender:
            sender.some_more()
            new_root = _change_authority(top, below, node)
            sender.some_more()
            _change_uplink_key(top, below)
            sender.some_more()
        wait_until_settled(federation)
        assert [one.process.pid for one in (top, below, node) if one.process is not None] == pids
    places = Places(top.folder), Places(below.folder)
    assert certificate(places[0].certificate("tls")).issuer == new_root.subject
    assert certificate(places[1].uplink / "tls.pem").issuer == new_root.subject, "it issues without a restart"
    found, _ = outcome(federation)
    assert found == Outcome(
        letters=sender.sent, deliveries=sender.sent, handed_over=sender.sent,
        failed=0, refused=0, pending=0, lost=0, duplicated=0,
    )  # fmt: skip


def _change_authority(top: Service, below: Service, node: Service) -> x509.Certificate:
    """The next root, approved by a second person, learned by whoever is below, in use, and above a new server key."""
    assert top.ask("authority.announce") is not None
    (change,) = top.ask("trust.list")["changes"]  # type: ignore[index]
    assert top.ask("trust.decide", number=change["seq"], approve=True, actor="minh") is not None
    reload(below, node)
    until(lambda: top.ask("authority.announce")["waiting"] == [])  # type: ignore[index]
    assert top.ask("authority.install")["upcoming"] is None  # type: ignore[index]
    assert top.ask("own.rotate", name="tls")["live"]  # type: ignore[index]
    reload(node)
    return certificate(Places(top.folder).certificate("authority"))


def _change_uplink_key(top: Service, below: Service) -> None:
    """Without an overlap: from the answer on the old key is nobody's."""
    request = actions.hub_rotate_uplink(below.folder)
    answer = top.ask("peer.rotate", request=request, overlap_days=0)
    actions.hub_rotate_install(below.folder, answer=answer, forget=True)
    reload(below)
