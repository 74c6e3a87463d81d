"""What is refused about a certificate's standing: revoked, on hold, disputed between two validators, of a wrong root.

Split from `errors` by size; the rules there hold here.
"""

from __future__ import annotations

from typing import ClassVar

from signing.errors import CertificateRefusal


class CertificateRevoked(CertificateRefusal):
    """Facts: subject, revoked_at, reason."""

    code: ClassVar[str] = "certificate.revoked"
    vi: ClassVar[str] = "Chứng thư {subject} đã bị thu hồi lúc {revoked_at} (lý do: {reason})"
    en: ClassVar[str] = "Certificate {subject} was revoked at {revoked_at} (reason: {reason})"
    remedy_vi: ClassVar[str] = "Xin cấp chứng thư mới, đăng ký tại trục rồi ký và gửi lại"
    remedy_en: ClassVar[str] = "Obtain a new certificate, have it registered at the hub, then sign and send again"


class CertificateOnHold(CertificateRefusal):
    """Facts: subject, revoked_at."""

    code: ClassVar[str] = "certificate.on-hold"
    vi: ClassVar[str] = "Chứng thư {subject} đang bị tạm dừng từ {revoked_at}"
    en: ClassVar[str] = "Certificate {subject} has been on hold since {revoked_at}"
    remedy_vi: ClassVar[str] = "Đề nghị nhà cung cấp chứng thư mở lại rồi gửi lại, hoặc ký bằng chứng thư khác"
    remedy_en: ClassVar[str] = "Ask the certification authority to release it and send again, or use another one"


class RevocationNotChecked(CertificateRefusal):
    """For callers who cannot go on without an answer. Facts: subject, why."""

    code: ClassVar[str] = "certificate.revocation-not-checked"
    vi: ClassVar[str] = "Chưa kiểm tra được chứng thư {subject} có bị thu hồi hay không: {why}"
    en: ClassVar[str] = "Whether certificate {subject} is revoked could not be checked: {why}"
    remedy_vi: ClassVar[str] = "Lấy CRL hoặc OCSP của nhà cung cấp, hoặc đặt tệp CRL vào thư mục trust/crl"
    remedy_en: ClassVar[str] = "Obtain the authority's CRL or OCSP answer, or put the CRL file into trust/crl"


class CertificateDisputed(CertificateRefusal):
    """Two independent validators disagree; neither is believed. Facts: subject, accepted_by, refused_by, problem."""

    code: ClassVar[str] = "certificate.disputed"
    vi: ClassVar[str] = "Hai bộ kiểm tra không thống nhất về chứng thư {subject}: {refused_by} từ chối ({problem})"
    en: ClassVar[str] = "Two validators disagree about certificate {subject}: {refused_by} refuses ({problem})"
    remedy_vi: ClassVar[str] = "Gửi chuỗi chứng thư cho quản trị trục xem; không bỏ qua việc kiểm tra"
    remedy_en: ClassVar[str] = "Let the hub's operator look at the chain; do not work around the check"


class CertificateRootUse(CertificateRefusal):
    """Facts: subject, use."""

    code: ClassVar[str] = "certificate.root-use"
    vi: ClassVar[str] = "Gốc chứng thực của {subject} không được dùng cho việc này: {use}"
    en: ClassVar[str] = "The root above {subject} is not accepted for this use: {use}"
    remedy_vi: ClassVar[str] = "Dùng chứng thư do gốc được phép cấp (con dấu cơ quan: chứng thư chuyên dùng công vụ)"
    remedy_en: ClassVar[str] = "Use a certificate from a root allowed for it (agency seals: official duty)"


class RootsFile(CertificateRefusal):
    """Facts: path, what."""

    code: ClassVar[str] = "certificate.roots-file"
    vi: ClassVar[str] = "Tệp {path} sai: {what}"
    en: ClassVar[str] = "File {path} is wrong: {what}"
    remedy_vi: ClassVar[str] = "Sửa tệp theo docs/operator.md; tới lúc đó không gốc nào trong thư mục được tin"
    remedy_en: ClassVar[str] = "Mend the file (docs/operator.md); until then no root of the folder is trusted"


class RevocationListRefused(CertificateRefusal):
    """Facts: problem."""

    code: ClassVar[str] = "certificate.list"
    vi: ClassVar[str] = "Danh sách thu hồi không dùng được: {problem}"
    en: ClassVar[str] = "The revocation list cannot be used: {problem}"
    remedy_vi: ClassVar[str] = "Lấy lại danh sách từ cơ quan cấp chứng thư; tệp phải là CRL dạng DER hoặc PEM"
    remedy_en: ClassVar[str] = "Get the list from its authority again; the file must be a CRL as DER or PEM"
