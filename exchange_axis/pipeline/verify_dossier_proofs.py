"""Whose logs prove the receipts of a dossier: the log of the hub that issued one, and that of the hub that holds it.

Rules of this file:
1. A receipt is shown to be in the log of its issuer by a proof of that log. That another hub logged it as well says
   when it was held there, not that its issuer stands by it.
2. Whose log it is the trust list says; without one the log's name does, as long as nobody chose another name for it.
"""

from __future__ import annotations

from exchange_axis.domain.dossier import HOLDERS_SUFFIX, Dossier, IssuerKind
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.epochs import log_of
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.proof import SUFFIX, read_proof
from exchange_axis.ledger.roll import key_for
from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_refusals import MemberProvedElsewhere, MemberUnproved
from exchange_axis.pipeline.verify_trust import Trust


def proofs_of(member: str) -> tuple[str, str]:
    """Names under which the proofs of a member may lie."""
    return member + SUFFIX, member + HOLDERS_SUFFIX


def check_proved(case: Case, dossier: Dossier, name: str, receipt: Case) -> None:
    """Remarks on a receipt that no proof of its issuer's log lies beside; a node has none but those of its hub."""
    issuer = str((receipt.document or {}).get("issuer"))
    proofs = [data for data in (receipt.proof, receipt.second_proof) if data is not None]
    if not proofs:
        case.remark(MemberUnproved(where=name, name=name, issuer=issuer))
    elif dossier.issuer_kind is IssuerKind.HUB and issuer != dossier.issuer:
        origins = [origin for data in proofs if (origin := _origin(data)) is not None]
        if not any(_is_log_of(case.question.trust, issuer, origin) for origin in origins):
            case.remark(MemberProvedElsewhere(where=name, name=name, issuer=issuer, origin=", ".join(origins)))


def _is_log_of(trust: Trust, hub: str, origin: str) -> bool:
    listed = [] if trust.listed is None else [one for one in trust.listed.hubs if one.id == hub]
    if not listed:
        return log_of(origin) == f"{hub}/log"
    return key_for([read_vkey(log.vkey) for one in listed for log in one.logs], origin) is not None


def _origin(proof: bytes) -> str | None:
    try:
        return read_unverified_checkpoint(read_proof(proof).checkpoint).origin
    except LedgerError:
        return None
