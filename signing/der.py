"""The one piece of DER that cryptography does not write: IssuerSerial (RFC 5035, section 4).

IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }
"""

from __future__ import annotations

from typing import Final

from cryptography import x509

_INTEGER: Final = 0x02
_SEQUENCE: Final = 0x30
_DIRECTORY_NAME: Final = 0xA4  # [4] EXPLICIT Name in GeneralName (RFC 5280, 4.2.1.6)


def issuer_serial(certificate: x509.Certificate) -> bytes:
    names = _tagged(_SEQUENCE, _tagged(_DIRECTORY_NAME, certificate.issuer.public_bytes()))
    serial = certificate.serial_number
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)
    return _tagged(_SEQUENCE, names + _tagged(_INTEGER, number))


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
