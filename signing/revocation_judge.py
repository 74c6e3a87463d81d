"""From collected CRLs and OCSP answers to what was so at the time of proof.

Steps for each certificate:
1. every piece is held against the certificate alone: is it of the right issuer, signed by somebody who may speak for
   it, and what does it say (RFC 5280, 6.3.3; RFC 6960, 3.2), as of the moment when the piece was issued;
2. from the answers that remain, time decides (`revocation_time`).
The first step is pyhanko-certvalidator's, with the time pinned to the piece; delta lists and the second are ours.
No function here reads a clock or opens a connection.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    CRLNoMatchesError,
    CRLValidationError,
    CRLValidationIndeterminateError,
    OCSPNoMatchesError,
    OCSPValidationError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy
from pyhanko_certvalidator.revinfo.constants import KNOWN_CRL_EXTENSIONS
from pyhanko_certvalidator.revinfo.validate_crl import find_cert_in_list, verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from signing.revocation import (
    Evidence,
    NotChecked,
    RevocationPolicy,
    RevocationReason,
    RevocationState,
    RevocationStatus,
)
from signing.revocation_evidence import List, Response, read_certificates, read_lists, read_responses
from signing.revocation_time import Answer, Moment, decide
from signing.sync import finish

# It tells each piece it cannot use, with a trace; what became of a piece is in our answer.
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())

_UNFIT: Final = (ValueError, TypeError, AssertionError)
"""What the validator raises when a signature is of another kind than the key of that name: a stranger's piece."""
WITHOUT_REVOCATION: Final = CertRevTrustPolicy(revocation_checking_policy=NO_REVOCATION)
_REASONS: Final = {
    "key_compromise": RevocationReason.KEY_COMPROMISE,
    "ca_compromise": RevocationReason.CA_COMPROMISE,
    "affiliation_changed": RevocationReason.AFFILIATION_CHANGED,
    "superseded": RevocationReason.SUPERSEDED,
    "cessation_of_operation": RevocationReason.CESSATION,
    "certificate_hold": RevocationReason.HOLD,
    "privilege_withdrawn": RevocationReason.PRIVILEGE_WITHDRAWN,
    "aa_compromise": RevocationReason.AA_COMPROMISE,
}


