"""The manifest of a dossier as XML. Members are attributes, not elements: there may be forty thousand of them."""

from __future__ import annotations

from typing import ClassVar

from lxml import etree

from exchange_axis.domain.dossier import MANIFEST, Content, Dossier, IssuerKind, LetterEntry, Member
from exchange_axis.errors import AxisError
from exchange_axis.wire.document import admit
from exchange_axis.wire.times import to_text

NAMESPACE = "urn:exchange-axis:dossier:1"
QUERY_MAX = 200


class MemberTwice(AxisError):
    code: ClassVar[str] = "dossier.member-twice"
    vi: ClassVar[str] = "Bản kê hồ sơ nêu {name} hai lần"
    en: ClassVar[str] = "The manifest of the dossier names {name} twice"


def write_dossier(value: Dossier) -> bytes:
    root = etree.Element(_name("Dossier"), nsmap={None: NAMESPACE})
    for name, text in (
        ("Id", value.id),
        ("Issuer", value.issuer),
        ("IssuerKind", value.issuer_kind.value),
        ("At", to_text(value.at)),
        ("Query", value.query[:QUERY_MAX]),
        ("Scope", value.scope),
    ):
        etree.SubElement(root, _name(name)).text = text
    letters = etree.SubElement(root, _name("Letters"))
    for letter in value.letters:
        fields = {
            "folder": letter.folder,
            "sender": letter.sender,
            "consignment": letter.consignment_id,
            "sha256": letter.container_sha256,
            "content": letter.content.value,
        }
        etree.SubElement(letters, _name("Letter"), fields)
    members = etree.SubElement(root, _name("Members"))
    for member in value.members:
        fields = {"name": member.name, "kind": member.kind, "size": str(member.size), "sha256": member.sha256}
        etree.SubElement(members, _name("Member"), fields)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def read_dossier(source: bytes | etree._Element) -> Dossier:
    """Values of a manifest; takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        MemberTwice: also for names that differ in case only.
    """
    fields = admit(source, "dossier")
    return Dossier(
        id=fields.text("Id"),
        issuer=fields.text("Issuer"),
        issuer_kind=IssuerKind(fields.text("IssuerKind")),
        at=fields.time("At"),
        query=fields.text("Query"),
        scope=fields.text("Scope"),
        letters=tuple(
            LetterEntry(
                folder=row.get("folder", ""),
                sender=row.get("sender", ""),
                consignment_id=row.get("consignment", ""),
                container_sha256=row.get("sha256", ""),
                content=Content(row.get("content", "")),
            )
            for row in fields.root.iterfind(f"{_name('Letters')}/*")
        ),
        members=_members(fields.root),
    )


def _members(root: etree._Element) -> tuple[Member, ...]:
    seen = {MANIFEST}
    found = []
    for row in root.iterfind(f"{_name('Members')}/*"):
        name = row.get("name", "")
        if name.lower() in seen:
            raise MemberTwice(where=name, name=name, line=row.sourceline)
        seen.add(name.lower())
        size, kind = int(row.get("size", "0")), row.get("kind", "")
        found.append(Member(name=name, kind=kind, size=size, sha256=row.get("sha256", "")))
    return tuple(found)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
