"""NIST's path tests: every labelled case, by the whole judgement and by the second validator with our revocation alone.

The whole judgement may refuse more than PKITS asks; each such case is named in `pkits.toml` with its code and reason.
The second column shows that those refusals are of the other validator or of our rules, not of the revocation logic.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator.errors import PathBuildingError, ValidationError

from signing.errors import SigningRefusal
from signing.revocation import Evidence, RevocationPolicy, RevocationState, RevocationStatus
from signing.revocation_judge import Judge
from signing.trust import TrustAnchors
from signing.validation import PolicyDemand, Proof, along, held_paths, validate

_DATA = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
_TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "pkits.toml").read_text("utf-8"))
_AT = datetime(2012, 6, 1, tzinfo=UTC)
_POLICIES = "2.16.840.1.101.3.2.1.48."
_VALID, _INVALID = "valid", "invalid"
REASONS = {name: reason for reason, names in _TABLE["invalid"].items() for name in names}
_ALONE = {
    "ValidDSASignaturesTest4EE",
    "ValidDSAParameterInheritanceTest5EE",
    "ValidNameUIDsTest6EE",
    "ValidcRLIssuerTest30EE",
}
"""Refused also by the second validator with our revocation."""


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    label: str
    demand: PolicyDemand
    number: int

    def __str__(self) -> str:
        return f"{self.name}-{self.number}"


def _cases() -> list[_Case]:
    found = []
    for path in sorted((_DATA / "certs").glob("*EE.crt")):
        settings = _TABLE["settings"].get(path.stem) or [{"expect": _label(path.stem)}]
        found += [_Case(path.stem, one["expect"], _demand(one), number) for number, one in enumerate(settings, 1)]
    return found


def _label(name: str) -> str:
    label = re.match("Valid|Invalid", name)
    assert label, f"{name} has no label"
    return label[0].lower()


def _demand(setting: dict[str, Any]) -> PolicyDemand:
    chosen = frozenset(f"{_POLICIES}{number}" for number in setting.get("policies", ()))
    return PolicyDemand(
        policies=chosen or frozenset({"any_policy"}),
        explicit=setting.get("explicit", False),
        no_mapping=setting.get("no_mapping", False),
        no_any=setting.get("no_any", False),
    )


CASES = _cases()


@cache
def _certificates() -> dict[str, x509.Certificate]:
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some serial numbers are negative on purpose
        for path in sorted((_DATA / "certs").glob("*.crt")):
            try:
                found[path.stem] = x509.load_der_x509_certificate(path.read_bytes())
            except ValueError:
                continue
    return found


@cache
def _lists() -> tuple[tuple[x509.Name, bytes], ...]:
    found = []
    for path in sorted((_DATA / "crls").glob("*.crl")):
        data = path.read_bytes()
        found.append((x509.load_der_x509_crl(data).issuer, data))
    return tuple(found)


def _proof(case: _Case) -> tuple[x509.Certificate, list[x509.Certificate], Proof]:
    """The certificate, all authorities above it, and every list of theirs or of those they name."""
    certificates = _certificates()
    authorities = [one for name, one in certificates.items() if not name.endswith("EE")]
    above, waiting = [], [certificates[case.name]]
    while waiting:
        current = waiting.pop()
        issuers = [one for one in authorities if _same(one.subject, current.issuer) and one not in above]
        above += issuers
        waiting += issuers
    family = [certificates[case.name], *above]
    names = {_text(one.subject) for one in family} | {name for one in family for name in _list_issuers(one)}
    helpers = [one for one in authorities if _text(one.subject) in names]
    crls = tuple(data for issuer, data in _lists() if _text(issuer) in names)
    evidence = Evidence(crls=crls, certificates=tuple(one.public_bytes(Encoding.DER) for one in helpers))
    policy = RevocationPolicy(max_age=None)
    return family[0], above, Proof(at=_AT, now=_AT, evidence=evidence, policy=policy, demand=case.demand)


def _list_issuers(certificate: x509.Certificate) -> set[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return set()
    return {
        _text(name.value) for point in points for name in point.crl_issuer or () if isinstance(name.value, x509.Name)
    }


def _same(one: x509.Name, other: x509.Name) -> bool:
    return _text(one) == _text(other)


@cache
def _text(name: x509.Name) -> str:
    """Names as PKITS compares them: without regard to capitals and spaces."""
    return "".join(part for part in name.rfc4514_string().lower() if part.isalnum())


def _whole(case: _Case) -> str:
    certificate, above, proof = _proof(case)
    anchors = TrustAnchors(certificates=(_certificates()["TrustAnchorRootCertificate"],))
    try:
        return _said(validate(certificate, above, anchors, proof).revocation)
    except SigningRefusal as refusal:
        return refusal.code


def _second(case: _Case) -> str:
    certificate, above, proof = _proof(case)
    anchors = TrustAnchors(certificates=(_certificates()["TrustAnchorRootCertificate"],))
    try:
        paths = held_paths(certificate, above, anchors, proof)
    except (PathBuildingError, ValidationError):
        return "path"
    judge = Judge(proof.evidence, now=proof.now, policy=proof.policy)
    said = [_said(along(path, judge, proof).revocation) for path in paths]
    return _VALID if _VALID in said else said[0]


def _said(status: RevocationStatus) -> str:
    if status.state is RevocationState.GOOD:
        return _VALID
    return status.state.value if status.why is None else status.why.value


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_labelled_case(case: _Case) -> None:
    code, _reason = _TABLE["refused"].get(case.name, ("", ""))
    if case.name not in _certificates():
        assert code == "unreadable"
        return
    whole, second = _whole(case), _second(case)
    if case.label == _INVALID:
        assert whole != _VALID
        assert second == REASONS.get(case.name, "path")
        return
    assert whole == (code or _VALID)
    assert (second == _VALID) is (case.name not in _ALONE)


def test_the_table_names_what_is_there() -> None:
    names = {case.name for case in CASES}
    assert set(_TABLE["settings"]) <= names
    assert set(_TABLE["refused"]) <= names
    assert set(REASONS) <= names
    assert len(names) == 223
    assert len(CASES) == 246
