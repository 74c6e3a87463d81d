"""The report about the files of a letter, in words: legal standing, verdicts, who signed, what is unchecked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exchange_axis.commands.output import Output

KINDS = {"person": ("người", "person"), "agency": ("cơ quan", "agency"), "unknown": ("không rõ", "unknown")}
CHANGES = {
    "none": ("", ""),
    "validation-data": ("sau đó chỉ thêm dữ liệu kiểm tra", "only validation data was added later"),
    "form": ("sau đó có điền biểu mẫu hoặc ký thêm", "forms were filled in or signatures added later"),
    "annotations": ("sau đó có thêm chú thích", "notes were added later"),
    "other": ("sau đó nội dung bị thay đổi", "the content was changed later"),
}
FLAGS = {
    "macro": ("có macro", "macros"),
    "encrypted": ("mã hóa", "encrypted"),
    "bomb": ("tệp nén quá lớn", "archive bomb"),
    "active": ("có mã tự chạy", "active content"),
    "embedded": ("có tệp lồng chưa kiểm tra", "unchecked files inside"),
    "unreadable": ("không đọc được", "unreadable"),
}


def say_files(output: Output, report: Mapping[str, Any] | None) -> None:
    """Nothing where nobody has looked."""
    if report is None:
        return
    if report["standing"] is not None:
        vi, en = _by(report)
        output.say(f"  giá trị pháp lý: {report['standing_vi']}{vi}", f"  legal standing: {report['standing_en']}{en}")
    for file in report["files"]:
        for vi, en in _lines(file, "  "):
            output.say(vi, en)


def _lines(file: Mapping[str, Any], indent: str) -> Iterator[tuple[str, str]]:
    flags = [FLAGS[name] for name in file["flags"]]
    vi = ", ".join([file["verdict_vi"] or file["kind"], *(flag[0] for flag in flags)])
    en = ", ".join([file["verdict_en"] or file["kind"], *(flag[1] for flag in flags)])
    malware = file.get("malware")
    if malware is not None:
        vi, en = f"{vi}; quét mã độc: {malware['state']}", f"{en}; malware scan: {malware['state']}"
    if file["secrecy"] == "scan":
        vi, en = f"{vi}; {file['secrecy_vi']}", f"{en}; {file['secrecy_en']}"
    by = _by(file)
    yield f"{indent}{file['name']}: {vi}{by[0]}", f"{indent}{file['name']}: {en}{by[1]}"
    for one in file["signatures"]:
        yield _signature(one, indent + "  ")
    for inside in file["inside"]:
        yield from _lines(inside, indent + "  ")


def _by(said: Mapping[str, Any]) -> tuple[str, str]:
    """Whose word it is, where it is not our own."""
    hub = said.get("judged_by")
    return (f" (theo trục {hub})", f" (as hub {hub} says)") if hub else ("", "")


def _signature(one: Mapping[str, Any], indent: str) -> tuple[str, str]:
    signer, change = one["signer"], CHANGES[one["changed_after"]]
    who = ("?", "?")
    if signer is not None:
        kind = KINDS[signer["kind"]]
        name = ", ".join(part for part in (signer["name"], signer["position"], signer["organization"]) if part)
        who = (f"{name} ({kind[0]})", f"{name} ({kind[1]})")
    tail = tuple(f"; {words}" if words else "" for words in change)
    return f"{indent}{who[0]}: {one['verdict_vi']}{tail[0]}", f"{indent}{who[1]}: {one['verdict_en']}{tail[1]}"
