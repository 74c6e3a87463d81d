"""A secrecy mark at the front of an arriving container ends its upload before the attachments are let in."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from exchange_axis.hub.intake import SubmissionRefused
from tests.hub.stand import Stand, make_letter
from tests.web.asking import append, ask, begin
from tests.web.stand import WebPeer, serving

PAYLOAD = b"%PDF-1.7\n" + b"payload " * 500_000 + b"\n%%EOF\n"


def test_the_front_is_judged_before_the_rest_arrives(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    clock = stand.clock
    marked, plain = (
        make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=clock, subject=subject, files={"a.pdf": PAYLOAD})
        for subject in ("[MẬT] Phương án diễn tập", "V/v kiểm tra đường truyền")
    )

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, marked)
            status, _, answer = await append(client, location, 0, marked.path.read_bytes()[:20_000])
            assert (status, answer["code"]) == (422, SubmissionRefused.code)
            assert "rules.secrecy-mark" in {finding["code"] for finding in answer["findings"]}
            assert answer["evidence"]["document"], "a signed refusal"
            assert (await ask(client, "HEAD", location))[0] == 404
            assert list(stand.hub.world.staging.iterdir()) == []
            location = await begin(client, marked)
            status, _, answer = await append(client, location, 0, io.BytesIO(marked.path.read_bytes()))
            assert (status, answer["code"]) == (422, SubmissionRefused.code), "also when it comes in one piece"
            location = await begin(client, plain)
            assert (await append(client, location, 0, plain.path.read_bytes()[:20_000]))[0] == 204

    asyncio.run(story())
