"""The folder of trusted roots: one PEM file a root, and `roots.toml` with what each is trusted for."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from config.places import Places
from exchange_axis.store.datadir import make_private_folder
from signing.roots import ANYTHING, FILE, RootRule, draft_of, read_rules

HEADING = (
    "# What each root of this folder is trusted for; written by axis hub trust. A root not named here: every use.\n"
)


def add_trust(places: Places, name: str, pem: str) -> None:
    """Trust a root for signatures from now on."""
    make_private_folder(places.trust)
    (places.trust / f"{name}.pem").write_text(pem, encoding="ascii")


class TrustFolder:
    """`exchange_axis.hub.roots.RootFiles`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changing = threading.Lock()
        """One change at a time: each reads all rules and writes them all."""

    def names(self) -> Mapping[str, RootRule]:
        rules = read_rules(self._folder)
        return {path.stem: rules.get(path.stem, ANYTHING) for path in self._folder.glob("*.pem")}

    def add(self, name: str, pem: str, rule: RootRule | None) -> None:
        """The rule is there before its root, so that the root is never trusted for more than it says."""
        with self._changing:
            self._add(name, pem, rule)

    def _add(self, name: str, pem: str, rule: RootRule | None) -> None:
        make_private_folder(self._folder)
        others = {known: one for known, one in read_rules(self._folder).items() if known != name}
        draft = self._draft(f"{name}.pem", pem)
        self._write(FILE, _text(others if rule is None else {**others, name: rule}))
        draft.replace(self._folder / f"{name}.pem")

    def remove(self, name: str) -> bool:
        """The root goes before its rule."""
        with self._changing:
            return self._remove(name)

    def _remove(self, name: str) -> bool:
        path = self._folder / f"{name}.pem"
        if not path.exists():
            return False
        others = {known: one for known, one in read_rules(self._folder).items() if known != name}
        draft = path.replace(self._folder / draft_of(path.name))
        self._write(FILE, _text(others))
        draft.unlink()
        return True

    def _write(self, name: str, text: str) -> None:
        """Whole or not at all."""
        self._draft(name, text).replace(self._folder / name)

    def _draft(self, name: str, text: str) -> Path:
        draft = self._folder / draft_of(name)
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return draft


def _text(rules: Mapping[str, RootRule]) -> str:
    parts = [HEADING]
    for name, rule in sorted(rules.items()):
        values = rule.as_toml()
        lines = [f'[roots."{name}"]', *(f"{key} = {_value(value)}" for key, value in values.items())]
        parts.append("\n" + "\n".join(lines) + "\n")
    return "".join(parts)


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
