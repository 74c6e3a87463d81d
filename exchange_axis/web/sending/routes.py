"""The table of these pages, and who may ask for each."""

from __future__ import annotations

from typing import Final

from exchange_axis.web.desk.bulk import go_on, results
from exchange_axis.web.desk.frame import DeskHandler
from exchange_axis.web.sending import bulk, drafts, exporting, registers, sent, uploads

SENDING_TABLE: Final[tuple[tuple[str, str, DeskHandler], ...]] = (
    ("GET", "/drafts", drafts.drafts),
    ("POST", "/drafts", drafts.begin),
    ("GET", "/drafts/chosen", bulk.chosen),
    ("POST", "/drafts/send", bulk.send_many),
    ("GET", "/drafts/results/{token}", results),
    ("POST", "/drafts/results/{token}/go-on", go_on),
    ("GET", "/drafts/{id}", drafts.draft),
    ("POST", "/drafts/{id}", drafts.save),
    ("POST", "/drafts/{id}/autosave", drafts.autosave),
    ("POST", "/drafts/{id}/take-over", drafts.take_over),
    ("GET", "/drafts/{id}/search", drafts.search),
    ("POST", "/drafts/{id}/recipients", drafts.recipients),
    ("POST", "/drafts/{id}/files", uploads.add),
    ("POST", "/drafts/{id}/uploads", uploads.announce),
    ("GET", "/drafts/{id}/uploads/{file}", uploads.state),
    ("POST", "/drafts/{id}/uploads/{file}", uploads.append),
    ("POST", "/drafts/{id}/files/{file}/remove", uploads.remove),
    ("GET", "/drafts/{id}/check", drafts.check),
    ("POST", "/drafts/{id}/send", drafts.send),
    ("POST", "/drafts/{id}/drop", drafts.drop),
    ("POST", "/replies", sent.reply),
    ("GET", "/sent", sent.sent),
    ("GET", "/sent.csv", exporting.sent_csv),
    ("GET", "/sent.xlsx", exporting.sent_sheet),
    ("GET", "/sent.pdf", exporting.sent_pdf),
    ("GET", "/sent/{id}", sent.board),
    ("GET", "/sent/{id}/board.csv", exporting.board_csv),
    ("GET", "/sent/{id}/board.xlsx", exporting.board_sheet),
    ("GET", "/sent/{id}/board.pdf", exporting.board_pdf),
    ("POST", "/sent/{id}/mend", sent.mend),
    ("POST", "/sent/{id}/take-back", sent.take_back),
    ("POST", "/sent/{id}/retry", sent.retry),
    ("POST", "/sent/{id}/remind", sent.remind),
    ("GET", "/registers", registers.registers),
    ("GET", "/registers.pdf", registers.as_pdf),
    ("GET", "/registers.xlsx", registers.as_sheet),
    ("GET", "/registers.csv", registers.as_csv),
    ("GET", "/registers/closed.pdf", registers.as_closed),
    ("GET", "/registers/archive.zip", registers.as_archive),
    ("POST", "/registers/line", registers.change),
    ("POST", "/registers/paper", registers.enter_paper),
    ("POST", "/registers/gap", registers.explain),
    ("POST", "/registers/close", registers.close),
)
