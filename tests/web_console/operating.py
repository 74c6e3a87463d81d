"""A hub at work behind the real door of its console, and somebody who has signed in: for browsers and for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from config.trust_folder import TrustFolder
from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.enrolment import REQUEST_FORMAT
from exchange_axis.domain.invite import LIFE, read_code
from exchange_axis.domain.line_check import read_tested
from exchange_axis.domain.people import Role
from exchange_axis.hub.roots import Roots
from exchange_axis.web.console.application import console_application
from signing.certificates import Subject, make_csr
from signing.keys import generate_key
from tests.browser.server import serving
from tests.hub.stand import HandClock, Peer, enrol, make_letter, open_stand
from tests.hub.stand import Stand as HubStand
from tests.staff.stand import Stand, Telephone


@dataclass
class Working:
    """A hub, its people, and where its console is."""

    folder: Path
    stand: HubStand
    people: Stand
    base: str = ""
    peers: dict[str, Peer] = field(default_factory=dict)
    phones: dict[str, Telephone] = field(default_factory=dict)

    def settle(self, login: str, *roles: Role, name: str = "") -> tuple[str, str]:
        """An account that is in: name and value of its cookie."""
        entered, self.phones[login] = self.people.settle(login, *roles, name=name)
        return f"axis-{self.stand.hub.world.settings.id}", entered.token

    def enrol(self, node: str, *codes: str) -> Peer:
        self.peers[node] = enrol(self.stand, node, codes)
        return self.peers[node]

    def send(self, node: str, sender: str, *to: str, number: str, lane: Lane = Lane.THUONG) -> None:
        peer = self.peers[node]
        letter = make_letter(self.folder, peer, sender, to, clock=self.stand.clock, number=number, lane=lane)
        self.stand.hub.intake.submit(peer.row, letter)


@contextmanager
def working(folder: Path) -> Iterator[Working]:
    stand = open_stand(folder, "hub-a", clock=HandClock(), name="Trục tỉnh Phú Yên")
    found = Working(folder=folder, stand=stand, people=Stand(stand.hub.staff, stand.clock))
    try:
        with serving(lambda: console_application(stand.hub)) as found.base:
            yield found
    finally:
        stand.close()


def busy(found: Working) -> None:
    """Three nodes of which one is silent, letters in three lanes."""
    found.enrol("node-a", "H90", "H90.02")
    found.enrol("node-a1", "H90.01")
    for number in ("57", "58", "59"):
        found.send("node-a", "H90", "H90.01", number=number)
        found.stand.clock.advance(minutes=9)
    found.send("node-a", "H90.02", "H90.01", number="12")
    found.send("node-a", "H90", "H90.01", number="3", lane=Lane.HOA_TOC)
    found.stand.clock.advance(minutes=70)
    with found.stand.hub.presence.here("node-a"):
        found.send("node-a1", "H90.01", "H90", number="61", lane=Lane.KHAN)
    found.stand.hub.housekeeping()


def asked(found: Working) -> dict[str, str]:
    """One invite that nobody used, and one whose node asks; the places of their pages."""
    inviting = found.stand.hub.inviting
    inviting.invite("nut-xuan-loc", "UBND xã Xuân Lộc", ["H91"], life=LIFE, actor="lan")
    made = inviting.invite("nut-an-dong", "UBND xã Tuy An Đông", ["G90", "G90.07"], life=LIFE, actor="lan")
    inviting.ask(
        read_code(made.code),
        enrolment("nut-an-dong", "G90", "G90.07"),
        ticket="t" * 43,
        tested=TESTED,
        address="10.4.7.21",
    )
    return {"asked": f"/operator/nodes/invites/{made.row.seq}", "open": f"/operator/nodes/invites/{made.row.seq - 1}"}


def kept(found: Working) -> str:
    """A directory of which something is to change; the place of the proposal's page."""
    desk = found.stand.hub.directory_desk
    current = found.stand.hub.directory.current()
    closing = replace(current.agencies["H90.01"], valid_to=date(2026, 6, 30), successor="H90.02", serial=2)
    head = replace(current.agencies["H90"], head_name="Trần Văn Bình", head_title="Chủ tịch", serial=2)
    fresh = Agency(
        code="H90.04", name="Phường thử A4", tier=Tier.COMMUNE, parent="H90", valid_from=date(2026, 7, 1), node="node-a"
    )
    agencies = {**current.agencies, "H90.01": closing, "H90": head, "H90.04": fresh}
    text = to_toml(Directory.of(agencies.values(), current.hubs.values(), current.nodes.values()))
    made = desk.propose_import(text, name="danh-muc-2026-07.toml", reason=WHY, actor="yen")
    return f"/directory/changes/{made.seq}"


