"""Recall, take-back, update, refusal and sending again as a clerk types them, and what is read at both ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from exchange_axis.commands import node as node_commands
from tests.commands.counter import Counter
from tests.node.stand import OTHER, RECIPIENT, Stand, open_stand

FORM = """
number = 57
notation = "BC-UBND"
date = 2026-11-20
subject = "V/v báo cáo tình hình thiên tai"
type = "Báo cáo"
to = ["G12", "H45.01"]
"""
RECALL = """
kind = "recall"
amends = "57/BC-UBND"
reason = "Ban hành sai thẩm quyền"
number = 9
notation = "QĐ-UBND"
date = 2026-11-20
subject = "Thu hồi Báo cáo số 57/BC-UBND"
"""


class Offices:
    def __init__(self, folder: Path) -> None:
        self.stand: Stand = open_stand(folder)
        self.folder = folder
        self.home = Counter(node_commands, self.stand.sender.folder, lambda _folder: self.stand.sender.open())
        self.away = Counter(
            node_commands, self.stand.receiver.folder, lambda _folder: self.stand.receiver.open(), actor="Văn thư Bình"
        )

    def send(self, form: str, code: int = 0) -> str:
        """Write a form, send it, and let everything go where it should; the id, or what was refused."""
        path = self.folder / "letter.toml"
        path.write_text(form, encoding="utf-8")
        told = self.home.run("node", "send", str(path), "--json")
        assert told.code == code, told.err
        self.deliver()
        return str(told.err if code else told.json["consignment_id"])

    def deliver(self) -> None:
        async def work() -> None:
            with self.stand.sender.open() as home, self.stand.receiver.open() as away:
                here = home.agent(self.stand.line(self.stand.sender))
                there = away.agent(self.stand.line(self.stand.receiver))
                await here.push_once()
                await there.feed_once()
                await there.pull_once()
                await there.duties_once()
                await there.push_once()
                await here.feed_once()

        asyncio.run(work())


@pytest.fixture
def offices(tmp_path: Path) -> Offices:
    return Offices(tmp_path)


def test_a_recall_is_typed_carried_out_and_proved(offices: Offices, tmp_path: Path) -> None:
    home, away = offices.home, offices.away
    first = offices.send(FORM)
    away.run("node", "accept", first, "--agency", RECIPIENT)
    read = away.run("node", "show", first, "--agency", RECIPIENT, "--json").json["received"]
    assert {one["agency"]: one["opened_by"] for one in read} == {RECIPIENT: "Văn thư Bình", OTHER: None}
    offices.send(RECALL)

    proved = home.run("node", "show", first, "--json").json["cancelling"]
    assert {one["agency"]: (one["silent"], one["opened_at"]) for one in proved} == {
        RECIPIENT: (True, None),
        OTHER: (False, None),
    }
    told = home.run("node", "show", first).out
    assert "đã bị thu hồi bằng 9/QĐ-UBND" in told and "CHƯA TRẢ LỜI" in told and "chưa ai mở" in told
    assert "trục đã nhận, đã thu hồi" in home.run("node", "outbox").out
    assert "recalls 57/BC-UBND" in home.run("node", "show", "9/QĐ-UBND", "--lang", "en").out

    told = away.run("node", "show", first).out
    assert f"THU HỒI/LẤY LẠI ({OTHER})" in told and "9/QĐ-UBND" in told
    assert "đã thu hồi" in away.run("node", "inbox").out
    refused = away.run("node", "show", first, "--save", str(tmp_path / "out"), "--json")
    assert (refused.code, refused.json["withheld"]["code"]) == (1, "letter.frozen")
    assert refused.json["letter"]["received"][0]["frozen"] and refused.json["letter"]["timeline"]
    saved = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert saved and len(saved) == len(refused.json["files"])
    assert not any(name.startswith(first) for name in saved), "the content stays where it is"
    told = away.run("node", "show", first, "--save", str(tmp_path / "again")).out
    assert "57/BC-UBND" in told and "letter.frozen" in told
    refused = away.run("node", "decline", first, "--agency", RECIPIENT, "--text", "Đang làm", "--json")
    assert refused.json["error"]["code"] == "decision.recall-is-final"
    assert away.run("node", "consent", first, "--agency", RECIPIENT, "--json").json["status"] == "15"
    offices.deliver()
    proved = home.run("node", "show", first, "--json").json["cancelling"]
    assert not any(one["silent"] for one in proved) and proved[0]["opened_at"]
    assert len(away.run("node", "inbox", "--json").json["letters"]) == 4


def test_a_take_back_is_typed_and_declined(offices: Offices) -> None:
    home, away = offices.home, offices.away
    first = offices.send(FORM)
    away.run("node", "accept", first, "--agency", OTHER)
    told = home.run("node", "take-back", "57/BC-UBND", "--recipient", OTHER, "--reason", "Gửi nhầm bản nháp")
    assert told.code == 0 and "Gửi nhầm bản nháp" in told.out and "axis node show" in told.out
    offices.deliver()
    assert "bên gửi đề nghị lấy lại" in away.run("node", "show", first).out
    assert away.run("node", "decline", first, "--agency", OTHER, "--text", "Đã trả lời công dân").code == 0
    offices.deliver()
    timeline = home.run("node", "show", first, "--json").json["timeline"]
    assert [event["text"] for event in timeline if event["kind"] == "status" and event["what"] == "16"] == [
        "Đã trả lời công dân"
    ]
    again = home.run("node", "take-back", first, "--recipient", OTHER, "--reason", "Xin lần nữa", "--json")
    assert again.json["letters"] == [first]


def test_a_refused_letter_is_mended_and_sent_again_with_its_link(offices: Offices) -> None:
    home, away = offices.home, offices.away
    first = offices.send(FORM)
    assert "Sửa rồi gửi lại" not in home.run("node", "show", first).out
    away.run("node", "refuse", first, "--agency", OTHER, "--reason", "LD99", "--text", "Thiếu trang 3 đến trang 5")
    offices.deliver()
    told = home.run("node", "show", first).out
    assert f'resends = "{first[:8]}", to = ["{OTHER}"]' in told and "LD99: Thiếu trang 3 đến trang 5" in told
    second = offices.send(FORM.replace('to = ["G12", "H45.01"]', f'to = ["{OTHER}"]\nresends = "{first[:8]}"'))
    told = home.run("node", "show", first).out
    assert "Sửa rồi gửi lại" not in told and f"đã gửi lại bằng 57/BC-UBND ({second[:8]}" in told
    assert f"gửi lại 57/BC-UBND ({first[:8]}" in home.run("node", "show", second).out
    assert f"gửi lại 57/BC-UBND ({first[:8]}" in away.run("node", "show", second).out
    refused = offices.send(FORM.replace("57", "58") + f'resends = "{second}"\n', code=1)
    assert "letter.not-refused" in refused


def test_a_replacement_is_seen_by_whoever_reads_the_old_letter(offices: Offices) -> None:
    first = offices.send(FORM)
    second = offices.send(FORM.replace("57", "60") + 'kind = "replace"\namends = "57/BC-UBND"\n')
    assert f"đã được thay thế bằng 60/BC-UBND ({second[:8]}" in offices.away.run("node", "show", first).out
    assert "đã được thay thế" in offices.away.run("node", "inbox").out
    assert f"thay thế 57/BC-UBND ({first[:8]}" in offices.away.run("node", "show", second).out
    assert "superseded by 60/BC-UBND" in offices.home.run("node", "show", first, "--lang", "en").out
