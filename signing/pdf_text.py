"""Pages and text layer of a PDF, read with pdfium. Hostile bytes: runs in a process that may be killed at any time.

The text of the first page is what a clerk sees first: secrecy marks, number and symbol, date, subject. A scan has no
text, and nothing is guessed about it.
"""

from __future__ import annotations

from typing import BinaryIO, Final

import pypdfium2 as pdfium

TEXT_MAX: Final = 20_000
"""Characters of the first page that are kept; a full page of Decree 30 has under 4,000."""


class NeedsPassword(Exception):
    """The file cannot be opened without a password."""


class Unreadable(Exception):
    """No reader can make pages of it."""


def read_first_page(file: BinaryIO) -> tuple[int, str]:
    """Number of pages, and the first page's text in reading order as far as the file tells it.

    Raises:
        NeedsPassword, Unreadable.
    """
    try:
        document = pdfium.PdfDocument(file, autoclose=False)
    except pdfium.PdfiumError as error:
        if "assword" in str(error):
            raise NeedsPassword from error
        raise Unreadable from error
    try:
        pages = len(document)
        if pages == 0:
            return 0, ""
        page = document[0]
        layer = page.get_textpage()
        text = layer.get_text_range(0, min(layer.count_chars(), TEXT_MAX))
        layer.close()
        page.close()
    except pdfium.PdfiumError as error:
        raise Unreadable from error
    finally:
        document.close()
    return pages, str(text)
