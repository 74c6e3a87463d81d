"""`axis node show`: one letter with its recipients or readers, what has to do with it, and what happened."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from exchange_axis.commands import node_changes
from exchange_axis.commands.context import Context
from exchange_axis.commands.file_words import say_files
from exchange_axis.commands.handing import save
from exchange_axis.commands.node_asking import ask, say_findings, show_command
from exchange_axis.commands.node_words import (
    ID_SHOWN,
    LANGUAGES,
    cut,
    notice_text,
    number_of,
    reply_due_of,
    status_word,
    time_of,
    word,
)
from exchange_axis.commands.output import Exit
from schemas.gate.refusal import Language

_BROKEN = frozenset({"failed"})
_REFUSED = "02"


def show(context: Context, args: argparse.Namespace) -> int:
    if args.save is not None:
        return _save(context, args)
    details = ask(context, args, "show", query=args.id, agency=args.agency)
    context.output.data(details)
    _say(context, details)
    return Exit.OK


def _say(context: Context, details: Mapping[str, Any]) -> None:
    context.output.say(
        f"{details['title']}  {details['subject']}\nmã gói tin {details['consignment_id']}, {details['size']} byte",
        f"{details['title']}  {details['subject']}\nconsignment {details['consignment_id']}, {details['size']} bytes",
    )
    _say_ties(context, details)
    say_files(context.output, details["files"])
    node_changes.say(context, details["changes"])
    _say_recipients(context, details)
    _say_readers(context, details)
    _say_cancelling(context, details)
    _say_timeline(context, details["timeline"])
    if details["problem"] is not None:
        say_findings(context, details["problem"].get("findings") or [details["problem"]])
    say_findings(context, [*details["notes"], *details["warnings"]])


def _say_ties(context: Context, details: Mapping[str, Any]) -> None:
    """First what must not be overlooked: recalled, replaced; then the other letters that it has to do with."""
    lines = [details["sent"]] if details["sent"] is not None else []
    for line in (*lines, *details["received"]):
        where = f" ({line['agency']})" if "agency" in line else ""
        if line.get("frozen"):
            context.output.say(
                f"!! THU HỒI/LẤY LẠI{where}: không xem, không xử lý nội dung nữa; sổ và biên nhận giữ nguyên",
                f"!! RECALLED OR TAKEN BACK{where}: not read or worked on any more; register and evidence stay",
            )
    for vi, en in dict.fromkeys(text for line in (*lines, *details["received"]) for text in _links(line)):
        context.output.say(vi, en)


def _links(line: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if line["about"] is not None or line["kind"] != "new":
        does = {"new": ("gửi lại", "sends again"), "recall": ("thu hồi", "recalls")}
        does |= {"update": ("cập nhật", "updates"), "replace": ("thay thế", "replaces")}
        vi, en = does[line["kind"]]
        named = "" if line["about"] is None else f" {_name(line['about'])}"
        reason = "" if line["stated_reason"] is None else f": {line['stated_reason']}"
        yield f"{vi}{named}{reason}", f"{en}{named}{reason}"
    for link in line["also_replaces"]:
        yield f"thay thế cả {_name(link)}", f"also replaces {_name(link)}"
    for link in line["followed_by"]:
        done = {"recall": ("đã bị thu hồi bằng", "recalled by"), "update": ("đã có bản cập nhật", "updated by")}
        done |= {"replace": ("đã được thay thế bằng", "superseded by"), "resend": ("đã gửi lại bằng", "sent again as")}
        vi, en = done[link["kind"]]
        yield f"{vi} {_name(link)}", f"{en} {_name(link)}"
    for refused in line.get("refused", ()):
        yield _refused(refused)
    if line.get("redistributes") is not None:
        named = _name(line["redistributes"])
        yield f"chuyển tiếp văn bản đến {named}", f"passes on the received letter {named}"
    for link in line.get("redistributed_by", ()):
        yield f"đã chuyển tiếp bằng {_name(link)}", f"passed on as {_name(link)}"


def _refused(ask: Mapping[str, Any]) -> tuple[str, str]:
    """A question that the hub refused, and why."""
    kinds = {"recall": ("thu hồi", "recall"), "update": ("cập nhật", "update"), "replace": ("thay thế", "replacement")}
    vi, en = kinds.get(ask["kind"], ("lấy lại", "take-back"))
    named = ask["recipient"] or f"{ask['title']} ({ask['consignment_id'][:ID_SHOWN]})"
    findings = ask["findings"] or [ask]
    why = {each: "; ".join(f"{one.get(each, '')} [{one.get('code', '')}]" for one in findings) for each in LANGUAGES}
    at = time_of(ask["at"])
    return (
        f"!! TRỤC TỪ CHỐI {vi} {named} lúc {at}, không có hiệu lực: {why['vi']}",
        f"!! THE HUB REFUSED the {en} {named} at {at}; it has no effect: {why['en']}",
    )


def _name(link: Mapping[str, Any]) -> str:
    return f"{link['title']} ({link['consignment_id'][:ID_SHOWN]}, {time_of(link['at'])})"


def _say_recipients(context: Context, details: Mapping[str, Any]) -> None:
    sent, language = details["sent"], context.output.language
    if sent is None:
        return
    rows = [
        [
            one["agency"],
            word(one["delivery"], language),
            status_word(one["status"], language),
            word(one["request"], language),
            one["name"],
        ]
        for one in sent["recipients"]
    ]
    vi = ["bên nhận", "giao", "trạng thái", "đề nghị", "tên"]
    context.output.table(rows, ["to", "delivery", "status", "asked", "name"] if language == "en" else vi)
    for one in sent["recipients"]:
        if one["notice"] is not None:
            context.output.say(*(f"{one['agency']}: {notice_text(one['notice'], each)}" for each in LANGUAGES))
    if sent["last_error"]:
        context.output.say(f"lần gửi trước: {sent['last_error']}", sent["last_error"])
    broken = [one["agency"] for one in sent["recipients"] if _is_broken(one)]
    if (broken or sent["state"] == "refused") and not any(link["kind"] == "resend" for link in sent["followed_by"]):
        short = details["consignment_id"][:ID_SHOWN]
        to = f", to = {_listed(broken)}" if broken else ""
        context.output.say(
            f'→ Sửa rồi gửi lại: axis node send letter.toml (thêm resends = "{short}"{to})',
            f'→ Fix and resend: axis node send letter.toml (add resends = "{short}"{to})',
        )


def _is_broken(recipient: Mapping[str, Any]) -> bool:
    return recipient["status"] == _REFUSED or recipient["delivery"] in _BROKEN


def _listed(codes: list[str]) -> str:
    return "[" + ", ".join(f'"{code}"' for code in codes) + "]"


def _say_readers(context: Context, details: Mapping[str, Any]) -> None:
    language = context.output.language
    if not details["received"]:
        return
    rows = [
        [
            one["agency"],
            one["sender"],
            status_word(one["status"], language),
            number_of(one),
            reply_due_of(one),
            word(one["request"], language),
            _time(one["opened_at"]),
        ]
        for one in details["received"]
    ]
    vi = ["bên nhận", "bên gửi", "trạng thái", "số đến", "hạn trả lời", "đề nghị", "mở lần đầu"]
    en = ["to", "from", "status", "arrival", "due", "asked", "first opened"]
    context.output.table(rows, en if language == "en" else vi)


def _say_cancelling(context: Context, details: Mapping[str, Any]) -> None:
    language = context.output.language
    if not details["cancelling"]:
        return
    rows = [
        [
            one["agency"],
            _time(one["handed_over_at"]),
            _time(one["accepted_at"]),
            _opened(one, language),
            _cancelled(one, language),
        ]
        for one in details["cancelling"]
    ]
    vi = ["thu hồi/lấy lại", "đã giao", "tiếp nhận", "mở lần đầu", "đã hủy"]
    en = ["recall/take-back", "handed over", "accepted", "first opened", "cancelled"]
    context.output.table(rows, en if language == "en" else vi)


def _opened(one: Mapping[str, Any], language: Language) -> str:
    if one["opened_at"] is not None or one["cancelled_at"] is None:
        return _time(one["opened_at"]) or "?"
    if one["handed_over_at"] is None:
        return ""
    return "nobody" if language == "en" else "chưa ai mở"


def _cancelled(one: Mapping[str, Any], language: Language) -> str:
    if one["silent"]:
        return "SILENT" if language == "en" else "CHƯA TRẢ LỜI"
    return _time(one["cancelled_at"])


def _time(text: str | None) -> str:
    return "" if text is None else time_of(text)


def _say_timeline(context: Context, timeline: list[Mapping[str, Any]]) -> None:
    language = context.output.language
    rows = [
        [
            time_of(event["at"]),
            word(event["what"], language),
            event["who"],
            ", ".join(event["agencies"][:4]) + (" …" if len(event["agencies"]) > 4 else ""),
            {True: "✓", False: "…", None: ""}[event["proved"]],
            cut(word(event["text"], language) if event["kind"] == "said" else event["text"]),
        ]
        for event in timeline
    ]
    en = ["time", "event", "by", "about", "log", "text"]
    context.output.table(rows, en if language == "en" else ["lúc", "sự kiện", "bởi", "về", "nhật ký", "nội dung"])


def _save(context: Context, args: argparse.Namespace) -> int:
    """What is withheld is only the content: everything known about the letter is shown, and its evidence saved."""
    exported = ask(context, args, "export", query=args.id, agency=args.agency)
    files, withheld = save(exported, args.save), exported["withheld"]
    trust = context.folder("node", args.data) / "trust"
    next_step = f"axis verify {files[0]} --trust {trust}" if files else show_command(args, exported["consignment_id"])
    saved = {"consignment_id": exported["consignment_id"], "files": files, "withheld": withheld}
    context.output.data({**saved, "letter": exported["letter"] if withheld else None, "next": next_step})
    if withheld is not None:
        _say(context, exported["letter"])
        say_findings(context, [withheld])
        context.output.say(withheld["remedy_vi"], withheld["remedy_en"])
    context.output.say(
        f"{exported['title']}: {len(files)} tệp ở {args.save}\n→ {next_step}",
        f"{exported['title']}: {len(files)} files in {args.save}\n→ {next_step}",
    )
    return Exit.OK if withheld is None else Exit.REJECTED
