"""Somebody else's software verifies our log: sigstore's Merkle and checkpoint code over proof files of a living hub.

sigstore has no code for proofs of consistency; what a consistency proof says is put to it as inclusion: every entry
under the old checkpoint is shown to lie under the new one, at the same place.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exchange_axis.hub.log_nodes import StoredNodes
from exchange_axis.hub.service import Hub
from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.proof import read_proof
from exchange_axis.store.hub import logrows
from tests.hub.witnessed import Pair, newest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".judges" / "bin" / "python"
Case = dict[str, Any]


def ask(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    """sigstore's verdicts; without it the test is skipped, or fails where judges must be there."""
    if not PYTHON.exists():
        problem = "sigstore is not installed: run `make test-services`"
        if os.environ.get("CI") == "true":
            pytest.fail(problem)
        pytest.skip(problem)
    done = subprocess.run(
        [PYTHON, ROOT / "tests" / "judges" / "sigstore_log.py"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("judged"))
    yield pair
    pair.close()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32).public_key().public_bytes_raw()


def spki(public_key: bytes) -> str:
    key = Ed25519PublicKey.from_public_bytes(public_key)
    return b64(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def key_of(hub: Hub) -> str:
    return spki(hub.registry.vkeys.log.public_key)


def case_of(hub: Hub, proof: bytes, sha256: str) -> Case:
    read = read_proof(proof)
    checkpoint = read_unverified_checkpoint(read.checkpoint)
    assert read.extra is not None
    return {
        "entry": b64(leaf_data(read.extra, bytes.fromhex(sha256))),
        "index": read.index,
        "size": checkpoint.size,
        "path": [b64(digest) for digest in read.path],
        "root": b64(checkpoint.root),
        "checkpoint": read.checkpoint.decode(),
        "key": key_of(hub),
    }


def other(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[0] ^= 1
    return b64(bytes(data))


ALTERATIONS: Mapping[str, Callable[[Case], Case]] = {
    "entry": lambda case: {**case, "entry": other(case["entry"])},
    "index": lambda case: {**case, "index": case["index"] ^ 1},
    "path": lambda case: {**case, "path": [other(case["path"][0]), *case["path"][1:]]},
    "shorter path": lambda case: {**case, "path": case["path"][1:]},
    "longer path": lambda case: {**case, "path": [*case["path"], case["path"][0]]},
    "root": lambda case: {**case, "root": other(case["root"])},
    "size in the checkpoint": lambda case: {
        **case,
        "checkpoint": case["checkpoint"].replace(f"\n{case['size']}\n", f"\n{case['size'] + 1}\n", 1),
        "size": case["size"] + 1,
    },
    "origin": lambda case: {**case, "checkpoint": case["checkpoint"].replace("hub-a/log/1\n", "hub-b/log/1\n", 1)},
    "root in the checkpoint": lambda case: {
        **case,
        "checkpoint": case["checkpoint"].replace(case["root"], other(case["root"]), 1),
        "root": other(case["root"]),
    },
    "signature": lambda case: {**case, "checkpoint": _other_signature(case["checkpoint"])},
    "key": lambda case: {**case, "key": spki(OTHER_KEY)},
}


def _other_signature(note: str) -> str:
    head, _, rest = note.partition("\n\n")
    first, _, more = rest.partition("\n")
    dash, name, data = first.split(" ")
    raw = bytearray(base64.b64decode(data))
    raw[-1] ^= 1
    return f"{head}\n\n{dash} {name} {b64(bytes(raw))}\n{more}"


@pytest.mark.judge
def test_sigstore_accepts_our_receipts_and_refuses_altered_ones(pair: Pair) -> None:
    hub, said = pair.a.hub, pair.say(6)
    pair.round()
    cases = []
    for sha256 in said:
        proof = hub.log.proof(sha256)
        assert proof is not None
        assert proof.count("\u2014 ".encode()) == 2, "signed by the log and cosigned by the hub above"
        cases.append(case_of(hub, proof, sha256))
    names, altered = [], []
    for case in cases:
        for name, alter in ALTERATIONS.items():
            names.append(name)
            altered.append(alter(case))
    verdicts = ask([*cases, *altered])
    assert verdicts[: len(cases)] == ["ok"] * len(cases)
    accepted = [name for name, verdict in zip(names, verdicts[len(cases) :], strict=True) if verdict == "ok"]
    assert accepted == []


@pytest.mark.judge
def test_sigstore_finds_every_entry_of_an_old_checkpoint_in_the_new_one(pair: Pair) -> None:
    hub = pair.a.hub
    pair.say(1)
    old = newest(hub)
    pair.say(3)
    new, note = newest(hub), hub.log.checkpoint()
    assert note is not None
    assert old.size < new.size

    def cases(size: int, root: bytes, checkpoint: str) -> list[Case]:
        leaves = hub.world.transactions.read(lambda connection: logrows.leaves(connection, 0, old.size))
        paths = hub.world.transactions.read(
            lambda connection: tree.inclusion_proofs(StoredNodes(connection), range(old.size), size)
        )
        same = {"size": size, "root": b64(root), "checkpoint": checkpoint, "key": key_of(hub)}
        return [
            {"entry": b64(leaf.data), "index": index, "path": [b64(digest) for digest in path], **same}
            for index, (leaf, path) in enumerate(zip(leaves, paths, strict=True))
        ]

    earlier = hub.world.transactions.read(lambda connection: logrows.checkpoint_at(connection, old.size))
    assert earlier is not None
    under = [*cases(old.size, old.root, earlier), *cases(new.size, new.root, note.decode())]
    assert ask(under) == ["ok"] * (2 * old.size)
