"""Vectors of subtrees: a part [start, end) of the log, its leaves and its place in the log of some size.

Proofs come from the recursive definitions in `naive.py` (draft-ietf-plants-merkle-tree-certs, section 4), not from the
code under test.
"""

from __future__ import annotations

from tests.ledger.changes import CHANGES, ZERO, Case
from tests.ledger.naive import entry, leaf, path, subtree_proof, tree_hash

_INCLUSION = "draft-ietf-plants-merkle-tree-certs 4.3"
_CONSISTENCY = "draft-ietf-plants-merkle-tree-certs 4.4"
_INSIDE = (
    (0, 0, 1), (0, 0, 2), (1, 0, 2), (2, 2, 3), (3, 2, 4), (4, 4, 7), (6, 4, 7), (5, 4, 8), (8, 8, 13), (12, 8, 13),
    (11, 8, 13), (16, 16, 17), (21, 16, 32), (64, 64, 100), (99, 64, 100), (0, 0, 77),
)  # fmt: skip
"""(index, start, end)"""
_WITHIN = (
    (0, 1, 2), (0, 4, 7), (4, 6, 7), (4, 7, 7), (4, 6, 8), (8, 13, 14), (0, 13, 14), (2, 3, 8), (16, 32, 50),
    (64, 100, 130), (0, 64, 65), (0, 77, 100),
)  # fmt: skip
"""(start, end, size)"""


def subtree_inclusion_cases() -> list[Case]:
    cases: list[Case] = []
    for index, start, end in _INSIDE:
        name = f"subtree-inclusion::{index}-in-{start}-{end}"
        part = _part(start, end)
        made = path(index - start, part)
        good: Case = {
            "index": index,
            "start": start,
            "end": end,
            "leaf": leaf(index).hex(),
            "root": tree_hash(part).hex(),
            "proof": [one.hex() for one in made],
        }
        cases.append({"id": name, "clause": _INCLUSION, **good, "refusal": None})
        bad = {label: {**good, "proof": [one.hex() for one in spoilt]} for label, spoilt in _spoilt(made).items()}
        bad |= {
            "other-leaf": {**good, "leaf": leaf(index + 1).hex()},
            "other-root": {**good, "root": ZERO.hex()},
            "empty-root": {**good, "root": ""},
            "index-before-the-start": {**good, "index": start - 1},
            "index-at-the-end": {**good, "index": end},
            "start-not-aligned": {**good, "start": start + 1, "end": end + 1, "index": index + 1},
            "start-negative": {**good, "start": -1},
        }
        if end - start == 1:
            del bad["start-not-aligned"]  # one leaf may stand anywhere
        cases += [
            {"id": f"{name}-{label}", "clause": _INCLUSION, **case, "refusal": "log.not-included"}
            for label, case in bad.items()
        ]
    return cases


def subtree_consistency_cases() -> list[Case]:
    cases: list[Case] = []
    for start, end, size in _WITHIN:
        name = f"subtree-consistency::{start}-{end}-of-{size}"
        made = subtree_proof(start, end, _part(0, size))
        good: Case = {
            "start": start,
            "end": end,
            "size": size,
            "subtree_root": tree_hash(_part(start, end)).hex(),
            "root": tree_hash(_part(0, size)).hex(),
            "proof": [one.hex() for one in made],
        }
        cases.append({"id": name, "clause": _CONSISTENCY, **good, "refusal": None})
        bad = {label: {**good, "proof": [one.hex() for one in spoilt]} for label, spoilt in _spoilt(made).items()}
        bad |= {
            "other-subtree-root": {**good, "subtree_root": ZERO.hex()},
            "other-root": {**good, "root": ZERO.hex()},
            "end-beyond-the-size": {**good, "size": end - 1},
            "empty": {**good, "end": start},
            "start-negative": {**good, "start": -1},
        }
        cases += [
            {"id": f"{name}-{label}", "clause": _CONSISTENCY, **case, "refusal": "log.not-consistent"}
            for label, case in bad.items()
        ]
    return cases


def _part(start: int, end: int) -> list[bytes]:
    return [entry(number) for number in range(start, end)]


def _spoilt(made: list[bytes]) -> dict[str, list[bytes]]:
    changed = {label: change(list(made)) for label, change in CHANGES.items()}
    return {label: proof for label, proof in changed.items() if proof is not None}
