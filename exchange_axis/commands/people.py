"""`axis node user …`, `axis hub user …`: who may come in. A password is typed or made, never an argument."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from exchange_axis.commands import people_review
from exchange_axis.commands.approving import add_as, claim_arguments
from exchange_axis.commands.arguments import number
from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import time_of
from exchange_axis.commands.output import Exit
from exchange_axis.domain.accounts import CHANGE_WORDS
from exchange_axis.errors import AxisError

CHANGES = 50


class PasswordsDiffer(AxisError):
    code: ClassVar[str] = "people.passwords-differ"
    vi: ClassVar[str] = "Hai lần gõ mật khẩu không giống nhau"
    en: ClassVar[str] = "The password was typed differently the second time"
    remedy_vi: ClassVar[str] = "Chạy lại lệnh"
    remedy_en: ClassVar[str] = "Run the command again"


def register(verbs: Any, kind: str) -> None:
    user = verbs.add_parser("user", help="người dùng và vai trò / people and their roles")
    acts = user.add_subparsers(dest="act", required=True, metavar="LỆNH")
    add = acts.add_parser("add", help="thêm người, in mật khẩu lần đầu / add a person, print the first password")
    add.add_argument("login", metavar="TÊN_ĐĂNG_NHẬP")
    add.add_argument("--name", required=True, metavar="HỌ_TÊN")
    _roles_option(add)
    _typed_option(add)
    _end(add, _add, kind)
    people_review.register(acts, kind)
    _end(acts.add_parser("list", help="mọi người và vai trò / everybody and their roles"), _list, kind)
    roles = acts.add_parser("roles", help="đặt lại các vai trò / set the roles anew")
    roles.add_argument("login", metavar="TÊN_ĐĂNG_NHẬP")
    _roles_option(roles)
    _end(roles, _one, kind)
    for verb, words in {
        "disable": "đóng tài khoản ngay / close an account at once",
        "enable": "mở lại / open it again",
        "totp-reset": "bỏ mã xác thực đã mất / drop a lost second factor",
    }.items():
        parser = acts.add_parser(verb, help=words)
        parser.add_argument("login", metavar="TÊN_ĐĂNG_NHẬP")
        _end(parser, _one, kind)
    password = acts.add_parser("password", help="mật khẩu mới, dùng một lần / a new password, to be changed")
    password.add_argument("login", metavar="TÊN_ĐĂNG_NHẬP")
    _typed_option(password)
    _end(password, _password, kind)
    changes = acts.add_parser("changes", help="sổ thay đổi quyền / the record of permission changes")
    changes.add_argument("--limit", type=number, default=CHANGES)
    _end(changes, _changes, kind)
    confirm = acts.add_parser("confirm", help="xác nhận thay đổi của người khác / confirm somebody else's change")
    confirm.add_argument("number", type=number, metavar="SỐ")
    add_as(confirm)
    _end(confirm, _confirm, kind)


def _roles_option(parser: argparse.ArgumentParser) -> None:
    note = "ví dụ clerk; auditor,code=H90; deputy-clerk,from=2026-03-02,to=2026-03-09 / for example"
    parser.add_argument("--role", dest="roles", action="append", default=[], metavar="VAI_TRÒ", help=note)


def _typed_option(parser: argparse.ArgumentParser) -> None:
    note = "tự gõ mật khẩu thay vì để tạo / type the password instead of having one made"
    parser.add_argument("--type-password", dest="typed", action="store_true", help=note)


def _end(parser: argparse.ArgumentParser, handler: Any, kind: str) -> None:
    add_common(parser, kind)
    parser.set_defaults(handler=partial(handler, kind))


def _add(kind: str, context: Context, args: argparse.Namespace) -> int:
    password = _typed() if args.typed else None
    made = _ask(kind, context, args, "add", login=args.login, name=args.name, roles=args.roles, password=password)
    context.output.data(made)
    context.output.say(f"Đã thêm {made['login']} ({made['name']})", f"Added {made['login']} ({made['name']})")
    return _hand_over(context, made)


def _password(kind: str, context: Context, args: argparse.Namespace) -> int:
    password = _typed() if args.typed else None
    made = _ask(kind, context, args, "password", login=args.login, password=password)
    context.output.data(made)
    return _hand_over(context, made)


def _hand_over(context: Context, made: Mapping[str, Any]) -> int:
    if made["password"] is not None:
        context.output.say(
            f"Mật khẩu lần đầu, chỉ hiện một lần: {made['password']}\n"
            "Trao tận tay; khi đăng nhập phải đổi ngay, quá 7 ngày thì hết hiệu lực",
            f"First password, shown once: {made['password']}\n"
            "Hand it over in person; it must be changed at sign-in and ends after 7 days",
        )
    return Exit.OK


def _list(kind: str, context: Context, args: argparse.Namespace) -> int:
    found = _ask(kind, context, args, "list")
    context.output.data(found)
    rows = [
        [one["login"], one["name"], one["state"], " ".join(one["roles"]), _yes(context, one), time_of(one["seen_at"])]
        for one in found["users"]
    ]
    english = context.output.language == "en"
    head = ["login", "name", "state", "roles", "second factor", "last in"]
    context.output.table(
        rows, head if english else ["đăng nhập", "họ tên", "tình trạng", "vai trò", "mã xác thực", "lần cuối"]
    )
    return Exit.OK


def _yes(context: Context, user: Mapping[str, Any]) -> str:
    vi, en = ("có", "yes") if user["second_factor"] else ("chưa", "not yet")
    return en if context.output.language == "en" else vi


def _one(kind: str, context: Context, args: argparse.Namespace) -> int:
    given = {"roles": args.roles} if args.act == "roles" else {}
    user = _ask(kind, context, args, args.act, login=args.login, **given)
    context.output.data(user)
    roles = " ".join(user["roles"]) or "-"
    context.output.say(f"{user['login']}: {user['state']}, {roles}", f"{user['login']}: {user['state']}, {roles}")
    return Exit.OK


def _changes(kind: str, context: Context, args: argparse.Namespace) -> int:
    found = _ask(kind, context, args, "changes", limit=args.limit)
    context.output.data(found)
    english = context.output.language == "en"
    rows = [
        [one["number"], time_of(one["at"]), one["actor"], said, one["login"], one["details"], _mark(one)]
        for one in found["changes"]
        for said in [CHANGE_WORDS.get(one["action"], (one["action"],) * 2)[english]]
    ]
    head = ["number", "time", "by", "change", "whom", "details", ""]
    context.output.table(rows, head if english else ["số", "lúc", "người làm", "việc", "của ai", "chi tiết", ""])
    if found["broken_at"] is not None:
        number = found["broken_at"]
        context.output.say(f"SỔ BỊ SỬA từ số {number}", f"THE RECORD WAS TAMPERED WITH from number {number}")
        return Exit.REJECTED
    return Exit.OK


def _mark(change: Mapping[str, Any]) -> str:
    return "!" if change["waits"] else ""


def _confirm(kind: str, context: Context, args: argparse.Namespace) -> int:
    change = _ask(kind, context, args, "confirm", number=args.number, **claim_arguments(context, args))
    context.output.data(change)
    context.output.say(f"Đã xác nhận thay đổi {args.number}", f"Confirmed change {args.number}")
    return Exit.OK


def _typed() -> str:
    first = getpass.getpass("Mật khẩu / password: ")
    if first != getpass.getpass("Gõ lại / again: "):
        raise PasswordsDiffer()
    return first


def _ask(kind: str, context: Context, args: argparse.Namespace, act: str, **arguments: Any) -> Any:
    return context.operate(kind, context.folder(kind, args.data), f"user.{act}", **arguments)
