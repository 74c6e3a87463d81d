"""Replay one seed and print what happened: `python -m tests.prove.simulation SEED [--steps N]`."""

from __future__ import annotations

import argparse
import sys

from tests.prove.simulation.run import STEPS, simulate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--only-digest", action="store_true", help="print the digest of the trace and nothing else")
    arguments = parser.parse_args()
    outcome = simulate(arguments.seed, steps=arguments.steps)
    if arguments.only_digest:
        sys.stdout.write(f"{outcome.digest}\n")
        return 0
    sys.stdout.write("\n".join([*outcome.trace, *(f"WRONG {wrong}" for wrong in outcome.wrong), ""]))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
