"""`--as USER`: who proposes or approves proves himself at the terminal. No password or code is ever an argument."""

from __future__ import annotations

import argparse
import getpass
import warnings
from typing import Any, ClassVar

from exchange_axis.commands.context import Context
from exchange_axis.errors import AxisError


class NoTerminal(AxisError):
    code: ClassVar[str] = "approval.no-terminal"
    vi: ClassVar[str] = "Không có thiết bị đầu cuối để gõ mật khẩu và mã xác thực"
    en: ClassVar[str] = "There is no terminal at which to type the password and the code"
    remedy_vi: ClassVar[str] = "Chạy lệnh trong một phiên có bàn phím (ssh -t)"
    remedy_en: ClassVar[str] = "Run the command in a session with a keyboard (ssh -t)"


def add_as(parser: argparse.ArgumentParser) -> None:
    words = "người có tài khoản, xác thực bằng mật khẩu và mã / somebody with an account, by password and code"
    parser.add_argument("--as", dest="login", default=None, metavar="TÊN_ĐĂNG_NHẬP", help=words)


def claim_arguments(context: Context, args: argparse.Namespace) -> dict[str, Any]:
    """Arguments of an operation that `approving_operations.actor_of` reads. Raises NoTerminal."""
    arguments: dict[str, Any] = {"account": context.actor}
    if getattr(args, "actor", None) is not None:
        arguments["actor"] = args.actor
    if args.login is not None:
        arguments["proof"] = {
            "login": args.login,
            "password": _typed("Mật khẩu / password"),
            "code": _typed("Mã / code"),
        }
    return arguments


def _typed(what: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{what}: ")
        except (getpass.GetPassWarning, EOFError) as error:
            raise NoTerminal() from error
