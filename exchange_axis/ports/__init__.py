"""What the rooms of the house need from the world. Small, and written by the side that needs them."""

from __future__ import annotations

from exchange_axis.ports.couriers import (
    BulletinDoubtful,
    BulletinFailed,
    BulletinRefused,
    BulletinUndelivered,
    Courier,
)
from exchange_axis.ports.host import (
    Clock,
    FileExaminer,
    MalwareScanner,
    Rng,
    Scan,
    ScanState,
)
from exchange_axis.ports.lines import (
    DossierSource,
    HubConnection,
    HubUplink,
    LogLine,
    TallyExchange,
)
from exchange_axis.ports.messages import (
    CHECKPOINT_HEADER,
    EVERYTHING,
    FILES_NEWS,
    Answer,
    DirectoryNews,
    Document,
    DocumentKind,
    FeedItem,
    HubBusy,
    HubRefused,
    HubUnreachable,
    OfferedShipment,
    PassedProofs,
    PassedStamp,
    Wanted,
    name_of,
)
from exchange_axis.ports.services import (
    IdentityProvider,
    RevocationSource,
    TimestampSource,
    TimestampsUnreachable,
)

__all__ = [
    "CHECKPOINT_HEADER",
    "EVERYTHING",
    "FILES_NEWS",
    "Answer",
    "BulletinDoubtful",
    "BulletinFailed",
    "BulletinRefused",
    "BulletinUndelivered",
    "Clock",
    "Courier",
    "DirectoryNews",
    "Document",
    "DocumentKind",
    "DossierSource",
    "FeedItem",
    "FileExaminer",
    "HubBusy",
    "HubConnection",
    "HubRefused",
    "HubUnreachable",
    "HubUplink",
    "IdentityProvider",
    "LogLine",
    "MalwareScanner",
    "OfferedShipment",
    "PassedProofs",
    "PassedStamp",
    "RevocationSource",
    "Rng",
    "Scan",
    "ScanState",
    "TallyExchange",
    "TimestampSource",
    "TimestampsUnreachable",
    "Wanted",
    "name_of",
]
