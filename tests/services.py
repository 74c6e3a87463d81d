"""Databases for tests: the server of AXIS_TEST_POSTGRES_URL, else a throw-away PostgreSQL cluster, and fresh databases.

The cluster lies in a new folder under the system's temporary folder, owned by user postgres when tests run as root
(PostgreSQL refuses root), listens on a free loopback port, and is gone afterwards, also when the tests are killed.
Where PostgreSQL is not installed, tests skip and say what to run; with CI=true they fail instead.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import migrate

POSTGRES_URL = "AXIS_TEST_POSTGRES_URL"
STARTS = 3
"""Tries to start a cluster: between finding a free port and using it another program may take it."""
DEADLINE = 60.0
"""Seconds for a server to stop."""
MEMORY = Path("/dev/shm")
"""Where the folders of tests lie if there is room: set up as real ones, whose fsync costs nothing."""
ROOM = 2 * 1024**3
"""Bytes; a cluster of ours takes some hundred million, as do the folders of a run."""


DATABASES: list[Callable[[], str]] = []
"""Where hubs that tests open get their databases, the last counts; empty: SQLite, in their folders."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server on which databases may be created."""
    given = os.environ.get(POSTGRES_URL)
    if given:
        yield given
        return
    programs = _postgres_programs()
    if programs is None:
        _missing("PostgreSQL")
    with _cluster(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a fresh, empty database; each test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'axis.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(scope="session")
def hub_template(postgres_url: str) -> Iterator[str]:
    """Name of a database that is a hub's and empty: to copy it takes a fifth of the time of making it."""
    with fresh_database(postgres_url) as url:
        engine = open_engine(url)
        migrate(engine, HUB_SCHEMA, at=datetime.now(UTC))
        engine.dispose()
        yield str(make_url(url).database)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def hub_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As `database_url`, for hubs: on PostgreSQL the tables are there, as after `axis hub migrate`."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'axis.db'}"
        return
    template = request.getfixturevalue("hub_template")
    with fresh_database(request.getfixturevalue("postgres_url"), template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """For journeys with hubs of any number: each has a database of its own, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield
        return
    server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("hub_template")
    with ExitStack() as opened:
        DATABASES.append(lambda: opened.enter_context(fresh_database(server, template)))
        try:
            yield
        finally:
            DATABASES.pop()


@contextmanager
def fresh_database(server: str, template: str = "template0") -> Iterator[str]:
    """A new database on a server, dropped afterwards; `template` may name one that a caller has filled."""
    address = make_url(server)
    name = f"axis_test_{secrets.token_hex(6)}"
    _run_sql(address, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'{_copying(address)}")
    try:
        yield _text(address.set(database=name))
    finally:
        _run_sql(address, f"DROP DATABASE {name} WITH (FORCE)")


def roomy_memory() -> Path | None:
    """Where folders may lie in memory; None where there is none, or little."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else None


def has_postgres() -> bool:
    """Whether `postgres_url` has something to name."""
    return POSTGRES_URL in os.environ or _postgres_programs() is not None


def _missing(what: str) -> NoReturn:
    message = f"{what} is not installed: run `make test-services`"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _postgres_programs() -> Path | None:
    """Folder of the newest installed server; Debian keeps it off the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parent.parent.name), default=None)
    found = str(newest) if newest else shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def _cluster(programs: Path) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="axis-postgres-", dir=roomy_memory()))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        password = secrets.token_hex(16)
        _initialise(programs, folder, password)
        server, address = _start(programs, folder, password)
        try:
            yield _text(address)
        finally:
            server.terminate()
            server.wait(timeout=DEADLINE)
    finally:
        shutil.rmtree(folder)


def _initialise(programs: Path, folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(secret, "postgres", "postgres")
    # a password, but a cheap one to check: a test connects a dozen times
    options = ["--auth=md5", "--username=axis", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8"]
    command = [*_as_postgres(), str(programs / "initdb"), "--no-sync", *options, str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)


def _start(programs: Path, folder: Path, password: str) -> tuple[subprocess.Popen[bytes], URL]:
    for _ in range(STARTS):
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port: int = probe.getsockname()[1]
        settings = [
            f"port={port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={folder}",
            "max_wal_size=128MB",
        ]
        arguments = [part for setting in settings for part in ("-c", setting)]
        command = [*_as_postgres(), str(programs / "postgres"), "-D", str(folder / "data"), *arguments]
        with (folder / "log").open("ab") as log:
            server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        address = URL.create("postgresql+psycopg", "axis", password, "127.0.0.1", port, "postgres")
        if _answers(server, programs, port):
            return server, address
    msg = f"PostgreSQL did not start: {(folder / 'log').read_text()}"
    raise RuntimeError(msg)


def _answers(server: subprocess.Popen[bytes], programs: Path, port: int) -> bool:
    """True once it accepts connections, False if it ended."""
    command = [str(programs / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}", "--timeout=1"]
    while server.poll() is None:
        if subprocess.run(command).returncode == 0:
            return True
        try:
            server.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
    return False


def _as_postgres() -> list[str]:
    """Words before a server program: it ends when we end, and is not root."""
    words = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        words += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return words


@cache
def _copying(address: URL) -> str:
    """Whole files, with what the server remembers of tables: a fifth less work than page by page through its log."""
    with psycopg.connect(_text(address.set(drivername="postgresql"))) as connection:
        return " STRATEGY FILE_COPY" if connection.info.server_version >= 15_00_00 else ""


def _run_sql(address: URL, statement: str) -> None:
    plain = _text(address.set(drivername="postgresql"))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


def _text(address: URL) -> str:
    return address.render_as_string(hide_password=False)
