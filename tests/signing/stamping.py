"""Time-stamps for tests: services of every kind of key, and tokens by them."""

from __future__ import annotations

from datetime import datetime, timedelta

from signing import timestamp_service
from signing.certificates import CertificateUse
from signing.keys import KeyType, LocalSigner
from signing.timestamp_service import POLICY, TimestampService, answer_request, serial_from
from signing.timestamps import Timestamp, accept_answer, make_request
from tests.signing.pki import AT, TestPki

DATA = b"hub.phuyen.gov.vn/log/1\n3\nAAAA\n"
NONCE = 0x1122334455667788
SERIAL = serial_from(bytes(range(20)))


def service(pki: TestPki, key_type: KeyType = KeyType.P256, *, chained: bool = False) -> TimestampService:
    return TimestampService(signer=pki.signer(key_type, chained=chained, use=CertificateUse.TIME_STAMPING))


def stamp(by: TimestampService, data: bytes = DATA, *, at: datetime = AT) -> Timestamp:
    request = make_request(data, nonce=NONCE)
    return accept_answer(answer_request(request.der(), by, serial=SERIAL, at=at), request)


def forged_token(signer: LocalSigner) -> bytes:
    """A token by a certificate that our service would not take."""
    made = object.__new__(TimestampService)
    for name, value in {"signer": signer, "policy": POLICY, "accuracy": timedelta(seconds=1)}.items():
        object.__setattr__(made, name, value)
    return timestamp_service._token(make_request(DATA, nonce=NONCE), made, serial=SERIAL, at=AT)
