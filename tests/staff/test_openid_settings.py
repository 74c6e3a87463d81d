"""Section [openid] of the settings: what is read, and what keeps a house from starting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config.openid import openid_given
from config.places import Places
from config.settings import WrongSettings
from signing.errors import CertificateUnreadable, KeyPermissions
from tests.hub.stand import HandClock

GOOD = 'issuer = "https://dang-nhap.tinh.example"\nclient = "ban"\n'


def given(folder: Path, text: str) -> object:
    (folder / "node.toml").write_text(text, encoding="utf-8")

    async def read() -> object:
        found = openid_given(Places(folder), "node", clock=HandClock())
        return None if found is None else found[0]

    return asyncio.run(read())


def test_no_section_is_no_provider(tmp_path: Path) -> None:
    assert given(tmp_path, '[node]\nid = "x"\n') is None


def test_what_the_section_says(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s\n", encoding="utf-8")
    secret.chmod(0o600)
    found = given(tmp_path, f'[openid]\n{GOOD}secret_file = "secret"\nfactor = ["otp"]\n')
    assert repr(found) == (
        "OpenIdSettings(issuer='https://dang-nhap.tinh.example', client='ban', name='OpenID', "
        "claim='preferred_username', factor=('otp',))"
    )


@pytest.mark.parametrize("issuer", ["http://dang-nhap.tinh.example", "https://", "ftp://x", "https://x/?a=1"])
def test_a_provider_without_tls_is_not_asked(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(WrongSettings):
        given(tmp_path, f'[openid]\nissuer = "{issuer}"\nclient = "ban"\n')
    assert given(tmp_path, '[openid]\nissuer = "http://127.0.0.1:81"\nclient = "ban"\n') is not None


def test_a_key_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings):
        given(tmp_path, f'[openid]\n{GOOD}secret = "in the open"\n')


def test_a_secret_that_others_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s", encoding="utf-8")
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(KeyPermissions):
        given(tmp_path, f'[openid]\n{GOOD}secret_file = "secret"\n')


def test_roots_must_be_certificates(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("none", encoding="utf-8")
    with pytest.raises(CertificateUnreadable):
        given(tmp_path, f'[openid]\n{GOOD}roots = "roots.pem"\n')
