"""The token of the agency's software: a file that only the node's account can read."""

from __future__ import annotations

from pathlib import Path

from exchange_axis.ports import Rng
from signing.errors import KeyMissing
from signing.files import read_secret, write_secret

TOKEN_FILE = "api-token"  # noqa: S105 - the name of a file
TOKEN_BYTES = 32


def token_from(path: Path, rng: Rng) -> bytes:
    """The token in this file, which is made if there is none. Delete the file and restart to have another.

    Raises:
        KeyPermissions: others may read it; names the chmod to run.
    """
    if not path.exists():
        write_secret(path, rng.token(TOKEN_BYTES).hex().encode("ascii") + b"\n")
    token = read_secret(path).strip()
    if not token:
        raise KeyMissing(path=path)
    return token
