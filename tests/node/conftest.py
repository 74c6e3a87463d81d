from __future__ import annotations

from pathlib import Path

import pytest

from tests.node.stand import Stand, open_stand


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)
