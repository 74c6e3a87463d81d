"""What a data folder holds about the trust list: the pin, and the list in force where `axis verify` finds it."""

from __future__ import annotations

import hashlib
import pwd
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config.places import Places
from exchange_axis.domain.settings_record import Configuration, flat
from exchange_axis.domain.trust_list import HeardList
from exchange_axis.errors import AxisError
from exchange_axis.ledger.epochs import epoch_of, log_of
from exchange_axis.ledger.roll import read_roll
from exchange_axis.pipeline.list_book import ListBook
from exchange_axis.pipeline.trusting import TrustPlace, read_der
from exchange_axis.ports import Clock
from signing.certificates import load_certificates

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class NotAFingerprint(AxisError):
    code: ClassVar[str] = "trust-list.not-a-fingerprint"
    vi: ClassVar[str] = "{value} không phải vân tay SHA-256 của chứng thư"
    en: ClassVar[str] = "{value} is not the SHA-256 fingerprint of a certificate"


def trust_place(places: Places, clock: Clock) -> TrustPlace:
    return TrustPlace(
        pin=lambda: read_pin(places),
        show=lambda heard: show_list(places, heard, clock),
        upcoming=lambda: _upcoming(places),
        rolls=lambda: _rolls(places),
        keep_rolls=lambda notes: _keep_rolls(places, notes),
        book=ListBook(
            stored=lambda: _lists(places),
            store=lambda name, content: _replace(places.lists / f"{name}.crl", content),
        ),
    )


def _rolls(places: Places) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(places.log_rolls.glob("*.note")))


def _keep_rolls(places: Places, notes: Sequence[bytes]) -> None:
    """The notes, and each new key where `axis verify` finds it."""
    for note in notes:
        key = read_roll(note).key
        name = f"{log_of(key.name).replace('/', '-')}-{epoch_of(key.name)}.vkey"
        _replace(places.log_rolls / f"{epoch_of(key.name):06d}.note", note)
        _replace(places.trust / name, f"{key.vkey}\n".encode())


def _lists(places: Places) -> list[bytes]:
    """Revocation lists as they were kept."""
    return [path.read_bytes() for path in sorted(places.lists.glob("*.crl"))]


def read_pin(places: Places) -> str | None:
    """Fingerprint of the certificate that signs the first trust list, or None before one was pinned."""
    try:
        return places.trust_signer.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def pin(places: Places, value: str) -> str:
    """Pin; colons and case are ignored. Raises NotAFingerprint."""
    found = value.replace(":", "").strip().lower()
    if not _FINGERPRINT.fullmatch(found):
        raise NotAFingerprint(value=value[:100])
    _replace(places.trust_signer, f"{found}\n".encode())
    return found


def pin_from_answer(places: Places, answer: object) -> None:
    """Keep what an enrolment answer says, unless something is pinned already."""
    if isinstance(answer, str) and read_pin(places) is None:
        pin(places, answer)


def configuration(places: Places) -> Configuration:
    """What an operator may change by hand: digests of the files, whose they are, and what the settings say."""
    folders = (places.root, places.trust)
    found = [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    found += [path for path in sorted(places.trust.glob("*.pem")) if path.name != "trust-list.pem"]
    found += [places.trust_signer] if places.trust_signer.exists() else []
    named = {path.relative_to(places.root).as_posix(): path for path in found if not path.name.startswith(".")}
    return Configuration(
        files={name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in named.items()},
        settings={
            name: value
            for kind in ("hub", "node")
            if (path := places.settings(kind)).exists()
            for name, value in flat(_table(path)).items()
        },
        owners={name: _owner(path) for name, path in named.items()},
    )


def _table(path: Path) -> dict[str, Any]:
    """Nothing of a file that is being written: its digest tells, and the next look reads it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid:{number}"


def publish_lists(places: Places, hub: str, lists: Mapping[str, bytes]) -> Path:
    """Write a hub's own revocation lists where a web server finds them and people can carry them away.

    Args:
        lists: by name, that of the authority that issues now first; it is written under the hub's name too.
    """
    path = places.lists / f"{hub}.crl"
    _replace(path, next(iter(lists.values())))
    for name, content in lists.items():
        _replace(places.lists / name, content)
    return path


def _upcoming(places: Places) -> x509.Certificate | None:
    path = places.next_certificate("seal")
    return load_certificates(path.read_bytes())[0] if path.exists() else None


def show_list(places: Places, heard: HeardList, clock: Clock) -> None:
    """The list beside the operator's own roots, and the roots that it names as further ones.

    The roots are those valid now: one that is taken from the list, or ends, is not believed for anything new.
    """
    now = clock.now()
    roots = [read_der(anchor.certificate) for anchor in heard.value.seal_roots() if anchor.is_valid(now)]
    _replace(places.trust / "trust-list.xml", heard.document)
    _replace(places.trust / "trust-list.pem", b"".join(root.public_bytes(Encoding.PEM) for root in roots))


def _replace(path: Path, content: bytes) -> None:
    """Readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
