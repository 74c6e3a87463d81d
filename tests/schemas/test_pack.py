"""The rule pack's name is the digest of all that decides."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from schemas import pack


@pytest.fixture(autouse=True)
def _fresh() -> None:
    pack.rule_pack_version.cache_clear()


def test_the_version_is_a_digest_of_every_member() -> None:
    members = dict(pack._members())
    lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(members.items()))

    assert pack.rule_pack_version() == hashlib.sha256(b"axis-rule-pack-v1\0" + lines.encode()).hexdigest()


def test_every_schema_list_and_rule_is_a_member() -> None:
    members = dict(pack._members())

    for folder, ending in (("xsd", ".xsd"), ("codelists", ".toml"), ("codelists", ".py"), ("rules", ".py")):
        names = [item.name for item in (files("schemas") / folder).iterdir() if item.name.endswith(ending)]
        assert names
        assert {f"{folder}/{name}" for name in names} <= members.keys()


def test_any_change_gives_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pack.rule_pack_version()
    members = list(pack._members())
    name, data = members[0]
    pack.rule_pack_version.cache_clear()
    monkeypatch.setattr(pack, "_members", lambda: iter([(name, data + b" "), *members[1:]]))

    assert pack.rule_pack_version() != before
