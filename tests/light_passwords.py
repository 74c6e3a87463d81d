"""Passwords of tests cost a thousandth of their work: the suite enters hundreds of times, at a sixth of a second each.

Only this process works lightly: `axis` as a process of its own, which tests also enter, does what people's machines do.
"""

from __future__ import annotations

from exchange_axis.pipeline.passwords import Cost

IN_EARNEST = Cost()


def lighten() -> None:
    """From now on, for whoever names no cost."""
    assert Cost.__init__.__kwdefaults__ is not None
    Cost.__init__.__kwdefaults__.update(rounds=1, memory=64, lanes=1)