class Judge:
    """Holds the evidence of one judgement. Not for use from several threads."""

    def __init__(self, evidence: Evidence, *, now: datetime, policy: RevocationPolicy) -> None:
        self._now = now
        self._policy = policy
        self._missing = evidence.missing
        lists, self._lists_unread = _sorted_out(read_lists(evidence.crls))
        responses, self._responses_unread = _sorted_out(read_responses(evidence.ocsp))
        self._complete = [one for one in lists if one.base is None]
        self._deltas = [one for one in lists if one.base is not None]
        self._responses = responses
        self._helpers = list(read_certificates(evidence.certificates))
        self._standing: dict[tuple[bytes, datetime], bool] = {}

    def status(self, path: ValidationPath, *, at: datetime, asked: frozenset[bytes] = frozenset()) -> RevocationStatus:
        """Of the last certificate of `path`, whose other certificates are held good by the caller.

        Args:
            asked: SHA-256 of the signers of lists and answers on whose behalf this is asked.
        """
        found = [*self._by_lists(path, asked), *self._by_responses(path, asked)]
        answers = [one for one in found if isinstance(one, Answer)]
        reasons = [one for one in found if isinstance(one, NotChecked)]
        unread = [*self._lists_unread, *self._responses_unread, self._missing]
        return decide(answers, [*reasons, *unread], Moment(at, path.last.not_valid_after), self._policy)

    # --- lists -------------------------------------------------------------------------------------------------

    def _by_lists(self, path: ValidationPath, asked: frozenset[bytes]) -> Iterator[Answer | NotChecked]:
        about = [one for one in self._complete if _is_about(one, path.last)]
        if not about:
            deltas = any(_is_about(one, path.last) for one in self._deltas)
            yield NotChecked.INCOMPLETE if deltas else NotChecked.NOT_ABOUT_IT if self._complete else self._missing
        for one in about:
            if not one.partial:
                yield from self._by_list(path, one, asked)
        partial = [one for one in about if one.partial]
        if partial:
            yield self._by_partial_lists(path, partial, asked)

    def _by_list(self, path: ValidationPath, one: List, asked: frozenset[bytes]) -> Iterator[Answer | NotChecked]:
        signer = self._list_signer(path, [one], asked)
        if isinstance(signer, NotChecked):
            yield signer
            return
        yield _said_by(path.last, signer, one)
        for delta in self._deltas:
            problem = self._delta_problem(one, delta, signer)
            yield _said_by(path.last, signer, one, delta) if problem is None else problem

    def _by_partial_lists(
        self, path: ValidationPath, lists: Sequence[List], asked: frozenset[bytes]
    ) -> Answer | NotChecked:
        """Lists for some reasons each, that only together say anything (RFC 5280, 6.3.3 (d))."""
        about: list[List] = []
        for one in lists:
            signer = self._list_signer(path, [one], asked, alone=False)
            said = signer if isinstance(signer, NotChecked) else _said_by(path.last, signer, one)
            if isinstance(said, Answer) and said.revoked_at is not None:
                return said
            if isinstance(said, Answer):
                about.append(one)
        if not about:
            return NotChecked.NOT_ABOUT_IT
        together = self._list_signer(path, about, asked)
        if isinstance(together, NotChecked):
            return together
        ends = [one.next_update for one in about if one.next_update is not None]
        return Answer(
            this_update=min(one.this_update for one in about),
            next_update=min(ends, default=None),
            pieces=tuple(one.sha256 for one in about),
        )

    def _list_signer(
        self, path: ValidationPath, lists: Sequence[List], asked: frozenset[bytes], *, alone: bool = True
    ) -> asn1_x509.Certificate | NotChecked:
        """Whoever signed lists that are authentic and about the certificate; of several the signer of the last.

        With `alone` false a list for some reasons is enough.
        """
        moment = max(one.this_update for one in lists)
        problem = self._piece_problem(lists, moment)
        if problem is not None:
            return problem
        context = self._context(path, moment, crls=[one.container for one in lists])
        try:
            finish(verify_crl(path.last, path, context, use_deltas=False))
        except RevokedError:
            pass
        except CRLNoMatchesError:
            return NotChecked.NOT_ABOUT_IT
        except CRLValidationIndeterminateError as cause:
            problems = {failure[0] for failure in cause.failures}  # pairs of text and piece, whatever their type says
            if alone or problems != {_ONLY_SOME}:
                return NotChecked.INCOMPLETE if _ONLY_SOME in problems else NotChecked.UNTRUSTED
        except (CRLValidationError, PathValidationError, *_UNFIT):
            return NotChecked.UNTRUSTED
        signer = context.revinfo_manager.check_crl_issuer(lists[-1].parsed)
        if signer is None or not self._stands(path, signer, moment, asked):
            return NotChecked.UNTRUSTED
        return signer

    def _delta_problem(self, base: List, delta: List, signer: asn1_x509.Certificate) -> NotChecked | None:
        """None if `delta` continues `base` (RFC 5280, 5.2.4): same issuer, scope and key, and no gap between them."""
        problem = self._piece_problem([delta], delta.this_update)
        if problem is not None:
            return problem
        mine, other = base.parsed, delta.parsed
        same = mine.issuer == other.issuer and mine.authority_key_identifier == other.authority_key_identifier
        if not same or _native(mine) != _native(other):
            return NotChecked.NOT_ABOUT_IT
        numbered = base.number is not None and delta.number is not None and delta.base is not None
        if not numbered or not (delta.base <= base.number <= delta.number):  # type: ignore[operator]
            return NotChecked.INCOMPLETE
        if other.critical_extensions - KNOWN_CRL_EXTENSIONS or not _is_signed(delta, signer):
            return NotChecked.UNTRUSTED
        return None

    # --- OCSP --------------------------------------------------------------------------------------------------

    def _by_responses(self, path: ValidationPath, asked: frozenset[bytes]) -> Iterator[Answer | NotChecked]:
        for one in self._responses:
            yield self._by_response(path, one, asked)

    def _by_response(self, path: ValidationPath, one: Response, asked: frozenset[bytes]) -> Answer | NotChecked:
        problem = self._piece_problem([one], one.this_update)
        if problem is not None:
            return problem
        if one.single["cert_id"]["serial_number"].native != path.last.serial_number:
            return NotChecked.NOT_ABOUT_IT
        status = one.single["cert_status"]
        context = self._context(path, one.this_update, ocsps=[one.container])
        try:
            finish(verify_ocsp_response(path.last, path, context))
        except RevokedError:
            pass
        except OCSPNoMatchesError:
            return NotChecked.NOT_ABOUT_IT
        except (OCSPValidationError, PathValidationError, *_UNFIT):
            return NotChecked.UNKNOWN if status.name == "unknown" else NotChecked.UNTRUSTED
        if not self._responder_stands(path, one, asked):
            return NotChecked.UNTRUSTED
        said = status.chosen if status.name == "revoked" else None
        return Answer(
            this_update=one.this_update,
            next_update=one.next_update,
            pieces=(one.sha256,),
            covers_expired=one.covers_expired,
            revoked_at=None if said is None else said["revocation_time"].native,
            reason=None if said is None else _reason(said["revocation_reason"].native),
            invalid_since=_native_of(one.single.invalidity_date_value) if said is not None else None,
        )

    def _responder_stands(self, path: ValidationPath, one: Response, asked: frozenset[bytes]) -> bool:
        """True for the issuer itself, and for a delegate that is either exempt from revocation or known as good."""
        issuer = path.find_issuing_authority(path.last)
        identity = one.basic["tbs_response_data"]["responder_id"]
        for delegate in one.basic["certs"] or ():
            matches = (
                identity.native == delegate.public_key.sha1
                if identity.name == "by_key"
                else identity.chosen == delegate.subject
            )
            if matches and delegate.public_key.dump() != issuer.public_key.dump():
                if delegate.ocsp_no_check_value is not None:
                    return True
                return self._stands(path, delegate, one.this_update, asked)
        return True

    # --- both --------------------------------------------------------------------------------------------------

    def _piece_problem(self, pieces: Sequence[List | Response], moment: datetime) -> NotChecked | None:
        if any(one.weak for one in pieces):
            return NotChecked.WEAK
        return NotChecked.FUTURE if moment > self._now + self._policy.tolerance else None

    def _context(self, path: ValidationPath, moment: datetime, **pieces: Any) -> ValidationContext:
        others = [*self._helpers, *path.iter_certs(include_root=False)]
        return ValidationContext(
            trust_roots=[path.trust_anchor],
            other_certs=others,
            moment=moment,
            allow_fetching=False,
            revinfo_policy=WITHOUT_REVOCATION,
            **pieces,
        )

    def _stands(
        self, path: ValidationPath, signer: asn1_x509.Certificate, moment: datetime, asked: frozenset[bytes]
    ) -> bool:
        """True if the signer is above on the path (judged there), or was not revoked when it signed."""
        above = [one for one in path.iter_certs(include_root=True) if one.sha256 != path.last.sha256]
        if signer.sha256 in {one.sha256 for one in above}:
            return True
        if signer.sha256 in asked:  # a signer who vouches for itself
            return False
        key = (signer.sha256, moment)
        if key not in self._standing:
            own = ValidationPath(path.trust_anchor, _up_to_issuer(above[1:], signer), signer)
            found = self.status(own, at=moment, asked=asked | {signer.sha256})
            self._standing[key] = found.state is RevocationState.GOOD
        return self._standing[key]


