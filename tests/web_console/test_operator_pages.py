"""The operator's and the registry officer's pages in a browser: fit for everybody, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exchange_axis.domain.people import Role
from tests.browser.driver import visiting
from tests.web_console.operating import Working, working
from tests.web_console.operating import places as found_places

TWICE = ("operator-lanes", "operator-request", "directory-change")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    with working(Path(tmp_path_factory.mktemp("console"))) as found:
        yield found


@pytest.fixture(scope="module")
def pages(hub: Working) -> list[tuple[str, str]]:
    return found_places(hub)


@pytest.fixture(scope="module")
def cookie(hub: Working, pages: list[tuple[str, str]]) -> tuple[str, str]:
    assert pages
    return hub.settle("minh", Role.OPERATOR, Role.REGISTRY_OFFICER)


def test_a_node_is_invited_and_a_directory_is_imported_without_a_script(
    browser: Browser, hub: Working, cookie: tuple[str, str], tmp_path: Path
) -> None:
    with visiting(browser, hub.base, scripts=False, cookie=cookie) as visitor:
        page = visitor.page
        visitor.go("/operator/nodes")
        page.fill("#node", "nut-khac")
        page.fill("#name", "UBND xã khác")
        page.fill("#codes", "G91")
        page.click("button:has-text('Lập mã mời')")
        assert "axis node join --hub" in page.inner_text("main")
        visitor.go("/operator/nodes")
        page.click("a:has-text('UBND xã khác')")
        page.click("button:has-text('Hủy lời mời')")
        assert "Đã hủy" in page.inner_text("main")
        text = (hub.folder / "hub-a-directory.toml").read_text("utf-8").replace("Xã thử A2", "Phường thử A2")
        (tmp_path / "moi.toml").write_text(text, encoding="utf-8")
        visitor.go("/directory/changes")
        page.set_input_files("#file", tmp_path / "moi.toml")
        page.fill("#reason", "Quyết định 12/QĐ-UBND")
        page.click("button:has-text('Đọc tệp')")
        shown = page.inner_text("main")
        assert "Xã thử A2" in shown
        assert "Phường thử A2" in shown
        assert "Duyệt cho" not in shown
        (tmp_path / "sai.csv").write_text("code,name\nH90,", encoding="utf-8")
        visitor.go("/directory/changes")
        page.set_input_files("#file", tmp_path / "sai.csv")
        page.fill("#reason", "Quyết định 12/QĐ-UBND")
        page.click("button:has-text('Đọc tệp')")
        assert "dòng" in page.inner_text("main")
