"""`axis node …`: making, running and tending a node. Its mail is in `node_mail`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exchange_axis.commands import (
    archive,
    bulletins,
    certificates,
    dossiers,
    node_access,
    node_disposal,
    node_join,
    node_mail,
    node_record,
    people,
    rotate,
    settings_record,
    tally,
)
from exchange_axis.commands.common import add_common, add_passphrase
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import read_json, read_text
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.commands.own_keys import AgencyRepeated, add_own_keys, issuers, own_keys
from exchange_axis.domain.ids import canonical_code


def register(commands: Any) -> None:
    node = commands.add_parser("node", help="nút của cơ quan: gửi, nhận / an agency's node: send and receive")
    verbs = node.add_subparsers(dest="verb", required=True, metavar="LỆNH")
    _register_init(verbs)
    node_join.register(verbs)
    install = verbs.add_parser("install", help="cài tệp trả lời của trục / install the hub's answer")
    install.add_argument("file", type=Path)
    _end(install, _install)
    _end(verbs.add_parser("serve", help="chạy nút / run the node"), _serve)
    _end(verbs.add_parser("status", help="tình trạng / state"), _status)
    _end(verbs.add_parser("migrate", help="nâng cấp cơ sở dữ liệu / bring the database up to date"), _migrate)
    node_mail.register(verbs)
    bulletins.register(verbs, "node")
    certificates.register_node(verbs)
    dossiers.register_node(verbs)
    node_disposal.register(verbs)
    tally.register_node(verbs)
    _register_trust(verbs)
    rotate.register_node(verbs)
    people.register(verbs, "node")
    settings_record.register(verbs, "node")
    archive.register(verbs)
    node_access.register(verbs)
    node_record.register(verbs)


def _register_trust(verbs: Any) -> None:
    trust = verbs.add_parser("trust", help="gốc tin cậy / trust anchors")
    acts = trust.add_subparsers(dest="act", required=True, metavar="LỆNH")
    add = acts.add_parser("add", help="tin một chứng thư gốc / trust a root")
    add.add_argument("file", type=Path)
    add.add_argument("--name", required=True)
    _end(add, _trust_add)
    pin = acts.add_parser("pin", help="ghim người ký danh sách tin cậy / pin who signs the trust list")
    pin.add_argument("fingerprint", help="SHA-256 của chứng thư / of the certificate")
    _end(pin, _pin)


def _register_init(verbs: Any) -> None:
    init = verbs.add_parser("init", help="tạo khóa, con dấu, tệp đăng ký / make keys, seals, enrolment request")
    init.add_argument("--id", required=True, help="ví dụ / for example nut-xuan-loc")
    init.add_argument("--name", required=True)
    init.add_argument("--agency", action="append", required=True, metavar="MÃ[=TÊN]", help="mã được phục vụ / served")
    init.add_argument("--hub", required=True, metavar="URL", help="https://HOST:PORT của trục / of the hub")
    init.add_argument("--hub-ca", type=Path, default=None, metavar="PEM", help="chứng thư CA của trục / the hub's CA")
    init.add_argument("--hub-fingerprint", default=None, metavar="SHA256", help="vân tay CA / the CA's fingerprint")
    init.add_argument(
        "--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="API nội bộ, cổng 0: bất kỳ / local API, 0: any"
    )
    add_own_keys(init)
    add_passphrase(init)
    _end(init, _init)


def _end(parser: argparse.ArgumentParser, handler: Any) -> None:
    add_common(parser, "node")
    parser.set_defaults(handler=handler)


def _init(context: Context, args: argparse.Namespace) -> int:
    folder, agencies = context.folder("node", args.data), _agencies(args.agency)
    taken = own_keys(args, agencies, at=context.clock.now())
    made = context.actions["node.init"](
        folder,
        id=args.id,
        name=args.name,
        agencies=agencies,
        hub=args.hub,
        hub_ca=None if args.hub_ca is None else read_text(args.hub_ca),
        hub_fingerprint=args.hub_fingerprint,
        listen=args.listen,
        passphrase_file=args.passphrase_file,
        taken=taken,
    )
    next_step = f"axis hub node add {made['request']}"
    above = issuers(taken)
    context.output.data({"id": args.id, **made, "issuers": above, "next": next_step})
    context.output.say(
        f"Đã tạo nút {args.id} ở {folder}, phục vụ {', '.join(agencies)}\n"
        f"Chuyển {made['request']} cho quản trị trục:\n→ {next_step}\n"
        f"Khi có tệp trả lời:\n→ axis node install answer.json --data {folder}",
        f"Made node {args.id} in {folder}, serving {', '.join(agencies)}\n"
        f"Hand {made['request']} to the hub's operator:\n→ {next_step}\n"
        f"When the answer has come:\n→ axis node install answer.json --data {folder}",
    )
    for issuer in above:
        steps = f"→ axis hub trust add ROOT.pem --name NAME\n→ axis node trust add ROOT.pem --name NAME --data {folder}"
        context.output.say(
            f"Con dấu do {issuer} cấp; trục và nút phải tin gốc của CA này:\n{steps}",
            f"Sealed under {issuer}; hub and node must trust its root:\n{steps}",
        )
    return Exit.OK


def _agencies(given: Sequence[str]) -> dict[str, str]:
    """Code to name. Raises AgencyRepeated, MalformedCode."""
    agencies: dict[str, str] = {}
    for entry in given:
        text, _, name = entry.partition("=")
        code = canonical_code(text)
        if code in agencies:
            raise AgencyRepeated(agency=code)
        agencies[code] = name.strip()
    return agencies


def _install(context: Context, args: argparse.Namespace) -> int:
    folder = context.folder("node", args.data)
    hub = context.actions["node.install"](folder, read_json(args.file))
    next_step = f"axis node serve --data {folder}"
    context.output.data({"hub": hub, "next": next_step})
    context.output.say(f"Đã đăng ký với trục {hub}\n→ {next_step}", f"Enrolled at hub {hub}\n→ {next_step}")
    return Exit.OK


def _serve(context: Context, args: argparse.Namespace) -> int:
    return int(context.actions["node.serve"](context, context.folder("node", args.data)))


def _migrate(context: Context, args: argparse.Namespace) -> int:
    before, after = context.actions["node.migrate"](context.folder("node", args.data))
    context.output.data({"before": before, "after": after})
    context.output.say(f"Cơ sở dữ liệu: {before} → {after}", f"Database: {before} → {after}")
    return Exit.OK


def _status(context: Context, args: argparse.Namespace) -> int:
    state = context.operate("node", context.folder("node", args.data), "status")
    context.output.data(state)
    context.output.say(
        f"Nút {state['node']} ở trục {state['hub']}: chờ gửi {state['queued']}, trục đã nhận {state['accepted']}, "
        f"trục từ chối {state['refused']}",
        f"Node {state['node']} at hub {state['hub']}: {state['queued']} queued, {state['accepted']} accepted, "
        f"{state['refused']} refused",
    )
    english = context.output.language == "en"
    context.output.table(list(state["agencies"].items()), ["code", "name"] if english else ["mã", "cơ quan"])
    if state["desk"] is not None:
        root = f", root {state['desk']['root']}" if state["desk"]["root"] else ""
        context.output.say(f"Bàn văn thư: {state['desk']['url']}{root}", f"Desk: {state['desk']['url']}{root}")
    if state["certificates"]:
        context.output.say("Chứng thư sắp hết hạn:", "Certificates near their end:")
        certificates.say_ends(context, state["certificates"])
    if state["alarms"]:
        rows = [
            [time_of(alarm["last_at"]), alarm["code"], alarm["count"], alarm["en" if english else "vi"]]
            for alarm in state["alarms"]
        ]
        context.output.table(
            rows, ["time", "alarm", "times", "what"] if english else ["lúc", "cảnh báo", "số lần", "nội dung"]
        )
    return Exit.OK


def _pin(context: Context, args: argparse.Namespace) -> int:
    found = context.actions["trust.pin"](context.folder("node", args.data), args.fingerprint)
    context.output.data({"trust_signer": found})
    context.output.say(f"Đã ghim người ký danh sách tin cậy {found}", f"Pinned the trust list's signer {found}")
    return Exit.OK


def _trust_add(context: Context, args: argparse.Namespace) -> int:
    context.actions["node.trust"](context.folder("node", args.data), args.name, read_text(args.file))
    context.output.data({"name": args.name})
    context.output.say(f"Đã tin gốc {args.name}", f"Trusting root {args.name}")
    return Exit.OK
