"""How a computer of the agency comes to trust the desk's own certificate: the root, its fingerprint, and what to press.

The page is for everybody: who has not trusted the root yet cannot have signed in. What it shows proves nothing by
itself; the fingerprint is compared with the one that `axis node status` prints on the node's own screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from exchange_axis.errors import NotFound
from exchange_axis.web.shared.pages import render
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule

TRUST, ROOT = "/trust", "/trust/root.crt"
LINUX = "sudo cp axis-root.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates"
TRUST_RULES: Final[Rules] = {
    ("GET", TRUST): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", ROOT): rule(Sight.NOTHING, Caller.ANYBODY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusting:
    """The root of the desk's own certificate."""

    der: bytes
    fingerprint: str
    """SHA-256, lower-case hex."""
    names: tuple[str, ...]
    """Names and addresses that it vouches for, and no others."""
    not_after: str
    """YYYY-MM-DD."""


def add_trust(app: web.Application, trusting: Trusting | None) -> None:
    async def show(request: web.Request) -> web.StreamResponse:
        return render(request, "people/trust.html", root=trusting, pairs=_pairs(trusting), linux=LINUX)

    async def root(_request: web.Request) -> web.StreamResponse:
        if trusting is None:
            raise NotFound(what=ROOT)
        headers = {"Content-Disposition": 'attachment; filename="axis-root.crt"'}
        return web.Response(body=trusting.der, content_type="application/x-x509-ca-cert", headers=headers)

    app.router.add_route("GET", TRUST, show)
    app.router.add_route("GET", ROOT, root)


def _pairs(trusting: Trusting | None) -> str:
    """The fingerprint as other programs show it."""
    text = "" if trusting is None else trusting.fingerprint.upper()
    return ":".join(text[start : start + 2] for start in range(0, len(text), 2))
