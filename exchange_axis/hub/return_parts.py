"""What travels beside a return, and nothing that it does not name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from exchange_axis.domain.transfer import Return
from exchange_axis.hub import authority
from exchange_axis.hub.return_refusals import ReturnMismatch
from exchange_axis.hub.statuses import STATUS_LIMIT
from exchange_axis.ports import Document, DocumentKind


def beside_return(message: Return, documents: Mapping[str, Document], quoted: set[str | None]) -> tuple[Document, ...]:
    """The status container, which the evidence must quote, and the bindings.

    Raises:
        DocumentMissing, ReturnMismatch.
    """
    beside = []
    if message.status_sha256 is not None:
        status = authority.pick(documents, message.status_sha256)
        if status.sha256 not in quoted or len(status.content) > STATUS_LIMIT:
            raise ReturnMismatch(what="status")
        beside.append(replace(status, kind=DocumentKind.STATUS))
    bindings = (authority.pick(documents, digest) for digest in message.bindings)
    return (*beside, *(replace(binding, kind=DocumentKind.BINDING) for binding in bindings))
