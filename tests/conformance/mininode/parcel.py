"""Consignments: consignment.xml and its members, sealed into a container, and read out of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import archive
from .common import CODE, UUID, instant, need, parse_signed, read_instant, sha256
from .sealing import Seal, sign_members
from .xades import ASIC, DS, Judged, judge

NAMESPACE = "urn:exchange-axis:consignment:1"
LANES = ("hoa-toc", "thuong-khan", "khan", "thuong")
ORIGINS = ("signed", "received-unsigned")
REQUIRED = ("Id", "Kind", "Sender", "Recipients", "Lane", "CreatedAt", "ExpiresAt", "Origin", "Reduced")
ORDER = (*REQUIRED[:7], "InReplyTo", "Origin", "DirectoryVersion", "Reduced", "SignedAt", "OpenedAt")
LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Parcel:
    """A container that was read, its signature found to hold over all members. The seal's path is judged apart."""

    members: dict[str, bytes]
    fields: dict[str, str]
    recipients: list[str]
    judged: Judged

    @property
    def seal_use(self) -> str:
        """The use that the binding of the seal must have."""
        agency = self.fields["Kind"] == "letter" and self.fields["Origin"] == "signed"
        return "agency-seal" if agency else "node-seal"


@dataclass(frozen=True, kw_only=True)
class Address:
    """What consignment.xml says."""

    id: str
    kind: str
    sender: str
    recipients: list[str]
    lane: str
    at: datetime
    in_reply_to: str = ""

    def write(self) -> bytes:
        """consignment.xml."""
        values = {
            "Id": self.id,
            "Kind": self.kind,
            "Sender": self.sender,
            "Recipients": "".join(f"<Recipient>{code}</Recipient>" for code in self.recipients),
            "Lane": self.lane,
            "CreatedAt": instant(self.at),
            "ExpiresAt": instant(self.at + LIFETIME),
            "InReplyTo": self.in_reply_to,
            "Origin": "signed",
            "Reduced": "false",
        }
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value)
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<Consignment xmlns="{NAMESPACE}">'
        return f"{head}{inner}</Consignment>".encode()


def pack(members: dict[str, bytes], by: Seal, at: datetime) -> bytes:
    """Sign the members and write the container."""
    types = {name: archive.media_type(name) for name in members}
    around = {
        "mimetype": archive.MEDIA.encode(),
        archive.MANIFEST: archive.manifest(types),
        archive.SIGNATURES: sign_members(members, types, by, at),
    }
    return archive.write(around | members)


def unpack(data: bytes) -> Parcel:
    """Raises Untrusted unless the archive, its signature and consignment.xml are sound."""
    members = archive.read(data)
    root = parse_signed(members[archive.SIGNATURES])
    need(root.tag == f"{{{ASIC}}}XAdESSignatures" and len(root) == 1, "no single signature")
    need(len(list(root.iter(f"{{{DS}}}Signature"))) == 1, "a second signature")
    judged = judge(root[0])
    names = archive.signed_names(members)
    need([each.uri for each in judged.references] == names, "the signature covers other members")
    for reference in judged.references:
        need(reference.algorithm == "sha256" and not reference.transforms, "digest or transforms of a member")
        need(reference.digest == sha256(members[reference.uri]), f"{reference.uri} was changed")
    need(set(judged.media_types) == set(names), "a member has no DataObjectFormat")
    archive.check_manifest(members, judged.media_types)
    fields, recipients = _read(members)
    return Parcel(members, fields, recipients, judged)


def _read(members: dict[str, bytes]) -> tuple[dict[str, str], list[str]]:
    root = parse_signed(members["consignment.xml"])
    space = f"{{{NAMESPACE}}}"
    names = [str(each.tag).removeprefix(space) for each in root]
    need(root.tag == f"{space}Consignment", "no consignment.xml")
    need(names == [name for name in ORDER if name in names] and set(REQUIRED) <= set(names), "consignment.xml: order")
    fields = {name: each.text or "" for name, each in zip(names, root, strict=True)}
    recipients = [each.text or "" for each in root.iterfind(f"{space}Recipients/{space}Recipient")]
    need(UUID.fullmatch(fields["Id"]) and fields["Lane"] in LANES, "consignment.xml: id or lane")
    need(fields["Origin"] in ORIGINS, "consignment.xml: origin")
    need(all(CODE.fullmatch(code) for code in (fields["Sender"], *recipients)), "consignment.xml: codes")
    need(recipients and len(set(recipients)) == len(recipients), "consignment.xml: recipients")
    need(read_instant(fields["CreatedAt"]) < read_instant(fields["ExpiresAt"]), "consignment.xml: times")
    need((fields["Reduced"] == "true") == ("source/received.edxml" in members), "consignment.xml: Reduced")
    need(fields["Kind"] in {"letter", "status"} and f"{fields['Kind']}.edxml" in members, "consignment.xml: kind")
    need(fields["Kind"] == "letter" or ("InReplyTo" in fields and len(recipients) == 1), "a status answers one letter")
    return fields, recipients
