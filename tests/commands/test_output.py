"""What a terminal is shown while a command works, and that nobody else is shown it."""

from __future__ import annotations

import io
import threading

from exchange_axis.commands.output import Output


class Terminal(io.StringIO):
    """A terminal in memory that tells when the first line was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        self.shown.set()
        return written


def test_a_terminal_sees_that_work_goes_on_and_the_line_is_cleared() -> None:
    terminal = Terminal()
    with Output(err=terminal).waiting("đang làm", "working", every=0.01):
        assert terminal.shown.wait(10)
    assert terminal.getvalue().startswith("\rđang làm … ")
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_quick_work_shows_nothing() -> None:
    terminal = Terminal()
    with Output(err=terminal).waiting("đang làm", "working", every=60.0):
        pass
    assert terminal.getvalue() == ""


def test_files_pipes_and_quiet_users_see_nothing() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for output in (Output(err=pipe), Output(err=terminal, quiet=True)):
        with output.waiting("đang làm", "working", every=0.001):
            terminal.shown.wait(0.05)
    assert pipe.getvalue() == terminal.getvalue() == ""
