"""`axis doctor`: each check passes on what is sound, and fails on what was broken for it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock, SystemRng
from config.databases import migrate_hub
from config.hub_setup import HubPlan, init_hub
from config.log_keys import log_signer
from config.node_setup import NodePlan, init_node
from config.places import Places
from exchange_axis import __version__
from exchange_axis.commands import doctor
from exchange_axis.commands.checkup import DISTRIBUTION, EXPIRES_SOON, folder_checks, host_checks
from exchange_axis.commands.checkup_values import Check, State
from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.store.checkpoint_file import CheckpointFile
from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub import logrows, tray
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.node.unit import DATABASE, migrate_node_store, open_node_store
from tests.commands.counter import Counter


class Shifted(SystemClock):
    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


def nobody(_folder: Path) -> AbstractContextManager[Any]:
    raise AssertionError("doctor opens nothing")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub and a node as their init leaves them."""
    root = tmp_path_factory.mktemp("sound")
    hub, node = Places(root / "hub"), Places(root / "node")
    url = "https://127.0.0.1:1"
    init_hub(
        hub,
        HubPlan(id="truc-thu", name="Trục thử", url=url, listen="127.0.0.1:1"),
        clock=SystemClock(),
        rng=SystemRng(),
    )
    migrate_hub(hub, SystemClock())
    ca = hub.certificate("authority").read_text("ascii")
    init_node(node, NodePlan(id="nut-thu", name="Nút thử", agencies={"H45.01": "UBND"}, hub=url, hub_ca=ca))
    migrate_node_store(node.root, at=datetime.now(UTC))
    return root


@pytest.fixture
def hub(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound / "hub", tmp_path / "hub"))


@pytest.fixture
def node(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound / "node", tmp_path / "node"))


def found(folder: Path, *, clock: SystemClock | None = None) -> dict[str, list[Check]]:
    checks: dict[str, list[Check]] = {}
    for check in folder_checks(folder, clock or SystemClock()):
        checks.setdefault(check.name, []).append(check)
    return checks


def states(folder: Path, **options: Any) -> dict[str, State]:
    rank = [State.OK, State.WARN, State.FAIL]
    return {
        name: max((check.state for check in checks), key=rank.index)
        for name, checks in found(folder, **options).items()
    }


def test_what_init_made_is_sound(hub: Path, node: Path) -> None:
    both = dict.fromkeys(["folder", "clock", "disk", "keys", "certificates", "database", "log"], State.OK)
    assert states(hub) == {**both, "tray": State.OK, "erasures-elsewhere": State.OK, "time-stamps": State.OK}
    assert states(node) == {**both, "enrolment": State.WARN}
    (node / "answer.json").write_text("{}")
    assert states(node)["enrolment"] is State.OK


def test_the_command_says_it_to_people_and_to_machines(hub: Path, tmp_path: Path) -> None:
    counter = Counter(doctor, hub, nobody)
    told = counter.run("doctor")
    assert told.code == 0
    assert "ok    Cơ sở dữ liệu phiên bản" in told.out
    (hub / "keys" / "seal.key").chmod(0o644)
    told = counter.run("doctor", "--json", "--lang", "en")
    assert told.code == 1
    assert told.json["ok"] is False
    (broken,) = [check for check in told.json["checks"] if check["state"] == "fail"]
    assert (broken["name"], broken["remedy_en"]) == ("keys", f"Run: chmod 600 {hub / 'keys' / 'seal.key'}")
    assert "fail  key.permissions" in told.err
    nothing = Counter(doctor, tmp_path / "nothing", nobody).run("doctor", "--json")
    assert [check["name"] for check in nothing.json["checks"] if check["state"] == "fail"] == ["folder"]
    anywhere = Counter(doctor, tmp_path, nobody).run("doctor", "--json", data=False)
    assert sum(check["name"] == "database" for check in anywhere.json["checks"]) == 1  # of the hub in the default place


def test_an_open_folder_and_open_keys_are_seen(hub: Path) -> None:
    hub.chmod(0o750)
    (hub / "keys" / "log.key").chmod(0o640)
    seen = states(hub)
    assert (seen["folder"], seen["keys"]) == (State.FAIL, State.FAIL)
    (hub / "api-token").write_text("token")
    (hub / "api-token").chmod(0o644)
    assert len(found(hub)["keys"]) == 2


def test_certificates_are_seen_to_run_out(hub: Path) -> None:
    leaf = timedelta(days=825)
    assert states(hub, clock=Shifted(leaf - EXPIRES_SOON + timedelta(hours=1)))["certificates"] is State.WARN
    assert states(hub, clock=Shifted(leaf + timedelta(hours=1)))["certificates"] is State.FAIL
    (hub / "trust" / "x.pem").write_text("no certificate")
    assert states(hub)["certificates"] is State.FAIL


def test_a_clock_that_differs_from_the_file_system_is_seen(hub: Path) -> None:
    for by in (timedelta(seconds=20), timedelta(seconds=-20)):
        assert states(hub, clock=Shifted(by))["clock"] is State.FAIL
    (check,) = [check for check in host_checks(Shifted(timedelta(days=-400))) if check.name == "clock"]
    assert check.state is State.FAIL