def proposed(found: Working) -> None:
    """A root and a trust list that wait for a second person."""
    hub, world = found.stand.hub, found.stand.hub.world
    two = replace(world, settings=replace(world.settings, trust_approvers=2))
    pem = found.stand.places.certificate("authority").read_text("ascii")
    files = TrustFolder(found.stand.places.trust)
    Roots(two, files).add(
        "ca-chuyen-dung", pem, {"class": "official", "uses": ["agency-seal"]}, actor="lan (2fa, root)"
    )
    hub.trust_lists.propose(hub.trust_lists.draft(), actor="lan (2fa, root)")


def enrolment(node: str, *codes: str) -> dict[str, object]:
    names = ["tls", "node-seal", *(f"agency-seal:{code}" for code in codes)]
    csr = {name: make_csr(generate_key(), subject=Subject(common_name=node)).decode() for name in names}
    return {
        "format": REQUEST_FORMAT,
        "kind": "node",
        "id": node,
        "name": node,
        "agencies": list(codes),
        "requests": csr,
    }


WHY = "Quyết định 12/QĐ-UBND về sắp xếp đơn vị"
TESTED = read_tested(
    [
        {"step": "dns", "state": "ok", "vi": "Tên truc-a.example là 10.4.0.2", "en": "truc-a.example is 10.4.0.2"},
        {
            "step": "tcp",
            "state": "ok",
            "vi": "Nối được tới truc-a.example:8443",
            "en": "truc-a.example:8443 takes connections",
        },
        {"step": "tls", "state": "ok", "vi": "Đường mã hóa: TLSv1.3", "en": "Encrypted: TLSv1.3"},
        {"step": "identity", "state": "ok", "vi": "Đúng trục đã mời", "en": "The hub that invited"},
        {
            "step": "clock",
            "state": "fail",
            "vi": "Đồng hồ lệch với trục 64 giây",
            "en": "The clock is 64 s off the hub's",
        },
        {"step": "version", "state": "ok", "vi": "Phiên bản của trục: 0.1", "en": "The hub's version: 0.1"},
    ]
)


def places(found: Working) -> list[tuple[str, str]]:
    """Name and address of every page of operator and registry officer, with something on each."""
    busy(found)
    (found.folder / "hub-a-directory.toml").write_text(to_toml(found.stand.hub.directory.current()), encoding="utf-8")
    invites = asked(found)
    change = kept(found)
    proposed(found)
    found.stand.hub.log_check.run()
    return [
        ("operator", "/operator"),
        ("operator-lanes", "/operator/lanes"),
        ("operator-deliveries", "/operator/deliveries"),
        ("operator-overdue", "/operator/overdue"),
        ("operator-nodes", "/operator/nodes"),
        ("operator-request", invites["asked"]),
        ("operator-invite", invites["open"]),
        ("operator-certificates", "/operator/certificates?until=all"),
        ("operator-certificates-due", "/operator/certificates"),
        ("operator-log", "/operator/log"),
        ("operator-capacity", "/operator/capacity"),
        ("approvals", "/approvals"),
        ("changes", "/changes"),
        ("directory", "/directory?under=H90"),
        ("directory-found", "/directory?q=xa+thu"),
        ("directory-agency", "/directory/agencies/H90.02"),
        ("directory-closed", "/directory/agencies/H90.03"),
        ("directory-changes", "/directory/changes"),
        ("directory-change", change),
        ("directory-reorganisation", "/directory/reorganisation"),
    ]
