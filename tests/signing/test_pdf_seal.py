"""A PDF that we seal: `pdfsig`, which nobody here wrote, says that the signature computes and covers all of it."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from exchange_axis.pipeline.form_print import Head, Table, as_pdf
from signing.keys import KeyType
from signing.pdf_seal import seal_pdf
from tests.judges import require
from tests.signing.pki import TestPki

PKI = TestPki()
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
TABLE = Table(
    title="Báo cáo quý",
    title_en="Quarterly report",
    issuer="Trục thử",
    period="15/12/2025 – 14/03/2026",
    heads=(Head(vi="Kỳ", en="Period", means_vi="Kỳ", means_en="Period"),),
    rows=(("quý I",),),
)


def said(path: Path) -> str:
    done = subprocess.run([require("pdfsig"), "-nocert", str(path)], capture_output=True, text=True, timeout=60)
    return done.stdout


@pytest.mark.judge
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.RSA2048])
def test_pdfsig_finds_our_seal_whole(key_type: KeyType, tmp_path: Path) -> None:
    path = tmp_path / "bao-cao.pdf"
    plain = as_pdf(TABLE)
    path.write_bytes(seal_pdf(plain, PKI.signer(key_type, chained=True), at=AT))
    report = said(path)
    assert "Signature is Valid" in report and "Total document signed" in report, report
    assert "ETSI.CAdES.detached" in report and "SHA-256" in report
    assert path.read_bytes().startswith(plain), "nothing was written over"
    data = bytearray(path.read_bytes())
    place = data.index(b"/MediaBox")
    data[place + 11] ^= 1
    path.write_bytes(bytes(data))
    assert "Signature is Valid" not in said(path)


def test_the_time_is_that_of_the_sealer() -> None:
    reader = PdfFileReader(io.BytesIO(seal_pdf(as_pdf(TABLE), PKI.signer(KeyType.P256), at=AT)))
    (signature,) = reader.embedded_signatures
    assert signature.self_reported_timestamp == AT
