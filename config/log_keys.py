"""The Ed25519 keys of a hub's log and of its office as witness."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.places import Places
from exchange_axis.ledger.cosignature import Cosigner
from exchange_axis.ledger.note import KeySigner
from signing.errors import KeyPassphrase
from signing.files import read_secret

LOG = "log"
WITNESS = "witness"


def first_origin(hub_id: str) -> str:
    return f"{hub_id}/log/1"


def log_signer(places: Places, origin: str, passphrase: bytes | None, *, path: Path | None = None) -> KeySigner:
    """Raises refusals of key files."""
    return KeySigner(origin, _read(path or places.key(LOG), passphrase))


def cosigner(places: Places, hub_id: str, passphrase: bytes | None, *, path: Path | None = None) -> Cosigner:
    """Raises refusals of key files."""
    return Cosigner(f"{hub_id}/{WITNESS}", _read(path or places.key(WITNESS), passphrase))


def new_log_key(passphrase: bytes | None) -> bytes:
    """PEM of a new key."""
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def _read(path: Path, passphrase: bytes | None) -> Ed25519PrivateKey:
    data = read_secret(path)
    try:
        key = serialization.load_pem_private_key(data, passphrase if b"ENCRYPTED" in data else None)
    except (ValueError, TypeError) as error:
        raise KeyPassphrase(path=path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the keys of logs and witnesses are Ed25519 keys")
    return key
