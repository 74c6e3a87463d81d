"""Settings on record: what differs is said, secrets never are."""

from __future__ import annotations

import json

import pytest

from exchange_axis.domain.settings_record import Configuration, difference, differs, flat, from_json, masked, to_json


def made(files: dict[str, str], **settings: str) -> Configuration:
    return Configuration(files=files, settings=settings, owners=dict.fromkeys(files, "lan"))


def test_a_table_is_told_by_full_names_as_it_is_written() -> None:
    table = {"hub": {"lease_seconds": 60, "hosts": ["a", "b"], "on": True}, "openid": {"roots": ""}}
    assert flat(table) == {
        "hub.lease_seconds": "60",
        "hub.hosts": "a, b",
        "hub.on": "true",
        "openid.roots": "",
    }


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("hub.database", "postgresql+psycopg://axis:bí-mật@db/axis", "postgresql+psycopg://axis:***@db/axis"),
        ("hub.key", "pkcs11:token=a;pin-value=1234", "pkcs11:token=a;pin-value=***"),
        ("x.secret", "s", "***"),
        ("monitor_token", "s", "***"),
        ("hub.passphrase_file", "cum-tu-khoa", "cum-tu-khoa"),
        ("openid.secret_file", "openid-secret", "openid-secret"),
        ("hub.url", "https://truc.example:8443", "https://truc.example:8443"),
    ],
)
def test_secrets_are_masked_and_names_of_their_files_are_not(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown


def test_what_differs_and_whose_file_it_is() -> None:
    before, now = (
        made({"hub.toml": "1", "ca.pem": "9"}, a="1", gone="x"),
        made({"hub.toml": "2", "ca.pem": "9"}, a="2", new="y"),
    )
    found = difference(before, now)
    assert (found.changed, found.owners) == (("hub.toml",), ("lan",))
    text = to_json(found, before, now)
    assert [(one.name, one.before, one.after) for one in differs(text)] == [
        ("a", "1", "2"),
        ("gone", "x", None),
        ("new", None, "y"),
    ]
    assert difference(from_json(text), now).changed == (), "the next look compares with this one"


def test_a_file_that_is_just_being_written_loses_no_setting() -> None:
    before, torn = made({"hub.toml": "1"}, a="1"), made({"hub.toml": "2"})
    found = difference(before, torn)
    assert (found.changed, found.settings) == (("hub.toml",), ())
    assert json.loads(to_json(found, before, torn))["settings"] == {"a": "1"}
