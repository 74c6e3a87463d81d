"""Altered content, wrapped content, moved and doubled parts.

XSW 1 to 8 of Somorovsky et al., On Breaking SAML (2012), carried over to an enveloped signature.
"""

from __future__ import annotations

import copy

from lxml import etree

from signing.names import DS, ds, xades
from tests.signing.attacks.scene import (
    Scene,
    alter_text,
    attack,
    double,
    octets,
    twin,
    unsealed,
)
from tests.signing.sealing import Sealed


def _original(sealed: Sealed) -> etree._Element:
    """The signed content, without its signature."""
    twin = copy.deepcopy(sealed.root)
    twin.remove(twin[-1])
    return twin


def _forged(sealed: Sealed) -> etree._Element:
    twin = _original(sealed)
    next(e for e in twin.iter() if e.text and e.text.strip()).text = "000.00.00.H49"
    return twin


def _take_signature(sealed: Sealed) -> etree._Element:
    signature = sealed.signature
    sealed.root.remove(signature)
    return signature


unsealed("altered_text", "signature.digest", alter_text)
unsealed("added_attribute", "signature.digest", lambda s: s.root.set("x", "1"))
unsealed("added_element", "signature.digest", lambda s: s.root.insert(0, etree.Element("To")))
unsealed("text_after_signature", "signature.digest", lambda s: setattr(s.signature, "tail", "x"))
unsealed("white_space_after_signature", "signature.digest", lambda s: setattr(s.signature, "tail", "\n"))
octets("namespace_undeclared", "signature.digest", lambda b: b.replace(b"To>", b"Tx>"))


@attack("signature.shape")
def xsw1_original_in_object(scene: Scene) -> bytes:
    sealed = scene.sealed()
    original = _original(sealed)
    alter_text(sealed)
    sealed.one(".//ds:Object").append(original)
    return sealed.octets()


@attack("signature.count")
def xsw1_original_in_second_object(scene: Scene) -> bytes:
    sealed = scene.sealed()
    original = _original(sealed)
    alter_text(sealed)
    etree.SubElement(sealed.signature, ds("Object")).append(original)
    return sealed.octets()


@attack("signature.digest")
def xsw2_original_beside_signature(scene: Scene) -> bytes:
    sealed = scene.sealed()
    original = _original(sealed)
    alter_text(sealed)
    sealed.root.insert(len(sealed.root) - 1, original)
    return sealed.octets()


@attack("signature.location")
def xsw3_signed_document_inside_forged_root(scene: Scene) -> bytes:
    sealed = scene.sealed()
    forged = _forged(sealed)
    forged.append(sealed.root)
    return etree.tostring(forged)


@attack("signature.digest")
def xsw4_original_inside_forged_root_signature_last(scene: Scene) -> bytes:
    sealed = scene.sealed()
    signature = _take_signature(sealed)
    forged = _forged(Sealed.document(scene.signer, scene.style))
    forged.append(sealed.root)
    forged.append(signature)
    return etree.tostring(forged)


@attack("signature.location")
def xsw5_original_after_signature(scene: Scene) -> bytes:
    sealed = scene.sealed()
    original = _original(sealed)
    alter_text(sealed)
    sealed.root.append(original)
    return sealed.octets()


@attack("signature.shape")
def xsw6_original_in_key_info(scene: Scene) -> bytes:
    sealed = scene.sealed()
    original = _original(sealed)
    alter_text(sealed)
    sealed.one(".//ds:KeyInfo").append(original)
    return sealed.octets()


@attack("signature.location")
def xsw7_signed_document_in_extension(scene: Scene) -> bytes:
    sealed = scene.sealed()
    forged = _forged(sealed)
    etree.SubElement(forged, "{urn:x}Extension").append(sealed.root)
    return etree.tostring(forged)


@attack("signature.count")
def xsw8_original_instead_of_properties(scene: Scene) -> bytes:
    sealed = scene.sealed()
    original = _original(sealed)
    alter_text(sealed)
    wrapper = sealed.one(".//ds:Object")
    wrapper.remove(wrapper[0])
    wrapper.append(original)
    return sealed.octets()


@attack("signature.location")
def signature_is_root(scene: Scene) -> bytes:
    return etree.tostring(scene.sealed().signature)


@attack("signature.location")
def signature_first(scene: Scene) -> bytes:
    sealed = scene.sealed()
    sealed.root.insert(0, _take_signature(sealed))
    return sealed.octets()


@attack("signature.location")
def signature_in_child(scene: Scene) -> bytes:
    sealed = scene.sealed()
    sealed.root[0].append(_take_signature(sealed))
    return sealed.seal().octets()


@attack("signature.count")
def signature_inside_object_of_another(scene: Scene) -> bytes:
    sealed = scene.sealed()
    outer = etree.SubElement(sealed.root, ds("Signature"))
    inner = _take_signature(sealed)
    etree.SubElement(outer, ds("Object")).append(inner)
    return sealed.octets()


@attack("signature.missing")
def signature_removed(scene: Scene) -> bytes:
    sealed = scene.sealed()
    _take_signature(sealed)
    return sealed.octets()


octets("look_alike_namespace", "signature.missing", lambda b: b.replace(DS.encode(), DS.encode() + b"x"))


for _path in ("ds:Signature", "ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo", "ds:Object"):
    for _after in (False, True):
        _name = f"double_{_path[3:]}_{'after' if _after else 'before'}"
        unsealed(_name, "signature.count", double(f".//{_path}", after=_after))
for _path in ("xades:QualifyingProperties", "xades:SignedProperties"):
    unsealed(f"double_{_path[6:]}", "signature.count", double(f".//{_path}", after=True))
unsealed("double_X509Data", "signature.shape", double(".//ds:X509Data", after=True))
unsealed("double_Reference", "signature.references", double(".//ds:Reference", after=True))
unsealed(
    "signed_info_in_object",
    "signature.count",
    lambda s: s.one(".//ds:Object").append(twin(s.one(".//ds:SignedInfo"))),
)
unsealed(
    "unsigned_properties",
    "signature.shape",
    lambda s: s.one(".//xades:QualifyingProperties").append(etree.Element(xades("UnsignedProperties"))),
)
unsealed("manifest_in_object", "signature.shape", lambda s: s.one(".//ds:Object").append(etree.Element(ds("Manifest"))))
unsealed("object_with_encoding", "signature.shape", lambda s: s.one(".//ds:Object").set("Encoding", "base64"))
unsealed("text_in_signature", "signature.shape", lambda s: setattr(s.signature, "text", "x"))
unsealed("text_in_signed_info", "signature.shape", lambda s: setattr(s.one(".//ds:Reference"), "tail", "x"))
