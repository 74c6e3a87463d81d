"""XML names of signatures: namespaces and the few URIs that are neither algorithm nor transform.

Sources: XMLDSig 1.1 (W3C, 2013), XAdES (ETSI EN 319 132-1 V1.3.1), ASiC (ETSI EN 319 162-1 V1.1.1).
"""

from __future__ import annotations

from typing import Final

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"

SIGNED_PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"
"""`Type` of the reference that covers the signed properties (EN 319 132-1, 4.4.2)."""


def ds(local: str) -> str:
    return f"{{{DS}}}{local}"


def xades(local: str) -> str:
    return f"{{{XADES}}}{local}"


def asic(local: str) -> str:
    return f"{{{ASIC}}}{local}"
