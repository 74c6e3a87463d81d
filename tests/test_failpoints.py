"""Failpoints strike where and when they are told, and never quietly do nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from exchange_axis.failpoints import (
    FAILPOINTS,
    MalformedFailpoints,
    declare,
    failpoint,
    read_arms,
)

PROGRAM = """
from exchange_axis.failpoints import declare, failpoint, require_known_failpoints
POINT = declare("test.here", "nothing has happened")
require_known_failpoints()
for number in range(5):
    print(number, flush=True)
    failpoint(POINT)
"""


def run(value: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name != "AXIS_FAILPOINTS"}
    if value is not None:
        environment["AXIS_FAILPOINTS"] = value
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("value", "reached"), [("test.here=kill", 1), ("test.here=kill@3", 3), (" test.here=kill@5 ; ", 5)]
)
def test_it_kills_at_the_hit_it_was_told(value: str, reached: int) -> None:
    done = run(value)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == [str(number) for number in range(reached)]


@pytest.mark.parametrize("value", [None, "", "test.here=kill@6"])
def test_otherwise_it_does_nothing(value: str | None) -> None:
    done = run(value)
    assert (done.returncode, len(done.stdout.split())) == (0, 5), done.stderr


@pytest.mark.parametrize(
    "value", ["test.here", "test.here=stop", "test.here=kill@0", "Test.Here=kill", "elsewhere=kill"]
)
def test_a_malformed_variable_is_an_error(value: str) -> None:
    with pytest.raises(MalformedFailpoints) as caught:
        read_arms(value)
    assert caught.value.code == "failpoint.malformed"
    assert run(value).returncode == 1


def test_a_name_that_nobody_declared_is_an_error() -> None:
    assert run("test.nowhere=kill").returncode == 1
    with pytest.raises(ValueError, match="never declared"):
        failpoint("test.undeclared")


def test_a_name_has_one_meaning() -> None:
    declare("test.twice", "a")
    assert declare("test.twice", "a") == "test.twice"
    assert FAILPOINTS["test.twice"] == "a"
    with pytest.raises(ValueError, match="declared twice"):
        declare("test.twice", "b")
    with pytest.raises(ValueError, match="dotted"):
        declare("Nodots", "a")
