"""What can go wrong with the demo itself, as opposed to what it shows on purpose."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class DemoError(AxisError):
    """Base: the demo could not be run to its end."""


class FolderInUse(DemoError):
    code: ClassVar[str] = "demo.folder-not-empty"
    vi: ClassVar[str] = "Thư mục {folder} không trống"
    en: ClassVar[str] = "The folder {folder} is not empty"
    remedy_vi: ClassVar[str] = "Chọn thư mục mới bằng --out; bản trình diễn không ghi đè gì"
    remedy_en: ClassVar[str] = "Name a new folder with --out; the demo overwrites nothing"


class ChildFailed(DemoError):
    code: ClassVar[str] = "demo.child-failed"
    vi: ClassVar[str] = "Tiến trình {name} {how}; nhật ký: {log}\n{tail}"
    en: ClassVar[str] = "The process {name} {how_en}; its log: {log}\n{tail}"


class CommandFailed(DemoError):
    code: ClassVar[str] = "demo.command-failed"
    vi: ClassVar[str] = "Lệnh `axis {command}` kết thúc với mã {exit}\n{tail}"
    en: ClassVar[str] = "The command `axis {command}` ended with code {exit}\n{tail}"


class TooSlow(DemoError):
    code: ClassVar[str] = "demo.too-slow"
    vi: ClassVar[str] = "Sau {seconds} giây vẫn chưa xong: {what_vi}"
    en: ClassVar[str] = "Not finished after {seconds} seconds: {what_en}"
    remedy_vi: ClassVar[str] = "Xem nhật ký trong thư mục logs (chạy với --out DIR để giữ lại)"
    remedy_en: ClassVar[str] = "See the logs in the folder logs (run with --out DIR to keep them)"


class UnexpectedAnswer(DemoError):
    code: ClassVar[str] = "demo.unexpected-answer"
    vi: ClassVar[str] = "{who} trả lời khác dự kiến: {what}"
    en: ClassVar[str] = "{who} answered otherwise than planned: {what}"
