"""Many letters at once: each has its own result, a break in the middle loses none and repeats none."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from exchange_axis import failpoints
from exchange_axis.errors import NotFound
from exchange_axis.node.batches import Batch
from exchange_axis.node.service import Node
from exchange_axis.store.node.batches import BatchKind, ItemState
from exchange_axis.web.desk.people import lone_person
from tests.node.stand import RECIPIENT, Stand
from tests.node.test_decisions import CLERK, deliver
from tests.node.test_drafts import FORM, add, begin, letters
from tests.node.test_restart import Death, Killed
from tests.web_node.stand import QUICK, Software, calling
from tests.web_node.test_sent import PAGE

BATCH = "11111111-2222-4333-8444-555555555555"
DONE, REFUSED, WAITING = ItemState.DONE, ItemState.REFUSED, ItemState.WAITING


def states(batch: Batch) -> list[ItemState]:
    return [one.state for one in batch.results]


def accepted(node: Node, letter: str) -> int:
    return sum(one.kind == "said" and one.what == "03" for one in node.views.show(letter).timeline)


def test_a_break_between_accepting_and_noting_is_seen_as_it_is_and_nothing_comes_twice(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        with stand.receiver.open() as node:
            named = await deliver(stand, node, 1, 2, 3, 4)
            node.clerk.refuse(named[2], reason="LD01", text="Gửi nhầm nơi nhận", actor=CLERK)
            chosen = [f"{one}/{RECIPIENT}" for one in (*named, "no-such")]
            monkeypatch.setattr(failpoints, "_armed", Death(name="node.batch.done"))
            node.batches.begin(BATCH, BatchKind.ACCEPT, chosen, actor=CLERK)
            with pytest.raises(Killed):
                node.batches.go_on(BATCH, actor=CLERK)
            monkeypatch.undo()
        with stand.receiver.open() as node:
            (left,) = node.batches.unfinished(actor=CLERK)
            seen = node.batches.of(left.id, actor=CLERK)
            assert states(seen) == [DONE, WAITING, WAITING, WAITING, WAITING], "the first is in the book already"
            node.batches.begin(BATCH, BatchKind.ACCEPT, chosen, actor=CLERK)  # the same form once more
            node.batches.go_on(BATCH, actor=CLERK)
            node.batches.go_on(BATCH, actor=CLERK)
            seen = node.batches.of(BATCH, actor=CLERK)
            assert states(seen) == [DONE, DONE, REFUSED, DONE, REFUSED]
            assert [one.number for one in seen.results] == ["1/2026", "2/2026", "", "3/2026", ""]
            told = [one.refusal["code"] for one in seen.results if one.refusal]
            assert told == ["decision.not-possible", "request.not-found"]
            assert [accepted(node, one) for one in named] == [1, 1, 0, 1]
            assert node.batches.unfinished(actor=CLERK) == ()
            with pytest.raises(NotFound):
                node.batches.of(BATCH, actor="Người khác")

    asyncio.run(story())


def test_several_drafts_are_sent_and_the_one_that_is_not_ready_says_what_is_missing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand.sender.open() as node:
        drafts = [begin(node, FORM | {"number": str(number)}) for number in (1, 2)]
        for draft in drafts:
            add(node, draft)
        drafts.append(begin(node, {key: value for key, value in FORM.items() if key != "subject"}))
        drafts.append(begin(node, FORM | {"number": "4"}))
        add(node, drafts[3])
        chosen = [f"{one}@1" for one in drafts]
        node.drafts.save(drafts[3], FORM | {"number": "5"}, version=1)
        monkeypatch.setattr(failpoints, "_armed", Death(name="node.batch.done"))
        node.batches.begin(BATCH, BatchKind.SEND, chosen, actor=CLERK)
        with pytest.raises(Killed):
            node.batches.go_on(BATCH, actor=CLERK)
        monkeypatch.undo()
    with stand.sender.open() as node:
        assert states(node.batches.of(BATCH, actor=CLERK)) == [DONE, WAITING, WAITING, WAITING]
        node.batches.go_on(BATCH, actor=CLERK)
        seen = node.batches.of(BATCH, actor=CLERK)
        assert states(seen) == [DONE, DONE, REFUSED, REFUSED]
        assert sorted(letters(node)) == ["1/BC-UBND", "2/BC-UBND"]
        unready, changed = (one.refusal for one in seen.results[2:])
        assert unready is not None and [one["where"] for one in unready["findings"]] == ["subject"]
        assert changed is not None and changed["code"] == "draft.changed", "what the page did not show is not sent"


def test_the_page_of_chosen_drafts_and_that_of_the_results(stand: Stand) -> None:
    async def story(node: Node, drafts: list[str]) -> None:
        async with calling(node, admit=lone_person) as software:
            asked = "&".join(f"id={one}" for one in drafts)
            page = (await software.get(f"/drafts/chosen?{asked}", headers=PAGE)).body.decode()
            assert [f'value="{one}@1"' in page for one in drafts] == [True, False]
            assert "Chưa gửi được" in page and "Chưa ghi “Trích yếu”" in page and "'subject'" not in page
            form = {"token": BATCH, "draft": f"{drafts[0]}@1"}
            for _ in range(2):
                sent = await software.post("/drafts/send", headers=PAGE, data=form, allow_redirects=False)
                assert (sent.status, sent.headers["Location"]) == (303, f"/drafts/results/{BATCH}")
            assert letters(node) == ["1/BC-UBND"]
            results = await software.get(f"/drafts/results/{BATCH}", headers=PAGE)
            assert "1 trên 1 văn bản đã ký" in results.body.decode()
            left = {"token": "0" * 8 + BATCH[8:], "draft": f"{drafts[1]}@1"}
            node.batches.begin(left["token"], BatchKind.SEND, [left["draft"]], actor="van-thu")
            place = f"/drafts/results/{left['token']}"
            assert place in (await software.get("/drafts", headers=PAGE)).body.decode()
            assert f"{place}/go-on" in (await software.get(place, headers=PAGE)).body.decode()
            await software.post(f"{place}/go-on", headers=PAGE, data={"token": BATCH[:-1] + "6"})
            assert "Chưa thực hiện được" in (await software.get(place, headers=PAGE)).body.decode()
            assert place not in (await software.get("/drafts", headers=PAGE)).body.decode()

    with stand.sender.open() as node:
        drafts = [begin(node, FORM | {"number": "1"}), begin(node, {"from": FORM["from"], "number": "2"})]
        add(node, drafts[0])
        asyncio.run(story(node, drafts))


class Hold:
    """Takes the place of the armed failpoints: whoever comes to this name waits until it is let go."""

    def __init__(self, name: str) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self._name = name

    def strikes(self, name: str) -> bool:
        if name == self._name:
            self.reached.set()
            assert self.go.wait(60)
        return False


def test_what_takes_long_goes_on_behind_the_answer_and_the_page_says_how_far_it_is(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for fifty letters on one request: a thin line or a browser's time-out hurts nobody."""

    async def until_done(software: Software, path: str, said: str) -> str:
        for _ in range(600):
            answer = await software.get(path, headers=PAGE)
            page = answer.body.decode()
            if "Refresh" not in answer.headers:
                return page
            assert said in page
            await asyncio.sleep(0.1)
        raise AssertionError(path)

    async def story(node: Node, drafts: list[str]) -> None:
        async with calling(node, replace(QUICK, patience=0.0), admit=lone_person) as software:
            asked = f"/drafts/chosen?{'&'.join(f'id={one}' for one in drafts)}"
            first = await software.get(asked, headers=PAGE)
            assert first.headers["Refresh"] == "3"
            assert "Đang kiểm tra" in first.body.decode() and 'name="draft"' not in first.body.decode()
            page = await until_done(software, asked, "Đang kiểm tra")
            assert [f'value="{one}@1"' in page for one in drafts] == [True, True]
            assert "Refresh" in (await software.get(asked, headers=PAGE)).headers, "once it was shown it is judged anew"
            held = Hold("node.batch.done")
            monkeypatch.setattr(failpoints, "_armed", held)
            form = [("token", BATCH), *(("draft", f"{one}@1") for one in drafts)]
            sent = await software.post("/drafts/send", headers=PAGE, data=form, allow_redirects=False)
            assert (sent.status, sent.headers["Location"]) == (303, f"/drafts/results/{BATCH}")
            assert await asyncio.to_thread(held.reached.wait, 60)
            working = await software.get(f"/drafts/results/{BATCH}", headers=PAGE)
            assert working.headers["Refresh"] == "3"
            assert "còn 1 trên 2 văn bản" in working.body.decode() and "/go-on" not in working.body.decode()
            held.go.set()
            assert "2 trên 2 văn bản đã ký" in await until_done(software, f"/drafts/results/{BATCH}", "Đang làm")
            assert sorted(letters(node)) == ["1/BC-UBND", "2/BC-UBND"]
            assert len(software.woken) == 2

    with stand.sender.open() as node:
        drafts = [begin(node, FORM | {"number": str(number)}) for number in (1, 2)]
        for draft in drafts:
            add(node, draft)
        asyncio.run(story(node, drafts))
