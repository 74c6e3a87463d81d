"""What a house is set to, as it is put on record: each setting by name, secrets masked, and what differs from before.

A file is told by its digest too: a changed secret, or a comment, shows as a changed file without a setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

MASK: Final = "***"
_SECRET_NAME: Final = re.compile(r"(^|[._])(secret|password|passphrase|token|pin|key_value)$")
"""Settings that hold a secret; those that name its file (`passphrase_file`) do not."""
_IN_URL: Final = re.compile(r"(?P<head>://[^/\s:@]*:)[^/\s@]+(?=@)")
_PIN: Final = re.compile(r"(?P<head>\bpin-value=)[^&;\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    files: Mapping[str, str]
    """Name to SHA-256."""
    settings: Mapping[str, str]
    """Name (`hub.retention_payload_days`) to value as it is written, secrets masked."""
    owners: Mapping[str, str]
    """File to the account of this machine that it belongs to: nobody else is known for a change by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged:
    name: str
    before: str | None
    """None: it was not written, so the default held."""
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChanged:
    changed: tuple[str, ...]
    """Files."""
    settings: tuple[SettingChanged, ...]
    owners: tuple[str, ...]
    """Of the changed files that are still there."""


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Settings of a TOML table by their full names, masked."""
    return dict(_flat(table, above))


def difference(before: Configuration, now: Configuration) -> ConfigurationChanged:
    """What changed; settings that cannot be read just now (`settings` is empty) have not changed yet."""
    now = now if now.settings else replace(now, settings=before.settings)
    files = sorted(name for name in {*before.files, *now.files} if before.files.get(name) != now.files.get(name))
    names = sorted(
        name for name in {*before.settings, *now.settings} if before.settings.get(name) != now.settings.get(name)
    )
    return ConfigurationChanged(
        changed=tuple(files),
        settings=tuple(
            SettingChanged(name=name, before=before.settings.get(name), after=now.settings.get(name)) for name in names
        ),
        owners=tuple(sorted({now.owners[name] for name in files if name in now.owners})),
    )


def to_json(changed: ConfigurationChanged, before: Configuration, now: Configuration) -> str:
    """A line of the record: what differs, and all that the next one is compared with."""
    value = {
        "changed": changed.changed,
        "differs": [asdict(one) for one in changed.settings],
        "owners": changed.owners,
        "files": dict(now.files),
        "settings": dict(now.settings or before.settings),
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def from_json(text: str | None) -> Configuration:
    """What the last line of the record says; nothing before the first."""
    known = {} if text is None else json.loads(text)
    return Configuration(files=known.get("files", {}), settings=known.get("settings", {}), owners={})


def differs(text: str) -> tuple[SettingChanged, ...]:
    return tuple(SettingChanged(**one) for one in json.loads(text).get("differs", ()))


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{above}.{key}" if above else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        else:
            yield name, masked(name, _written(value))


def _written(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_written(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def masked(name: str, value: str) -> str:
    if value and _SECRET_NAME.search(name):
        return MASK
    return _PIN.sub(rf"\g<head>{MASK}", _IN_URL.sub(rf"\g<head>{MASK}", value))
