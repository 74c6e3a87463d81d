"""The guard over tables that no test writes or reads on PostgreSQL can fail."""

from __future__ import annotations

from sqlalchemy import insert, select

from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.state_tables import state_count
from exchange_axis.store.hub.tally_tables import TALLIES
from tests.both_databases import Touched


def test_what_no_statement_names_is_lacking() -> None:
    touched = Touched()
    touched.note(str(insert(state_count)))
    touched.note(str(select(TALLIES.tally).join(t.peer, t.peer.c.id == TALLIES.tally.c.peer)))
    lacking = touched.lacking()
    assert "state_count is never read" in lacking and "state_count is never written" not in lacking
    assert "tally is never written" in lacking and "tally is never read" not in lacking
    assert "peer is never read" not in lacking
    assert "consignment is never read" in lacking and "consignment is never written" in lacking
