"""`python -m bench`: measure on this machine and write docs/benchmarks.md.

Progress goes to standard error. About ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.figures import as_json
from bench.page import page
from bench.plan import FULL, SMOKE
from bench.run import measure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="axis-bench-", dir=arguments.folder) as folder:
        results = measure(Path(folder), SMOKE if arguments.smoke else FULL, with_peer=arguments.peer, say=_say)
    text = page(results)
    if arguments.json:
        print(json.dumps(as_json(results), ensure_ascii=False))
    if not arguments.smoke:
        PAGE.write_text(text, encoding="utf-8")
        _say(f"wrote {PAGE}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one round, nothing written; for tests")
    parser.add_argument("--json", action="store_true", help="all results on standard output, as one JSON object")
    parser.add_argument("--peer", action="store_true", help="fetch the AS4 library and run it beside the product")
    parser.add_argument("--folder", type=Path, help="where files go; needs 6 GB (default: the system's own place)")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
