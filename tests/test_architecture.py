"""House rules that a machine can see: size, no hidden clock or chance, nothing left behind.

Directions of import are import-linter's (`make check`). Each rule here is shown a planted fault, so that it cannot
fall asleep.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("exchange_axis", "adapters", "signing", "schemas", "config", "cli.py")
AROUND = (
    *("tests", "bench", "docs", "deploy", "scripts", ".ci"),
    *("Makefile", "pyproject.toml", "README.md", "CHANGELOG.md", "SECURITY.md"),
)
TEXT = frozenset(
    {"", ".py", ".md", ".toml", ".sh", ".service", ".xsd", ".json", ".yaml", ".html", ".css", ".js", ".csv"}
)
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_POSITIONAL = 4

MAY_ASK_THE_WORLD = ("adapters",)
"""Where the clock and the source of chance live; everywhere else they are passed in (exchange_axis/ports/host.py)."""

HIDDEN_INPUTS = re.compile(
    r"""
      time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|sleep|localtime|gmtime)
    | (datetime\.)?datetime\.(now|utcnow|today)
    | (datetime\.)?date\.today
    | uuid\.uuid[1-8] | uuid[1-8]
    | os\.(urandom|getrandom)
    | random\..+ | secrets\..+
    | (x509\.)?random_serial_number
    """,
    re.VERBOSE,
)
HIDDEN_MODULES = frozenset({"random", "secrets"})
HIDDEN_NAMES = {
    "time": frozenset({"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep"}),
    "uuid": frozenset({"uuid1", "uuid4"}),
    "os": frozenset({"urandom", "getrandom"}),
}

LEFT_BEHIND = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b")
HOME_FOLDER = re.compile(r"/(?:home|Users)/\w+")


def product_files() -> list[Path]:
    found = [
        path for name in PRODUCT for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    ]
    assert len(found) > len(PRODUCT), "the walk finds no sources"
    return sorted(found)


def too_long(source: str) -> Iterator[str]:
    lines = source.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"file of {lines} lines"
    for function in _functions(source):
        size = (function.end_lineno or function.lineno) - function.lineno + 1
        if size > MAX_FUNCTION_LINES:
            yield f"{function.name} has {size} lines"


def too_many_positional(source: str) -> Iterator[str]:
    for function in _functions(source):
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if count > MAX_POSITIONAL:
            yield f"{function.name} takes {count} positional parameters"


def hidden_inputs(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call | ast.Attribute):
            name = _dotted(node.func if isinstance(node, ast.Call) else node)
            if HIDDEN_INPUTS.fullmatch(name):
                yield f"line {node.lineno}: {name}"
        elif isinstance(node, ast.Import):
            yield from (f"line {node.lineno}: import {each.name}" for each in node.names if each.name in HIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom):
            hidden = HIDDEN_NAMES.get(node.module or "", frozenset())
            names = {each.name for each in node.names}
            if node.module in HIDDEN_MODULES or names & hidden:
                yield f"line {node.lineno}: from {node.module} import {', '.join(sorted(names))}"


def left_behind(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        for found in (*LEFT_BEHIND.findall(line), *HOME_FOLDER.findall(line)):
            yield f"line {number}: {found}"
        if str(ROOT) in line:
            yield f"line {number}: names the folder of this checkout"


def test_files_and_functions_are_small() -> None:
    assert _faults(too_long) == []


def test_functions_take_few_positional_parameters() -> None:
    assert _faults(too_many_positional) == []


def test_clock_and_chance_are_passed_in() -> None:
    outside = [path for path in product_files() if path.relative_to(ROOT).parts[0] not in MAY_ASK_THE_WORLD]
    assert [f"{path.relative_to(ROOT)}: {fault}" for path in outside for fault in hidden_inputs(path.read_text())] == []


def test_nothing_is_left_behind() -> None:
    assert [f"{path.relative_to(ROOT)}: {fault}" for path, text in _texts() for fault in left_behind(text)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\nat = time.time()",
        "from time import monotonic",
        "from datetime import UTC, datetime\nat = datetime.now(UTC)",
        "import datetime\nat = datetime.datetime.now(datetime.UTC)",
        "import uuid\nname = str(uuid.uuid4())",
        "from uuid import uuid4",
        "import os\nsalt = os.urandom(32)",
        "import os\nmake_salt = os.urandom",
        "import random",
        "from secrets import token_bytes",
        "from cryptography import x509\nserial = x509.random_serial_number()",
    ],
)
def test_a_hidden_input_is_seen(source: str) -> None:
    assert list(hidden_inputs(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "def due(clock):\n    return clock.now()",
        "import uuid\nwhich = uuid.UUID('0d2f8e1a-5c43-4c6b-9a27-7b1f3c0d9e55')",
        "from datetime import datetime\nat = datetime.fromisoformat('2026-11-22T01:02:03Z')",
        "def wait(clock, rng):\n    return clock.monotonic() + rng.uniform()",
    ],
)
def test_what_is_passed_in_is_not_a_hidden_input(source: str) -> None:
    assert list(hidden_inputs(source)) == []


def test_length_is_seen() -> None:
    body = "    pass\n" * MAX_FUNCTION_LINES
    assert list(too_long("def f():\n" + body)) == [f"f has {MAX_FUNCTION_LINES + 1} lines"]
    assert list(too_long("def f():\n" + body[:-9])) == []
    assert list(too_long("\n" * (MAX_FILE_LINES + 1))) != []
    assert list(too_many_positional("def f(self, a, b, c, d, *, e): ...")) == []
    assert list(too_many_positional("def f(a, b, c, d, e): ...")) != []


def test_leftovers_are_seen() -> None:
    assert list(left_behind("# TO" + "DO later")) != []
    assert list(left_behind(f"open('{ROOT}/x')")) != []
    assert list(left_behind("# what is to be done is written in the change log")) == []


def _faults(rule: Callable[[str], Iterator[str]]) -> list[str]:
    return [f"{path.relative_to(ROOT)}: {fault}" for path in product_files() for fault in rule(path.read_text("utf-8"))]


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as it was written; of anything longer the end, which is nothing to ask for."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project; found by place, so that it works in an unpacked sdist as in a clone."""
    for place in (*PRODUCT, *AROUND):
        path = ROOT / place
        for found in [path] if path.is_file() else sorted(path.rglob("*")):
            if found.is_file() and found.suffix in TEXT and "__pycache__" not in found.parts:
                yield found, found.read_text("utf-8", errors="replace")


@pytest.mark.parametrize(("service", "other"), [("config.serve_node", "hub"), ("config.serve_hub", "node")])
def test_a_node_loads_no_hub_and_a_hub_no_node(service: str, other: str) -> None:
    """It would cost every start half a second, also on the old machine of an agency."""
    unwanted = (f"exchange_axis.{other}", f"exchange_axis.store.{other}")
    work = f"import sys, {service}; print(*[name for name in sys.modules if name.startswith({unwanted!r})])"
    done = subprocess.run([sys.executable, "-c", work], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
