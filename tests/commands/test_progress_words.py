"""How far a sent letter is, in the one line of the outbox."""

from __future__ import annotations

import pytest

from exchange_axis.commands.node_words import progress_of


@pytest.mark.parametrize(
    ("delivery", "status", "text"),
    [
        ("consigned", "00", "consigned"),
        ("handed-over", "03", "03 accepted, entered in the register"),
        (
            "consigned",
            "03",
            "03 accepted, entered in the register (consigned)",
        ),  # said before anybody signed for the arrival
        ("failed", "03", "03 accepted, entered in the register (failed)"),
    ],
)
def test_a_status_is_not_shown_as_an_arrival(delivery: str, status: str, text: str) -> None:
    assert progress_of([{"agency": "H90", "delivery": delivery, "status": status}], "en") == f"H90: {text}"


def test_many_are_counted_by_what_they_say() -> None:
    rows = [
        {"agency": f"H90.0{number}", "delivery": delivery, "status": "03"}
        for number, delivery in enumerate(("handed-over", "handed-over", "relayed"))
    ]
    assert (
        progress_of(rows, "en")
        == "2 03 accepted, entered in the register; 1 03 accepted, entered in the register (relayed)"
    )
