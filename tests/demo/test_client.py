"""Whoever the demo talks to may be silent, gone, or no hub at all: it says so in its own words."""

from __future__ import annotations

import socket
import threading

import pytest

from exchange_axis.demo.client import Line
from exchange_axis.demo.errors import TooSlow, UnexpectedAnswer
from exchange_axis.demo.supervisor import free_ports


def test_silence_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange_axis.demo.client.SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Line(f"http://127.0.0.1:{silent.getsockname()[1]}") as line,
        pytest.raises(TooSlow) as caught,
    ):
        line.get("/v1/status")
    assert "GET /v1/status" in caught.value.message("vi")


def test_where_nobody_listens_it_says_who_was_asked() -> None:
    (port,) = free_ports(1)
    with Line(f"http://127.0.0.1:{port}") as line, pytest.raises(UnexpectedAnswer) as caught:
        line.get("/v1/status")
    assert f"127.0.0.1:{port}" in caught.value.message("vi")
    assert "ConnectionRefusedError" in caught.value.message("en")


def test_what_is_no_http_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            near, _ = other.accept()
            with near:
                near.recv(1000)
                near.sendall(b"220 mail.example ESMTP\r\n")

        speaker = threading.Thread(target=answer)
        speaker.start()
        with Line(f"http://127.0.0.1:{other.getsockname()[1]}") as line, pytest.raises(UnexpectedAnswer) as caught:
            line.get("/v1/status")
        speaker.join()
    assert "BadStatusLine" in caught.value.message("en")
