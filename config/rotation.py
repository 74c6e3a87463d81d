"""New keys in the place of old ones: made beside them, put into place at once, the old ones kept for checking.

Rules of this file:
1. A new key lies in `keys/next` until its certificate is there; what runs knows nothing of it.
2. Putting into place may be cut off anywhere and run again: the key goes first, the certificate, which names the old
   one, last.
3. Old keys and certificates lie in `keys/old` and `certificates/old` under the fingerprint of their certificate.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from config.hub_setup import BACKDATED, LEAF_LIFE
from config.load import hub_passphrase, node_passphrase, read_hub_file, read_node_file
from config.node_setup import CertificateForeign, agencies_of, agency_key
from config.places import Places
from config.settings import HubFile
from exchange_axis.domain.enrolment import ANSWER_FORMAT, ROTATION_FORMAT, MalformedRequest, serial_number
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.errors import AxisError
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.wire.binding import write_binding
from exchange_axis.wire.times import cut
from signing.certificates import (
    Authority,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue,
    load_certificates,
    make_csr,
)
from signing.files import write_secret
from signing.keys import OwnKey, keys_match, load_key, load_signer, new_key
from signing.xades import sign_enveloped


class NothingPrepared(AxisError):
    code: ClassVar[str] = "config.nothing-prepared"
    vi: ClassVar[str] = "Chưa có khóa mới nào được chuẩn bị trong {folder}"
    en: ClassVar[str] = "No new key is prepared in {folder}"
    remedy_vi: ClassVar[str] = "Chạy trước: axis node rotate seal | node-seal | tls, hoặc axis hub rotate seal"
    remedy_en: ClassVar[str] = "Run before: axis node rotate seal | node-seal | tls, or axis hub rotate seal"


class RotationUnderWay(AxisError):
    code: ClassVar[str] = "config.rotation-under-way"
    vi: ClassVar[str] = "Đã có khóa mới cho {name} chờ cài"
    en: ClassVar[str] = "A new key for {name} waits to be installed already"
    remedy_vi: ClassVar[str] = "Cài khóa đó, hoặc xóa {path} rồi chạy lại"
    remedy_en: ClassVar[str] = "Install that one, or remove {path} and run again"


class AgencyNotHere(AxisError):
    code: ClassVar[str] = "config.agency-not-here"
    vi: ClassVar[str] = "Nút này không phục vụ {agency}; nêu --code với một trong: {known}"
    en: ClassVar[str] = "This node does not serve {agency}; give --code with one of: {known}"


def rotate_node(places: Places, place: str, *, taken: OwnKey | None = None) -> dict[str, Any]:
    """Make or take a new key of a node; returns the request for the hub's operator.

    Args:
        place: as in the enrolment request: `tls`, `node-seal`, `agency-seal:CODE`.

    Raises:
        AgencyNotHere, RotationUnderWay, refusals of key files.
    """
    file, passphrase = read_node_file(places), node_passphrase(places)
    name, code = _name_of(place, tuple(agencies_of(file)))
    place = f"agency-seal:{code}" if code else place
    _require_free(places, name)
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
        _write(places.next_certificate(names[place]), pem.encode())
        _put_into_place(places, names[place], forget=forget)
    return tuple(names.values())


def rotate_hub_seal(places: Places, *, clock: Clock, rng: Rng, taken: OwnKey | None = None) -> dict[str, Any]:
    """Make or take a new seal of a hub; returns the request, vouched for by the seal in use, for hubs beside it.

    Raises:
        RotationUnderWay, refusals of key files.
    """
    file, passphrase, at = read_hub_file(places), hub_passphrase(places), cut(clock.now())
    _require_free(places, "seal")
    if taken is None:
        pem = _issued(places, file, passphrase, at=at, serial=serial_number(rng.token(16)))
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
    _write(places.next_certificate("seal"), pem.encode())
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
    if not places.next_certificate("seal").exists():
        raise NothingPrepared(folder=places.next_certificate("seal").parent)
    _put_into_place(places, "seal", forget=forget)
    return fingerprint(load_certificates(places.certificate("seal").read_bytes())[0])


def _issued(places: Places, file: HubFile, passphrase: bytes | None, *, at: datetime, serial: int) -> str:
    """A new key, and its certificate from the hub's own office."""
    root = load_certificates(places.certificate("authority").read_bytes())[0]
    office = Authority(key=load_key(places.key("authority"), passphrase=passphrase), certificate=root)
    key = new_key(places.next_key("seal"), passphrase=passphrase)
    certificate = issue(
        office,
        key.public_key(),
        subject=Subject(common_name=file.id, organization=file.name[:64]),
        use=CertificateUse.SEAL,
        issuance=Issuance(serial=serial, not_before=at - BACKDATED, not_after=at + LEAF_LIFE),
    )
    return certificate_pem(certificate).decode()


def _put_into_place(places: Places, name: str, *, forget: bool) -> None:
    certificate, key = places.certificate(name), places.key(name)
    if certificate.read_bytes() == places.next_certificate(name).read_bytes():
        return  # the same answer again
    old = f"{name}-{fingerprint(load_certificates(certificate.read_bytes())[0])[:16]}"
    if places.next_key(name).exists():
        kept = make_private_folder(key.parent / "old") / f"{old}.key"
        if not forget and not kept.exists():
            shutil.copy2(key, kept)
        places.next_key(name).replace(key)
    _write(certificate.parent / "old" / f"{old}.pem", certificate.read_bytes())
    places.next_certificate(name).replace(certificate)


def _require_free(places: Places, name: str) -> None:
    path = places.next_key(name)
    make_private_folder(path.parent)
    if path.exists():
        raise RotationUnderWay(name=name, path=path)


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


def _write(path: Path, content: bytes) -> None:
    make_private_folder(path.parent)
    path.write_bytes(content)