def test_a_database_of_another_version_or_none_is_seen(hub: Path, node: Path) -> None:
    database = hub / "axis.db"
    engine = open_engine(f"sqlite:///{database}")
    for version, code in ((HUB_SCHEMA.version - 1, "axis hub migrate"), (HUB_SCHEMA.version + 1, "")):
        with engine.execution_options(axis_write=True).connect() as connection, connection.begin():
            connection.exec_driver_sql("UPDATE schema_version SET version = ?", (version,))
        (check,) = found(hub)["database"]
        assert check.state is State.FAIL
        assert code in check.remedy_en
    engine.dispose()
    (node / DATABASE).unlink()
    assert states(node)["database"] is State.FAIL
    assert not (node / DATABASE).exists()
    (hub / "hub.toml").write_text('[hub]\ndatabase = "mysql://x"\n')
    (check,) = found(hub)["database"]
    assert check.en.startswith("store.url")


def test_a_log_that_contradicts_itself_is_seen(hub: Path) -> None:
    """The checkpoint that lies beside the database is over more entries than the database has."""
    key = log_signer(Places(hub), "truc-thu/log/1", None)
    note = sign_checkpoint(Checkpoint(origin=key.name, size=7, root=b"\x01" * 32), key)
    CheckpointFile(hub).write(note)
    (check,) = found(hub)["log"]
    assert (check.state, check.en) == (State.FAIL, "The log went back from 7 to 0")
    assert "axis log repair" in check.remedy_en
    CheckpointFile(hub).write(note[:20])
    assert states(hub)["log"] is State.OK, "half a file says nothing"


def test_two_histories_that_a_node_was_shown_are_seen(node: Path) -> None:
    store = open_node_store(node)
    store.run(lambda unit: unit.logs.keep_fork("truc-thu/log/1", b"a", b"b", datetime.now(UTC)))
    store.close()
    assert states(node)["log"] is State.FAIL


def test_a_message_in_the_tray_is_seen(hub: Path) -> None:
    assert states(hub)["tray"] is State.OK
    now = datetime.now(UTC)
    row = tray.TrayRow(
        seq=0,
        way=tray.Way.SENT,
        peer="truc-tren",
        sha256="0" * 64,
        documents=b"{}",
        consignment_id="5f0e3a91",
        recipient="H45.01",
        refused=tray.Refused(code="return.mismatch", vi="", en=""),
        tries=1,
        first_at=now,
        tried_at=now,
        due_at=now,
    )
    engine = open_engine(f"sqlite:///{hub / 'axis.db'}")
    with engine.execution_options(axis_write=True).connect() as connection, connection.begin():
        tray.keep(connection, row)
    engine.dispose()
    (check,) = found(hub)["tray"]
    assert (check.state, check.en[:1]) == (State.WARN, "1")
    assert "axis hub deliveries --tray" in check.remedy_vi


def test_a_log_that_waits_for_a_time_stamp_is_seen(hub: Path) -> None:
    engine = open_engine(f"sqlite:///{hub / 'axis.db'}")
    for age, state in ((timedelta(hours=23), State.OK), (timedelta(hours=25), State.WARN)):
        with engine.execution_options(axis_write=True).connect() as connection, connection.begin():
            connection.exec_driver_sql("DELETE FROM checkpoint")
            logrows.add_checkpoint(connection, size=1, note="", at=datetime.now(UTC) - age)
        assert states(hub)["time-stamps"] is state
    engine.dispose()
    settings = hub / "hub.toml"
    settings.write_text(f'{settings.read_text()}time_stamps = "off"\n')
    assert "time-stamps" not in states(hub)


def test_the_disk_is_measured(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((6 * 1024**3, State.OK), (2 * 1024**3, State.WARN), (1000, State.FAIL)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder, free=free: shutil._ntuple_diskusage(0, 0, free))
        assert states(hub)["disk"] is state


def test_a_rival_distribution_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution() -> Check:
        (check,) = [check for check in host_checks(SystemClock()) if check.name == "distribution"]
        return check

    monkeypatch.setattr(importlib.metadata, "version", lambda _name: __version__)
    assert distribution().state is State.OK
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "0.0.1")
    assert distribution().state is State.WARN
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "RECORD").write_text("config/__init__.py,,\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").touch()  # a finder of a library leaves out what a record names and nobody has
    monkeypatch.syspath_prepend(tmp_path)
    assert (distribution().state, DISTRIBUTION in distribution().en) == (State.FAIL, False)
    assert "rival" in distribution().en


def test_python_and_sqlite_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {check.name: check.state for check in host_checks(SystemClock())}
    assert (told["python"], told["sqlite"]) == (State.OK, State.OK)
    monkeypatch.setattr("exchange_axis.commands.checkup.SQLITE_MINIMUM", (99, 0, 0))
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    told = {check.name: check.state for check in host_checks(SystemClock())}
    assert (told["python"], told["sqlite"]) == (State.FAIL, State.FAIL)
