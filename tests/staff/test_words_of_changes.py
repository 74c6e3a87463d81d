"""Whatever is written into the record of rights is read there in words."""

from __future__ import annotations

import re
from pathlib import Path

import exchange_axis
from exchange_axis.domain.accounts import CHANGE_WORDS
from exchange_axis.store.people_review import EXPIRE, REVIEW

PIPELINE = Path(exchange_axis.__file__).parent / "pipeline"
_WRITTEN = re.compile(r'action="([\w-]+)"|_note\(rows, person, "([\w-]+)"')


def test_every_act_has_words_in_both_languages() -> None:
    texts = [path.read_text("utf-8") for path in PIPELINE.glob("*.py")]
    found = {one or other for text in texts if "rows.note(" in text for one, other in _WRITTEN.findall(text)}
    assert {"add", "passkey-add", "recovery-codes", "confirm"} <= found
    assert found | {REVIEW, EXPIRE} == set(CHANGE_WORDS)
    assert all(vi and en and vi != en for vi, en in CHANGE_WORDS.values())
