"""Where a key lies that never leaves its token: the `pkcs11:` URI (RFC 7512), as far as a signing key needs it.

A key file may hold such a URI instead of a key. The PIN is never in it: `pin-source` names a file with mode 0600.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, unquote_to_bytes

from signing.errors import TokenUriWrong

SCHEME: Final = "pkcs11:"
_NAMING: Final = frozenset({"token", "serial", "object", "id", "type"})
_FINDING: Final = frozenset({"module-path", "pin-source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    module: Path
    """The vendor's library."""
    pin_file: Path | None
    """None: the token is opened without a PIN."""
    token: str | None
    """Label of the token; one of label and serial is there."""
    serial: bytes | None
    label: str | None
    """Label of the key; one of label and id is there."""
    id: bytes | None

    def __str__(self) -> str:
        """The same in canonical form, with absolute paths."""
        named = {"token": self.token, "serial": self.serial, "object": self.label, "id": self.id}
        finding = {"module-path": self.module, "pin-source": self.pin_file}
        return (
            SCHEME
            + ";".join(f"{name}={quote(value, safe='')}" for name, value in named.items() if value is not None)
            + "?"
            + "&".join(f"{name}={quote(str(value))}" for name, value in finding.items() if value is not None)
        )


def is_token_uri(data: bytes) -> bool:
    return data.lstrip()[: len(SCHEME)].lower() == SCHEME.encode()


def read_token_uri(text: str, path: Path) -> TokenUri:
    """
    Args:
        path: of the file that holds it; relative paths in the URI count from there.

    Raises:
        TokenUriWrong: names the part.
    """
    first = text.strip()
    if "\n" in first:
        raise TokenUriWrong(path=path, part="\\n")
    naming, _, finding = first[len(SCHEME) :].partition("?")
    named = _parts(naming, ";", _NAMING, path)
    found = _parts(finding, "&", _FINDING, path)
    if "module-path" not in found:
        raise TokenUriWrong(path=path, part="module-path")
    if not {"token", "serial"} & named.keys():
        raise TokenUriWrong(path=path, part="token")
    if not {"object", "id"} & named.keys():
        raise TokenUriWrong(path=path, part="object")
    if named.get("type", "private") != "private":
        raise TokenUriWrong(path=path, part="type")
    return TokenUri(
        module=_file(found["module-path"], path),
        pin_file=None if "pin-source" not in found else _file(found["pin-source"], path),
        token=_text(named, "token"),
        serial=_octets(named, "serial"),
        label=_text(named, "object"),
        id=_octets(named, "id"),
    )


def _parts(text: str, separator: str, allowed: frozenset[str], path: Path) -> dict[str, str]:
    """Attributes of one half; `pin-value` is not among the allowed ones: a PIN never stands in a URI."""
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name not in allowed or not equals or name in found:
            raise TokenUriWrong(path=path, part=name)
        found[name] = value
    return found


def _text(named: Mapping[str, str], name: str) -> str | None:
    return unquote(named[name]) if name in named else None


def _octets(named: Mapping[str, str], name: str) -> bytes | None:
    return unquote_to_bytes(named[name]) if name in named else None


def _file(text: str, path: Path) -> Path:
    return path.parent.absolute() / unquote(text).removeprefix("file:")
