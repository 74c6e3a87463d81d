"""The commands of the node; each prints one JSON value. Exit code 1 and a JSON object with `refused` for a refusal.

This command line is what the conformance test drives: another implementation takes part by offering the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .client import Refused
from .edxml import Letter
from .identity import Settings, install, make
from .node import Node
from .parcel import LANES


def main() -> int:
    args = _parser().parse_args()
    try:
        result = _run(args)
    except Refused as refused:
        print(json.dumps({"refused": refused.problem}))
        return 1
    print(json.dumps(result))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mininode")
    parser.add_argument("folder", type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="make keys and the enrolment request")
    for option in ("--id", "--name", "--hub"):
        init.add_argument(option, required=True)
    init.add_argument("--agency", action="append", required=True, metavar="CODE=NAME")
    installing = commands.add_parser("install", help="keep the hub's answer")
    installing.add_argument("answer", type=Path)
    installing.add_argument("--fingerprint", help="SHA-256 of the hub's root, got through another channel")
    send = commands.add_parser("send", help="make a letter and hand it over")
    for option in ("--sender", "--number", "--symbol", "--subject"):
        send.add_argument(option, required=True)
    send.add_argument("--to", action="append", required=True, metavar="CODE=NAME")
    send.add_argument("--attach", action="append", type=Path, default=[])
    _add_way(send)
    again = commands.add_parser("send-again", help="hand the same bytes over again")
    again.add_argument("consignment_id")
    _add_way(again)
    say = commands.add_parser("say", help="a status about a letter that was received")
    for name in ("consignment_id", "recipient", "code"):
        say.add_argument(name)
    say.add_argument("--description", default="")
    say.add_argument("--anew", action="store_true", help="in a new container, as if the old one were lost")
    for name in ("receive", "events"):
        commands.add_parser(name).add_argument("--wait", type=float, default=0)
    commands.add_parser("proof", help="fetch and verify a log proof").add_argument("sha256")
    commands.add_parser("evidence", help="digest of an evidence, asked for again").add_argument("id")
    return parser


def _add_way(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lane", choices=LANES, default="thuong")
    parser.add_argument("--resumable", action="store_true", help="as an upload, not in one request")
    parser.add_argument("--cut-at", type=int, default=None, help="break the line there once, then go on")


def _run(args: argparse.Namespace) -> Any:
    match args.command:
        case "init":
            settings = Settings(args.id, args.name, args.hub, _pairs(args.agency))
            return {"request": str(make(args.folder, settings))}
        case "install":
            install(args.folder, json.loads(args.answer.read_bytes()), args.fingerprint)
            return {"installed": True}
    node = Node(args.folder)
    match args.command:
        case "send":
            identifier = node.compose(_letter(node, args))
            return node.submit(identifier, resumable=args.resumable, cut_at=args.cut_at)
        case "send-again":
            return node.submit(args.consignment_id, resumable=args.resumable, cut_at=args.cut_at)
        case "receive":
            return node.receive(args.wait)
        case "say":
            return node.say(args.consignment_id, args.recipient, args.code, args.description, anew=args.anew)
        case "events":
            return node.events(args.wait)
        case "proof":
            return node.proof(args.sha256)
        case _:
            return node.evidence(args.id)


def _letter(node: Node, args: argparse.Namespace) -> Letter:
    return Letter(
        sender=args.sender,
        sender_name=node.settings.agencies[args.sender],
        recipients=_pairs(args.to),
        number=args.number,
        symbol=args.symbol,
        subject=args.subject,
        lane=args.lane,
        attachments=[(path.name, path.read_bytes()) for path in args.attach],
    )


def _pairs(values: list[str]) -> dict[str, str]:
    return dict(value.split("=", 1) for value in values)


if __name__ == "__main__":
    sys.exit(main())
