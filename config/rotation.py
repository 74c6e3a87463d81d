"""New keys whose certificates somebody else has to know or issue first: a node's, a hub's seal, a hub's uplink."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, ClassVar

from config.hub_keys import KeyFolder, own_subject
from config.key_pairs import UPLINK, pair_of
from config.load import hub_passphrase, node_passphrase, read_hub_file, read_node_file, uplink_answer
from config.node_setup import CertificateForeign, agencies_of, agency_key
from config.places import Places
from config.rotation_box import RotationBox
from exchange_axis.domain.enrolment import ANSWER_FORMAT, ROTATION_FORMAT, MalformedRequest
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.errors import AxisError
from exchange_axis.ports import Clock, Rng
from exchange_axis.wire.binding import write_binding
from exchange_axis.wire.times import cut
from signing.certificates import (
    Subject,
    certificate_pem,
    fingerprint,
    load_certificates,
    make_csr,
)
from signing.files import write_secret
from signing.keys import OwnKey, keys_match, load_signer, new_key
from signing.xades import sign_enveloped


class NothingPrepared(AxisError):
    code: ClassVar[str] = "config.nothing-prepared"
    vi: ClassVar[str] = "Chưa có khóa mới nào được chuẩn bị trong {folder}"
    en: ClassVar[str] = "No new key is prepared in {folder}"
    remedy_vi: ClassVar[str] = "Chạy trước: axis node rotate seal | node-seal | tls, hoặc axis hub rotate seal | uplink"
    remedy_en: ClassVar[str] = "Run before: axis node rotate seal | node-seal | tls, or axis hub rotate seal | uplink"


class NoUplink(AxisError):
    code: ClassVar[str] = "config.no-uplink"
    vi: ClassVar[str] = "Trục {hub} không nối lên trục nào"
    en: ClassVar[str] = "Hub {hub} has no hub above"
    remedy_vi: ClassVar[str] = "Nối trước: axis hub uplink request"
    remedy_en: ClassVar[str] = "Connect it first: axis hub uplink request"


class AgencyNotHere(AxisError):
    code: ClassVar[str] = "config.agency-not-here"
    vi: ClassVar[str] = "Nút này không phục vụ {agency}; nêu --code với một trong: {known}"
    en: ClassVar[str] = "This node does not serve {agency}; give --code with one of: {known}"


def rotate_node(places: Places, place: str, *, taken: OwnKey | None = None, ask: bool = False) -> dict[str, Any]:
    """Make or take a new key of a node; returns the request for the hub's operator.

    Args:
        place: as in the enrolment request: `tls`, `node-seal`, `agency-seal:CODE`.
        ask: the running node carries the request to its hub.

    Raises:
        AgencyNotHere, RotationUnderWay, refusals of key files.
    """
    file, passphrase, box = read_node_file(places), node_passphrase(places), RotationBox(places)
    name, code = _name_of(place, tuple(agencies_of(file)))
    place = f"agency-seal:{code}" if code else place
    box.forget_refused(name)
    request = _node_request(places, (name, code, place), taken)
    if ask:
        box.put(name, request, passphrase)
    return request


def _node_request(places: Places, named: tuple[str, str | None, str], taken: OwnKey | None) -> dict[str, Any]:
    file, passphrase = read_node_file(places), node_passphrase(places)
    name, code, place = named
    pair_of(places, name).require_free()
    request: dict[str, Any] = {"format": ROTATION_FORMAT, "kind": "node", "id": file.id, "name": file.name}
    if taken is not None:
        write_secret(places.next_key(name), taken.kept(passphrase))
        return {**request, "requests": {}, "certificates": {place: _pem(taken)}}
    key = new_key(places.next_key(name), passphrase=passphrase)
    subject = Subject(common_name=code or file.id, organization=file.name[:64], agency_code=code)
    return {**request, "requests": {place: make_csr(key, subject=subject).decode()}, "certificates": {}}


def install_node_keys(places: Places, answer: Mapping[str, Any], *, forget: bool = False) -> tuple[str, ...]:
    """Put the keys into place whose certificates the answer brings; returns their names.

    Args:
        forget: destroy the old private keys; their certificates are kept.

    Raises:
        MalformedRequest, NothingPrepared, CertificateForeign, refusals of key files.
    """
    if answer.get("format") != ANSWER_FORMAT or not answer.get("certificates"):
        raise MalformedRequest(what="format, certificates")
    passphrase, codes = node_passphrase(places), tuple(agencies_of(read_node_file(places)))
    names = {place: _name_of(place, codes)[0] for place in answer["certificates"]}
    for place, pem in answer["certificates"].items():
        prepared, certificate = places.next_key(names[place]), load_certificates(pem.encode())[0]
        key = prepared if prepared.exists() else places.key(names[place])  # the latter: cut off after the key
        if not keys_match(key, certificate, passphrase=passphrase):
            raise CertificateForeign(name=place) if prepared.exists() else NothingPrepared(folder=prepared.parent)
    for place, pem in answer["certificates"].items():
        pair = pair_of(places, names[place])
        pair.prepare(pem.encode())
        pair.put(forget=forget)
    return tuple(names.values())


def install_asked(places: Places, *, forget: bool = False) -> tuple[str, ...]:
    """Put the keys of a node into place that its hub has approved over the line; returns their names.

    Raises:
        NothingPrepared: nothing is approved. Otherwise as `install_node_keys`.
    """
    box = RotationBox(places)
    approved = [one for one in box.every() if one.answer is not None]
    if not approved:
        raise NothingPrepared(folder=places.next_key("x").parent)
    for one in approved:
        install_node_keys(places, one.answer or {}, forget=forget)
        box.done(one.name)
    return tuple(one.name for one in approved)


def rotate_hub_seal(places: Places, *, clock: Clock, rng: Rng, taken: OwnKey | None = None) -> dict[str, Any]:
    """Make or take a new seal of a hub; returns the request, vouched for by the seal in use, for hubs beside it.

    Raises:
        RotationUnderWay, refusals of key files.
    """
    file, passphrase, at = read_hub_file(places), hub_passphrase(places), cut(clock.now())
    pair_of(places, "seal").require_free()
    if taken is None:
        room = KeyFolder(places=places, clock=clock, rng=rng, passphrase=passphrase)
        pem = certificate_pem(room.issued(pair_of(places, "seal"), room.office())).decode()
    else:
        write_secret(places.next_key("seal"), taken.kept(passphrase))
        pem = _pem(taken)
    certificate = load_certificates(pem.encode())[0]
    statement = Binding(
        id=rng.uuid(),
        hub=file.id,
        holder=file.id,
        fingerprint=fingerprint(certificate),
        use=KeyUse.HUB_SEAL,
        codes=(),
        valid_from=at,
        valid_to=cut(certificate.not_valid_after_utc),
    )
    old = load_signer(places.key("seal"), places.certificate("seal"), passphrase=passphrase)
    sealed = sign_enveloped(write_binding(statement), old, at=at)
    pair_of(places, "seal").prepare(pem.encode())
    return {
        "format": ROTATION_FORMAT,
        "kind": "hub",
        "id": file.id,
        "name": file.name,
        "requests": {},
        "certificates": {"hub-seal": pem},
        "statement": base64.b64encode(sealed).decode(),
    }


def install_hub_seal(places: Places, *, forget: bool = False) -> str:
    """Put the prepared seal into place; returns its fingerprint. Raises NothingPrepared."""
    read_hub_file(places)
    pair = pair_of(places, "seal")
    if not pair.is_ready:
        raise NothingPrepared(folder=pair.next_certificate.parent)
    pair.put(forget=forget)
    return fingerprint(load_certificates(places.certificate("seal").read_bytes())[0])


def rotate_uplink(places: Places, *, ask: bool = False) -> dict[str, Any]:
    """Make a new TLS key for the hub above; returns the request for its operator.

    Args:
        ask: the running hub carries the request.

    Raises:
        NoUplink, RotationUnderWay.
    """
    file, pair = read_hub_file(places), pair_of(places, UPLINK)
    if not pair.certificate.exists():
        raise NoUplink(hub=file.id)
    box, passphrase = RotationBox(places), hub_passphrase(places)
    box.forget_refused(UPLINK)
    pair.require_free()
    key = new_key(pair.next_key, passphrase=passphrase)
    request = {
        "format": ROTATION_FORMAT,
        "kind": "hub",
        "id": file.id,
        "name": file.name,
        "requests": {KeyUse.TLS.value: make_csr(key, subject=own_subject(file)).decode()},
        "certificates": {},
    }
    if ask:
        box.put(UPLINK, request, passphrase)
    return request


def install_asked_uplink(places: Places, *, forget: bool = False) -> str | None:
    """Put the key into place that the hub above has approved over the line; None where there is none."""
    box = RotationBox(places)
    found = next((one for one in box.every() if one.name == UPLINK and one.answer is not None), None)
    if found is None:
        return None
    installed = install_uplink_key(places, found.answer or {}, forget=forget)
    box.done(UPLINK)
    return installed


def install_uplink_key(places: Places, answer: Mapping[str, Any], *, forget: bool = False) -> str:
    """Put the TLS key into place whose certificate the hub above answered with; returns its fingerprint.

    Raises:
        NoUplink, MalformedRequest, NothingPrepared, CertificateForeign, refusals of key files.
    """
    held, pair = uplink_answer(places), pair_of(places, UPLINK)
    if held is None:
        raise NoUplink(hub=read_hub_file(places).id)
    pem = str(answer.get("certificates", {}).get(KeyUse.TLS.value, ""))
    if answer.get("format") != ANSWER_FORMAT or answer.get("hub") != held["hub"] or not pem:
        raise MalformedRequest(what="format, hub, certificates")
    certificate = load_certificates(pem.encode())[0]
    key = pair.next_key if pair.next_key.exists() else pair.key  # the latter: cut off after the key
    if not keys_match(key, certificate, passphrase=hub_passphrase(places)):
        raise (
            CertificateForeign(name=UPLINK) if pair.next_key.exists() else NothingPrepared(folder=pair.next_key.parent)
        )
    pair.prepare(pem.encode())
    pair.put(forget=forget)
    return fingerprint(certificate)


def _name_of(place: str, codes: tuple[str, ...]) -> tuple[str, str | None]:
    """(file name, agency code of a seal). An agency need not be named where there is one only."""
    use, _, code = place.partition(":")
    if use != KeyUse.AGENCY_SEAL:
        return use, None
    chosen = canonical_code(code) if code else (codes[0] if len(codes) == 1 else "")
    if chosen not in codes:
        raise AgencyNotHere(agency=chosen or "?", known=", ".join(codes))
    return agency_key(chosen), chosen


def _pem(taken: OwnKey) -> str:
    return certificate_pem(taken.certificate, *taken.chain).decode()
