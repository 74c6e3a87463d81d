# mypy: ignore-errors
# Its libraries live in an environment of their own.
"""Run by `.judges/bin/python`: sigstore's own code says whether checkpoints and inclusion proofs hold.

Standard input: a JSON list of {"entry", "index", "size", "path", "root", "checkpoint", "key"}, bytes in base64, the key
as DER. Standard output: for each "ok" or what is wrong.
"""

import base64
import json
import sys
from types import SimpleNamespace

from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore_models.common import v1


def judge(case: dict) -> str:
    key = base64.b64decode(case["key"])
    details = v1.PublicKeyDetails.PKIX_ED25519
    ring = Keyring([v1.PublicKey(raw_bytes=base64.b64encode(key), key_details=details)])
    proof = SimpleNamespace(
        log_index=case["index"],
        tree_size=case["size"],
        hashes=[base64.b64decode(digest) for digest in case["path"]],
        root_hash=base64.b64decode(case["root"]),
        checkpoint=SimpleNamespace(envelope=case["checkpoint"]),
    )
    signed = SignedCheckpoint.from_text(case["checkpoint"])
    if signed.checkpoint.log_size != case["size"]:
        return "the checkpoint has another size"
    # The id in a note's line is not sigstore's own; the one that stands there is what its keyring is asked for.
    key_id = signed.signed_note.signatures[0].sig_hash
    inner = SimpleNamespace(
        inclusion_proof=proof,
        canonicalized_body=base64.b64decode(case["entry"]),
        log_id=SimpleNamespace(key_id=key_id),
    )
    entry = SimpleNamespace(_inner=inner)
    try:
        verify_merkle_inclusion(entry)
        verify_checkpoint(ring, entry)
    except VerificationError as error:
        return f"refused: {str(error)[:60]}"
    return "ok"


print(json.dumps([judge(case) for case in json.load(sys.stdin)]))
