"""Every page that has a picture, so every page there is: fit for everybody, light enough, and some of them on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pictured import PICTURED
from tests.browser.scenes import SCENES, Scene
from tests.browser.sweep import ON_PAPER, look

BEGINNINGS = {
    "auditor": ("console-",),
    "operator": ("operator", "directory", "approvals", "changes"),
    "people": ("login", "account", "people", "person", "record", "trust", "practice"),
    "public": ("public-",),
    "wall": ("wall",),
}
"""How the names of a scene's pages begin; all others are the desk's."""


def scene_of(name: str) -> str:
    return next((scene for scene, beginnings in BEGINNINGS.items() if name.startswith(beginnings)), "desk")


@pytest.mark.prove
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_every_page_is_fit_for_everybody(browser: Browser, scene: Scene, tmp_path: Path) -> None:
    with scene(browser, tmp_path) as shown:
        looked = list(look(browser, shown))
    assert {one.name: one.faults for one in looked if one.faults} == {}
    assert {one.name for one in looked} == {name for name in PICTURED if scene_of(name) == scene.__name__}


def test_what_is_printed_to_be_filed_is_a_page() -> None:
    assert set(ON_PAPER) <= set(PICTURED)
