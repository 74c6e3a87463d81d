"""Opening a database: safe settings or none."""

from __future__ import annotations

import stat
from pathlib import Path

import pysqlite3.dbapi2 as sqlite_driver
import pytest
from sqlalchemy import text

from exchange_axis.store import engine as engine_module
from exchange_axis.store.engine import SQLITE_MINIMUM, open_engine
from exchange_axis.store.errors import StoreDamaged, StoreUnavailable, StoreUnsafe, StoreUrl
from tests.services import fresh_database


def test_every_sqlite_connection_is_set_to_survive_power_loss(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'axis.db'}")
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            }
            assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    engine.dispose()


def test_the_library_is_newer_than_the_wal_reset_race() -> None:
    assert tuple(map(int, sqlite_driver.sqlite_version.split("."))) >= SQLITE_MINIMUM


def test_an_older_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "SQLITE_MINIMUM", (99, 0, 0))
    with pytest.raises(StoreUnsafe) as caught:
        open_engine(f"sqlite:///{tmp_path / 'axis.db'}")
    assert caught.value.code == "store.unsafe"
    assert caught.value.facts["wanted"] == ">= 99.0.0"


def test_a_pragma_that_does_not_stick_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_PRAGMAS", (("synchronous", "NORMAL", 2),))
    with pytest.raises(StoreUnsafe) as caught:
        open_engine(f"sqlite:///{tmp_path / 'axis.db'}")
    assert caught.value.facts["setting"] == "synchronous"


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://user:secret@host/axis", "no address", "", "postgresql"]
)
def test_other_addresses_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(StoreUrl) as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_engine(f"sqlite:///{tmp_path / 'missing' / 'axis.db'}")


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "axis.db").write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    with pytest.raises(StoreDamaged):
        open_engine(f"sqlite:///{tmp_path / 'axis.db'}")


def test_what_was_deleted_is_not_in_the_files_any_more(tmp_path: Path) -> None:
    path = tmp_path / "axis.db"
    engine = open_engine(f"sqlite:///{path}").execution_options(axis_write=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE secret (value TEXT)"))
        connection.execute(text("INSERT INTO secret VALUES ('needle-in-the-file')"))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM secret"))
    engine.dispose()
    assert stat.S_ISREG(path.stat().st_mode)
    assert b"needle" not in path.read_bytes()


@pytest.mark.postgres
def test_postgresql_that_does_not_wait_for_the_disk_is_refused(postgres_url: str) -> None:
    with fresh_database(postgres_url) as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            name = connection.scalar(text("SELECT current_database()"))
            connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
        engine.dispose()
        with pytest.raises(StoreUnsafe) as caught:
            open_engine(url)
        assert caught.value.facts["setting"] == "synchronous_commit"


def test_a_postgresql_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        open_engine("postgresql://nobody@127.0.0.1:1/axis")
