"""The files of a letter in a verification report: each with its verdict, and who signed it (R39).

What it takes is the report on files as it is stored (`pipeline.file_report.report_json`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lxml import etree

from exchange_axis.wire.report import NAMESPACE

SIGNATURES_MOST: Final = 50
"""Of one file; a file has few, and what a hostile one claims must not make the report endless."""
_SIGNER: Final = ("kind", "name", "position", "organization", "agency_code")
_SIGNATURE: Final = (
    *("verdict", "issuer", "serial", "fingerprint", "claimed_at", "stamped_at", "judged_at", "revocation"),
    *("coverage", "changed_after", "algorithm"),
)
_LINE, _TEXT = 300, 2_000
_KINDS: Final = {"person": "chữ ký cá nhân", "agency": "chữ ký cơ quan"}
_REVOCATION: Final = {"good": "không bị thu hồi", "revoked": "ĐÃ BỊ THU HỒI", "not-checked": "chưa kiểm tra được"}
_CHANGED: Final = {
    "none": "không thay đổi",
    "validation-data": "chỉ thêm dữ liệu kiểm tra",
    "form": "có điền biểu mẫu hoặc ký thêm",
    "annotations": "có thêm chú thích",
    "other": "NỘI DUNG BỊ THAY ĐỔI",
}
Texting = Callable[[str, int], str]


def add_files(root: etree._Element, document: Mapping[str, Any], texting: Texting) -> None:
    """Append `Files` to a report.

    Args:
        texting: what XML can carry of a text, cut to a length.
    """
    standing = {key: texting(document.get(key) or "", _TEXT) for key in ("standing", "standing_vi", "standing_en")}
    files = _add(root, "Files", {"judged_at": document["judged_at"], **standing})
    for one in document["files"]:
        fields = {"name": one["name"], "sha256": one["sha256"], "state": one["state"], "verdict": one["verdict"] or ""}
        texts = {"vi": texting(one["verdict_vi"], _TEXT), "en": texting(one["verdict_en"], _TEXT)}
        short = {key: texting(str(value), _LINE) for key, value in fields.items()}
        file = _add(files, "File", {**short, **texts, "whole": _whole(one)})
        for signature in one["signatures"][:SIGNATURES_MOST]:
            told = {**{key: (signature["signer"] or {}).get(key) for key in _SIGNER}, **_of(signature)}
            _add(file, "Signature", {key: texting(str(value), _LINE) for key, value in told.items() if value})


def shown_files(document: Mapping[str, Any], shown: Callable[[str], str]) -> list[tuple[str, str, str, list[str]]]:
    """For the page: name, verdict in both languages, and a line for each signature.

    Args:
        shown: a time, as pages write it.
    """
    return [
        (
            one["name"],
            one["verdict_vi"] or "—",
            one["verdict_en"],
            [_line(each, shown) for each in one["signatures"][:SIGNATURES_MOST]],
        )
        for one in document["files"]
    ]


def _line(one: Mapping[str, Any], shown: Callable[[str], str]) -> str:
    signer = one["signer"] or {}
    named = ", ".join(filter(None, (signer.get("name"), signer.get("position"), signer.get("organization"))))
    at = one["stamped_at"] or one["claimed_at"]
    parts = (
        named or "Không đọc được người ký",
        _KINDS.get(signer.get("kind", ""), "chưa rõ loại chữ ký"),
        one["verdict_vi"],
        f"ký lúc {shown(at)} ({'có dấu thời gian' if one['stamped_at'] else 'theo máy người ký'})" if at else "",
        f"chứng thư {one['serial']} của {one['issuer']}" if one["serial"] else "",
        f"thu hồi: {_REVOCATION.get(one['revocation'], one['revocation'])}",
        f"sau khi ký: {_CHANGED.get(one['changed_after'], one['changed_after'])}",
    )
    return "; ".join(filter(None, parts))


def _of(signature: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: signature[key] for key in _SIGNATURE}


def _whole(file: Mapping[str, Any]) -> str:
    covers = file["covers_whole_file"]
    return "not-checked" if covers is None else "yes" if covers else "no"


def _add(parent: etree._Element, name: str, fields: Mapping[str, str]) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for key, value in fields.items():
        first, *rest = key.split("_")
        element.set(first + "".join(part.title() for part in rest), value)
    return element
