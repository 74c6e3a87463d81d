"""Reading what lies in a data folder: settings, passphrases, answers of enrolment. Nothing is opened or started."""

from __future__ import annotations

import json
from typing import Any

from config.passphrases import passphrase_of
from config.places import Places
from config.settings import HubFile, NodeFile, NotEnrolled, read_settings

HUB_INIT = "axis hub init --data {folder} --id ID --name NAME --url https://HOST:PORT"


def read_hub_file(places: Places) -> HubFile:
    """Raises NotConfigured with the init command, or WrongSettings."""
    command = HUB_INIT.format(folder=places.root)
    return read_settings(places.settings("hub"), "hub", HubFile, command=command)


def hub_passphrase(places: Places) -> bytes | None:
    """What opens the hub's keys, asked for at most once a process; see `config.passphrases`."""
    return passphrase_of(places, read_hub_file(places).passphrase_file)


def uplink_answer(places: Places) -> dict[str, Any] | None:
    """What the hub above answered at enrolment, or None at the top."""
    path = places.uplink / "answer.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


NODE_INIT = "axis node init --data {folder} --id ID --name NAME --agency CODE=NAME --hub https://HOST:PORT --hub-ca PEM"


def read_node_file(places: Places) -> NodeFile:
    """Raises NotConfigured with the init command, or WrongSettings."""
    command = NODE_INIT.format(folder=places.root)
    return read_settings(places.settings("node"), "node", NodeFile, command=command)


def node_passphrase(places: Places) -> bytes | None:
    """What opens the node's keys, asked for at most once a process; see `config.passphrases`."""
    return passphrase_of(places, read_node_file(places).passphrase_file)


def node_answer(places: Places, file: NodeFile) -> dict[str, Any]:
    """What the hub answered at enrolment.

    Raises:
        NotEnrolled: nothing was installed yet.
    """
    path = places.root / "answer.json"
    if not path.exists():
        raise NotEnrolled(node=file.id, request=places.root / "enrolment.json")
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answer
