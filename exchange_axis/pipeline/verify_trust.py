"""What somebody decided to believe: roots, log keys and bindings, from a PEM file or a folder.

Rules of this file:
1. A PEM file proves signatures and nothing else; bindings and log stay "not checked".
2. A folder holds `*.pem` (roots), `*.vkey` (keys of logs and witnesses, one a line) and `*.binding.xml` (bindings that
   hubs sealed). A binding is believed because it lies there *and* its seal verifies; so is the trust list
   (`trust-list.xml`), which adds its roots of seals and its log keys, and alone says which seals are which hub's.
3. It may hold what others said since, which is only as good as its own signatures: `*.crl`, `*.ocsp` (with `*.cer`,
   the certificates of those who signed them), `*.tst` and proofs that these are in a log (`*.tst.tlog-proof`), and
   checkpoints of known logs (`*.checkpoint`) with the proofs that join them (`*.consistency`).
4. How many of which witnesses are enough is said by a policy (`*.policy`, C2SP tlog-policy), else by the trust list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exchange_axis.domain.trust_list import TrustList
from exchange_axis.ledger.cosignature import WitnessKey, read_witness_key
from exchange_axis.ledger.epochs import heir_of
from exchange_axis.ledger.errors import MalformedKey
from exchange_axis.ledger.note import NoteVerifier, read_vkey
from exchange_axis.ledger.policy import MAX_POLICY, MalformedPolicy, WitnessPolicy, read_policy, some_of
from exchange_axis.ledger.proof import MAX_PROOF, SUFFIX
from exchange_axis.pipeline.trusting import hear_trust_list, read_der
from signing.errors import NoTrustAnchors
from signing.trust import TrustAnchors

BINDING_MAX = 1024 * 1024
"""Bytes of a binding; ours have a few thousand."""
LIST_MAX = 16 * 1024 * 1024
CRL_MAX = 64 * 1024 * 1024
"""Bytes of a revocation list; the large public ones have some ten millions."""
OCSP_MAX = 1024 * 1024
TOKEN_MAX = 1024 * 1024
CHECKPOINT_MAX = 64 * 1024
_VKEYS_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    anchors: TrustAnchors | None
    logs: tuple[NoteVerifier, ...] = ()
    bindings: tuple[bytes, ...] = ()
    """Sealed documents, not yet verified."""
    listed: TrustList | None = None
    """The trust list, whose signature verified: believed because it lies there."""
    policy: WitnessPolicy | None = None
    """How many of which witnesses are enough; None: nobody has said."""
    crls: tuple[bytes, ...] = ()
    """DER or PEM, not yet verified; the same for answers and tokens."""
    ocsp: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()
    """DER, of those who signed lists and answers."""
    tokens: tuple[bytes, ...] = ()
    """Time-stamps over checkpoints and manifests of dossiers, in any order."""
    token_proofs: tuple[bytes, ...] = ()
    """Proofs that time-stamps are in a log."""
    checkpoints: tuple[bytes, ...] = ()
    """Checkpoints that may be stamped or cosigned where that of a proof is not, and proofs that join the two."""
    consistency: tuple[bytes, ...] = ()

    def logs_of(self, origin: str) -> tuple[NoteVerifier, ...]:
        """Known keys of a log, by its origin; several after a change. A later epoch has the key of the earlier."""
        exact = tuple(log for log in self.logs if log.name == origin)
        return exact or tuple(heir for log in self.logs if (heir := heir_of(log, origin)) is not None)


def load_trust(path: Path) -> Trust:
    """
    Raises:
        NoTrustAnchors: nothing to believe in there.
        CertificateUnreadable, KeyMissing, MalformedKey: a file that is not what its name says.
        OSError: a file that cannot be read.
    """
    if not path.is_dir():
        return Trust(anchors=TrustAnchors.from_path(path))
    anchors = TrustAnchors.from_path(path) if any(path.glob("*.pem")) else None
    keys = [key for file in sorted(path.glob("*.vkey")) for key in _keys(file)]
    logs = tuple(key for key in keys if isinstance(key, NoteVerifier))
    listed = _listed(path / "trust-list.xml")
    if listed is not None:
        own = () if anchors is None else anchors.certificates
        found = dict.fromkeys((*own, *(read_der(root.certificate) for root in listed.seal_roots())))
        anchors = TrustAnchors(certificates=tuple(found)) if found else None
        logs = tuple(dict.fromkeys((*logs, *(read_vkey(log.vkey) for hub in listed.hubs for log in hub.logs))))
    policy = _policy(path, listed)
    if policy is not None:
        logs = tuple(dict.fromkeys((*logs, *policy.logs)))
    if anchors is None and not logs:
        raise NoTrustAnchors(path=path)
    return Trust(
        anchors=anchors,
        logs=logs,
        bindings=_all(path, "*.binding.xml", BINDING_MAX),
        listed=listed,
        policy=policy,
        crls=_all(path, "*.crl", CRL_MAX),
        ocsp=_all(path, "*.ocsp", OCSP_MAX),
        certificates=_all(path, "*.cer", TOKEN_MAX),
        tokens=_all(path, "*.tst", TOKEN_MAX),
        token_proofs=_all(path, f"*.tst{SUFFIX}", MAX_PROOF),
        checkpoints=_all(path, "*.checkpoint", CHECKPOINT_MAX),
        consistency=_all(path, "*.consistency", CHECKPOINT_MAX),
    )


def _listed(file: Path) -> TrustList | None:
    """Raises a Refusal of a list that is there and does not verify."""
    return hear_trust_list(read_at_most(file, LIST_MAX)).value if file.exists() else None


def _policy(folder: Path, listed: TrustList | None) -> WitnessPolicy | None:
    """The file's, if there is one; else the trust list's.

    Raises:
        MalformedPolicy: also of two files.
    """
    files = sorted(folder.glob("*.policy"))
    if len(files) > 1:
        raise MalformedPolicy(line=0, reason="two files *.policy")
    for file in files:
        return read_policy(read_at_most(file, MAX_POLICY).decode("utf-8", "replace"))
    if listed is None or not listed.witnesses.needed:
        return None
    return some_of(listed.witnesses.needed, [read_witness_key(vkey) for vkey in listed.witnesses.vkeys])


def read_at_most(path: Path, limit: int) -> bytes:
    """The file, or its first `limit` + 1 bytes, which whoever reads them refuses as too long."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _all(folder: Path, names: str, limit: int) -> tuple[bytes, ...]:
    return tuple(read_at_most(file, limit) for file in sorted(folder.glob(names)))


def _keys(file: Path) -> list[NoteVerifier | WitnessKey]:
    """Keys of logs and of witnesses, which tell themselves apart."""
    try:
        text = read_at_most(file, _VKEYS_MAX).decode("ascii")
    except UnicodeDecodeError as cause:
        raise MalformedKey(where=str(file), reason="not ASCII") from cause
    try:
        return [_key(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    except MalformedKey as cause:
        raise MalformedKey(where=str(file), reason=cause.facts["reason"]) from cause


def _key(line: str) -> NoteVerifier | WitnessKey:
    """
    Raises:
        MalformedKey: of neither kind.
    """
    try:
        return read_vkey(line)
    except MalformedKey as refusal:
        try:
            return read_witness_key(line)
        except MalformedKey:
            raise refusal from None
