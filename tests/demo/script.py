"""In place of `axis`: a program that runs the Python text it is given."""

from __future__ import annotations

import sys


def parser() -> None:
    """Nothing to load."""


def main() -> int:
    exec(sys.argv[1], {})  # noqa: S102  what the test beside it wrote
    return 0
