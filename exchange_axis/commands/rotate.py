"""`axis hub rotate …`, `axis node rotate …`, `axis hub node rotate`: new keys beside the old ones, without a stop."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import read_json, write_new
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.commands.own_keys import add_taken_key, taken_key

_PLACES = {"seal": "agency-seal:", "node-seal": "node-seal", "tls": "tls"}
_OWN = {
    "tls": "chứng thư máy chủ TLS của trục / the hub's TLS server certificate",
    "tsa": "chứng thư dấu thời gian của trục / the hub's time-stamping certificate",
}
OVERLAP_DAYS = 30


def register_node(verbs: Any) -> None:
    acts = _acts(verbs)
    names = {
        "seal": "con dấu cơ quan / an agency's seal",
        "node-seal": "con dấu nút / the node seal",
        "tls": "khóa TLS / TLS key",
    }
    for name, meaning in names.items():
        one = acts.add_parser(name, help=f"khóa mới: {meaning}")
        if name == "seal":
            one.add_argument("--code", default="", metavar="MÃ", help="cơ quan, nếu có nhiều / agency, where several")
        add_taken_key(one)
        _add_way(one, "tệp yêu cầu cho trục / request for the hub")
        _end(one, _node, "node")
    install = acts.add_parser("install", help="cài khóa mới cùng chứng thư / put the new key into place")
    install.add_argument(
        "file", type=Path, nargs="?", help="trả lời của trục; không có: đã nhận qua đường truyền / the hub's answer"
    )
    _add_forget(install)
    _end(install, _node_install, "node")
    listing = acts.add_parser("list", help="khóa mới đang xin qua đường truyền / new keys asked for over the line")
    _end(listing, _node_list, "node")


def register_hub(verbs: Any) -> None:
    acts = _acts(verbs)
    seal = acts.add_parser("seal", help="con dấu trục mới / a new hub seal")
    add_taken_key(seal)
    seal.add_argument("--out", type=Path, required=True, help="tệp cho các trục liền kề / file for hubs beside it")
    _end(seal, _hub, "hub")
    uplink = acts.add_parser("uplink", help="khóa TLS mới với trục cấp trên / a new TLS key for the hub above")
    _add_way(uplink, "tệp cho trục cấp trên / file for the hub above")
    _end(uplink, _uplink, "hub")
    for name, meaning in _OWN.items():
        _end(acts.add_parser(name, help=f"khóa mới: {meaning}"), _own, "hub")
    authority = acts.add_parser("authority", help="CA mới của trục, nối tiếp CA cũ / a new authority after the old one")
    authority.add_argument(
        "--install", action="store_true", help="CA mới bắt đầu cấp chứng thư / the new one issues from now on"
    )
    authority.add_argument(
        "--force", action="store_true", help="dù còn nơi chưa nhận gốc mới / although some lack the new root"
    )
    add_as(authority)
    _end(authority, _authority, "hub")
    log = acts.add_parser("log", help="khóa nhật ký mới, khi trục đang dừng / a new log key, while the hub is stopped")
    _end(log, _log, "hub")
    install = acts.add_parser("install", help="đưa khóa mới vào dùng / put the new key into place")
    install.add_argument(
        "file", type=Path, nargs="?", help="trả lời của trục cấp trên; không có: con dấu / answer of the hub above"
    )
    _add_forget(install)
    _end(install, _hub_install, "hub")


def register_peer(acts: Any) -> None:
    asked = acts.add_parser("asked", help="khóa mới đang chờ duyệt / new keys that wait for approval")
    asked.add_argument("--refuse", default="", metavar="MÃ", help="từ chối yêu cầu này / refuse this one")
    asked.add_argument("--reason", default="", metavar="LÝ-DO", help="vì sao từ chối / why")
    _end(asked, _asked, "hub")
    rotate = acts.add_parser("rotate", help="nhận khóa mới của nút hoặc trục / bind a peer's new keys")
    given = rotate.add_mutually_exclusive_group(required=True)
    given.add_argument("file", type=Path, nargs="?", help="tệp yêu cầu / request as a file")
    given.add_argument("--asked", default="", metavar="MÃ", help="nút, hoặc mã yêu cầu / peer, or id of the request")
    rotate.add_argument(
        "--overlap",
        type=number,
        default=OVERLAP_DAYS,
        metavar="NGÀY",
        help="số ngày khóa cũ còn hiệu lực / days that the old keys stay bound",
    )
    rotate.add_argument("--out", type=Path, default=None, help="tệp trả lời cho nút / answer file for the peer")
    _end(rotate, _peer, "hub")


def _add_way(parser: argparse.ArgumentParser, file: str) -> None:
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--out", type=Path, help=file)
    way.add_argument(
        "--ask", action="store_true", help="tiến trình đang chạy gửi yêu cầu / the running process hands it over"
    )


def _acts(verbs: Any) -> Any:
    rotate = verbs.add_parser("rotate", help="thay khóa, thư không dừng / new keys, without a stop of mail")
    return rotate.add_subparsers(dest="act", required=True, metavar="LỆNH")


def _add_forget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--forget", action="store_true", help="hủy khóa riêng cũ / destroy the old private key; certificates stay"
    )


def _end(parser: argparse.ArgumentParser, handler: Any, kind: str) -> None:
    add_common(parser, kind)
    parser.set_defaults(handler=handler)


def _node(context: Context, args: argparse.Namespace) -> int:
    folder, place = context.folder("node", args.data), _PLACES[args.act] + getattr(args, "code", "")
    taken = taken_key(args, args.act, at=context.clock.now())
    request = context.actions["node.rotate"](folder, place, taken=taken, ask=args.ask)
    if args.ask:
        return _say_asked(context, request, "axis node rotate install")
    write_new(args.out, json.dumps(request, indent=1, ensure_ascii=False))
    next_step = f"axis hub node rotate {args.out.name} --out {args.out.stem}.answer.json"
    context.output.data({"request": str(args.out), "next": next_step})
    context.output.say(
        f"Chuyển {args.out} cho quản trị trục\n→ {next_step}", f"Hand {args.out} to the hub's operator\n→ {next_step}"
    )
    return Exit.OK


def _node_install(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("node", args.data)
    answer = None if args.file is None else read_json(args.file)
    names = context.actions["node.rotate.install"](folder, answer, forget=args.forget)
    context.output.data({"installed": list(names)})
    context.output.say(
        f"Đã cài {', '.join(names)}; khởi động lại nút để dùng",
        f"Installed {', '.join(names)}; restart the node to use it",
    )
    return Exit.OK


def _node_list(context: Context, args: argparse.Namespace) -> int:
    found = context.actions["node.rotate.list"](context.folder("node", args.data))
    context.output.data({"keys": [{"name": one.name, "state": one.state, "reason": one.reason} for one in found]})
    context.output.table([[one.name, one.state, one.reason or ""] for one in found], ["key", "state", "reason"])
    return Exit.OK


def _say_asked(context: Context, request: Any, next_step: str) -> int:
    from signing.certificates import read_csr

    places = sorted({*request["requests"], *request["certificates"]})
    keys = [read_csr(one.encode()).fingerprint for one in request["requests"].values()]
    context.output.data({"asked": places, "keys": keys, "next": next_step})
    context.output.say(
        f"Yêu cầu cho {', '.join(places)} được gửi khi có đường truyền; khóa mới {', '.join(keys) or '—'}\n"
        f"Trục duyệt: axis hub node rotate --asked {request['id']}\nSau đó:\n→ {next_step}",
        f"The request for {', '.join(places)} goes over the line; new key {', '.join(keys) or '—'}\n"
        f"The hub approves: axis hub node rotate --asked {request['id']}\nThen:\n→ {next_step}",
    )
    return Exit.OK


def _asked(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("hub", args.data)
    if args.refuse:
        found = [context.operate("hub", folder, "peer.rotate-refuse", id=args.refuse, reason=args.reason)]
    else:
        found = context.operate("hub", folder, "peer.rotations")
    context.output.data({"asked": found})
    rows = [[one["peer"], place, key, one["id"][:16]] for one in found for place, key in one["keys"].items()]
    context.output.table(rows, ["peer", "place", "new key", "id"])
    return Exit.OK


def _hub(context: Context, args: argparse.Namespace) -> int:
    taken = taken_key(args, "seal", at=context.clock.now())
    request = context.actions["hub.rotate"](context.folder("hub", args.data), taken=taken)
    write_new(args.out, json.dumps(request, indent=1, ensure_ascii=False))
    next_step = f"axis hub node rotate {args.out.name}"
    context.output.data({"request": str(args.out), "next": next_step})
    context.output.say(
        f"Chuyển {args.out} cho trục cấp trên và các trục cấp dưới, hoặc đưa con dấu mới vào danh sách tin cậy\n"
        f"→ {next_step}\nSau đó:\n→ axis hub rotate install",
        f"Hand {args.out} to the hubs above and below, or put the new seal into the trust list\n"
        f"→ {next_step}\nThen:\n→ axis hub rotate install",
    )
    return Exit.OK


def _log(context: Context, args: argparse.Namespace) -> int:
    done = context.actions["hub.rotate.log"](context.folder("hub", args.data), actor=context.actor)
    context.output.data(done)
    context.output.say(
        f"Nhật ký đi tiếp với khóa mới {done['vkey']} từ {done['size']} mục; khởi động lại trục\n"
        "Các trục liền kề và nút tự theo; đưa cả hai khóa vào danh sách tin cậy: axis hub trust-list draft",
        f"The log goes on under the new key {done['vkey']} from {done['size']} entries; start the hub again\n"
        "Hubs beside it and nodes follow by themselves; put both keys into the trust list: axis hub trust-list draft",
    )
    return Exit.OK


def _uplink(context: Context, args: argparse.Namespace) -> int:
    request = context.actions["hub.rotate.uplink"](context.folder("hub", args.data), ask=args.ask)
    if args.ask:
        return _say_asked(context, request, "axis hub rotate install")
    write_new(args.out, json.dumps(request, indent=1, ensure_ascii=False))
    next_step = f"axis hub node rotate {args.out.name} --out {args.out.stem}.answer.json"
    context.output.data({"request": str(args.out), "next": next_step})
    context.output.say(
        f"Chuyển {args.out} cho quản trị trục cấp trên\n→ {next_step}\nSau đó:\n→ axis hub rotate install TỆP",
        f"Hand {args.out} to the operator of the hub above\n→ {next_step}\nThen:\n→ axis hub rotate install FILE",
    )
    return Exit.OK


def _authority(context: Context, args: argparse.Namespace) -> int:
    folder, operation = context.folder("hub", args.data), "authority.install" if args.install else "authority.announce"
    given = {"force": args.force} if args.install else claim_arguments(context, args)
    done = context.operate("hub", folder, operation, **given)
    context.output.data(done)
    waiting = ", ".join(done["waiting"])
    if done["upcoming"] is None:
        context.output.say(
            f"CA mới {done['root']} cấp chứng thư từ bây giờ, trục đang chạy cũng vậy\n→ axis hub rotate tls",
            f"The new authority {done['root']} issues from now on, in a running hub too\n→ axis hub rotate tls",
        )
    elif not done["approved"]:
        context.output.say(
            f"Gốc mới {done['upcoming']} chờ người thứ hai duyệt\n→ axis hub trust list; axis hub trust approve SỐ",
            f"The new root {done['upcoming']} waits for approval\n→ axis hub trust list; axis hub trust approve NUMBER",
        )
    else:
        context.output.say(
            f"Gốc mới {done['upcoming']}; chưa nhận: {waiting or 'không còn nơi nào'}\n"
            "→ axis hub rotate authority --install",
            f"New root {done['upcoming']}; still without it: {waiting or 'nobody'}\n"
            "→ axis hub rotate authority --install",
        )
    return Exit.OK


def _own(context: Context, args: argparse.Namespace) -> int:
    done = context.operate("hub", context.folder("hub", args.data), "own.rotate", name=args.act)
    context.output.data(done)
    context.output.say(
        f"Chứng thư mới {done['fingerprint']}, đến {time_of(done['not_after'])}; trục đang chạy đã dùng ngay",
        f"New certificate {done['fingerprint']}, until {time_of(done['not_after'])}; a running hub uses it already",
    )
    return Exit.OK


def _hub_install(context: Context, args: argparse.Namespace) -> int:
    answer = None if args.file is None else read_json(args.file)
    name, found = context.actions["hub.rotate.install"](
        context.folder("hub", args.data), answer=answer, forget=args.forget
    )
    context.output.data({name: found})
    words = {
        "seal": ("Con dấu mới: {}; khởi động lại trục để dùng", "New seal: {}; restart the hub to use it"),
        "uplink": (
            "Khóa TLS mới với trục cấp trên: {}; để dùng: systemctl reload, hoặc khởi động lại trục",
            "New key for the uplink: {}; to use it: systemctl reload, or restart the hub",
        ),
    }
    vi, en = words[name]
    context.output.say(vi.format(found), en.format(found))
    return Exit.OK


def _peer(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("hub", args.data)
    if args.asked:
        peer, next_step = args.asked, "axis node rotate install"
        answer = context.operate("hub", folder, "peer.rotate-asked", id=peer, overlap_days=args.overlap)
    else:
        request = read_json(args.file)
        peer, next_step = request["id"], "axis node rotate install FILE"
        answer = context.operate("hub", folder, "peer.rotate", request=request, overlap_days=args.overlap)
    if args.out is not None:
        write_new(args.out, json.dumps(answer, indent=1))
    context.output.data({"id": peer, "out": str(args.out or ""), "answer": answer})
    context.output.say(
        f"{peer}: khóa mới có hiệu lực, khóa cũ còn {args.overlap} ngày\n→ {next_step}",
        f"{peer}: the new keys are bound, the old ones for {args.overlap} more days\n→ {next_step}",
    )
    return Exit.OK
