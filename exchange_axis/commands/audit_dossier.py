"""`axis audit dossier QUERY --out FILE`: everything about a letter in one archive that `axis verify` checks offline."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange_axis.commands.common import add_common
from exchange_axis.commands.context import Context
from exchange_axis.commands.files import FileExists, FileUnreadable
from exchange_axis.commands.output import Exit
from exchange_axis.domain.ids import canonical_code


def register(verbs: Any) -> None:
    dossier = verbs.add_parser("dossier", help="xuất hồ sơ chứng cứ một văn bản / export all proof of a letter")
    dossier.add_argument("query", help="57/BC-UBND, mã gói tin, SHA-256 / number, id, digest")
    dossier.add_argument("--out", type=Path, required=True, metavar="FILE", help="hoso.zip")
    dossier.add_argument(
        "--for", dest="agency", default=None, metavar="CODE", help="chỉ phần cơ quan này được xem / cut to its rights"
    )
    add_common(dossier, "hub")
    dossier.set_defaults(handler=run)


def run(context: Context, args: argparse.Namespace) -> int:
    if args.out.exists():
        raise FileExists(path=args.out)
    folder = context.folder("hub", args.data)
    agency = canonical_code(args.agency) if args.agency else None
    made = context.operate("hub", folder, "audit.dossier", query=args.query, agency=agency)
    take(made, args.out)
    next_step = f"axis verify {args.out} --trust trust/"
    answer = {name: made[name] for name in ("id", "size", "sha256", "letters")}
    context.output.data({**answer, "file": str(args.out), "next": next_step})
    count = len(made["letters"])
    context.output.say(
        f"{args.out}: {count} văn bản, {made['size']} byte, SHA-256 {made['sha256']}\n→ {next_step}",
        f"{args.out}: letters: {count}, {made['size']} bytes, SHA-256 {made['sha256']}\n→ {next_step}",
    )
    return Exit.OK


def take(made: Mapping[str, Any], target: Path) -> None:
    """Move a finished archive out of the data folder, never over a file.

    Raises:
        FileExists, FileUnreadable.
    """
    source = Path(made["path"])
    try:
        with source.open("rb") as packed, target.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            shutil.copyfileobj(packed, file, 1024 * 1024)
    except FileExistsError as error:
        raise FileExists(path=target) from error
    except OSError as error:
        raise FileUnreadable(path=error.filename or target, reason=error.strerror or type(error).__name__) from error
    finally:
        source.unlink(missing_ok=True)
