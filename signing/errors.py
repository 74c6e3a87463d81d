"""What signing refuses: one class per refusal; the code never changes.

Rules of this file:
1. `signature.*` speaks about the form or the mathematics of a signature, `algorithm.*` about what policy forbids,
   `certificate.*` about who signed, `key.*` about our own keys.
2. No text and no fact ever carries key material, a passphrase or content of what was signed.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.gate.refusal import Refusal


class SigningRefusal(Refusal):
    """Base of all refusals of this package."""


class SignatureRefusal(SigningRefusal):
    """The signature itself is not what it must be."""

    remedy_vi: ClassVar[str] = "Yêu cầu bên gửi ký lại và gửi lại; không sửa tay vào tài liệu đã ký"
    remedy_en: ClassVar[str] = "Ask the sender to sign and send again; do not edit a signed document by hand"


class SignatureMissing(SignatureRefusal):
    code: ClassVar[str] = "signature.missing"
    vi: ClassVar[str] = "Tài liệu không có chữ ký"
    en: ClassVar[str] = "The document carries no signature"


class SignatureCount(SignatureRefusal):
    """Elements that must occur once in the whole document occur more often."""

    code: ClassVar[str] = "signature.count"
    vi: ClassVar[str] = "Phần tử {element} phải xuất hiện đúng một lần, nhưng có {count}"
    en: ClassVar[str] = "Element {element} must occur exactly once, but occurs {count} times"


class SignatureLocation(SignatureRefusal):
    code: ClassVar[str] = "signature.location"
    vi: ClassVar[str] = "Chữ ký không nằm ở vị trí quy định: {expected}"
    en: ClassVar[str] = "The signature is not at its place: {expected}"


class SignatureShape(SignatureRefusal):
    code: ClassVar[str] = "signature.shape"
    vi: ClassVar[str] = "Chữ ký sai cấu trúc ở {element}: {problem}"
    en: ClassVar[str] = "The signature has an unexpected form at {element}: {problem}"


class SignatureBase64(SignatureRefusal):
    code: ClassVar[str] = "signature.base64"
    vi: ClassVar[str] = "Giá trị base64 của {element} không hợp lệ"
    en: ClassVar[str] = "The base64 value of {element} is not valid"


class SignatureReferences(SignatureRefusal):
    """The references are not exactly the set that the profile asks for."""

    code: ClassVar[str] = "signature.references"
    vi: ClassVar[str] = "Danh sách tham chiếu của chữ ký không đúng: {problem}"
    en: ClassVar[str] = "The signature's references are not the expected set: {problem}"


class SignatureTarget(SignatureRefusal):
    code: ClassVar[str] = "signature.target"
    vi: ClassVar[str] = "QualifyingProperties không trỏ tới chữ ký này"
    en: ClassVar[str] = "QualifyingProperties does not point at this signature"


class SigningTimeUnreadable(SignatureRefusal):
    code: ClassVar[str] = "signature.time"
    vi: ClassVar[str] = "Thời điểm ký không phải là ngày giờ có múi giờ"
    en: ClassVar[str] = "The signing time is not a date and time with a zone"


class SigningCertificateMismatch(SignatureRefusal):
    code: ClassVar[str] = "signature.signing-certificate"
    vi: ClassVar[str] = "Chứng thư kèm theo không phải chứng thư đã được ký cùng (SigningCertificateV2)"
    en: ClassVar[str] = "The enclosed certificate is not the one that was signed along (SigningCertificateV2)"


class SignatureInvalid(SignatureRefusal):
    code: ClassVar[str] = "signature.invalid"
    vi: ClassVar[str] = "Giá trị chữ ký không đúng với khóa trong chứng thư"
    en: ClassVar[str] = "The signature value does not verify with the certificate's key"


class DigestMismatch(SignatureRefusal):
    """Facts: uri, the reference whose content was altered."""

    code: ClassVar[str] = "signature.digest"
    vi: ClassVar[str] = "Nội dung đã bị thay đổi sau khi ký (tham chiếu “{uri}”)"
    en: ClassVar[str] = "The content was altered after signing (reference “{uri}”)"


class NotCanonical(SignatureRefusal):
    code: ClassVar[str] = "signature.not-canonical"
    vi: ClassVar[str] = "Không thể chuẩn hóa XML để kiểm chữ ký"
    en: ClassVar[str] = "The XML cannot be brought into canonical form"


class AlreadySigned(SigningRefusal):
    code: ClassVar[str] = "signature.already-signed"
    vi: ClassVar[str] = "Tài liệu đã có chữ ký"
    en: ClassVar[str] = "The document is signed already"
    remedy_vi: ClassVar[str] = "Ký bản chưa có chữ ký"
    remedy_en: ClassVar[str] = "Sign the document without a signature"


class MemberName(SignatureRefusal):
    code: ClassVar[str] = "signature.member-name"
    vi: ClassVar[str] = "Tên thành phần “{name}” không được phép"
    en: ClassVar[str] = "The member name “{name}” is not allowed"


class AlgorithmRefusal(SigningRefusal):
    """Policy forbids it, whatever the mathematics say."""

    remedy_vi: ClassVar[str] = "Ký lại bằng thuật toán có trong danh sách cho phép (xem docs/protocol.md)"
    remedy_en: ClassVar[str] = "Sign again with an algorithm of the allowed list (see docs/protocol.md)"


class SignatureAlgorithmForbidden(AlgorithmRefusal):
    code: ClassVar[str] = "algorithm.signature"
    vi: ClassVar[str] = "Không chấp nhận thuật toán ký {uri}"
    en: ClassVar[str] = "Signature algorithm {uri} is not allowed"


class DigestAlgorithmForbidden(AlgorithmRefusal):
    code: ClassVar[str] = "algorithm.digest"
    vi: ClassVar[str] = "Không chấp nhận thuật toán băm {uri}"
    en: ClassVar[str] = "Digest algorithm {uri} is not allowed"


class CanonicalizationForbidden(AlgorithmRefusal):
    code: ClassVar[str] = "algorithm.canonicalization"
    vi: ClassVar[str] = "Không chấp nhận phép chuẩn hóa {uri}"
    en: ClassVar[str] = "Canonicalization {uri} is not allowed"


class TransformForbidden(AlgorithmRefusal):
    code: ClassVar[str] = "algorithm.transform"
    vi: ClassVar[str] = "Không chấp nhận chuỗi phép biến đổi [{transforms}] cho tham chiếu “{uri}”"
    en: ClassVar[str] = "Transforms [{transforms}] are not allowed for reference “{uri}”"


class KeyForbidden(AlgorithmRefusal):
    code: ClassVar[str] = "algorithm.key"
    vi: ClassVar[str] = "Không chấp nhận khóa {key} (tối thiểu RSA 2048 hoặc ECDSA P-256, P-384)"
    en: ClassVar[str] = "Key {key} is not allowed (at least RSA 2048, or ECDSA P-256 or P-384)"


class KeyAlgorithmMismatch(AlgorithmRefusal):
    """The algorithm asks for another kind of key: also the guard against algorithm substitution."""

    code: ClassVar[str] = "algorithm.key-mismatch"
    vi: ClassVar[str] = "Thuật toán {uri} không dùng được với khóa {key}"
    en: ClassVar[str] = "Algorithm {uri} does not go with key {key}"


class CertificateRefusal(SigningRefusal):
    """Who signed cannot be accepted. Facts: subject."""


class CertificateUnreadable(CertificateRefusal):
    code: ClassVar[str] = "certificate.unreadable"
    vi: ClassVar[str] = "Không đọc được chứng thư"
    en: ClassVar[str] = "The certificate cannot be read"
    remedy_vi: ClassVar[str] = "Kiểm tra tệp chứng thư (PEM, X.509 phiên bản 3)"
    remedy_en: ClassVar[str] = "Check the certificate file (PEM, X.509 version 3)"


class CertificateExpired(CertificateRefusal):
    code: ClassVar[str] = "certificate.expired"
    vi: ClassVar[str] = "Chứng thư {subject} đã hết hạn lúc {not_after}"
    en: ClassVar[str] = "Certificate {subject} expired at {not_after}"
    remedy_vi: ClassVar[str] = "Xin cấp chứng thư mới rồi ký lại"
    remedy_en: ClassVar[str] = "Obtain a new certificate and sign again"


class CertificateNotYetValid(CertificateRefusal):
    code: ClassVar[str] = "certificate.not-yet-valid"
    vi: ClassVar[str] = "Chứng thư {subject} chỉ có hiệu lực từ {not_before}"
    en: ClassVar[str] = "Certificate {subject} is valid only from {not_before}"
    remedy_vi: ClassVar[str] = "Kiểm tra đồng hồ của máy; nếu đồng hồ đúng thì đợi chứng thư có hiệu lực"
    remedy_en: ClassVar[str] = "Check the machine's clock; if it is right, wait until the certificate is valid"


class CertificateUsage(CertificateRefusal):
    code: ClassVar[str] = "certificate.usage"
    vi: ClassVar[str] = "Chứng thư {subject} không được cấp cho việc này: {problem}"
    en: ClassVar[str] = "Certificate {subject} was not issued for this use: {problem}"
    remedy_vi: ClassVar[str] = "Dùng đúng loại chứng thư: chứng thư ký số cho chữ ký, chứng thư TLS cho kết nối"
    remedy_en: ClassVar[str] = "Use the right kind: a signing certificate for signatures, a TLS one for connections"


class CertificateUntrusted(CertificateRefusal):
    code: ClassVar[str] = "certificate.untrusted"
    vi: ClassVar[str] = "Không dựng được đường dẫn tin cậy từ {subject} tới chứng thư gốc đã biết"
    en: ClassVar[str] = "No trusted path from {subject} to a known root certificate"
    remedy_vi: ClassVar[str] = "Thêm chứng thư gốc vào danh sách tin cậy nếu đơn vị cấp là hợp lệ"
    remedy_en: ClassVar[str] = "Add the root certificate to the trust anchors if its issuer is legitimate"


class RequestUnreadable(CertificateRefusal):
    code: ClassVar[str] = "certificate.request"
    vi: ClassVar[str] = "Yêu cầu cấp chứng thư không đọc được hoặc không do chính khóa đó ký"
    en: ClassVar[str] = "The certificate request cannot be read or is not signed by its own key"
    remedy_vi: ClassVar[str] = "Tạo lại yêu cầu bằng lệnh init của nút"
    remedy_en: ClassVar[str] = "Make the request again with the node's init command"


class NoTrustAnchors(CertificateRefusal):
    code: ClassVar[str] = "certificate.no-anchors"
    vi: ClassVar[str] = "Không có chứng thư gốc nào trong {path}"
    en: ClassVar[str] = "There is no root certificate in {path}"
    remedy_vi: ClassVar[str] = "Chỉ tới một tệp PEM hoặc thư mục có tệp *.pem chứa chứng thư gốc"
    remedy_en: ClassVar[str] = "Name a PEM file, or a folder with *.pem files, holding root certificates"


class KeyRefusal(SigningRefusal):
    """One of our own keys cannot be used or made. Facts: path."""


class KeyPermissions(KeyRefusal):
    code: ClassVar[str] = "key.permissions"
    vi: ClassVar[str] = "Người khác đọc được {path} (quyền {mode})"
    en: ClassVar[str] = "Others can read {path} (mode {mode})"
    remedy_vi: ClassVar[str] = "Chạy: {command}"
    remedy_en: ClassVar[str] = "Run: {command}"


class KeyExists(KeyRefusal):
    code: ClassVar[str] = "key.exists"
    vi: ClassVar[str] = "Đã có {path}; khóa không bao giờ bị ghi đè"
    en: ClassVar[str] = "{path} exists already; a key is never overwritten"
    remedy_vi: ClassVar[str] = "Dùng khóa đang có, hoặc chọn tên tệp khác"
    remedy_en: ClassVar[str] = "Use the existing key, or choose another file name"


class KeyMissing(KeyRefusal):
    code: ClassVar[str] = "key.missing"
    vi: ClassVar[str] = "Không mở được {path}"
    en: ClassVar[str] = "{path} cannot be opened"
    remedy_vi: ClassVar[str] = "Kiểm tra đường dẫn và quyền đọc"
    remedy_en: ClassVar[str] = "Check the path and the right to read it"


class KeyUnreadable(KeyRefusal):
    code: ClassVar[str] = "key.unreadable"
    vi: ClassVar[str] = "{path} không phải là khóa đọc được"
    en: ClassVar[str] = "{path} does not hold a readable key"
    remedy_vi: ClassVar[str] = "Cần tệp PEM (PKCS#8) hoặc PKCS#12"
    remedy_en: ClassVar[str] = "A PEM (PKCS#8) or PKCS#12 file is needed"


class KeyPassphrase(KeyRefusal):
    code: ClassVar[str] = "key.passphrase"
    vi: ClassVar[str] = "Cụm mật khẩu của {path} sai hoặc còn thiếu"
    en: ClassVar[str] = "The passphrase of {path} is wrong or missing"
    remedy_vi: ClassVar[str] = "Đặt cụm mật khẩu trong tệp 0600, trong $CREDENTIALS_DIRECTORY, hoặc nhập khi được hỏi"
    remedy_en: ClassVar[str] = "Give the passphrase in a 0600 file, in $CREDENTIALS_DIRECTORY, or at the prompt"


class KeyWithoutCertificate(KeyRefusal):
    code: ClassVar[str] = "key.without-certificate"
    vi: ClassVar[str] = "{path} không chứa chứng thư nào"
    en: ClassVar[str] = "{path} holds no certificate"
    remedy_vi: ClassVar[str] = "Ghép chứng thư PEM vào tệp, hoặc ghi hai tệp: KHÓA,CHỨNG_THƯ"
    remedy_en: ClassVar[str] = "Add the certificate to the PEM file, or name two files: KEY,CERTIFICATE"


class KeyMismatch(KeyRefusal):
    code: ClassVar[str] = "key.mismatch"
    vi: ClassVar[str] = "Khóa {path} không thuộc chứng thư {certificate}"
    en: ClassVar[str] = "Key {path} does not belong to certificate {certificate}"
    remedy_vi: ClassVar[str] = "Chỉ đúng cặp khóa và chứng thư"
    remedy_en: ClassVar[str] = "Name a key and a certificate that belong together"


class TokenUriWrong(KeyRefusal):
    code: ClassVar[str] = "key.token-uri"
    vi: ClassVar[str] = "Địa chỉ khóa trong {path} sai hoặc thiếu phần {part}"
    en: ClassVar[str] = "The token URI in {path} is wrong or lacks {part}"
    remedy_vi: ClassVar[str] = "Viết: pkcs11:token=TÊN;object=TÊN_KHÓA?module-path=/…/thu-vien.so&pin-source=/…/pin"
    remedy_en: ClassVar[str] = "Write: pkcs11:token=NAME;object=KEY?module-path=/…/library.so&pin-source=/…/pin"


class TokenFailed(KeyRefusal):
    code: ClassVar[str] = "key.token"
    vi: ClassVar[str] = "Không ký được bằng thiết bị ghi trong {path}: {reason}"
    en: ClassVar[str] = "The token named in {path} does not sign: {reason}"
    remedy_vi: ClassVar[str] = "Cắm lại thiết bị; kiểm tra thư viện, tên thiết bị, tên khóa và tệp mã PIN"
    remedy_en: ClassVar[str] = "Connect the token; check library, token label, key label and the file with the PIN"


class KeyNotFromToken(KeyRefusal):
    code: ClassVar[str] = "key.not-from-token"
    vi: ClassVar[str] = "Khóa {path} phải nằm trong tệp, không dùng được từ thiết bị"
    en: ClassVar[str] = "Key {path} must lie in a file; it cannot be used from a token"
    remedy_vi: ClassVar[str] = "Thiết bị chỉ giữ con dấu; khóa TLS và khóa cấp chứng thư nằm trong tệp PEM"
    remedy_en: ClassVar[str] = "Tokens hold seals; TLS keys and the office's key lie in PEM files"
