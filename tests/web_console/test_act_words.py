"""Whatever a hub writes into its record of changes is read there in words, and in Vietnam's time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import exchange_axis
from config import log_rotation
from exchange_axis.domain.accounts import CHANGE_WORDS
from exchange_axis.domain.invite import InviteEvent
from exchange_axis.hub.changes import KINDS
from exchange_axis.web.console.act_words import ACTS, act
from exchange_axis.web.shared.language import catalog
from exchange_axis.web.shared.readable import named, pairs, person, readable

HUB = Path(exchange_axis.__file__).parent / "hub"
BEGINNINGS = tuple(each for kinds in KINDS.values() for each in kinds)
WRITTEN = re.compile(f'"((?:{"|".join(map(re.escape, BEGINNINGS))})[a-z-]*)"')
REASONS = {"delivery.handed-back"}
"""Codes in receipts that begin as acts do."""


def acts_written() -> set[str]:
    """Whole names in files that write decisions; codes of refusals stand in lines of their classes."""
    texts = [path.read_text("utf-8") for path in (*HUB.glob("*.py"), Path(log_rotation.__file__))]
    lines = [line for text in texts if re.search(r"decide\(|note_act\(|_record\(", text) for line in text.splitlines()]
    found = {name for line in lines if "ClassVar" not in line for name in WRITTEN.findall(line)}
    return {name for name in found if not name.endswith(".")} - REASONS


def test_every_act_of_a_hub_has_words_in_both_languages() -> None:
    families = {f"invite.{event}" for event in InviteEvent} | {
        *(f"trust.{verb}" for verb in ("propose-add", "propose-remove", "add", "remove", "reject")),
        *(f"{kind}.{verb}" for kind in ("retention", "directory") for verb in ("propose", "approve", "reject")),
        *(f"hold.{verb}" for verb in ("place", "release")),
        *(f"erasure.{verb}" for verb in ("propose", "approve", "withdraw")),
    }
    found = acts_written()
    assert {"peer.add", "hub.rotate", "invite.used-again", "log.proof-missing", "delivery.retry-now"} <= found
    assert (found | families) - set(ACTS) == set()
    assert all(catalog("en").gettext(said) != said for said in ACTS.values())
    assert all(act(f"people.{name}", "vi") == said[0] for name, said in CHANGE_WORDS.items())


def test_every_act_with_words_is_on_the_page_of_changes() -> None:
    assert [name for name in ACTS if not name.startswith(BEGINNINGS)] == []


@pytest.mark.parametrize(
    ("kept", "vi", "en"),
    [
        (
            "change=3 name=Người thử grants=unit-admin; auditor codes=H90 letters=2026-01-01..2026-06-30",
            "thay đổi số: 3; tên: Người thử; vai trò: Quản trị đơn vị; Kiểm tra, giám sát; mã: H90; "
            "văn bản: 01/01/2026..30/06/2026",
            "change: 3; name: Người thử; roles: Unit administrator; Auditor; codes: H90; "
            "letters: 01/01/2026..30/06/2026",
        ),
        ("until=2026-03-09T18:37:00+00:00", "đến: 10/03/2026 01:37", "until: 10/03/2026 01:37"),
        ("until=2026-03-09 18:37:00+00:00", "đến: 10/03/2026 01:37", "until: 10/03/2026 01:37"),
        ("uses=agency-seal,pdf", "dùng cho: con dấu cơ quan,chữ ký trong PDF", "for: agency seals,signatures in PDFs"),
        ("uses=['agency-seal']", "dùng cho: con dấu cơ quan", "for: agency seals"),
        (f"sha256={'0a' * 32}", "SHA-256: 0a0a0a0a0a0a…", "SHA-256: 0a0a0a0a0a0a…"),
        ("before=- after=operator", "sau: Vận hành trục", "after: Operator"),
        ("Biên bản 03 ngày 2026-03-01", "Biên bản 03 ngày 01/03/2026", "Biên bản 03 ngày 01/03/2026"),
        ("a=b c=d", "a=b c=d", "a=b c=d"),
        (None, "", ""),
    ],
)
def test_a_line_for_programs_is_read_by_people(kept: str | None, vi: str, en: str) -> None:
    assert readable(kept, "vi") == vi
    assert readable(kept, "en") == en


def test_who_did_it_is_a_person_a_machine_or_the_program() -> None:
    assert person("os:root", "vi") == "root (lệnh trên máy chủ)"
    assert person("lan (2fa, root)", "vi") == "lan (đã xác thực; bằng lệnh, tài khoản máy root)"
    assert person("axis (review)", "vi") == "hệ thống tự ghi"
    assert person("lan", "vi") == "lan"


def test_what_is_of_one_name_is_said_with_its_words_and_the_rest_as_it_is() -> None:
    assert named(["pdf", "later-use"], "uses", "vi") == "chữ ký trong PDF, later-use"
    assert named(None, "uses", "vi") == ""
    assert pairs("sau đó text=báo cáo", {"text"}) == [("", "sau đó"), ("text", "báo cáo")]
