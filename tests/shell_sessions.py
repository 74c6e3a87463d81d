"""Runs the ```console blocks of a page as they stand, and compares what is shown with what is said.

`…` stands for what differs every time: within a line any text, alone on a line any number of lines. `&` leaves a
service running, `kill %N` ends the N-th in order; the ports of the page are exchanged for free ones, FINGERPRINT for
the last fingerprint that was shown. Lists are asked again until they show what the page shows: letters take a moment.
"""

from __future__ import annotations

import re
import shlex
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.commands.running import Server, free_port, serving, typed

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")
FINGERPRINT = re.compile(r"\b[0-9a-f]{64}\b")
ASKED_AGAIN = frozenset({"inbox", "outbox", "status", "accept", "show"})
PATIENCE = 60.0
"""Seconds until a list must show what the page shows."""


@dataclass(frozen=True, slots=True)
class Step:
    command: str
    shown: str


def blocks(page: str, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page) if found == kind]


def steps(page: str) -> list[Step]:
    found: list[Step] = []
    for block in blocks(page, "console"):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert parts[0] == "", "a console block begins with a command"
        for part in parts[1:]:
            command, _, shown = part.partition("\n")
            found.append(Step(command, shown))
    return found


def agrees(shown: str, said: str) -> bool:
    """The page's text matches the output; spaces at ends of lines and the width of columns do not count."""
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    parts = [r"(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n" for line in lines]
    plain = "".join(" ".join(line.split()) + "\n" for line in said.splitlines())
    return re.fullmatch("".join(parts), plain) is not None


@dataclass
class Console:
    """One folder and its running services."""

    folder: Path
    stack: ExitStack
    ports: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    services: list[Server] = field(default_factory=list)
    language: str = "vi"

    def write_files(self, page: str) -> None:
        """Every ```toml block whose first line names a file."""
        for text in blocks(page, "toml"):
            name = text.splitlines()[0].removeprefix("# ")
            if name.endswith(".toml"):
                (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, step: Step) -> str:
        """What the command said, with the page's ports; raises AssertionError when the page says otherwise."""
        deadline = time.monotonic() + PATIENCE
        while True:
            said = self._run(shlex.split(self._real(step.command)))
            if found := FINGERPRINT.search(said):
                self.fingerprint = found[0]
            said = self._page(said)
            if agrees(step.shown, said):
                return said
            again = set(step.command.split()) & ASKED_AGAIN and "--save" not in step.command
            assert again and time.monotonic() < deadline, f"$ {step.command}\n{said}\nthe page shows:\n{step.shown}"
            time.sleep(0.2)

    def _run(self, words: list[str]) -> str:
        match words:
            case ["export", setting]:
                self.language = setting.removeprefix("AXIS_LANG=")
                return ""
            case ["kill", job]:
                assert self.services[int(job.removeprefix("%")) - 1].stop() == 0
                return ""
            case ["axis", kind, "serve", "--data", folder, "&"]:
                self.services.append(self.stack.enter_context(serving(kind, self.folder / folder)))
                return ""
            case ["axis", *rest]:
                told = typed(*(name for word in rest for name in self._expanded(word)), AXIS_LANG=self.language)
                return told.out + told.err
        raise AssertionError(f"the page has a command that cannot be run: {words}")

    def _expanded(self, word: str) -> list[str]:
        found = sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(word)) if "*" in word else []
        return found or [word]

    def _real(self, command: str) -> str:
        def port(found: re.Match[str]) -> str:
            return self.ports.setdefault(found[0], str(free_port()))

        return PORT.sub(port, command).replace("FINGERPRINT", self.fingerprint)

    def _page(self, said: str) -> str:
        for shown, real in self.ports.items():
            said = said.replace(f"127.0.0.1:{real}", f"127.0.0.1:{shown}")
        return said
