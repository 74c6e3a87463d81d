"""`axis node join`: from an invite to a node that is let in, step by step, each with its name and what was found.

Rules of this file:
1. The invite's code is sent to nobody before the hub has shown the authority that the code names.
2. Whatever stops it, the same command goes on where it stopped: keys are made once, the request is the same one.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from adapters.hub_authority import fetch_authority
from adapters.hub_join import JoiningLine, Said, connect, resolve, way_to
from config import load, node_setup
from config.places import Places
from config.wiring_node import node_line
from exchange_axis.domain.invite import InviteCode, InviteState, read_code, request_digest, spoken
from exchange_axis.domain.line_check import LineStep, StepFound, StepState
from exchange_axis.domain.timekeeping import DRIFT
from exchange_axis.errors import AxisError
from exchange_axis.ledger.checkpoint import open_checkpoint
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.tree import verify_consistency
from exchange_axis.ports import Clock, HubRefused, HubUnreachable, Rng
from exchange_axis.web.shared.tls import client_context
from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint, load_certificates
from signing.files import read_secret, write_secret

TOGETHER: Final = 30
"""Seconds that a hub may take to let a new certificate in."""
STATE_FILE: Final = "join.json"
TICKET: Final = 32
"""Random bytes."""
Tell = Callable[[StepFound], None]


class NotTheHub(AxisError):
    code: ClassVar[str] = "invite.other-hub"
    vi: ClassVar[str] = "Địa chỉ {url} không phải trục đã mời (vân tay {found})"
    en: ClassVar[str] = "{url} is not the hub that sent the invite (fingerprint {found})"
    remedy_vi: ClassVar[str] = "Kiểm tra địa chỉ. Nếu đúng địa chỉ, có kẻ đứng giữa: dừng lại, báo người vận hành trục"
    remedy_en: ClassVar[str] = (
        "Check the address. If it is right, somebody stands between: stop, tell the hub's operator"
    )


class JoinRefused(AxisError):
    """What the hub said, in its words."""

    code: ClassVar[str] = "invite.refused"
    vi: ClassVar[str] = "{said_vi}"
    en: ClassVar[str] = "{said_en}"
    remedy_vi: ClassVar[str] = "{todo_vi}"
    remedy_en: ClassVar[str] = "{todo_en}"


class JoinUnknown(AxisError):
    code: ClassVar[str] = "invite.none-here"
    vi: ClassVar[str] = "{folder} chưa gửi yêu cầu nào"
    en: ClassVar[str] = "{folder} has sent no request yet"
    remedy_vi: ClassVar[str] = "Chạy: axis node join --hub URL --invite MÃ-MỜI"
    remedy_en: ClassVar[str] = "Run: axis node join --hub URL --invite CODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What the hub says of the code, over a line that is known to be the hub's."""

    url: str
    code: str
    authority: str
    """PEM."""
    node: str
    name: str
    agencies: Mapping[str, str]
    """Code to name."""
    hub: str
    tested: tuple[StepFound, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How the request stands."""

    node: str
    hub: str
    state: InviteState
    compare: str
    """What both sides read out on the telephone."""
    reason: str
    answer: Mapping[str, Any] | None = field(default=None, repr=False)


def look(url: str, invite: str, *, clock: Clock, tell: Tell) -> Invitation:
    """Find the hub, make sure it is the one that invited, and ask whom the code is for.

    Raises:
        InviteMalformed, HubUnreachable, NotTheHub, JoinRefused.
    """
    code, found = read_code(invite), list[StepFound]()

    def note(step: LineStep, vi: str, en: str, state: StepState = StepState.OK) -> None:
        found.append(StepFound(step=step, state=state, vi=vi, en=en))
        tell(found[-1])

    for step, vi, en in _reach(url):
        note(step, vi, en)
    authority = fetch_authority(url)
    _require_authority(url, code, authority)
    line = JoiningLine(url, client_context([authority], None, None))
    agreed = line.handshake()
    note(LineStep.TLS, f"Đường mã hóa: {agreed}", f"Encrypted: {agreed}")
    note(LineStep.IDENTITY, "Đúng trục đã mời: vân tay khớp với mã mời", "The hub that invited: the code names it")
    said = _asked(line, "GET", "/v1/join", secret=f"Axis-Invite {invite.strip()}")
    note(LineStep.CLOCK, *_clock(said.date, clock.now()))
    version = f"{said.body.get('version', '?')}, API {said.body.get('api', '?')}"
    fits = said.body.get("api") == "1"
    state = StepState.OK if fits else StepState.FAIL
    note(LineStep.VERSION, f"Phiên bản của trục: {version}", f"The hub's version: {version}", state)
    names = said.body.get("names", {})
    return Invitation(
        url=url,
        code=invite.strip(),
        authority=authority,
        node=str(said.body["node"]),
        name=str(said.body["name"]),
        agencies={str(one): str(names.get(one, "")) for one in said.body["agencies"]},
        hub=str(said.body["hub"]),
        tested=tuple(found),
    )


def send(places: Places, invitation: Invitation, *, rng: Rng) -> Asked:
    """Send the request that lies in the folder. Its ticket is kept first: an answer may be lost."""
    request = json.loads((places.root / "enrolment.json").read_text(encoding="utf-8"))
    kept = places.root / STATE_FILE
    if not kept.exists():
        ticket = base64.urlsafe_b64encode(rng.token(TICKET)).decode("ascii").rstrip("=")
        write_secret(kept, json.dumps({"hub": invitation.hub, "ticket": ticket}).encode())
    ticket = json.loads(read_secret(kept))["ticket"]
    body = {"request": request, "ticket": ticket, "tested": [one.as_dict() for one in invitation.tested]}
    line = JoiningLine(invitation.url, client_context([invitation.authority], None, None))
    said = _asked(line, "POST", "/v1/join", secret=f"Axis-Invite {invitation.code}", body=body)
    return _read(said.body, invitation.hub, spoken(request_digest(request)))


def ask(places: Places) -> Asked:
    """How the request of this folder stands.

    Raises:
        JoinUnknown, HubUnreachable, JoinRefused, NotConfigured.
    """
    kept, line = _kept(places), _line(places)
    said = _asked(line, "GET", "/v1/join/answer", secret=f"Axis-Ticket {kept['ticket']}")
    request = json.loads((places.root / "enrolment.json").read_text(encoding="utf-8"))
    return _read(said.body, kept["hub"], spoken(request_digest(request)))


def finish(places: Places, asked: Asked, *, clock: Clock, tell: Tell, passphrase: bytes | None) -> str:
    """Install the answer, test the line with the new certificate, tell the hub what was found; the hub's id.

    Raises:
        MalformedRequest, CertificateForeign, and as `ask`.
    """
    if asked.answer is None:
        raise JoinUnknown(folder=places.root)
    hub = node_setup.install_node(places, load.read_node_file(places), asked.answer, passphrase=passphrase)
    found = tuple(_let_in(places, asked, clock=clock, passphrase=passphrase))
    for one in found:
        tell(one)
    kept = _kept(places)
    body = {"tested": [one.as_dict() for one in found]}
    _asked(_line(places), "POST", "/v1/join/test", secret=f"Axis-Ticket {kept['ticket']}", body=body)
    (places.root / STATE_FILE).unlink()
    return hub


def forget(places: Places) -> None:
    """What was refused is over: another invite may be used with the same keys."""
    (places.root / STATE_FILE).unlink(missing_ok=True)


def has_asked(folder: Path) -> bool:
    return (folder / STATE_FILE).exists()


def _reach(url: str) -> Iterator[tuple[LineStep, str, str]]:
    way = way_to(url)
    by = f" (proxy {way.host}:{way.port})" if way.proxy else ""
    found = ", ".join(resolve(way)[:4])
    yield LineStep.DNS, f"Tên {way.host} là {found}{by}", f"{way.host} is {found}{by}"
    connect(way)
    yield LineStep.TCP, f"Nối được tới {way.host}:{way.port}", f"{way.host}:{way.port} takes connections"


def _require_authority(url: str, code: InviteCode, authority: str) -> None:
    found = fingerprint(load_certificates(authority.encode())[0])
    if not code.names(found):
        raise NotTheHub(url=url, found=found)


def _clock(date: datetime | None, now: datetime) -> tuple[str, str, StepState]:
    if date is None:
        return "Trục không nói giờ", "The hub does not tell its time", StepState.WARN
    off = max(abs(now - date) - timedelta(seconds=1), timedelta())  # the header has whole seconds
    state = StepState.OK if off <= DRIFT else StepState.FAIL
    seconds = f"{off.total_seconds():.0f}"
    return f"Đồng hồ lệch với trục {seconds} giây", f"The clock is {seconds} s off the hub's", state


def _let_in(places: Places, asked: Asked, *, clock: Clock, passphrase: bytes | None) -> Iterator[StepFound]:
    """What only a node that was let in can see: that the hub knows its certificate, and the hub's log."""
    try:
        peer, hub = asyncio.run(_greeted(places, clock, passphrase))
    except (HubUnreachable, HubRefused) as error:
        yield _failed(LineStep.BINDING, error)
        return
    is_us = peer == asked.node and hub == asked.hub
    state = StepState.OK if is_us else StepState.FAIL
    yield StepFound(
        step=LineStep.BINDING,
        state=state,
        vi=f"Trục {hub} nhận ra nút {peer}",
        en=f"Hub {hub} knows this node as {peer}",
    )
    try:
        size = asyncio.run(_logged(places, clock, passphrase))
    except Refusal as error:
        yield _failed(LineStep.LOG, error)
        return
    yield StepFound(
        step=LineStep.LOG,
        state=StepState.OK,
        vi=f"Nhật ký của trục nhất quán, {size} mục, đúng khóa",
        en=f"The hub's log is consistent, {size} entries, under its key",
    )


async def _greeted(places: Places, clock: Clock, passphrase: bytes | None) -> tuple[str, str]:
    """The certificate is let in by every process of the hub within seconds."""
    line, until = node_line(places, passphrase, clock=clock), clock.monotonic() + TOGETHER
    try:
        while True:
            try:
                said = await line.capabilities()
                return str(said.get("peer")), str(said.get("hub"))
            except (HubUnreachable, HubRefused):
                if clock.monotonic() > until:
                    raise
                await asyncio.sleep(1.0)
    finally:
        await line.close()


async def _logged(places: Places, clock: Clock, passphrase: bytes | None) -> int:
    """Two looks at the log: both signed by the key of the answer, the later one continuing the earlier.

    Raises:
        LedgerError, HubUnreachable, HubRefused.
    """
    key = read_vkey((places.root / "hub.vkey").read_text(encoding="ascii").strip())
    line = node_line(places, passphrase, clock=clock)
    try:
        notes = [await line.log.checkpoint(), await line.log.checkpoint()]
        seen = [open_checkpoint(note, key) for note in notes if note is not None]
        if len(seen) < len(notes):
            return 0
        old, new = seen
        path = await line.log.consistency(old.size, new.size)
        verify_consistency(old.size, new.size, path, root1=old.root, root2=new.root)
        return new.size
    finally:
        await line.close()


def _failed(step: LineStep, error: Refusal) -> StepFound:
    return StepFound(step=step, state=StepState.FAIL, vi=error.message("vi")[:300], en=error.message("en")[:300])


def _asked(line: JoiningLine, method: str, path: str, *, secret: str, body: Mapping[str, Any] | None = None) -> Said:
    try:
        return line.ask(method, path, secret=secret, body=body)
    except HubRefused as error:
        problem = error.problem
        raise JoinRefused(
            problem_code=problem.get("code", ""),
            said_vi=str(problem.get("vi", ""))[:300],
            said_en=str(problem.get("en", ""))[:300],
            todo_vi=str(problem.get("remedy_vi", ""))[:300],
            todo_en=str(problem.get("remedy_en", ""))[:300],
        ) from error


def _line(places: Places) -> JoiningLine:
    roots = [places.hub_ca.read_text(encoding="ascii")]
    return JoiningLine(load.read_node_file(places).hub, client_context(roots, None, None))


def _kept(places: Places) -> dict[str, str]:
    if not has_asked(places.root):
        raise JoinUnknown(folder=places.root)
    kept: dict[str, str] = json.loads(read_secret(places.root / STATE_FILE))
    return kept


def _read(body: Mapping[str, Any], hub: str, compare: str) -> Asked:
    return Asked(
        node=str(body["node"]),
        hub=hub,
        state=InviteState(body["state"]),
        compare=compare,
        reason=str(body.get("reason") or ""),
        answer=body.get("answer"),
    )
