"""Options that every command has, and how each is read."""

from __future__ import annotations

import argparse
from pathlib import Path

from schemas.gate.refusal import Language

LANGUAGES: tuple[Language, ...] = ("vi", "en")


def add_common(parser: argparse.ArgumentParser, kind: str | None = None) -> None:
    """--json, --quiet and --lang; --data for commands on a hub's or node's folder."""
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON trên stdout / result as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="chỉ in lỗi / print errors only")
    parser.add_argument("--lang", choices=LANGUAGES, default=None, help="ngôn ngữ, mặc định vi / language, default vi")
    if kind is not None:
        note = "thư mục dữ liệu, mặc định AXIS_DATA / data folder, default AXIS_DATA"
        parser.add_argument("--data", metavar="DIR", default=None, help=note)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """--passphrase-file of the init commands."""
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        default=None,
        metavar="TỆP",
        help="mã hóa các khóa riêng bằng cụm mật khẩu trong tệp / encrypt the private keys with the passphrase in it",
    )
