"""The matrix of good signatures: 36 forms by four algorithms, made by us and judged by others, and the other way round.

A form is a prefix style, a canonicalization, named or implied, and a shape of document. What others refuse must stand
in disagreements.toml as a row of `matrix`, with its clause; the altered twin of each is refused by all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from schemas.gate.refusal import Refusal
from signing.keys import private_pem
from signing.policy import SignatureAlgorithm
from signing.xades import verify_enveloped
from tests.figures import keep
from tests.judges import jdk_verify, xmlsec1_sign, xmlsec1_verify
from tests.signing.cells import ALGORITHMS, Cell, cells, empty, fill, signers
from tests.signing.foreign import key_files
from tests.signing.pki import AT, TestPki, key

_PKI = TestPki(name="ma trận")
_SIGNERS = signers(_PKI)
_CELLS = tuple(cells())
_BY_XMLSEC1 = [
    pytest.param(SignatureAlgorithm.ECDSA_SHA256, id="ecdsa_sha256"),
    pytest.param(SignatureAlgorithm.ECDSA_SHA384, id="ecdsa_sha384", marks=pytest.mark.prove),
    pytest.param(SignatureAlgorithm.RSA_SHA256, id="rsa_sha256", marks=pytest.mark.prove),
]
"""xmlsec1 knows RSASSA-PSS from version 1.3 on; Debian 12 has 1.2.37. The JDK judges those."""


def _refused(xml: bytes) -> str:
    try:
        verify_enveloped(xml, _PKI.anchors, at=AT)
    except Refusal as refusal:
        return refusal.code
    return ""


def _altered(xml: bytes) -> bytes:
    return xml.replace(b"H45<", b"H49<", 1)


def _listed(judge: str) -> set[str]:
    rows = tomllib.loads((Path(__file__).parent / "disagreements.toml").read_text("utf-8")).get("matrix", [])
    return {case for row in rows if row["judge"] == judge for case in row["cases"]}


def _write(folder: Path, made: Iterable[bytes]) -> list[Path]:
    paths = []
    for number, xml in enumerate(made):
        paths.append(folder / f"{number}.xml")
        paths[-1].write_bytes(xml)
    return paths


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: algorithm.name.lower())
def test_every_form_is_accepted_by_us_and_its_altered_twin_is_not(algorithm: SignatureAlgorithm) -> None:
    assert len(_CELLS) == 36
    made = {str(cell): fill(empty(cell, _SIGNERS[algorithm]), _SIGNERS[algorithm]) for cell in _CELLS}
    assert {name: _refused(xml) for name, xml in made.items()} == dict.fromkeys(made, "")
    assert {name: _refused(_altered(xml)) for name, xml in made.items()} == dict.fromkeys(made, "signature.digest")


@pytest.mark.judge
@pytest.mark.parametrize("algorithm", _BY_XMLSEC1)
def test_xmlsec1_accepts_what_we_make_and_we_what_it_makes(algorithm: SignatureAlgorithm, tmp_path: Path) -> None:
    signer, root = _SIGNERS[algorithm], tmp_path / "root.pem"
    root.write_bytes(_PKI.root_pem)
    files = key_files(tmp_path, signer, private_pem(key(ALGORITHMS[algorithm], "agency"), None))
    theirs, ours = set(), set()
    for cell in _CELLS:
        blank, out = tmp_path / "template.xml", tmp_path / "signed.xml"
        blank.write_bytes(empty(cell, signer))
        xmlsec1_sign(blank, out, files)
        if _refused(out.read_bytes()):
            theirs.add(str(cell))
        out.write_bytes(fill(blank.read_bytes(), signer))
        if not xmlsec1_verify(out, root, at=AT).accepted:
            ours.add(str(cell))
    keep(
        f"matrix-xmlsec1-{algorithm.name.lower()}",
        theirs=len(_CELLS),
        theirs_refused=len(theirs),
        ours=len(_CELLS),
        ours_refused=len(ours),
    )
    assert theirs == set()
    assert ours == _listed("xmlsec1")


@pytest.mark.judge
def test_the_jdk_accepts_every_form_of_every_algorithm(tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(_PKI.root_pem)
    every: list[tuple[str, Cell]] = [(algorithm.name.lower(), cell) for algorithm in ALGORITHMS for cell in _CELLS]
    made = [fill(empty(cell, signer), signer) for signer in _SIGNERS.values() for cell in _CELLS]
    files = _write(tmp_path, [*made, *map(_altered, made)])
    judgements = jdk_verify(files, root, at=AT)
    refused = {f"{name}-{cell}" for (name, cell), one in zip(every, judgements, strict=False) if not one.accepted}
    keep("matrix-jdk", ours=len(made), ours_refused=len(refused), altered=len(made))
    assert refused == _listed("jdk")
    assert not any(one.accepted for one in judgements[len(made) :])
