"""How the commands of a node's mail ask the node, and say what they have in common."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, ClassVar

from exchange_axis.commands.context import Context
from exchange_axis.commands.node_words import ID_SHOWN, number_of, status_word
from exchange_axis.commands.output import Exit
from exchange_axis.errors import AxisError, NotFound
from schemas.gate.refusal import Refusal


class LetterUnknown(AxisError):
    code: ClassVar[str] = "query.no-letter"
    vi: ClassVar[str] = "Nút này không có văn bản nào là '{query}'"
    en: ClassVar[str] = "This node has no letter that '{query}' names"
    remedy_vi: ClassVar[str] = "Xem danh sách: axis node inbox, axis node outbox"
    remedy_en: ClassVar[str] = "See the lists: axis node inbox, axis node outbox"


def say_findings(context: Context, findings: list[Mapping[str, Any]]) -> None:
    for finding in findings:
        where = f" [{finding['where']}]" if finding.get("where") else ""
        context.output.say(
            f"  - {finding.get('code', '')}{where}: {finding.get('vi', '')}",
            f"  - {finding.get('code', '')}{where}: {finding.get('en', '')}",
        )


def show_command(args: argparse.Namespace, consignment_id: str) -> str:
    data = f" --data {args.data}" if args.data else ""
    return f"axis node show {consignment_id[:ID_SHOWN]}{data}"


def ask(context: Context, args: argparse.Namespace, operation: str, **arguments: Any) -> Any:
    """Raises LetterUnknown besides what the operation refuses with."""
    folder = context.folder("node", args.data)
    try:
        return context.operate("node", folder, operation, **arguments)
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        raise LetterUnknown(query=arguments.get("query", "")) from refusal


def say_decision(context: Context, args: argparse.Namespace, decision: Mapping[str, Any]) -> int:
    next_step = show_command(args, decision["consignment_id"])
    context.output.data({**decision, "next": next_step})
    said = status_word(decision["status"], context.output.language)
    number, again = number_of(decision), decision["repeated"]
    context.output.say(
        f"{decision['title']} ({decision['agency']}): {said}"
        + (f", số đến {number}" if number else "")
        + (" (đã làm trước đó)" if again else "")
        + f"\n→ {next_step}",
        f"{decision['title']} ({decision['agency']}): {said}"
        + (f", arrival number {number}" if number else "")
        + (" (done before)" if again else "")
        + f"\n→ {next_step}",
    )
    return Exit.OK
