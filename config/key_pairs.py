"""A key and its certificate as files: the pair in use, the pair that comes next, and those that were.

Rules of this file:
1. A new key lies in a folder `next` until its certificate is there; what runs knows nothing of it.
2. Putting into place may be cut off anywhere and run again: the key goes first, the certificate, which names the old
   one, last.
3. Old keys and certificates lie in a folder `old` under the fingerprint of their certificate.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from config.places import Places
from exchange_axis.errors import AxisError
from exchange_axis.store.datadir import make_private_folder
from signing.certificates import fingerprint, load_certificates

UPLINK = "uplink"
"""The pair with which a hub shows itself to the hub above."""


class RotationUnderWay(AxisError):
    code: ClassVar[str] = "config.rotation-under-way"
    vi: ClassVar[str] = "Đã có khóa mới cho {name} chờ cài"
    en: ClassVar[str] = "A new key for {name} waits to be installed already"
    remedy_vi: ClassVar[str] = "Cài khóa đó, hoặc xóa {path} rồi chạy lại"
    remedy_en: ClassVar[str] = "Install that one, or remove {path} and run again"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    name: str
    key: Path
    certificate: Path
    next_key: Path
    next_certificate: Path

    @property
    def is_ready(self) -> bool:
        """A new certificate waits; its key may be in place already."""
        return self.next_certificate.exists()

    def require_free(self) -> None:
        """Raises RotationUnderWay."""
        for path in (self.next_key, self.next_certificate):
            make_private_folder(path.parent)
            if path.exists():
                raise RotationUnderWay(name=self.name, path=path)

    def drop(self) -> None:
        """Forget what was prepared."""
        for path in (self.next_certificate, self.next_key):
            path.unlink(missing_ok=True)

    def prepare(self, certificate: bytes) -> None:
        """The prepared key has its certificate."""
        write(self.next_certificate, certificate)

    def put(self, *, forget: bool = False) -> None:
        """Put what is prepared into place; again changes nothing.

        Args:
            forget: destroy the old private key; its certificate is kept.
        """
        if self.certificate.read_bytes() == self.next_certificate.read_bytes():
            return self.next_certificate.unlink()  # the same answer again
        old = f"{self.name}-{fingerprint(load_certificates(self.certificate.read_bytes())[0])[:16]}"
        if self.next_key.exists():
            kept = make_private_folder(self.key.parent / "old") / f"{old}.key"
            if not forget and not kept.exists():
                shutil.copy2(self.key, kept)
            self.next_key.replace(self.key)
        write(self.certificate.parent / "old" / f"{old}.pem", self.certificate.read_bytes())
        self.next_certificate.replace(self.certificate)


def pair_of(places: Places, name: str) -> KeyPair:
    """Of a place by its file name: `seal`, `tls`, `tsa`, `authority`, `node-seal`, `agency-CODE`, `uplink`."""
    if name == UPLINK:
        folder = places.uplink
        return KeyPair(
            name=name,
            key=folder / "tls.key",
            certificate=folder / "tls.pem",
            next_key=folder / "next" / "tls.key",
            next_certificate=folder / "next" / "tls.pem",
        )
    return KeyPair(
        name=name,
        key=places.key(name),
        certificate=places.certificate(name),
        next_key=places.next_key(name),
        next_certificate=places.next_certificate(name),
    )


def write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk."""
    make_private_folder(path.parent)
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
