"""A token in software (SoftHSM 2): the library and its storage are real, only the hardware is missing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pkcs11

from signing.keys import private_pem
from signing.primitives import PrivateKey
from tests import judges

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
LABEL, PIN = "axis-thử", "284613"


@dataclass(frozen=True, slots=True)
class SoftToken:
    folder: Path
    module: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def pin_file(self) -> Path:
        return self.folder / "pin"

    def put(self, name: str, key: PrivateKey, *, id: str) -> None:  # noqa: A002 - the word of PKCS#11
        path = self.folder / f"{id}.pem"
        path.write_bytes(private_pem(key, None))
        self._util("--import", str(path), "--token", LABEL, "--label", name, "--id", id, "--pin", PIN)
        path.unlink()

    def uri(self, name: str, **parts: str) -> str:
        parts = {
            "token": LABEL,
            "object": name,
            "module-path": str(self.module),
            "pin-source": str(self.pin_file),
        } | parts
        naming = ";".join(f"{part}={parts[part]}" for part in ("token", "object") if parts[part])
        finding = "&".join(f"{part}={parts[part]}" for part in ("module-path", "pin-source") if parts[part])
        return f"pkcs11:{naming}?{finding}"

    def _util(self, *arguments: str) -> None:
        command: Sequence[str] = [judges.require("softhsm2-util"), *arguments]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **self.environment})


@contextmanager
def soft_token(folder: Path) -> Iterator[SoftToken]:
    """A new token, for this process and those that it starts."""
    judges.require("softhsm2-util")
    module = next(path for path in map(Path, MODULES) if path.exists())
    token = SoftToken(folder, module)
    (folder / "tokens").mkdir()
    config = f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    (folder / "softhsm2.conf").write_text(config, encoding="utf-8")
    token.pin_file.write_text(f"{PIN}\n", encoding="ascii")
    token.pin_file.chmod(0o600)
    token._util("--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "91827364")
    with mock.patch.dict(os.environ, token.environment):
        pkcs11.lib(str(module)).reinitialize()  # it reads its settings once; an earlier test may have had others
        yield token
