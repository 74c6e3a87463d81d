"""The printable certificate of a letter: what happened when, who sealed it, where it is in the log, and a QR code.

Rules of this file:
1. It says what the evidence says and nothing more; at its foot it says that the evidence is the proof.
2. The same story gives the same bytes: no date of printing, fonts from the package, none from the machine.
3. Text of letters is data for the template, never markup.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from exchange_axis.domain.evidence import Event
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.proof import read_proof
from exchange_axis.pipeline.receipt_code import LogPlace, ReceiptCode
from exchange_axis.pipeline.story import WORDS, Spoken, Story
from exchange_axis.pipeline.story_page import shown

EVENTS_MAX: Final = 120
"""Lines of the table: four pages; the rest is in history.html."""
RECIPIENTS_SHOWN: Final = 3

_CHECKS: Final = (
    (
        "Lấy biên nhận (tệp .xml) trong hồ sơ đi kèm, hoặc xin tại cơ quan gửi, cơ quan nhận hay trục; "
        "sha256sum của tệp phải bằng dãy SHA-256 ở trên và trong mã QR.",
        "Take the receipt (.xml) from the dossier, or ask for it; its sha256sum must be the one above.",
    ),
    (
        'Chạy: axis verify BIÊN-NHẬN.xml --trust THƯ-MỤC --qr "dòng chữ của mã QR" (không cần mạng).',
        "Run that command with the text of the QR code; no network is needed.",
    ),
    (
        "Không có axis: xmlsec1 kiểm chữ ký; so kích thước và mã băm gốc với điểm kiểm tra của trục (dòng 2 và 3).",
        "Without axis: xmlsec1 checks the signature; compare size and root with the hub's checkpoint, lines 2 and 3.",
    ),
)


def certificate(story: Story) -> bytes | None:
    """A4 PDF; None where there is no evidence to certify."""
    if not story.evidence:
        return None
    import typst  # noqa: PLC0415 - only those who print pay for loading it

    template = resources.files("exchange_axis") / "pipeline" / "certificate.typ"
    return bytes(
        typst.compile(
            template.read_bytes(),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(_data(story), ensure_ascii=False)},
        )
    )


def code_of(one: Spoken) -> ReceiptCode:
    """What the QR code of this receipt says."""
    if one.proof is None:
        return ReceiptCode(evidence_sha256=one.sha256, origin=one.value.issuer, place=None)
    proof = read_proof(one.proof)
    checkpoint = read_unverified_checkpoint(proof.checkpoint)
    place = LogPlace(origin=checkpoint.origin, index=proof.index, size=checkpoint.size, root=checkpoint.root)
    return ReceiptCode(evidence_sha256=one.sha256, origin=checkpoint.origin, place=place)


def main_receipt(story: Story) -> Spoken:
    """The one that the QR code stands for: the acceptance of the letter, else the first."""
    for one in story.evidence:
        if one.value.event is Event.SUBMISSION_ACCEPTANCE:
            return one
    return story.evidence[0]


def _data(story: Story) -> Mapping[str, Any]:
    main = main_receipt(story)
    code = code_of(main)
    listed = story.evidence[:EVENTS_MAX]
    more = len(story.evidence) - len(listed)
    return {
        "title": "GIẤY XÁC NHẬN GỬI, NHẬN VĂN BẢN ĐIỆN TỬ",
        "title_en": "Certificate of electronic exchange of an official document",
        "issuer": f"Trục liên thông văn bản {main.value.issuer}",
        "letter_head": ("Văn bản", "the letter"),
        "letter": _letter(story),
        "qr": _qr(code.to_text()),
        "qr_text": code.to_text(),
        "qr_caption": ("Mã của biên nhận tiếp nhận gửi", "code of the receipt of submission"),
        "events_head": ("Diễn biến", "what happened, by the hub's clock (+07:00)"),
        "columns": (
            ("Lúc", "time"),
            ("Sự kiện", "event"),
            ("Nơi nhận", "recipients"),
            ("Biên nhận, nhật ký", "receipt, log"),
        ),
        "events": [_event(story, one) for one in listed],
        "more": f"Còn {more} sự kiện nữa, xem history.html trong hồ sơ." if more else "",
        "proof_head": ("Biên nhận chính", "the receipt that the code stands for"),
        "proof": _proof(main, code),
        "check_head": ("Cách kiểm tra", "how to check"),
        "checks": _CHECKS,
        "footer": "Giấy này kể lại các biên nhận đã ký số; giá trị chứng minh thuộc về các biên nhận đó.",
    }


def _letter(story: Story) -> list[Mapping[str, Any]]:
    recipients = story.recipients()
    named = "; ".join(map(story.named, recipients[:RECIPIENTS_SHOWN]))
    if len(recipients) > RECIPIENTS_SHOWN:
        named += f"; và {len(recipients) - RECIPIENTS_SHOWN} nơi nữa"
    rows = [
        _fact(("Số, ký hiệu", "number, symbol"), story.title or "—"),
        _fact(("Trích yếu", "subject"), _clean(story.subject) or "—"),
        _fact(("Cơ quan gửi", "sender"), story.named(story.sender)),
        _fact(("Nơi nhận", "recipients"), named or "—"),
        _fact(("Mã gói tin", "consignment"), story.consignment_id, mono=True),
        _fact(("SHA-256 của gói tin", "of the container"), _grouped(story.container_sha256), mono=True),
    ]
    return rows


def _event(story: Story, one: Spoken) -> Mapping[str, Any]:
    value = one.value
    shown_codes = ", ".join(value.recipients[:RECIPIENTS_SHOWN])
    hidden = len(value.recipients) - RECIPIENTS_SHOWN
    place = one.place
    detail = ", ".join(value.reasons)
    if value.successor:
        detail = f"{detail} → {story.named(value.successor)}".strip()
    if value.claimed_at is not None and value.claimed_at != value.recorded_at:
        detail = f"{detail} (bên nhận ghi {shown(value.claimed_at)})".strip()
    return {
        "at": shown(value.recorded_at).removesuffix(" +07:00"),
        "what": WORDS[value.event],
        "detail": _clean(detail),
        "who": shown_codes + (f" và {hidden} nơi nữa" if hidden > 0 else ""),
        "digest": f"{one.sha256[:16]}…",
        "log": "chưa có chứng minh" if place is None else f"mục {place[1]}",
    }


def _proof(main: Spoken, code: ReceiptCode) -> list[Mapping[str, Any]]:
    rows = [
        _fact(("SHA-256 của biên nhận", "of the receipt"), _grouped(main.sha256), mono=True),
        _fact(("Người ký", "sealed by"), _clean(main.signer)),
        _fact(("Dấu vân tay chứng thư", "certificate"), _grouped(main.signer_fingerprint), mono=True),
    ]
    if code.place is None:
        return [*rows, _fact(("Nhật ký", "log"), "chưa có chứng minh khi in giấy này (no proof yet)")]
    place = code.place
    where = f"{place.origin}: mục {place.index}, điểm kiểm tra {place.size} mục (entry {place.index} of {place.size})"
    root = code.to_text().rsplit(" ", 1)[-1]
    return [
        *rows,
        _fact(("Nhật ký", "log"), where),
        _fact(("Mã băm gốc", "root"), root, mono=True),
    ]


def _fact(label: tuple[str, str], value: str, *, mono: bool = False) -> Mapping[str, Any]:
    return {"label": label, "value": value, "mono": mono}


def _grouped(digest: str) -> str:
    """Hex in eights, so that two people can compare it aloud."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _clean(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _qr(text: str) -> str:
    """SVG; error correction M, so that a crease does not spoil it."""
    import segno  # noqa: PLC0415 - as above

    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="svg", scale=4, border=2, xmldecl=False)
    return target.getvalue().decode()
