"""Whether a verified signer may speak so: as the hub it names, or by a binding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from exchange_axis.domain.transfer import Binding
from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_read import statement_of
from exchange_axis.pipeline.verify_refusals import NotBound, SignerMismatch
from exchange_axis.pipeline.verify_result import Answer, Kind, common_names
from exchange_axis.wire.binding import read_binding
from schemas.gate.refusal import Refusal
from signing.roots import RootUse
from signing.trust import judge_for
from signing.verifier import SignerInfo, check_signer
from signing.xades import verify_enveloped_unanchored


def require_hub(case: Case, hub: str, signer: SignerInfo, *, sealed_at: datetime) -> None:
    """Whose seal it is, a trust list says for the time of sealing, and sets `bound`; without one, the name in the
    certificate does: nobody else under the same root can speak as that hub (ADR 0019).

    Raises:
        NotBound: not by the list.
        SignerMismatch: not by its name.
    """
    listed = case.question.trust.listed
    if listed is not None:
        held = listed.speaks_for(hub, signer.fingerprint, sealed_at)
        case.bound = Answer.YES if held else Answer.NO
        if not held:
            raise NotBound(holder=hub)
    elif common_names(signer) != [hub]:
        raise SignerMismatch(hub=hub, signer=signer.subject)


def check_bound(case: Case, signer: SignerInfo, *, holder: str, fits: Callable[[Binding], bool]) -> None:
    """Sets `bound`; it stays "not checked" while no binding speaks of this certificate.

    Raises:
        NotBound: bindings do, but none allows this.
    """
    about = [bound for bound in _bindings(case) if bound.fingerprint == signer.fingerprint]
    if not about:
        return
    if not any(fits(bound) for bound in about):
        case.bound = Answer.NO
        raise NotBound(holder=holder)
    case.bound = Answer.YES


def _bindings(case: Case) -> Iterator[Binding]:
    """The bindings of the trust folder whose seal holds; a word about each other."""
    for data in case.question.trust.bindings:
        try:
            signed = verify_enveloped_unanchored(data)
            check = partial(check_signer, signed.signer, at=signed.signing_time)
            judge_for(RootUse.HUB_SEAL, case.anchors(), signed.signing_time, check)
            statement = statement_of(Kind.BINDING, signed.root)
            require_hub(replace(case), statement.hub or "", signed.signer, sealed_at=signed.signing_time)
            bound = read_binding(signed.root)
        except Refusal as refusal:
            case.remark(refusal)
        else:
            yield bound
