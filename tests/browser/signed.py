"""PDFs signed by a person and an agency of the province, below a root that the desk's node trusts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from random import Random
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.ports import FileExaminer
from signing.pdf_verdict import Revocation
from signing.revocation import Evidence
from tests.browser.server import apart
from tests.signing import pdfs

_LONG: dict[str, Any] = {"not_before": datetime(2020, 1, 1, tzinfo=UTC), "not_after": datetime(2035, 1, 1, tzinfo=UTC)}
_PAGE = """#set page(margin: 2cm)
UBND TỈNH PHÚ YÊN \\
Số: {code} \\
Phú Yên, ngày 02 tháng 3 năm 2026 \\
*{kind}* \\
{subject}
"""


@cache
def pki() -> pdfs.PdfPki:
    return pdfs.PdfPki()


def root() -> x509.Certificate:
    return pki().pki.root.certificate


@cache
def _person() -> pdfs.Signatory:
    names = {
        NameOID.COMMON_NAME: "Phạm Văn Hải",
        NameOID.TITLE: "Phó Chủ tịch",
        NameOID.ORGANIZATION_NAME: "UBND tỉnh Phú Yên",
        NameOID.USER_ID: f"CCCD:{pdfs.CARD}",
    }
    return pki().issue(names, "person", **_LONG)


@cache
def _agency(*, revoked: bool) -> pdfs.Signatory:
    names = {
        NameOID.COMMON_NAME: "UBND tỉnh Phú Yên",
        NameOID.ORGANIZATION_NAME: "Tỉnh Phú Yên",
        NameOID.USER_ID: "MST:4400350000",
    }
    return pki().issue(names, "agency revoked" if revoked else "agency", **_LONG)


@cache
def signed_pdf(code: str, kind: str, subject: str, *, revoked: bool = False, at: datetime | None = None) -> bytes:
    """Signed by the person, then by the agency; `revoked`: with a certificate that was revoked before.

    Args:
        at: a time-stamp says so of the person's signature.
    """
    page = pdfs.page(_PAGE.format(code=code, kind=kind, subject=subject))
    stamper = pki().stamper(at) if at else None
    by_person = apart(lambda: pdfs.sign(page, _person(), name="Nguoi ky", stamper=stamper))
    return apart(lambda: pdfs.sign(by_person, _agency(revoked=revoked), name="Co quan"))


@cache
def commune_pdf(text: str, *, at: datetime | None = None, photographs: int = 0) -> bytes:
    """A sheet of the commune of An Ninh Đông. With `at`: signed then by its chairman, by a time-stamp, and by the seal;
    without, by the seal alone, as an annex is.

    Args:
        photographs: bytes that do not become fewer on their way.
    """
    sheet = _heavier(pdfs.page("#set page(margin: 2cm)\n" + text), photographs)
    person, agency = pki().person(**_LONG), pki().agency(**_LONG)

    def sign() -> bytes:
        signed = sheet if at is None else pdfs.sign(sheet, person, name="Nguoi ky", stamper=pki().stamper(at))
        return pdfs.sign(signed, agency, name="Co quan")

    return apart(sign)


def _heavier(pdf: bytes, by: int) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.root["/Photographs"] = writer.add_object(generic.StreamObject(stream_data=Random(by).randbytes(by)))
    writer.update_root()  # type: ignore[no-untyped-call]
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue() if by else pdf


def tools(examiner: FileExaminer) -> FileTools:
    """As the node's own, with a service that knows of every certificate whether it is revoked."""

    def looked_up(
        certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        is_bad = certificate.serial_number == _agency(revoked=True).certificate.serial_number
        return Revocation.REVOKED if is_bad else Revocation.GOOD

    return FileTools(examiner=examiner, revocation=looked_up)
