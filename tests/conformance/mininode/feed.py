"""The event feed: read on, verify each document by itself, keep all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from .certificates import check_seal_path
from .common import Untrusted, need, read_instant, sha256, write_durable
from .edxml import read_status
from .hubdocs import HubDocument, unwrap, verify
from .parcel import unpack

Entry = dict[str, Any]


class Feed:
    """One file an entry: an entry and the new position become durable together."""

    def __init__(self, folder: Path, anchors: list[x509.Certificate], alarm: Callable[[str], None]) -> None:
        self.folder, self.anchors, self.alarm = folder, anchors, alarm

    def position(self) -> int:
        """The number of the last entry on disk."""
        return max((int(path.stem) for path in self.folder.glob("*.json")), default=0)

    def take(self, entries: list[Entry], at: datetime) -> list[Entry]:
        """Judge and keep these; a gap and what does not verify are alarms, never a reason to stop."""
        taken = []
        for entry in entries:
            number, last = int(entry["number"]), self.position()
            if number != last + 1:
                self.alarm(f"feed: {number} follows {last}")
            documents = self.judge(entry, at)
            told = {name: entry.get(name) for name in ("number", "kind", "consignment_id", "recipient", "at")}
            told["documents"] = documents
            for each in documents:
                if not each["trusted"]:
                    self.alarm(f"feed {number}: {each['kind']}: {each['why']}")
            kept = json.dumps({"told": told, "received": entry}, ensure_ascii=False)
            write_durable(self.folder / f"{number:09d}.json", kept.encode())
            taken.append(told)
        return taken

    def judge(self, entry: Entry, at: datetime) -> list[Entry]:
        """What each document says, evidence first, and whether to believe it."""
        results: list[Entry] = []
        evidence: list[HubDocument] = []
        for wrapped in sorted(entry["documents"], key=lambda each: each.get("kind") != "evidence"):
            result: Entry = {"kind": wrapped.get("kind"), "sha256": wrapped.get("sha256"), "trusted": True}
            try:
                kind, raw = unwrap(wrapped)
                if kind == "status":
                    result |= self._status(raw, evidence)
                else:
                    document = verify(kind, raw, self.anchors, at)
                    if kind == "evidence":
                        need(document.may("ConsignmentId") == entry["consignment_id"], "about another consignment")
                        evidence.append(document)
                        result |= document.summary()
            except Untrusted as error:
                result |= {"trusted": False, "why": str(error)}
            results.append(result)
        return results

    def _status(self, raw: bytes, evidence: list[HubDocument]) -> Entry:
        """A status counts because an evidence of the entry quotes its digest, and it is signed."""
        causes = [each for each in evidence if each.may("StatusSha256") == sha256(raw)]
        need(causes, "no evidence of this entry quotes this status")
        status = unpack(raw)
        need(status.fields["Kind"] == "status", "no status")
        check_seal_path(status.judged.chain, self.anchors, read_instant(causes[0].one("RecordedAt")))
        need(status.fields["InReplyTo"] == causes[0].one("ConsignmentId"), "a status about another letter")
        code, text = read_status(status.members["status.edxml"])
        return {"code": code, "description": text, "sender": status.fields["Sender"]}
