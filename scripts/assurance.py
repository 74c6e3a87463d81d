"""Writes docs/assurance.md: what each promise of the trust programme has to show for itself.

    python scripts/assurance.py [--figures FOLDER]

Counts of documents come from the generators themselves, measured figures from docs/assurance.json, which `--figures`
brings up to date with what a run of the tests left in FOLDER (environment variable AXIS_FIGURES). The rows, and what is
not had, are scripts/assurance.toml. tests/test_assurance.py fails when the page no longer says what these say.
"""

from __future__ import annotations

import argparse
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.ledger.make_vectors import render
from tests.schemas.gate import hostile
from tests.signing.attacks import all_attacks, families
from tests.signing.cells import ALGORITHMS, cells
from tests.signing.test_pkits import CASES, REASONS
from tests.web import replay_shapes
from tests.web.test_permissions import CALLERS, EXPECTED

ROOT = Path(__file__).parents[1]
PAGE, FIGURES, ROWS = ROOT / "docs/assurance.md", ROOT / "docs/assurance.json", ROOT / "scripts/assurance.toml"
NOTICE = "<!-- Made by `python scripts/assurance.py`; the rows are in scripts/assurance.toml. Do not edit here. -->"


def page() -> str:
    rows = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    kept: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    lines = ["# Assurance", "", NOTICE, "", *rows["opening"].strip().splitlines(), "", "## Promises", ""]
    lines += ["| promise | shown by | reached | not had |", "|---|---|---|---|"]
    facts = counts() | {"vectors": sum(kept["signature-families"].values())}
    for row in rows["promise"]:
        tests = " ".join(f"`{name}`" for name in row["tests"]) or "–"
        reached = row["reached"].format(**facts)
        lines.append(f"| **{row['id']}** {row['promise']} | {tests} | {reached} | {row['lacks'] or '–'} |")
    lines += ["", "## Measured", "", f"On {kept['machine']}. {rows['measured'].strip()}", ""]
    lines += ["| run | on | figures |", "|---|---|---|"]
    for name, run in sorted(kept["runs"].items()):
        figures = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in run["figures"].items())
        lines.append(f"| {name} | {run['on']} | {figures} |")
    for title, index in indexes(kept).items():
        lines += ["", f"## {title}", "", f"{sum(index.values())} in {len(index)} families.", ""]
        lines += ["| family | count |", "|---|---|", *(f"| {name} | {count} |" for name, count in index.items())]
    return "\n".join(lines) + "\n"


def counts() -> dict[str, int]:
    wrapped = families.index()
    return {
        "hostile": sum(hostile.index().values()),
        "hostile_families": len(hostile.index()),
        "wrapped": sum(wrapped.values()),
        "wrapped_families": len(wrapped),
        "attacks": len(all_attacks()),
        "cells": len(list(cells())),
        "matrix": len(list(cells())) * len(ALGORITHMS),
        "pkits": len(CASES),
        "pkits_deviating": len(REASONS),
        "log_proofs": sum(log_proofs().values()),
        "replay_shapes": len(replay_shapes.index()),
        "replay_times": replay_shapes.TIMES,
        "addresses": len(EXPECTED),
        "callers": len(CALLERS),
        "permission_cells": len(EXPECTED) * len(CALLERS),
    }


def log_proofs() -> dict[str, int]:
    """Vectors of the log by the file that holds them."""
    return {name.removesuffix(".json"): len(json.loads(cases)) for name, cases in render().items()}


def indexes(kept: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    return {
        "Hostile XML (T1)": hostile.index(),
        "Wrapping attacks (T2)": families.index(),
        "Signature values (T4)": kept["signature-families"],
        "Proofs of the log (T11)": log_proofs(),
        "Replays (T13)": replay_shapes.index(),
    }


def bring_up_to_date(folder: Path) -> None:
    kept = json.loads(FIGURES.read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*.json")):
        on = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
        kept["runs"][path.stem] = {"on": on, "figures": json.loads(path.read_text(encoding="utf-8"))}
    kept["machine"] = f"{_processor()}, {os.cpu_count()} cores"
    FIGURES.write_text(json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "a machine")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write docs/assurance.md")
    parser.add_argument("--figures", type=Path, help="folder with figures of a run")
    asked = parser.parse_args()
    if asked.figures:
        bring_up_to_date(asked.figures)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
