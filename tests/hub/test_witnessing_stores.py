"""The statements of witnesses, copies, epochs and the check of the log mean the same on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.ledger.witness import Adding, SplitView
from tests.hub.witnessed import Pair, newest, signer_of


def test_a_log_is_witnessed_copied_stopped_and_goes_on(tmp_path: Path, database_url: str) -> None:
    pair = Pair(tmp_path, database=database_url)
    try:
        (said,) = pair.say()
        assert pair.round() > 0
        assert pair.a.hub.log.proof(said) is not None
        assert pair.round() == 0
        size, key = newest(pair.a.hub).size, signer_of(pair.a)
        assert [row["copied"] for row in pair.top.hub.witness.state()] == [size]
        other = sign_checkpoint(Checkpoint(origin=key.name, size=size, root=b"\x01" * 32), key)
        for _ in range(2):
            with pytest.raises(SplitView):
                pair.top.hub.witness.add(Adding(old=size, path=(), checkpoint=other))
        assert len(pair.top.hub.witness.troubles()) == 1, "the same contradiction is kept once"
        assert pair.a.hub.log_check.run().faults == ()
        assert not pair.a.hub.log_guard.heard(other)
        done = pair.a.hub.log_repair.open_epoch(actor="test", reason="thử")
        assert (done.origin, done.size) == ("hub-a/log/2", size)
        pair.restart(pair.a)
        pair.say()
        assert pair.round() > 0
        assert pair.a.hub.log_check.run().faults == ()
        assert pair.a.hub.log_guard.is_sound
    finally:
        pair.close()
