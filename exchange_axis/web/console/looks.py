"""Every page of an auditor is noted in the access log before it answers: one table, one place, no page left out.

What is read for a stated reason (verification, dossier) the hub's use case notes itself, in its log too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.shared.language import later

CONTENT: Final = ""
"""In place of an action: the use case notes the read, with the reason it asked for."""
LOOKS: Final[Mapping[tuple[str, str], str]] = {
    ("GET", "/auditor"): "search",
    ("POST", "/auditor/file"): "file",
    ("GET", "/auditor/letters/{id}"): "letter",
    ("POST", "/auditor/letters/{id}/verify"): CONTENT,
    ("POST", "/auditor/letters/{id}/dossier"): CONTENT,
    ("GET", "/auditor/letters/{id}/receipts/{sha256}"): "receipt",
    ("GET", "/auditor/overdue"): "overdue",
    ("GET", "/auditor/overdue.xml"): "overdue-list",
    ("GET", "/auditor/hints"): "hints",
    ("GET", "/auditor/access"): "access",
    ("POST", "/auditor/access/reviewed"): CONTENT,
    ("GET", "/auditor/indicators"): "indicators",
    ("GET", "/auditor/indicators/behind"): "behind",
    ("GET", "/auditor/indicators/behind.csv"): "behind-csv",
    ("GET", "/auditor/indicators/behind.xlsx"): "behind-xlsx",
    ("GET", "/auditor/indicators/plot.svg"): "plot",
    ("GET", "/auditor/indicators/offline"): "offline",
    ("GET", "/auditor/reports"): "report",
    ("GET", "/auditor/reports/{kind}.{suffix}"): "report-file",
    ("GET", "/auditor/lists/{name}.{suffix}"): "list",
    ("GET", "/auditor/tallies"): "tallies",
    ("GET", "/auditor/tallies/{day}/{peer}.{side}.{suffix}"): "tally",
    ("GET", "/auditor/v1/search"): "api-search",
    ("GET", "/auditor/v1/letters/{id}"): "api-letter",
    ("GET", "/auditor/v1/indicators"): "api-indicators",
    ("GET", "/auditor/v1/indicators/behind"): "api-behind",
    ("GET", "/auditor/v1/overdue"): "api-overdue",
    ("GET", "/auditor/v1/openapi.yaml"): "api-description",
}
"""Action by address."""
WORDS: Final[Mapping[str, str]] = {
    "search": later("Tra cứu"),
    "file": later("Đối chiếu tệp"),
    "letter": later("Xem văn bản"),
    "verify": later("Kiểm tra nội dung"),
    "dossier": later("Tải hồ sơ"),
    "receipt": later("Tải biên nhận"),
    "overdue": later("Xem việc quá hạn"),
    "overdue-list": later("Tải danh sách quá hạn công khai"),
    "hints": later("Xem dấu hiệu khác thường"),
    "access": later("Xem nhật ký truy cập"),
    "reviewed": later("Rà soát nhật ký truy cập"),
    "indicators": later("Xem bảng chỉ số"),
    "behind": later("Xem các lượt đứng sau con số"),
    "behind-csv": later("Tải danh sách các lượt (CSV)"),
    "behind-xlsx": later("Tải danh sách các lượt (XLSX)"),
    "plot": later("Xem biểu đồ"),
    "offline": later("Xem nút mất liên lạc"),
    "report": later("Xem biểu mẫu"),
    "report-file": later("Tải biểu mẫu"),
    "list": later("Tải danh sách"),
    "tallies": later("Xem đối soát"),
    "changes": later("Xem thay đổi"),
    "tally": later("Tải bảng đối soát"),
    "api-search": later("Tra cứu (JSON)"),
    "api-letter": later("Xem văn bản (JSON)"),
    "api-indicators": later("Xem bảng chỉ số (JSON)"),
    "api-behind": later("Xem các lượt đứng sau con số (JSON)"),
    "api-overdue": later("Xem việc quá hạn (JSON)"),
    "api-description": later("Xem mô tả giao diện cho chương trình"),
}
"""Of an action, as the access log shows it."""


def noted(action: str, handler: Handler) -> Handler:
    """The page, with the look written down before it is given; of a page that does not answer too."""
    if action == CONTENT:
        return handler

    async def page(request: web.Request) -> web.StreamResponse:
        look = hub_of(request).inquiry.access.look
        said = subject_of(request)
        asker = asker_of(request)
        reason = " · ".join(one for one in (asker.reason, request.query.get("reason", "")) if one)
        await request.app[WORKERS].run(look, asker.name, action, said, reason=reason)
        return await handler(request)

    return page


def subject_of(request: web.Request) -> str:
    """A letter's id; else what was asked for, as `name=value`."""
    if "id" in request.match_info:
        return request.match_info["id"]
    given = {**request.match_info, **request.query}
    return " ".join(f"{name}={value.strip()}" for name, value in given.items() if value.strip() and name != "reason")
