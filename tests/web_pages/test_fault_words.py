"""Whoever writes a letter on pages reads of boxes, never of the keys and lines of a file."""

from __future__ import annotations

import pytest

from exchange_axis.node.form_faults import FieldMissing, FieldUnusable
from exchange_axis.web.sending.fields import COUNTS, SIGNER, TEXTS
from exchange_axis.web.shared.fault_words import fault
from schemas.findings import Finding, Stage
from schemas.gate.refusal import Language

KEYS = ("to", *TEXTS, *COUNTS, *(f"signer.{part}" for part in SIGNER))
OF_FILES = {"sphere"}
"""On the wire only; the wizard has no box for it."""


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("key", sorted(set(KEYS) - OF_FILES))
def test_a_fault_names_the_box(key: str, language: Language) -> None:
    missing = Finding.of(FieldMissing(where=key, key=key, example=f"{key} = 1"), Stage.SCHEMA)
    unusable = Finding.of(
        FieldUnusable(where=key, key=key, value="abc", wanted="a number or a text", wanted_vi="một số hoặc một chuỗi"),
        Stage.SCHEMA,
    )
    for finding in (missing, unusable):
        for given in (finding, finding.as_dict()):
            said = fault(given, language)
            assert f"'{key}'" not in said.text and "=" not in said.remedy
            assert said.text != finding.as_dict()[language] and not said.place


def test_other_faults_stay_as_they_are() -> None:
    other = Finding(code="rules.x", severity=Finding.of(FieldMissing(key="a"), Stage.RULES).severity, stage=Stage.RULES,
                    vi="Sai", en="Wrong", remedy_vi="Sửa", where="attachments/001")  # fmt: skip
    said = fault(other, "vi")
    assert (said.text, said.remedy, said.place) == ("Sai", "Sửa", "attachments/001")
