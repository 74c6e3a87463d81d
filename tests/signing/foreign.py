"""What other programs need to make a signature of our form: templates, and keys as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from signing.certificates import certificate_pem
from signing.keys import LocalSigner
from signing.names import ds, xades
from signing.policy import Canonicalization


def template(xml: bytes, method: Canonicalization, *, default_namespace: bool) -> bytes:
    """A signed document of ours with empty values, in the prefix style asked for."""
    root = etree.fromstring(xml)
    for element in root.iter(ds("DigestValue"), ds("SignatureValue")):
        parent = element.getparent()
        if parent is not None and parent.tag != xades("CertDigest"):
            element.text = ""
    text = etree.tostring(root).decode()
    text = text.replace(Canonicalization.EXCLUSIVE.value, method.value)
    if default_namespace:
        text = text.replace("<ds:", "<").replace("</ds:", "</").replace("xmlns:ds=", "xmlns=")
    return text.encode()


def key_files(folder: Path, signer: LocalSigner, private: bytes) -> Sequence[Path]:
    """The key first, then the certificates, as xmlsec1 wants them."""
    paths = [folder / "key.pem", folder / "cert.pem", *(folder / f"ca{n}.pem" for n in range(len(signer.chain)))]
    paths[0].write_bytes(private)
    for path, certificate in zip(paths[1:], (signer.certificate, *signer.chain), strict=True):
        path.write_bytes(certificate_pem(certificate))
    return paths
