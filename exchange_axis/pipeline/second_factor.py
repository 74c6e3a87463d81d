"""The second factor: codes of an authenticator (RFC 6238) and recovery codes.

Rules of this file:
1. A time step is used once: a code that somebody read over a shoulder is worth nothing afterwards (RFC 6238 §5.2).
2. Secrets are stored encrypted and bound to their person; recovery codes as keyed digests.
"""

from __future__ import annotations

import base64
import hmac
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exchange_axis.pipeline.people_refusals import PeopleKeyUnusable
from exchange_axis.ports import Rng
from signing.files import read_secret, write_secret

if TYPE_CHECKING:
    from pyotp import TOTP

STEP = 30
"""Seconds of a code."""
WINDOW = 1
"""Steps before and after now that are taken: clocks of telephones (RFC 6238 §5.2)."""
SECRET = 20
"""Bytes, as RFC 4226 §4 recommends."""
RECOVERY = 10
_NONCE, _KEY = 12, 32
KEY_FILE = "people.key"


class SecondFactor:
    """Made with the key of the data folder; the key is asked for at the first use."""

    def __init__(self, rng: Rng, key: Callable[[], bytes], *, house: str) -> None:
        self._rng = rng
        self._key = key
        self.house = house
        """Named beside the login in the authenticator."""

    def new_secret(self) -> str:
        return base64.b32encode(self._rng.token(SECRET)).decode("ascii")

    def address(self, secret: str, login: str) -> str:
        """The otpauth URI that an authenticator reads from a picture."""
        return _totp(secret).provisioning_uri(name=login, issuer_name=self.house)

    def sealed(self, secret: str, user: int) -> bytes:
        nonce = self._rng.token(_NONCE)
        return nonce + AESGCM(self._key()).encrypt(nonce, secret.encode("ascii"), _bound(user))

    def opened(self, sealed: bytes, user: int) -> str:
        """Raises PeopleKeyUnusable."""
        try:
            return AESGCM(self._key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(user)).decode("ascii")
        except InvalidTag as error:
            raise PeopleKeyUnusable(path=KEY_FILE) from error

    def step_of(self, secret: str, code: str, at: datetime) -> int | None:
        """The time step whose code this is; None when it is none of those that are taken now."""
        given = "".join(code.split())
        now = int(at.timestamp()) // STEP
        totp = _totp(secret)
        found = None
        for step in range(now - WINDOW, now + WINDOW + 1):
            if hmac.compare_digest(totp.generate_otp(step).encode(), given.encode("utf-8", "replace")):
                found = step
        return found

    def handle(self, user: int) -> bytes:
        """By which a passkey knows its person; tells nobody else who that is (WebAuthn §14.6.1)."""
        return hmac.digest(self._key(), b"axis-passkey-user-1\0" + user.to_bytes(8, "big"), "sha256")

    def new_codes(self) -> tuple[str, ...]:
        """Recovery codes of 50 bits each, to be printed and kept."""
        texts = (base64.b32encode(self._rng.token(10)).decode("ascii").lower()[:10] for _ in range(RECOVERY))
        return tuple(f"{text[:5]}-{text[5:]}" for text in texts)

    def code_digest(self, code: str, user: int) -> str:
        plain = "".join(character for character in code.lower() if character.isalnum())
        return hmac.digest(self._key(), _bound(user) + b"\0" + plain.encode("utf-8", "replace"), "sha256").hex()


def file_key(path: Path, rng: Rng) -> Callable[[], bytes]:
    """The key in a file that its owner alone reads; made at its first use.

    Raises, when called:
        KeyPermissions: others may read it.
        PeopleKeyUnusable: it is not a key.
    """

    turn = threading.Lock()

    def key() -> bytes:
        with turn:
            if not path.exists():
                write_secret(path, rng.token(_KEY))
        found = read_secret(path)
        if len(found) != _KEY:
            raise PeopleKeyUnusable(path=path)
        return found

    return key


def _totp(secret: str) -> TOTP:
    from pyotp import TOTP  # noqa: PLC0415 - most commands ask for no code

    return TOTP(secret, interval=STEP)


def _bound(user: int) -> bytes:
    return b"axis-second-factor-1\0" + user.to_bytes(8, "big")
