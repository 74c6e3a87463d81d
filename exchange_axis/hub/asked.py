"""What an enrolment request asks for, and whether it may be had: one key a use, each certificate fit for its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from exchange_axis.domain.enrolment import REQUEST_FORMAT, MalformedRequest, require_one_use
from exchange_axis.domain.ids import canonical_code, is_peer_id
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.errors import AxisError
from exchange_axis.hub import authority
from exchange_axis.hub.log_peers import keys_of
from signing.certificates import key_fingerprint, load_certificates, read_csr
from signing.errors import CertificateUntrusted
from signing.primitives import require_public_key
from signing.roots import RootUse
from signing.trust import Purpose, TrustAnchors, check_path, check_use, judge_for


class AuthorityNotTrusted(AxisError):
    """Everything under this seal would be refused, here and wherever it is carried."""

    code: ClassVar[str] = "enrolment.authority-not-trusted"
    vi: ClassVar[str] = "Chứng thư {name} của {peer} do {issuer} cấp, mà trục chưa tin gốc của CA này"
    en: ClassVar[str] = "Certificate {name} of {peer} is from {issuer}, whose root this hub does not trust"
    remedy_vi: ClassVar[str] = "Kiểm tra CA đó rồi chạy: axis hub trust add GỐC.pem --name TÊN, và duyệt lại"
    remedy_en: ClassVar[str] = "Look at that authority, then: axis hub trust add ROOT.pem --name NAME; approve again"


_USES = {
    "node": frozenset({KeyUse.TLS, KeyUse.NODE_SEAL, KeyUse.AGENCY_SEAL}),
    "hub": frozenset({KeyUse.TLS, KeyUse.HUB_SEAL}),
}
"""Which certificates a peer of each kind may have bound."""
_PURPOSES = {use: Purpose.TLS_CLIENT if use is KeyUse.TLS else Purpose.SEAL for use in KeyUse}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSeal:
    """One certificate to bind, or to issue and bind."""

    use: KeyUse
    codes: tuple[str, ...]
    name: str
    """Place in the request: `tls`, `node-seal`, `agency-seal:H45.32.03`, `hub-seal`."""
    csr: str | None
    certificate: str | None


def require_well_formed(request: Mapping[str, Any], at: datetime) -> None:
    """A request that may be noted: all its keys and certificates are what their places ask for.

    Raises:
        MalformedRequest, KeyOfTwoUses.
        SigningRefusal: a certificate is not for its use, or not valid now.
    """
    if request.get("format") != REQUEST_FORMAT:
        raise MalformedRequest(what="format")
    if request.get("kind") not in {"node", "hub"} or not is_peer_id(str(request.get("id", ""))):
        raise MalformedRequest(what="kind, id")
    keys_of(request)
    keys = {}
    for seal in seals_of(request, tuple(request.get("agencies", ()))):
        if seal.use not in _USES[request["kind"]]:
            raise MalformedRequest(what=seal.name)
        if seal.csr is not None:
            keys[seal.name] = read_csr(seal.csr.encode()).fingerprint
        elif seal.certificate is not None:
            certificate = load_certificates(seal.certificate.encode())[0]
            if seal.use is KeyUse.HUB_SEAL and not authority.names_hub(certificate, request["id"]):
                raise MalformedRequest(what=seal.name)
            check_use(certificate, at=at, purpose=_PURPOSES[seal.use])
            keys[seal.name] = key_fingerprint(require_public_key(certificate.public_key()))
        else:
            raise MalformedRequest(what=seal.name)
    require_one_use(keys)


def seals_of(request: Mapping[str, Any], codes: tuple[str, ...]) -> list[AskedSeal]:
    """What the request asks to be bound: `requests` hold PKCS#10, `certificates` finished ones, under one name each."""
    requests, given = request.get("requests", {}), request.get("certificates", {})
    seals = []
    for name in sorted({*requests, *given}):
        use, _, code = name.partition(":")
        if use not in set(KeyUse):
            raise MalformedRequest(what=name)
        seals.append(
            AskedSeal(
                use=KeyUse(use),
                codes=(canonical_code(code),) if code else codes,
                name=name,
                csr=requests.get(name),
                certificate=given.get(name),
            )
        )
    return [seal for seal in seals if seal.use is not KeyUse.AGENCY_SEAL or seal.codes[0] in codes]


_ROOT_USES = {
    KeyUse.AGENCY_SEAL: RootUse.AGENCY_SEAL,
    KeyUse.NODE_SEAL: RootUse.NODE_SEAL,
    KeyUse.HUB_SEAL: RootUse.HUB_SEAL,
}


def require_trusted(peer: str, seal: AskedSeal, anchors: TrustAnchors, *, at: datetime) -> None:
    """A seal leads to a root that we trust; a TLS certificate is pinned itself, so that any authority will do.

    Raises:
        AuthorityNotTrusted.
        SigningRefusal: the certificate does not hold for another reason.
    """
    certificate, *above = load_certificates((seal.certificate or "").encode())
    if seal.use is KeyUse.TLS:
        check_use(certificate, at=at, purpose=Purpose.TLS_CLIENT)
        return
    try:
        use = _ROOT_USES[seal.use]
        judge_for(use, anchors, at, lambda roots: check_path(certificate, above, roots, at=at))
    except CertificateUntrusted as cause:
        issuer = [certificate, *above][-1].issuer.rfc4514_string()
        raise AuthorityNotTrusted(peer=peer, name=seal.name, issuer=issuer) from cause
