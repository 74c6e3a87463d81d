"""The passphrase that encrypts the private keys of one data folder, if its operator chose to have one.

Rules of this file:
1. It comes from a file, systemd's credential or a prompt; never from an argument, and nothing logs it.
2. Nobody is asked for it while no key of the folder is encrypted: a restart needs a human only where one chose so.
3. An empty one is refused at init: keys that only look protected are worse than keys that do not.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import ClassVar

from config.places import Places
from exchange_axis.errors import AxisError
from signing.files import read_secret
from signing.keys import passphrase_from

CREDENTIAL = "axis-passphrase"
"""Name under $CREDENTIALS_DIRECTORY (systemd: LoadCredential, LoadCredentialEncrypted)."""
_MARK = b"ENCRYPTED"


class EmptyPassphrase(AxisError):
    code: ClassVar[str] = "config.empty-passphrase"
    vi: ClassVar[str] = "Tệp {path} không chứa cụm mật khẩu nào"
    en: ClassVar[str] = "{path} holds no passphrase"
    remedy_vi: ClassVar[str] = "Ghi cụm mật khẩu vào dòng đầu của tệp (chmod 600), hoặc bỏ --passphrase-file"
    remedy_en: ClassVar[str] = "Write the passphrase into the file (chmod 600), or leave --passphrase-file out"


def new_passphrase(file: Path | None) -> bytes | None:
    """The passphrase for keys that are about to be made; None: they are kept plain, 0600 in a 0700 folder.

    Raises:
        EmptyPassphrase, KeyPermissions, KeyMissing.
    """
    if file is None:
        return None
    passphrase = passphrase_from(file=file)
    if not passphrase:
        raise EmptyPassphrase(path=file)
    return passphrase


def passphrase_of(places: Places, setting: str) -> bytes | None:
    """The passphrase of a folder's keys; None when no key needs one, or when there is nowhere to get it from.

    Args:
        setting: `passphrase_file` of the settings; a relative path counts from the data folder.

    Raises:
        KeyPermissions, KeyMissing: of a key or of the file.
    """
    if not _is_encrypted(places):
        return None
    prompt = (lambda: _ask(places)) if sys.stdin is not None and sys.stdin.isatty() else None
    return passphrase_from(file=places.root / setting if setting else None, credential=CREDENTIAL, prompt=prompt)


def _is_encrypted(places: Places) -> bool:
    paths = [*places.key("x").parent.glob("*.key"), *places.uplink.glob("*.key")]
    return any(_MARK in read_secret(path) for path in sorted(paths))


def _ask(places: Places) -> str:
    return getpass.getpass(f"Cụm mật khẩu / passphrase, {places.root}: ")
