"""The commands of the node; each prints one JSON value. Exit code 1 and a JSON object with `refused` for a refusal.

This command line is what the conformance test drives: another implementation takes part by offering the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .line import Refused
from .node import Node, install, make

LANES = ("hoa-toc", "thuong-khan", "khan", "thuong")


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
    commands.add_parser("install", help="keep the hub's answer").add_argument("answer", type=Path)
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
            agencies = _pairs(args.agency)
            return {"request": str(make(args.folder, id=args.id, name=args.name, agencies=agencies, hub=args.hub))}
        case "install":
            install(args.folder, json.loads(args.answer.read_bytes()))
            return {"installed": True}
    node = Node(args.folder)
    match args.command:
        case "send":
            letter = {name: getattr(args, name) for name in ("sender", "number", "symbol", "subject")}
            number = node.compose(letter, _pairs(args.to), args.attach, args.lane)
            return node.send(number, args.lane, resumable=args.resumable, cut_at=args.cut_at)
        case "send-again":
            return node.send(args.consignment_id, args.lane, resumable=args.resumable, cut_at=args.cut_at)
        case "receive":
            return node.receive(args.wait)
        case "say":
            return node.say(args.consignment_id, args.recipient, args.code, args.description, anew=args.anew)
        case "events":
            return node.events(args.wait)
        case "proof":
            return node.proof(args.sha256)
        case _:
            return {"sha256": node.ask_again(args.id)}


def _pairs(values: list[str]) -> dict[str, str]:
    return dict(value.split("=", 1) for value in values)


if __name__ == "__main__":
    sys.exit(main())
