"""What a store refuses with: our disk or database, never the sender's letter."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class StoreError(AxisError):
    """Base of what stores refuse with."""


class StoreUnavailable(StoreError):
    """The work was not confirmed as durable. Temporary: asking again later is right.

    `outcome` is `rolled-back` when nothing was kept, `unknown` when the answer to COMMIT was lost; then only reading
    the id again tells what happened.
    """

    code: ClassVar[str] = "store.unavailable"
    vi: ClassVar[str] = "Kho dữ liệu tạm thời không ghi được: {reason}"
    en: ClassVar[str] = "The store cannot take this now: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra dung lượng đĩa và máy chủ cơ sở dữ liệu, rồi thử lại"
    remedy_en: ClassVar[str] = "Check disk space and the database server, then try again"

    def __init__(self, *, reason: str, outcome: str = "rolled-back") -> None:
        super().__init__(reason=reason, outcome=outcome)

    @property
    def outcome(self) -> str:
        return self.facts["outcome"]


class StoreDamaged(StoreError):
    code: ClassVar[str] = "store.damaged"
    vi: ClassVar[str] = "Tệp cơ sở dữ liệu bị hỏng: {reason}"
    en: ClassVar[str] = "The database file is damaged: {reason}"
    remedy_vi: ClassVar[str] = "Dừng dịch vụ và khôi phục từ bản sao lưu"
    remedy_en: ClassVar[str] = "Stop the service and restore from a backup"


class StoreUrl(StoreError):
    code: ClassVar[str] = "store.url"
    vi: ClassVar[str] = "Địa chỉ cơ sở dữ liệu không dùng được: {url}"
    en: ClassVar[str] = "Not a usable database address: {url}"
    remedy_vi: ClassVar[str] = "Dùng sqlite:///ĐƯỜNG-DẪN hoặc postgresql+psycopg://NGƯỜI-DÙNG@MÁY/CSDL"
    remedy_en: ClassVar[str] = "Use sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE"


class StoreUnsafe(StoreError):
    """The engine is too old or is set so that it could lose what was acknowledged."""

    code: ClassVar[str] = "store.unsafe"
    vi: ClassVar[str] = "Cơ sở dữ liệu không bảo đảm an toàn: {setting} là {found}, cần {wanted}"
    en: ClassVar[str] = "The database is not safe: {setting} is {found}, needs {wanted}"
    remedy_vi: ClassVar[str] = "Sửa thiết lập hoặc nâng phiên bản rồi khởi động lại"
    remedy_en: ClassVar[str] = "Change the setting or upgrade, then start again"


class SchemaOlder(StoreError):
    code: ClassVar[str] = "store.schema-older"
    vi: ClassVar[str] = "Lược đồ dữ liệu '{name}' ở phiên bản {found}, chương trình cần {wanted}"
    en: ClassVar[str] = "Schema '{name}' is at version {found}, this program needs {wanted}"
    remedy_vi: ClassVar[str] = "Sao lưu rồi chạy: {command}"
    remedy_en: ClassVar[str] = "Make a backup, then run: {command}"


class SchemaNewer(StoreError):
    code: ClassVar[str] = "store.schema-newer"
    vi: ClassVar[str] = "Lược đồ dữ liệu '{name}' ở phiên bản {found}, mới hơn chương trình ({wanted})"
    en: ClassVar[str] = "Schema '{name}' is at version {found}, newer than this program ({wanted})"
    remedy_vi: ClassVar[str] = "Cài phiên bản chương trình mới hơn; không hạ cấp dữ liệu"
    remedy_en: ClassVar[str] = "Install a newer version of the program; data is never taken back"


class DataInUse(StoreError):
    code: ClassVar[str] = "data.in-use"
    vi: ClassVar[str] = "Thư mục dữ liệu {folder} đang được tiến trình {pid} sử dụng"
    en: ClassVar[str] = "Data folder {folder} is in use by process {pid}"
    remedy_vi: ClassVar[str] = "Dừng tiến trình {pid} trước, hoặc chọn thư mục khác bằng --data"
    remedy_en: ClassVar[str] = "Stop process {pid} first, or choose another folder with --data"


class BlobError(StoreError):
    """Base of what blob stores refuse with."""


class BlobMissing(BlobError):
    code: ClassVar[str] = "blob.missing"
    vi: ClassVar[str] = "Không có nội dung {sha256} trong kho"
    en: ClassVar[str] = "Content {sha256} is not in the store"


class BlobErased(BlobError):
    code: ClassVar[str] = "blob.erased"
    vi: ClassVar[str] = "Nội dung {sha256} đã được xóa, khóa giải mã đã hủy"
    en: ClassVar[str] = "Content {sha256} was erased; its key is destroyed"


class BlobDamaged(BlobError):
    code: ClassVar[str] = "blob.damaged"
    vi: ClassVar[str] = "Nội dung {sha256} trên đĩa bị hỏng: {reason}"
    en: ClassVar[str] = "Content {sha256} is damaged on disk: {reason}"
    remedy_vi: ClassVar[str] = "Không dùng tệp này; khôi phục từ bản sao lưu hoặc từ bên gửi"
    remedy_en: ClassVar[str] = "Do not use it; restore it from a backup or from the peer"


class MasterKeyUnusable(StoreError):
    code: ClassVar[str] = "store.master-key"
    vi: ClassVar[str] = "Khóa chủ của kho nội dung không dùng được: {reason}"
    en: ClassVar[str] = "The master key of the content store cannot be used: {reason}"
    remedy_vi: ClassVar[str] = "Chạy: chmod 600 {path}; nếu mất khóa, khôi phục từ bản sao lưu"
    remedy_en: ClassVar[str] = "Run: chmod 600 {path}; if the key is lost, restore it from a backup"
