"""Makes `vectors/*.json`: proofs and files of the log as data, for us and for anybody else's implementation.

Run `python -m tests.ledger.make_vectors`; keys, salts and names are fixed, so that the files change only when the
format does. Trees and proofs come from the recursive definitions in `naive.py`, not from the code under test; signed
files from Ed25519, which is deterministic. Each case names the clause it is about and the refusal it must meet
(`null` = must pass).
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.ledger.changes import CHANGES, ZERO, Case
from tests.ledger.make_subtrees import subtree_consistency_cases, subtree_inclusion_cases
from tests.ledger.naive import entry, leaf, path, proof, tree_hash

FOLDER = Path(__file__).parent / "vectors"
ORIGIN = "hub.example/log/1"
SEED = bytes(range(32))
SALT = hashlib.sha256(b"salt of the vectors").digest()
EVIDENCE = b"<Evidence/>"
SIZE = 11
INDEX = 6


def inclusion_cases() -> list[Case]:
    cases: list[Case] = []
    for index, size in [(0, 1), (0, 2), (1, 2), (0, 8), (5, 8), (2, 3), (1, 5), (4, 5), (6, 7), (64, 65), (99, 100)]:
        good = _inclusion(index, size)
        cases.append({"id": f"inclusion::{index}-of-{size}", "clause": "RFC 9162 2.1.3.2", **good, "refusal": None})
        for name, change in CHANGES.items():
            changed = change(_hashes(good["proof"]))
            if changed is not None:
                case = {**good, "proof": [part.hex() for part in changed], "refusal": "log.not-included"}
                cases.append({"id": f"inclusion::{index}-of-{size}-{name}", "clause": "RFC 9162 2.1.3.2", **case})
        cases += [
            _inclusion_edge(f"{index}-of-{size}-index-beyond-size", {**good, "index": size}),
            _inclusion_edge(f"{index}-of-{size}-other-leaf", {**good, "leaf": leaf(index + 1).hex()}),
            _inclusion_edge(f"{index}-of-{size}-other-root", {**good, "root": ZERO.hex()}),
            _inclusion_edge(f"{index}-of-{size}-empty-root", {**good, "root": ""}),
        ]
    single = _inclusion(0, 1)
    cases.append(_inclusion_edge("empty-root-and-leaf", {**single, "root": "", "leaf": ""}))
    longer = {**single, "leaf": leaf(1).hex(), "root": _root(2).hex(), "proof": [leaf(0).hex()]}
    cases.append(_inclusion_edge("path-longer-than-the-size-allows", longer))
    cases.append(_inclusion_edge("empty-tree", {**single, "size": 0, "root": _root(0).hex()}))
    return cases


def consistency_cases() -> list[Case]:
    cases: list[Case] = []
    for size1, size2 in [(1, 2), (1, 8), (2, 5), (3, 7), (4, 7), (6, 8), (7, 8), (64, 100), (65, 130)]:
        good = _consistency(size1, size2)
        name = f"consistency::{size1}-to-{size2}"
        cases.append({"id": name, "clause": "RFC 9162 2.1.4.2", **good, "refusal": None})
        for change_name, change in CHANGES.items():
            changed = change(_hashes(good["proof"]))
            if changed is not None:
                case = {**good, "proof": [part.hex() for part in changed]}
                cases.append(_consistency_edge(f"{size1}-to-{size2}-{change_name}", case))
        swapped = {**good, "root1": good["root2"], "root2": good["root1"]}
        cases.append(_consistency_edge(f"{size1}-to-{size2}-swapped-roots", swapped))
        cases.append(_consistency_edge(f"{size1}-to-{size2}-other-old-root", {**good, "root1": ZERO.hex()}))
        cases.append(_consistency_edge(f"{size1}-to-{size2}-size1-less-one", {**good, "size1": size1 - 1}))
    return cases + _sizes_without_a_proof()


def _sizes_without_a_proof() -> list[Case]:
    empty, one, two = (_root(size).hex() for size in range(3))
    same: Case = {"size1": 0, "size2": 0, "root1": empty, "root2": empty, "proof": []}
    passing: Case = {"clause": "RFC 6962 2.1.2: equal trees need no proof", "refusal": None}
    return [
        {"id": "consistency::equal-empty", **passing, **same},
        {"id": "consistency::equal-one", **passing, **same, "size1": 1, "size2": 1, "root1": one, "root2": one},
        _consistency_edge("equal-empty-other-root", {**same, "root2": one}),
        _consistency_edge("equal-empty-with-proof", {**same, "proof": [one]}),
        _consistency_edge("equal-one-with-proof", {**same, "size1": 1, "size2": 1, "proof": [one]}),
        _consistency_edge("from-empty-without-proof", {**same, "size2": 1, "root2": one}),
        _consistency_edge("from-empty-with-the-root-as-proof", {**same, "size2": 1, "root2": one, "proof": [one]}),
        _consistency_edge("backwards", {**same, "size1": 2, "size2": 1, "root1": two, "root2": one, "proof": [one]}),
        _consistency_edge("forwards-without-proof", {**same, "size1": 1, "size2": 2, "root1": one, "root2": two}),
    ]


def file_cases() -> list[Case]:
    """A proof file whose entry is our own leaf, and what others may make of it."""
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    public = key.public_key().public_bytes_raw()
    key_id = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    vkey = f"{ORIGIN}+{key_id.hex()}+{_base64(bytes([1]) + public)}"
    digest = hashlib.sha256(EVIDENCE).digest()
    entries = [entry(number) for number in range(SIZE)]
    entries[INDEX] = hashlib.sha256(b"axis-leaf-v1\x00" + SALT + digest).digest()
    text = f"{ORIGIN}\n{SIZE}\n{_base64(tree_hash(entries))}\n"
    note = f"{text}\n\u2014 {ORIGIN} {_base64(key_id + key.sign(text.encode()))}\n"
    hashes = "".join(f"{_base64(part)}\n" for part in path(INDEX, entries))
    file = f"c2sp.org/tlog-proof@v1\nextra {_base64(SALT)}\nindex {INDEX}\n{hashes}\n{note}"
    good: Case = {"vkey": vkey, "evidence_sha256": digest.hex(), "file": file}

    def edge(name: str, refusal: str, **changed: str) -> Case:
        return {"id": f"file::{name}", "clause": "C2SP tlog-proof, signed-note", **good, **changed, "refusal": refusal}

    forged = note.replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n")
    return [
        {"id": "file::good", "clause": "C2SP tlog-proof, signed-note", **good, "refusal": None},
        edge("other-evidence", "log.not-included", evidence_sha256=hashlib.sha256(b"other").hexdigest()),
        edge("other-salt", "log.not-included", file=file.replace(_base64(SALT), _base64(ZERO))),
        edge("other-index", "log.not-included", file=file.replace(f"index {INDEX}", f"index {INDEX - 1}")),
        edge("no-salt", "log.malformed-proof", file=file.replace(f"extra {_base64(SALT)}\n", "")),
        edge("leading-zero", "log.malformed-proof", file=file.replace(f"index {INDEX}", f"index 0{INDEX}")),
        edge("other-version", "log.malformed-proof", file=file.replace("@v1", "@v2")),
        edge("windows-line-ends", "log.malformed-proof", file=file.replace("\n", "\r\n")),
        edge("no-checkpoint", "log.malformed-note", file=file.removesuffix(note)),
        edge("changed-size", "log.untrusted-note", file=file.replace(note, forged)),
        edge("unsigned", "log.malformed-note", file=file.replace(note, text)),
        edge("other-name-on-signature", "log.untrusted-note", file=file.replace(f"\u2014 {ORIGIN}", "\u2014 other")),
    ]


def _inclusion(index: int, size: int) -> Case:
    entries = [entry(number) for number in range(size)]
    made = [part.hex() for part in path(index, entries)]
    return {"index": index, "size": size, "leaf": leaf(index).hex(), "root": _root(size).hex(), "proof": made}


def _consistency(size1: int, size2: int) -> Case:
    made = [part.hex() for part in proof(size1, [entry(number) for number in range(size2)])]
    return {"size1": size1, "size2": size2, "root1": _root(size1).hex(), "root2": _root(size2).hex(), "proof": made}


def _inclusion_edge(name: str, case: Case) -> Case:
    return {"id": f"inclusion::{name}", "clause": "RFC 9162 2.1.3.2", **case, "refusal": "log.not-included"}


def _consistency_edge(name: str, case: Case) -> Case:
    return {"id": f"consistency::{name}", "clause": "RFC 9162 2.1.4.2", **case, "refusal": "log.not-consistent"}


def _root(size: int) -> bytes:
    return tree_hash([entry(number) for number in range(size)])


def _hashes(proof_field: object) -> list[bytes]:
    assert isinstance(proof_field, list)
    return [bytes.fromhex(part) for part in proof_field]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def render() -> dict[str, str]:
    """File name to content."""
    files = {
        "inclusion": inclusion_cases(),
        "consistency": consistency_cases(),
        "subtree-inclusion": subtree_inclusion_cases(),
        "subtree-consistency": subtree_consistency_cases(),
        "file": file_cases(),
    }
    return {f"{name}.json": json.dumps(cases, indent=1) + "\n" for name, cases in files.items()}


if __name__ == "__main__":
    for name, content in render().items():
        (FOLDER / name).write_text(content)