_ONLY_SOME: Final = "The available CRLs do not cover all revocation reasons"


def _sorted_out(pieces: Iterable[Any]) -> tuple[list[Any], list[NotChecked]]:
    found = list(pieces)
    return [one for one in found if not isinstance(one, NotChecked)], [x for x in found if isinstance(x, NotChecked)]


def _is_about(one: List, certificate: asn1_x509.Certificate) -> bool:
    """True if the list is of the certificate's issuer, or of one that the certificate names in its place."""
    issuers = [certificate.issuer]
    for point in certificate.crl_distribution_points_value or ():
        issuers += [name.chosen for name in point["crl_issuer"] or () if name.name == "directory_name"]
    return one.parsed.issuer in issuers


def _said_by(
    certificate: asn1_x509.Certificate, signer: asn1_x509.Certificate, base: List, delta: List | None = None
) -> Answer | NotChecked:
    """What an authentic list, with its delta if given, says about the certificate: the delta first."""
    newest = delta or base
    pieces = tuple(one.sha256 for one in (base, delta) if one is not None)
    plain = Answer(
        this_update=newest.this_update,
        next_update=newest.next_update,
        pieces=pieces,
        covers_expired=base.covers_expired,
    )
    for one in (delta, base):
        if one is None:
            continue
        try:
            revoked_at, reason = find_cert_in_list(certificate, certificate.issuer, one.parsed, signer.subject)
        except NotImplementedError:  # a critical extension of the entry that nobody understands
            return NotChecked.UNTRUSTED
        if revoked_at is not None:
            if reason.native == "remove_from_crl":
                return plain
            return Answer(
                this_update=plain.this_update,
                next_update=plain.next_update,
                pieces=pieces,
                covers_expired=plain.covers_expired,
                revoked_at=revoked_at,
                reason=_reason(reason.native),
                invalid_since=_invalid_since(one, certificate.serial_number, revoked_at),
            )
    return plain


def _invalid_since(one: List, serial: int, revoked_at: datetime) -> datetime | None:
    for entry in one.parsed["tbs_cert_list"]["revoked_certificates"]:
        if entry["user_certificate"].native == serial and entry["revocation_date"].native == revoked_at:
            found: datetime | None = _native_of(entry.invalidity_date_value)
            return found
    return None


def _is_signed(delta: List, signer: asn1_x509.Certificate) -> bool:
    try:
        key: Any = x509.load_der_x509_certificate(signer.dump()).public_key()
        return x509.load_der_x509_crl(delta.der).is_signature_valid(key)
    except (ValueError, TypeError):
        return False


def _native(parsed: Any) -> object:
    """The scope of a list, comparable."""
    return _native_of(parsed.issuing_distribution_point_value)


def _native_of(value: Any) -> Any:
    return None if value is None else value.native


def _reason(name: str | None) -> RevocationReason:
    return _REASONS.get(name or "", RevocationReason.UNSPECIFIED)


def _up_to_issuer(above: Sequence[asn1_x509.Certificate], signer: asn1_x509.Certificate) -> list[asn1_x509.Certificate]:
    """Of the certificates below the anchor, nearest to it first, those down to the signer's issuer."""
    for count, one in enumerate(above, start=1):
        if one.subject == signer.issuer:
            return list(above[:count])
    return []
