"""The committed vectors, and figures that others published."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from exchange_axis.errors import AxisError
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.proof import verify_evidence_proof
from exchange_axis.ledger.subtree import is_subtree, verify_subtree_consistency, verify_subtree_inclusion
from exchange_axis.ledger.tree import append, leaf_hash, verify_consistency, verify_inclusion
from tests.ledger.make_vectors import FOLDER, render
from tests.ledger.naive import MemoryNodes, entry, subtree_proof, tree_hash

Case = dict[str, Any]

# Inputs and roots of the Certificate Transparency reference tree, as in transparency-dev/merkle, proof/verify_test.go.
REFERENCE_ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
REFERENCE_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


LEAST = {"inclusion": 98, "consistency": 98, "subtree-inclusion": 204, "subtree-consistency": 118}
"""Files in the public collection of transparency-dev/merkle."""
DISCRIMINATING = {
    "inclusion::empty-root-and-leaf": "log.not-included",
    "consistency::from-empty-without-proof": "log.not-consistent",
    "consistency::from-empty-with-the-root-as-proof": "log.not-consistent",
    "consistency::equal-empty": None,
}


def read_cases(name: str) -> list[Case]:
    found: list[Case] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in read_cases(name)]


def judged(check: Any, *arguments: Any, **keywords: Any) -> str | None:
    """Code of the refusal, None if it passed."""
    try:
        check(*arguments, **keywords)
    except AxisError as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("case", cases("inclusion"))
def test_inclusion(case: Case) -> None:
    made = [bytes.fromhex(part) for part in case["proof"]]
    leaf, expected = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    assert judged(verify_inclusion, leaf, case["index"], case["size"], made, expected=expected) == case["refusal"]


@pytest.mark.parametrize("case", cases("consistency"))
def test_consistency(case: Case) -> None:
    made = [bytes.fromhex(part) for part in case["proof"]]
    roots = {name: bytes.fromhex(case[name]) for name in ("root1", "root2")}
    assert judged(verify_consistency, case["size1"], case["size2"], made, **roots) == case["refusal"]


@pytest.mark.parametrize("case", cases("subtree-inclusion"))
def test_subtree_inclusion(case: Case) -> None:
    made = [bytes.fromhex(part) for part in case["proof"]]
    leaf, part = bytes.fromhex(case["leaf"]), (case["start"], case["end"])
    expected = bytes.fromhex(case["root"])
    assert judged(verify_subtree_inclusion, leaf, case["index"], part, made, expected=expected) == case["refusal"]


@pytest.mark.parametrize("case", cases("subtree-consistency"))
def test_subtree_consistency(case: Case) -> None:
    made = [bytes.fromhex(part) for part in case["proof"]]
    roots = {name: bytes.fromhex(case[name]) for name in ("subtree_root", "root")}
    part = (case["start"], case["end"])
    assert judged(verify_subtree_consistency, part, case["size"], made, **roots) == case["refusal"]


def test_every_subtree_of_small_logs_is_a_part_of_them_and_of_no_other() -> None:
    entries = [entry(number) for number in range(34)]
    found = 0
    parts = [(start, end) for end in range(len(entries)) for start in range(end) if is_subtree(start, end)]
    for start, end in parts:
        root = tree_hash(entries[start:end])
        for size in range(end, len(entries)):
            made = subtree_proof(start, end, entries[:size])
            roots = {"subtree_root": root, "root": tree_hash(entries[:size])}
            assert judged(verify_subtree_consistency, (start, end), size, made, **roots) is None
            others = roots | {"root": tree_hash(entries[: size + 1])}
            refusal = judged(verify_subtree_consistency, (start, end), size, made, **others)
            assert refusal == "log.not-consistent"
            found += 1
    assert found > 1_500


def test_the_cases_that_tell_verifiers_apart_are_here_by_name() -> None:
    """A verifier that follows RFC 9162 to the letter gets these four wrong."""
    named = {case["id"]: case["refusal"] for name in ("inclusion", "consistency") for case in read_cases(name)}
    assert {name: named[name] for name in DISCRIMINATING} == DISCRIMINATING


@pytest.mark.parametrize(("name", "least"), LEAST.items())
def test_there_are_as_many_shapes_as_others_publish(name: str, least: int) -> None:
    assert len(read_cases(name)) >= least


@pytest.mark.parametrize("case", cases("file"))
def test_proof_file(case: Case) -> None:
    digest, log = bytes.fromhex(case["evidence_sha256"]), read_vkey(case["vkey"])
    assert judged(verify_evidence_proof, case["file"].encode(), digest, log) == case["refusal"]


def test_the_committed_files_are_what_the_generator_makes() -> None:
    made = render()
    assert {path.name for path in FOLDER.iterdir()} == set(made)
    for name, content in made.items():
        assert (FOLDER / name).read_text() == content, f"{name}: run `python -m tests.ledger.make_vectors`"


def test_the_reference_tree_of_certificate_transparency() -> None:
    store = MemoryNodes()
    assert hashlib.sha256().hexdigest() == REFERENCE_ROOTS[0]
    for size, text in enumerate(REFERENCE_ENTRIES):
        assert append(store, size, [leaf_hash(bytes.fromhex(text))]).hex() == REFERENCE_ROOTS[size + 1]
