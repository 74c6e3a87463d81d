"""A board for the wall of an operations centre, or for a frame in its portal: counts only, no letter, no person (R96).

Rules of this file:
1. It shows figures of the feed (`feed_of`) and nothing else; whoever may read that may see this.
2. It runs no script: the browser asks again by itself. Nobody may frame it but the origins that the operator names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from exchange_axis.hub.service import Hub
from exchange_axis.web.operations.feed import feed_of
from exchange_axis.web.shared.pages import CSP, render
from exchange_axis.web.shared.workers import Workers
from exchange_axis.wire.times import from_text

REFRESH: Final = 30
"""Seconds. Nobody works on this page, and what happens is shown as it happens (WCAG 2.2.1, real-time exception)."""
NOBODY: Final = "frame-ancestors 'none'"


async def board(hub: Hub, workers: Workers, frames: Sequence[str], request: web.Request) -> web.StreamResponse:
    """
    Args:
        frames: origins whose pages may show it in a frame.
    """
    body, _ = await workers.run(feed_of, hub)
    found: dict[str, Any] = json.loads(body)
    response = render(
        request,
        "console/board.html",
        found=found,
        at=from_text(found["at"]),
        waiting=sum(one["count"] for one in found["queue"]),
        oldest=max((one["oldest_minutes"] for one in found["queue"]), default=0),
        days_left=min(found["certificates_days"].values(), default=None),
    )
    response.headers["Refresh"] = str(REFRESH)
    response.headers["Content-Security-Policy"] = CSP.replace(NOBODY, policy(frames))
    return response


def policy(frames: Sequence[str]) -> str:
    return f"frame-ancestors {' '.join(frames)}" if frames else NOBODY
