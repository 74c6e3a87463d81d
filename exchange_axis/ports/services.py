"""Services of others: time-stamps, revocation, identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from exchange_axis.domain.openid import ProviderPlaces
from exchange_axis.errors import AxisError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from signing.revocation import Evidence


class TimestampsUnreachable(AxisError):
    """Facts: url, reason. Temporary: the same may be asked again."""

    code: ClassVar[str] = "timestamp.unreachable"
    vi: ClassVar[str] = "Không kết nối được dịch vụ dấu thời gian {url}: {reason}"
    en: ClassVar[str] = "The time-stamping service {url} cannot be reached: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra mạng và địa chỉ dịch vụ; dấu thời gian còn chờ sẽ tự được lấy lại"
    remedy_en: ClassVar[str] = "Check the network and the service's address; what is pending is fetched later by itself"


class TimestampSource(Protocol):
    """A time-stamping service of RFC 3161."""

    @property
    def name(self) -> str:
        """For people and logs."""
        ...

    async def answer(self, request: bytes) -> bytes:
        """The answer (DER TimeStampResp) to a request (DER TimeStampReq); nothing of it was verified.

        Raises:
            TimestampsUnreachable.
        """
        ...


class IdentityProvider(Protocol):
    """An OpenID provider; belongs to one event loop. Every call raises ProviderUnreachable."""

    async def places(self) -> ProviderPlaces: ...

    async def redeem(self, *, code: str, verifier: str, redirect: str) -> str:
        """The identity token for a code, unchecked. Raises OpenIdRefused: the provider does not know the code."""
        ...

    async def keys(self, *, anew: bool = False) -> Mapping[str, Any]:
        """Its public keys (RFC 7517), kept for a while; `anew` after a token whose key is not among them."""
        ...

    async def close(self) -> None:
        """Done by the application that it was given to."""
        ...


class RevocationSource(Protocol):
    """Where evidence about certificates is collected: files that somebody brings, addresses that the operator allows.

    Never raises for what a source does: what could not be had is said in the evidence (`missing`). It may take long,
    so nobody waits for it who serves a peer.
    """

    async def collect(self, chain: Sequence[Certificate]) -> Evidence:
        """Evidence about the first certificate and those above it.

        Args:
            chain: the certificate, then what came with it; unverified.
        """
        ...
