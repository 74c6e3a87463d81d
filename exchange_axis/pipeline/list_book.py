"""Revocation lists that a program without a database of them keeps: the newest of each authority, verified once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cryptography import x509

from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint
from signing.revocation import RevocationStatus
from signing.revocation_list import VerifiedList, read_list
from signing.trust import TrustAnchors

log = logging.getLogger("axis.revocation")


def _nothing() -> Sequence[bytes]:
    return ()


def _forget(_name: str, _content: bytes) -> None:
    return None


class ListBook:
    """Safe from any thread."""

    def __init__(
        self, *, stored: Callable[[], Iterable[bytes]] = _nothing, store: Callable[[str, bytes], None] = _forget
    ) -> None:
        """
        Args:
            stored: what was kept before; looked at once.
            store: keeps a list durably under the fingerprint of its authority, in the place of an older one.
        """
        self._stored = stored
        self._store = store
        self._lock = threading.Lock()
        self._held: dict[str, VerifiedList] | None = None

    def take(self, documents: Iterable[bytes], anchors: TrustAnchors) -> int:
        """Keep what is newer; returns how many. What is not signed by one of these roots is passed over."""
        with self._lock:
            held = self._known(anchors)
            return sum(self._keep(held, content, anchors, anew=True) for content in documents)

    def status(self, certificate: x509.Certificate, anchors: TrustAnchors, *, now: datetime) -> RevocationStatus | None:
        """What the list of its authority says; None while there is none that is still in force."""
        with self._lock:
            held = self._known(anchors)
            found = (one.status(certificate, now=now) for one in held.values() if one.issuer in anchors.certificates)
            return next((status for status in found if status is not None), None)

    def held(self, anchors: TrustAnchors) -> tuple[bytes, ...]:
        """DER of every list, by its authority's fingerprint."""
        with self._lock:
            return tuple(one.content for _, one in sorted(self._known(anchors).items()))

    def _known(self, anchors: TrustAnchors) -> dict[str, VerifiedList]:
        if self._held is None:
            self._held = {}
            for content in self._stored():
                self._keep(self._held, content, anchors, anew=False)
        return self._held

    def _keep(self, held: dict[str, VerifiedList], content: bytes, anchors: TrustAnchors, *, anew: bool) -> bool:
        try:
            found = read_list(content, anchors)
        except Refusal as refusal:
            log.warning("revocation.list-refused code=%s %s", refusal.code, refusal)
            return False
        name = fingerprint(found.issuer)
        if name in held and held[name].this_update >= found.this_update:
            return False
        if anew:
            self._store(name, content)
        held[name] = found
        return True
