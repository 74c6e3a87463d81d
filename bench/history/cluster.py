"""A PostgreSQL cluster in a folder of its own that is there again at the next run, and a hub on it or on SQLite."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from adapters.clock import SystemClock, SystemRng
from bench.history.made import HUB, directory
from config.databases import migrate_hub
from config.hub_setup import HubPlan, init_hub
from config.places import Places
from config.wiring_hub import open_hub
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.hub.service import Hub

SETTINGS = {
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "64MB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
}
"""What an operator of such a hub sets; everything else is as Debian ships it."""
STARTED = 60.0
"""Seconds for a server to answer."""


class NoPostgres(Exception):
    """There is no server program, or it did not start."""


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """URL of its database; the server ends with this context, the data stay."""
    programs = _programs()
    data = folder / "data"
    if not data.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _own(folder)
        words = ["--auth=trust", "--username=axis", "--encoding=UTF8", "--locale=C.UTF-8", str(data)]
        subprocess.run([*_as_postgres(), str(programs / "initdb"), *words], check=True, capture_output=True, cwd=folder)
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    settings = {
        **SETTINGS,
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
    }
    words = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        command = [*_as_postgres(), str(programs / "postgres"), "-D", str(data), *words]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait(server, programs, port)
        yield f"postgresql+psycopg://axis@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # at once, whoever is still connected
        server.wait(timeout=STARTED)


def open_bench_hub(folder: Path, database: str) -> Hub:
    """A hub on that database, made at the first run."""
    places, clock, rng = Places(folder), SystemClock(), SystemRng()
    if not places.root.exists():
        plan = HubPlan(id=HUB, name="Trục đo", url="https://127.0.0.1:1", listen="127.0.0.1:0", database=database)
        init_hub(places, plan, clock=clock, rng=rng)
    else:
        _set_database(places, database)
    migrate_hub(places, clock)
    hub = open_hub(places, clock=clock, rng=rng)
    made = directory()
    hub.directory.adopt(made, to_toml(made), actor="bench")
    return hub


def _set_database(places: Places, database: str) -> None:
    """The server has another port than the last time."""
    file = places.settings("hub")
    lines = file.read_text(encoding="utf-8").splitlines()
    changed = [f'database = "{database}"' if line.startswith("database = ") else line for line in lines]
    file.write_text("\n".join(changed) + "\n", encoding="utf-8")


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not found:
        raise NoPostgres("no initdb under /usr/lib/postgresql")
    return found[-1].parent


def _as_postgres() -> list[str]:
    words = ["setpriv", "--pdeathsig=INT"]
    return [*words, "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else words


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def _wait(server: subprocess.Popen[bytes], programs: Path, port: int) -> None:
    command = [str(programs / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}", "--timeout=1"]
    until = time.monotonic() + STARTED
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        if subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise NoPostgres("the server did not start; see its log")
