"""Can it sign and deliver? Probes that a hub and a node share; each says what is wrong and what to do.

Rules of this file:
1. A probe does the thing itself: it signs, writes a row, writes a file. Nothing that it leaves means anything.
2. It raises a refusal with code and remedy, or returns. Details are for the operator; others learn yes or no.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from cryptography import x509

from exchange_axis.errors import AxisError
from exchange_axis.ports import Clock
from schemas.gate.refusal import Refusal
from signing.keys import Signer
from signing.primitives import require_public_key, verify

FRESH = 5.0
"""Seconds for which an answer is good enough: asking often costs nothing."""
LEAST_FREE = 512 * 1024 * 1024
"""Bytes that must be free where containers are stored."""
_PROBE = b"exchange-axis readiness probe"


class SealUnable(AxisError):
    code: ClassVar[str] = "ready.seal"
    vi: ClassVar[str] = "Con dấu {subject} không ký được: {reason}"
    en: ClassVar[str] = "The seal {subject} cannot sign: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra tệp khóa hoặc thiết bị ký, rồi khởi động lại"
    remedy_en: ClassVar[str] = "Check the key file or the token, then start again"


class CertificateOver(AxisError):
    code: ClassVar[str] = "ready.certificate"
    vi: ClassVar[str] = "Chứng thư {use} không có hiệu lực lúc này (đến {until})"
    en: ClassVar[str] = "The certificate for {use} is not valid now (it runs to {until})"
    remedy_vi: ClassVar[str] = "Thay chứng thư: axis hub rotate | axis node rotate; xem axis hub certificates"
    remedy_en: ClassVar[str] = "Have a new one: axis hub rotate | axis node rotate; see axis hub certificates"


class StoreUnable(AxisError):
    code: ClassVar[str] = "ready.store"
    vi: ClassVar[str] = "Cơ sở dữ liệu không ghi được: {reason}"
    en: ClassVar[str] = "The database takes no writes: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra đĩa, quyền ghi, PostgreSQL; văn bản đang chờ không mất"
    remedy_en: ClassVar[str] = "Check the disk, its permissions, PostgreSQL; nothing that waits is lost"


class DiskUnable(AxisError):
    code: ClassVar[str] = "ready.disk"
    vi: ClassVar[str] = "Nơi lưu gói tin {folder} không ghi được hoặc gần đầy: {reason}"
    en: ClassVar[str] = "Containers cannot be stored in {folder}, or it is nearly full: {reason}"
    remedy_vi: ClassVar[str] = "Giải phóng hoặc thêm đĩa; kiểm tra quyền ghi"
    remedy_en: ClassVar[str] = "Free or add disk space; check its permissions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    failed: Mapping[str, Refusal | None]
    """By check, in order; None: it holds."""

    @property
    def ready(self) -> bool:
        return not any(self.failed.values())


Probe = Callable[[], None]
"""Raises a refusal."""


class Checkup:
    """Runs its probes at most every FRESH seconds; safe from any thread."""

    def __init__(self, clock: Clock, probes: Mapping[str, Probe]) -> None:
        self._clock = clock
        self._probes = probes
        self._lock = threading.Lock()
        self._known: tuple[float, Readiness] | None = None

    def look(self) -> Readiness:
        with self._lock:
            now = self._clock.monotonic()
            if self._known is None or not 0 <= now - self._known[0] <= FRESH:
                self._known = (now, Readiness(failed={name: _tried(probe) for name, probe in self._probes.items()}))
            return self._known[1]


def sign_now(signers: Iterable[Signer]) -> None:
    """Sign with each, and check the signature with the public key of its certificate.

    Raises:
        SealUnable.
    """
    for signer in signers:
        subject = signer.certificate.subject.rfc4514_string()
        try:
            key = require_public_key(signer.certificate.public_key())
            verify(key, signer.algorithm, _PROBE, signer.sign(_PROBE))
        except Exception as error:  # a token may fail in any way
            raise SealUnable(subject=subject, reason=str(error)[:200]) from error


def require_valid(certificates: Mapping[str, x509.Certificate], now: datetime) -> None:
    """
    Raises:
        CertificateOver: the first that is not valid now.
    """
    for use, one in certificates.items():
        if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
            raise CertificateOver(use=use, until=one.not_valid_after_utc.isoformat(timespec="seconds"))


def write_now(write: Callable[[], None]) -> None:
    """
    Raises:
        StoreUnable.
    """
    try:
        write()
    except Exception as error:  # every driver has refusals of its own
        raise StoreUnable(reason=str(error)[:200]) from error


def store_now(folder: Path, *, least: int = LEAST_FREE) -> None:
    """Write a file where containers are taken in, durably, and see what is free.

    Raises:
        DiskUnable.
    """
    path = folder / f"ready-{os.getpid()}.probe"
    try:
        with path.open("wb") as file:
            file.write(_PROBE)
            os.fsync(file.fileno())
        path.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise DiskUnable(folder=folder, reason=str(error)[:200]) from error
    if free < least:
        raise DiskUnable(folder=folder, reason=f"{free} < {least} B")


def _tried(probe: Probe) -> Refusal | None:
    try:
        probe()
    except Refusal as refusal:
        return refusal
    return None
