"""Revocation lists and answers that a PDF brings along: in its security store, and inside its signatures.

Rules of this file:
1. They are bytes from a stranger. What they prove is decided by whoever judges: each piece by its own signature and by
   when it was issued. That a file brings them means nothing.
2. Few and small, or they are left out: a hub collects the large public lists itself.

Source: ETSI EN 319 142-1, 5.4.2.2 (DSS); ISO 32000-2, 12.8.3.3.2 (adbe-revocationInfoArchival).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.revocation import Evidence

PIECES_MAX: Final = 32
BYTES_MAX: Final = 256 * 1024
"""Of all pieces of one kind in one file."""
_ARCHIVAL: Final = "adobe_revocation_info_archival"


def read_carried(reader: PdfFileReader, signers: Iterable[cms.SignerInfo]) -> Evidence:
    """What can be read; a part that cannot never hides the rest."""
    crls, answers = _Pieces(), _Pieces()
    crls.take(partial(_stored, reader, "/CRLs"))
    answers.take(partial(_stored, reader, "/OCSPs"))
    for signer in signers:
        crls.take(partial(_archived, signer, "crl"))
        answers.take(partial(_archived, signer, "ocsp"))
    return Evidence(crls=tuple(crls.found), ocsp=tuple(answers.found))


class _Pieces:
    def __init__(self) -> None:
        self.found: dict[bytes, None] = {}
        self._left = BYTES_MAX

    def take(self, source: Callable[[], Iterable[bytes]]) -> None:
        try:
            for piece in source():
                if len(self.found) >= PIECES_MAX:
                    return
                if piece not in self.found and len(piece) <= self._left:
                    self.found[piece] = None
                    self._left -= len(piece)
        except MemoryError:
            raise
        except Exception:  # whatever shape it has, it is no evidence
            return


def _stored(reader: PdfFileReader, name: str) -> Iterator[bytes]:
    for reference in reader.root["/DSS"][name]:
        yield bytes(reference.get_object().data)


def _archived(signer: cms.SignerInfo, name: str) -> Iterator[bytes]:
    attributes: Any = signer["signed_attrs"]
    for attribute in attributes:
        if attribute["type"].native == _ARCHIVAL:
            for value in attribute["values"]:
                for piece in value[name] or ():
                    yield piece.dump()
