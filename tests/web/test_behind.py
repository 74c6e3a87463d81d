"""Work behind an answer: one at a time under a key, errors are heard or logged, nothing goes on after the end."""

from __future__ import annotations

import asyncio

import pytest

from exchange_axis.web.desk.behind import Behind


def test_it_goes_on_behind_the_answer_once_and_ends_with_the_application() -> None:
    async def story() -> None:
        behind, steps, gate = Behind(0.0), list[str](), asyncio.Event()

        async def work() -> None:
            steps.append("begun")
            await gate.wait()
            steps.append("ended")

        for _ in range(2):
            await behind.run("letters", work)
        assert behind.runs("letters") and not behind.runs("others")
        await behind.close()
        gate.set()
        await asyncio.sleep(0)
        assert (steps, behind.runs("letters")) == (["begun"], False)

    asyncio.run(story())


def test_who_waits_hears_what_went_wrong_and_later_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        gate = asyncio.Event()

        async def work() -> None:
            await gate.wait()
            raise LookupError("gone")

        late = Behind(0.0)
        await late.run("letters", work)
        gate.set()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not late.runs("letters")
        with pytest.raises(LookupError):
            await Behind(60.0).run("letters", work)

    asyncio.run(story())
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [LookupError]
