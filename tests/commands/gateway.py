"""A gateway for bulletins beside a hub or node that runs as a process of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

SECTION = """
[[bulletin]]
name = "cong-sms"
webhook = "http://127.0.0.1:{port}/hook"
secret_file = "bulletin-secret"
"""


@contextmanager
def gateway(folder: Path, kind: str) -> Iterator[list[dict[str, Any]]]:
    """Entered in the settings of a hub or node; what it was sent."""
    posted: list[dict[str, Any]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Take)
    secret = folder / "bulletin-secret"
    secret.write_text("bi-mat-chung-cua-cong-sms\n", encoding="utf-8")
    secret.chmod(0o600)
    with (folder / f"{kind}.toml").open("a", encoding="utf-8") as settings:
        settings.write(SECTION.format(port=server.server_port))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
