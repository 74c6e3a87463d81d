"""The hub's report on the files of a letter, as a node reads it out of the letter's history."""

from __future__ import annotations

from exchange_axis.domain.files_word import FilesWord
from exchange_axis.wire.hub_json import Fields

MOST = 1_000


def read_files_word(fields: Fields, container_sha256: str) -> FilesWord | None:
    """Of the letter in this very container; None where the history has no report. Raises MalformedMessage."""
    for letter in fields.objects("consignments", most=MOST):
        report = letter.part("files")
        if report is not None and letter.sha256("container_sha256") == container_sha256:
            return _word(report)
    return None


def _word(report: Fields) -> FilesWord:
    files = report.objects("files", most=MOST)
    said = ((file.sha256("sha256"), file.optional_text("verdict", limit=40)) for file in files)
    return FilesWord(
        judged_at=report.time("judged_at"),
        complete=report.raw().get("complete") is True,
        standing=report.optional_text("standing", limit=40),
        verdicts={sha256: verdict for sha256, verdict in said if verdict is not None},
    )
