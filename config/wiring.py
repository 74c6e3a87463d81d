"""What hub and node are both put together from; `wiring_hub` and `wiring_node` put them together.

Two modules, so that a node does not load a hub: starting is what a short command mostly does.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from adapters.blobs_files import FileBlobs
from adapters.clock import SystemClock
from adapters.file_examiner import FileExaminer
from adapters.throttle import Throttle
from config.places import Places
from config.settings import HubFile, NodeFile
from exchange_axis.pipeline.people_world import PeopleSettings
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.blob_keys import open_blob_keys
from exchange_axis.store.datadir import make_private_folder
from signing.keys import Signer, load_signer
from signing.roots import FILE as ROOTS
from signing.trust import TrustAnchors


@cache
def examiner() -> FileExaminer:
    """The processes that read hostile files: one set for the whole process, started at the first file."""
    made = FileExaminer()
    atexit.register(made.close)
    return made


def reloading_anchors(folder: Path) -> Callable[[], TrustAnchors]:
    """Anchors of a folder and what each is trusted for, read again when a file in it changes."""
    state: dict[str, Any] = {}

    def current() -> TrustAnchors:
        files = (*folder.glob("*.pem"), *folder.glob(ROOTS))
        stamp = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in files))
        if state.get("stamp") != stamp:
            state["anchors"] = TrustAnchors.from_path(folder)
            state["stamp"] = stamp
        anchors: TrustAnchors = state["anchors"]
        return anchors

    return current


def people_settings(file: HubFile | NodeFile) -> PeopleSettings:
    return PeopleSettings(
        name=file.name,
        factor_wanted=file.second_factor,
        review_days=file.account_review_days,
        expiry_days=file.account_expiry_days,
    )


def bandwidth_cap(file: HubFile | NodeFile, clock: Clock | None) -> tuple[Throttle, Throttle] | None:
    """On what goes up and what comes down, each by itself."""
    if not file.bandwidth:
        return None
    clock = clock or SystemClock()
    return Throttle(file.bandwidth, clock), Throttle(file.bandwidth, clock)


def blobs_of(places: Places, *, clock: Clock, rng: Rng) -> FileBlobs:
    keys = open_blob_keys(places.blob_keys, rng=rng, at=clock.now())
    return FileBlobs(make_private_folder(places.blobs), keys)


def signer_of(places: Places, name: str, passphrase: bytes | None) -> Signer:
    return load_signer(places.key(name), places.certificate(name), passphrase=passphrase)
