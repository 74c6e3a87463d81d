"""PDF files: the one place where their signatures are asked about."""

from __future__ import annotations

from typing import BinaryIO

from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_refusals import NotJudged
from exchange_axis.pipeline.verify_result import Kind


def judge_pdf(case: Case, _file: BinaryIO) -> None:
    """
    Raises:
        NotJudged: always, in this version: "not checked" is never shown as valid, nor as wrong.
    """
    case.document = {"kind": Kind.PDF.value}
    raise NotJudged(kind="PDF")
