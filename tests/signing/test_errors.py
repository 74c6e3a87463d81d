"""Every refusal of signing says what it is and what to do, in both languages, under a code of its own."""

from __future__ import annotations

import inspect
import unicodedata

import pytest

from signing import certificate_errors, errors, timestamp_errors
from signing.errors import KeyPermissions, SigningRefusal

_ABSTRACT = {
    errors.SigningRefusal,
    errors.SignatureRefusal,
    errors.AlgorithmRefusal,
    errors.CertificateRefusal,
    errors.KeyRefusal,
    timestamp_errors.TimestampRefusal,
}
_REFUSALS = [
    one
    for module in (errors, certificate_errors, timestamp_errors)
    for _, one in inspect.getmembers(module, inspect.isclass)
    if one.__module__ == module.__name__ and issubclass(one, SigningRefusal) and one not in _ABSTRACT
]


@pytest.mark.parametrize("refusal", _REFUSALS, ids=lambda one: one.__name__)
def test_a_refusal_is_complete(refusal: type[SigningRefusal]) -> None:
    assert refusal.code.partition(".")[0] in {"signature", "algorithm", "certificate", "key", "timestamp"}
    for text in (refusal.vi, refusal.en, refusal.remedy_vi, refusal.remedy_en):
        assert text
        assert unicodedata.is_normalized("NFC", text)
    assert not refusal.vi.isascii()


def test_codes_are_unique() -> None:
    assert len({refusal.code for refusal in _REFUSALS}) == len(_REFUSALS)


def test_facts_fill_both_languages() -> None:
    refusal = KeyPermissions(path="k.pem", mode="0644", command="chmod 600 k.pem")
    assert refusal.message("vi") == "Người khác đọc được k.pem (quyền 0644)"
    assert refusal.message("en") == "Others can read k.pem (mode 0644)"
