"""The small node and a node of the product write to each other: each believes what the other made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange_axis.node.compose import compose
from tests.conformance.cast import COMMUNE, DIRECTORY, HUB, NAMES, PROVINCE, event, send, told
from tests.conformance.driver import NodeUnderTest, enrolled
from tests.conformance.hub import running_hub
from tests.conformance.product import ProductNode, product_node

CLERK = "Trần Văn Bình"


@dataclass(frozen=True, kw_only=True)
class Pair:
    small: NodeUnderTest
    product: ProductNode


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with running_hub(folder / "hub", DIRECTORY, hub_id=HUB) as hub:
        small = enrolled(folder, hub, node_id="nut-xa", agencies={COMMUNE: NAMES[COMMUNE]})
        named = {PROVINCE: NAMES[PROVINCE]}
        with product_node(folder, hub, node_id="nut-tinh", agencies=named) as product:
            yield Pair(small=small, product=product)


def test_the_product_takes_what_the_small_node_sends(pair: Pair, tmp_path: Path) -> None:
    report = tmp_path / "báo cáo.pdf"
    report.write_bytes(b"%PDF-1.7 " * 50_000)
    sent = send(pair.small, COMMUNE, PROVINCE, number=57, options=("--attach", report, "--resumable"))
    assert pair.product.step(lambda agent: agent.pull_once(10)) == 1
    assert pair.product.step(lambda agent: agent.push_once()) == 1
    (line,) = pair.product.node.views.received()
    assert (line.sender, line.title, line.origin) == (COMMUNE, "57/BC-UBND", "signed")
    accepted = pair.product.node.clerk.accept("57/BC-UBND", actor=CLERK)
    assert pair.product.step(lambda agent: agent.push_once()) == 1
    counted = told(pair.small("events", "--wait", "10"), sent["consignment_id"])
    expected = ("ContentConsignment", "ContentHandover", "status 01", "status:03", "status 03")
    assert counted == Counter((PROVINCE, what) for what in expected)
    assert accepted.arrival_number == 1


def test_the_small_node_takes_what_the_product_sends(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "phu-luc.txt").write_text("Phụ lục I", "utf-8")
    form = {
        "from": PROVINCE,
        "to": [COMMUNE],
        "number": 12,
        "notation": "UBND-VX",
        "date": datetime.now(UTC).date(),
        "subject": "V/v kiểm tra đường truyền",
        "attachments": ["phu-luc.txt"],
    }
    draft = compose(form, base=tmp_path, agencies={PROVINCE: NAMES[PROVINCE]}, name_of=NAMES.__getitem__)
    receipt = pair.product.node.sender.send(draft, actor=CLERK)
    assert pair.product.step(lambda agent: agent.push_once()) == 1
    (received,) = pair.small("receive", "--wait", "10")
    assert (received["consignment_id"], received["sender"]) == (receipt.consignment_id, PROVINCE)
    assert event(pair.small("say", receipt.consignment_id, COMMUNE, "03", "--description", "Số đến 9")) == "status:03"
    assert pair.product.step(lambda agent: agent.feed_once(10)) == 3
    (line,) = (line for line in pair.product.node.views.sent() if line.consignment_id == receipt.consignment_id)
    assert [(one.delivery, one.status) for one in line.recipients] == [("handed-over", "03")]
    assert pair.product.node.views.status().alarms == ()
