"""What the log commits to: a salted digest, so that the log shows nothing and can be made to forget.

Numbers and subjects of letters are guessable; without the salt a leaf cannot be matched to a guess, and destroying
the salt erases the link while every proof still verifies.
"""

from __future__ import annotations

import hashlib

SALT_SIZE = 32
_TAG = b"axis-leaf-v1\0"


def leaf_data(salt: bytes, evidence_sha256: bytes) -> bytes:
    """The entry that is logged for one evidence: SHA-256(`axis-leaf-v1` ‖ 0x00 ‖ salt ‖ SHA-256(evidence)).

    Both arguments are 32 raw bytes. The tree hashes the entry once more (`tree.leaf_hash`).
    """
    if len(salt) != SALT_SIZE or len(evidence_sha256) != hashlib.sha256().digest_size:
        msg = "salt and digest are 32 raw bytes each"
        raise ValueError(msg)
    return hashlib.sha256(_TAG + salt + evidence_sha256).digest()
