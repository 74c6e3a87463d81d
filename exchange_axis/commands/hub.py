"""`axis hub …`: making, running and tending a hub."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands import (
    bulletins,
    certificates,
    hub_authority,
    hub_desk,
    hub_disposal,
    hub_invite,
    hub_retry,
    hub_seals,
    hub_trust,
    hub_trust_list,
    people,
    rotate,
    settings_record,
    tally,
)
from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.common import add_common, add_passphrase
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import read_json, write_new
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit


def register(commands: Any) -> None:
    hub = commands.add_parser("hub", help="trục: khởi tạo, chạy, quản lý nút / make, run and tend a hub")
    verbs = hub.add_subparsers(dest="verb", required=True, metavar="LỆNH")
    _register_life(verbs)
    _register_peers(verbs)
    hub_desk.register(verbs)
    hub_retry.register(verbs)
    bulletins.register(verbs, "hub")
    certificates.register_hub(verbs)
    hub_seals.register(verbs)
    hub_authority.register(verbs)
    hub_disposal.register(verbs)
    tally.register_hub(verbs)
    _register_uplink(verbs)
    hub_trust.register(verbs)
    people.register(verbs, "hub")
    settings_record.register(verbs, "hub")
    hub_trust_list.register(verbs)
    rotate.register_hub(verbs)


def _register_life(verbs: Any) -> None:
    init = verbs.add_parser("init", help="tạo khóa, chứng thư, cơ sở dữ liệu / make keys, certificates, database")
    init.add_argument("--id", required=True, help="ví dụ / for example truc-h45")
    init.add_argument("--name", required=True)
    init.add_argument("--url", required=True, help="https://HOST:PORT mà nút kết nối tới / that peers connect to")
    init.add_argument("--listen", default=None, metavar="HOST:PORT", help="mặc định theo --url / default from --url")
    init.add_argument("--database", default="", metavar="URL", help="mặc định SQLite / default SQLite")
    words = "người cần khi đổi gốc, danh sách tin cậy, danh mục / people that a change of trust or directory needs"
    init.add_argument("--trust-approvers", type=int, choices=(1, 2), default=2, help=words)
    add_passphrase(init)
    _end(init, _init)
    _end(verbs.add_parser("serve", help="chạy trục / run the hub"), _serve)
    _end(verbs.add_parser("status", help="tình trạng / state"), _status)
    _end(verbs.add_parser("migrate", help="nâng cấp cơ sở dữ liệu / bring the database up to date"), _migrate)


def _register_peers(verbs: Any) -> None:
    node = verbs.add_parser("node", help="nút và trục cấp dưới / nodes and hubs below")
    acts = node.add_subparsers(dest="act", required=True, metavar="LỆNH")
    add = acts.add_parser("add", help="ghi nhận tệp đăng ký / note an enrolment request")
    add.add_argument("file", type=Path)
    add_as(add)
    _end(add, _add)
    approve = acts.add_parser("approve", help="cấp chứng thư và quyền / bind certificates and grant")
    approve.add_argument("id")
    approve.add_argument("--code", action="append", default=[], help="mã được gửi thay / code it may act for")
    approve.add_argument("--relay", action="append", default=[], help="cây mã được chuyển / subtree it may relay for")
    approve.add_argument("--out", type=Path, default=None, help="tệp trả lời cho nút / answer file for the peer")
    _end(approve, _approve)
    revoke = acts.add_parser("revoke", help="cắt kết nối và quyền / end bindings and grants")
    revoke.add_argument("id")
    revoke.add_argument("--reason", required=True)
    _end(revoke, _revoke)
    _end(acts.add_parser("list", help="danh sách / list"), _list)
    hub_invite.register(acts)
    rotate.register_peer(acts)


def _register_uplink(verbs: Any) -> None:
    uplink = verbs.add_parser("uplink", help="nối lên trục cấp trên / connect to the hub above")
    acts = uplink.add_subparsers(dest="act", required=True, metavar="LỆNH")
    request = acts.add_parser("request", help="tạo tệp đăng ký / make the request")
    request.add_argument("--subtree", action="append", required=True, help="mã được giao / delegated code")
    request.add_argument("--out", type=Path, required=True)
    _end(request, _uplink_request)
    install = acts.add_parser("install", help="cài tệp trả lời / install the answer")
    install.add_argument("file", type=Path)
    _end(install, _uplink_install)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "hub")
    parser.set_defaults(handler=handler)


def _init(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("hub", args.data)
    made = context.actions["hub.init"](
        folder,
        id=args.id,
        name=args.name,
        url=args.url,
        listen=args.listen,
        database=args.database,
        trust_approvers=args.trust_approvers,
        passphrase_file=args.passphrase_file,
    )
    next_step = f"axis hub serve --data {folder}"
    context.output.data({**made, "next": next_step})
    context.output.say(
        f"Đã tạo trục {args.id} ở {folder}\nVân tay CA (nút cần để kết nối): {made['fingerprint']}\n→ {next_step}",
        f"Made hub {args.id} in {folder}\nCA fingerprint (nodes pin it): {made['fingerprint']}\n→ {next_step}",
    )
    return Exit.OK


def _serve(context: Context, args: argparse.Namespace) -> int:
    return int(context.actions["hub.serve"](context, context.folder("hub", args.data)))


def _migrate(context: Context, args: argparse.Namespace) -> int:
    before, after = context.actions["hub.migrate"](context.folder("hub", args.data))
    context.output.data({"before": before, "after": after})
    context.output.say(f"Cơ sở dữ liệu: {before} → {after}", f"Database: {before} → {after}")
    return Exit.OK


def _status(context: Context, args: argparse.Namespace) -> int:
    state = _ask(context, args, "status")
    context.output.data(state)
    log, directory = state["log"], state["directory"]
    context.output.say(
        f"Trục {state['id']} ({state['name']}): {directory['agencies']} cơ quan, nhật ký {log['size']} mục",
        f"Hub {state['id']} ({state['name']}): {directory['agencies']} agencies, log of {log['size']} entries",
    )
    _say_log(context, log)
    rows = [[row["peer"], row["state"], row["count"]] for row in state["queues"]]
    if rows:
        context.output.table(rows, ["peer", "state", "count"])
    _say_line(context, state["uplink"])
    if state["tray"]:
        context.output.say(
            f"{state['tray']} thông điệp giữa các trục bị từ chối: axis hub deliveries --tray",
            f"{state['tray']} messages between hubs were refused: axis hub deliveries --tray",
        )
    if state["people_unconfirmed"]:
        context.output.say(
            f"{state['people_unconfirmed']} thay đổi quyền chưa ai xác nhận: axis hub user changes",
            f"{state['people_unconfirmed']} permission changes wait for a confirmation: axis hub user changes",
        )
    for alarm in state["people_alarms"]:
        context.output.say(f"{alarm['vi']}: axis hub user review", f"{alarm['en']}: axis hub user review")
    _say_time(context, state["time_stamps"], state["clock"])
    _say_certificates(context, state)
    _say_lists(context, state)
    if state["dark"]:
        context.output.say("Nút không thấy kết nối:", "Nodes not seen:")
        seen = [[row["peer"], _seen(context, row["since"]), row["name"]] for row in state["dark"]]
        context.output.table(seen, ["node", "since", "name"] if context.output.language == "en" else _DARK_HEAD)
    return Exit.OK


_DARK_HEAD = ["nút", "từ lúc", "tên"]


def _say_log(context: Context, log: Mapping[str, Any]) -> None:
    """What contradicts what, and who has cosigned how far."""
    if not log["sound"]:
        context.output.say("TRỤC NGỪNG KÝ: nhật ký không khớp", "THE HUB SIGNS NOTHING: its log contradicts itself")
    for row in log["contradictions"]:
        context.output.say(
            f"  {time_of(row['at'])} {row['code']}: {row['vi']}", f"  {time_of(row['at'])} {row['code']}: {row['en']}"
        )
    if log["witnesses"]:
        rows = [[row["name"], row["size"], _seen(context, row["at"])] for row in log["witnesses"]]
        context.output.table(rows, ["witness", "size", "at"])


def _say_line(context: Context, line: Mapping[str, Any] | None) -> None:
    """How the line to the hub above is, where it is not as it should be."""
    if line is None or line["state"] == "closed":
        return
    since = time_of(line["since"])
    context.output.say(
        f"Mất đường lên trục cấp trên từ {since}, đã thử {line['failures']} lần: {line['error']}",
        f"The line to the hub above is down since {since}, {line['failures']} tries: {line['error']}",
    )


def _say_time(context: Context, stamps: Mapping[str, Any], clock: Mapping[str, Any]) -> None:
    """What waits for a time-stamp too long, and a clock that is wrong."""
    if stamps["late"]:
        since, why = time_of(stamps["waiting_since"]), stamps["error"] or "-"
        context.output.say(
            f"Nhật ký chờ dấu thời gian từ {since} ({why}); thư vẫn đi, dấu sẽ tự được lấy lại",
            f"The log waits for a time-stamp since {since} ({why}); letters go on, it is fetched later by itself",
        )
    if not clock["right"]:
        context.output.say(
            f"ĐỒNG HỒ SAI so với {clock['source']}: trục ngừng cấp biên nhận cho tới khi giờ đúng lại",
            f"THE CLOCK IS WRONG against {clock['source']}: no receipts until it is right again",
        )


def _say_certificates(context: Context, state: Mapping[str, Any]) -> None:
    """Those that end soon or were revoked, and letters whose seal could not be checked in time."""
    if state["certificates"]:
        context.output.say("Chứng thư cần chú ý:", "Certificates that need attention:")
        certificates.say_ends(context, state["certificates"])
    if count := state["revocation_overdue"]:
        context.output.say(
            f"{count} văn bản, con dấu quá hạn mà chưa kiểm tra được thu hồi (axis hub stops)",
            f"{count} letters and seals whose revocation could not be checked within the grace (axis hub stops)",
        )


def _say_lists(context: Context, state: Mapping[str, Any]) -> None:
    for one in state["ended_lists"]:
        until = time_of(one["next_update"])
        context.output.say(
            f"Danh sách thu hồi của {one['subject']} đã hết hạn {until} (axis hub authority lists)",
            f"The revocation list of {one['subject']} ended {until} (axis hub authority lists)",
        )


def _seen(context: Context, at: str | None) -> str:
    return time_of(at) if at else ("never" if context.output.language == "en" else "chưa bao giờ")


def _list(context: Context, args: argparse.Namespace) -> int:
    rows = _ask(context, args, "peer.list")
    context.output.data(rows)
    context.output.table(
        [[row["id"], row["kind"], row["state"], _seen(context, row["seen_at"]), row["name"]] for row in rows],
        ["id", "kind", "state", "seen", "name"],
    )
    return Exit.OK


def _add(context: Context, args: argparse.Namespace) -> int:
    request = read_json(args.file)
    row = _ask(context, args, "peer.add", request=request)
    # A hub brings its root; whatever a node brings, its seals are trusted only if an operator says so (hub trust add).
    waiting = []
    for number, pem in enumerate(request.get("anchors", ()) if row["kind"] == "child" else ()):
        name = row["id"] if number == 0 else f"{row['id']}-{number}"
        change = _ask(context, args, "trust.add", name=name, pem=pem, **claim_arguments(context, args))
        waiting += [change["seq"]] if change["state"] == "waiting" else []
    next_step = f"axis hub node approve {row['id']} --out {row['id']}.answer.json"
    context.output.data({**row, "next": next_step, "proposals": waiting})
    for seq in waiting:
        context.output.say(
            f"Gốc của {row['id']} chờ người thứ hai: axis hub trust approve {seq}",
            f"The root of {row['id']} waits for a second person: axis hub trust approve {seq}",
        )
    context.output.say(f"{row['id']}: {row['state']}\n→ {next_step}", f"{row['id']}: {row['state']}\n→ {next_step}")
    return Exit.OK


def _approve(context: Context, args: argparse.Namespace) -> int:
    answer = _ask(context, args, "peer.approve", id=args.id, codes=args.code, relay=args.relay)
    if args.out is not None:
        write_new(args.out, json.dumps(answer, indent=1))
    context.output.data({"id": args.id, "state": "approved", "out": str(args.out or ""), "answer": answer})
    install = "axis hub uplink install" if "hub-seal" in answer["certificates"] else "axis node install"
    context.output.say(
        f"Đã duyệt {args.id}\n→ chuyển {args.out or 'kết quả --json'} cho bên đó: {install} TỆP",
        f"Approved {args.id}\n→ hand {args.out or 'the --json result'} to it: {install} FILE",
    )
    return Exit.OK


def _revoke(context: Context, args: argparse.Namespace) -> int:
    context.output.data(_ask(context, args, "peer.revoke", id=args.id, reason=args.reason))
    context.output.say(f"Đã cắt {args.id}", f"Revoked {args.id}")
    return Exit.OK


def _uplink_request(context: Context, args: argparse.Namespace) -> int:
    request = context.actions["hub.uplink.request"](context.folder("hub", args.data), tuple(args.subtree))
    write_new(args.out, json.dumps(request, indent=1))
    next_step = f"axis hub node add {args.out.name}"
    context.output.data({"request": str(args.out), "next": next_step})
    context.output.say(f"Chuyển {args.out} lên trục cấp trên\n→ {next_step}", f"Hand {args.out} up\n→ {next_step}")
    return Exit.OK


def _uplink_install(context: Context, args: argparse.Namespace) -> int:
    folder, answer = context.folder("hub", args.data), read_json(args.file)
    context.actions["hub.uplink.install"](folder, answer)
    parent = _ask(context, args, "uplink.adopt", answer=answer)
    context.output.data(parent)
    context.output.say(
        f"Đã nối lên {parent['parent']}; khởi động lại trục để dùng",
        f"Connected to {parent['parent']}; restart the hub to use it",
    )
    return Exit.OK


def _ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    return context.operate("hub", context.folder("hub", args.data), operation, **arguments)
