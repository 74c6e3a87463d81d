"""Who a node joins: it takes the authority of a running hub only for the fingerprint that a human brought."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.running import Pair, make_pair, serving, typed


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pair, str]]:
    pair = make_pair(tmp_path_factory.mktemp("pair"))
    with serving("hub", pair.hub) as server:
        yield pair, server.ready["url"]


def init(url: str, folder: Path, *more: str) -> tuple[str, ...]:
    asked = ("--id", "nut-moi", "--name", "Nút mới", "--agency", "H90.01=Xã thử", "--hub", url)
    return ("node", "init", *asked, "--data", str(folder), "--json", *more)


def test_without_either_option_the_fingerprint_is_shown_and_nothing_is_made(
    running: tuple[Pair, str], tmp_path: Path
) -> None:
    pair, url = running
    told = typed(*init(url, tmp_path / "new", "--lang", "en"))
    assert (told.code, told.json["error"]["code"]) == (1, "enrolment.authority-unknown")
    fingerprint = told.json["error"]["en"].split("fingerprint ")[1].split(";")[0]
    assert told.err.endswith(f"run again with --hub-fingerprint {fingerprint}\n")
    assert not (tmp_path / "new").exists()
    again = typed(*init(url, tmp_path / "new", "--hub-fingerprint", fingerprint))
    assert (again.code, again.json["id"]) == (0, "nut-moi")
    ca = (pair.hub / "certificates" / "authority.pem").read_text("ascii")
    assert (tmp_path / "new" / "hub-ca.pem").read_text("ascii") == ca


def test_a_fingerprint_may_be_written_as_people_write_it(running: tuple[Pair, str], tmp_path: Path) -> None:
    _, url = running
    plain = typed(*init(url, tmp_path / "x")).json["error"]["remedy_en"].rsplit(" ", 1)[1].upper()
    pairs = ":".join(plain[at : at + 2] for at in range(0, 64, 2))
    assert typed(*init(url, tmp_path / "new", "--hub-fingerprint", pairs)).code == 0


def test_a_wrong_fingerprint_is_refused_and_nothing_is_made(running: tuple[Pair, str], tmp_path: Path) -> None:
    _, url = running
    told = typed(*init(url, tmp_path / "new", "--hub-fingerprint", "0" * 64))
    assert (told.code, told.json["error"]["code"]) == (1, "enrolment.wrong-authority")
    assert not (tmp_path / "new").exists()


def test_what_is_not_a_hub_is_unreachable(running: tuple[Pair, str], tmp_path: Path) -> None:
    pair, _ = running
    with serving("node", pair.node) as node:  # it speaks plain HTTP
        told = typed(*init(f"https://127.0.0.1:{node.port}", tmp_path / "new"))
        assert (told.code, told.json["error"]["code"]) == (3, "hub.unreachable")
