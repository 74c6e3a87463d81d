"""Whether a hub can sign and deliver: seal, certificates, database, disk, clock and log, each tried for itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from cryptography import x509

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.timekeeping import DRIFT
from exchange_axis.errors import AxisError
from exchange_axis.hub.log import Log
from exchange_axis.hub.log_guard import LogGuard
from exchange_axis.hub.timekeeping import ClockDrifting
from exchange_axis.hub.world import World
from exchange_axis.pipeline.readiness import Checkup, require_valid, sign_now, store_now, write_now
from exchange_axis.store.hub import logrows
from exchange_axis.store.hub.pulse_tables import pulse
from exchange_axis.store.pulse import beat

SILENT = 120.0
"""Seconds without a run of the sequencer; the design lets 60 pass between two checkpoints."""


class SequencerSilent(AxisError):
    code: ClassVar[str] = "ready.sequencer"
    vi: ClassVar[str] = "Nhật ký không được đánh số từ {seconds} giây nay; biên nhận chưa có chứng minh"
    en: ClassVar[str] = "The log has not been sequenced for {seconds} s; receipts get no proof"
    remedy_vi: ClassVar[str] = "Xem nhật ký chạy (run.house), axis hub status; khởi động lại trục nếu việc nền đã dừng"
    remedy_en: ClassVar[str] = "See the program's log (run.house), axis hub status; restart if its chores have stopped"


class CheckpointOld(AxisError):
    """Of a quiet hub the newest checkpoint may be of any age: what counts is evidence that waits for the next."""

    code: ClassVar[str] = "ready.checkpoint"
    vi: ClassVar[str] = (
        "Điểm kiểm tra mới nhất của nhật ký (ký lúc {signed}) đã cũ: biên nhận chờ điểm mới từ {seconds} giây nay, "
        "quá {limit} giây cho phép"
    )
    en: ClassVar[str] = (
        "The newest checkpoint of the log (signed {signed}) is too old: receipts have waited {seconds} s for the next "
        "one, {limit} s are allowed"
    )
    remedy_vi: ClassVar[str] = "Xem nhật ký chạy, axis log verify; tiến trình đánh số nhật ký có chạy và ký được không"
    remedy_en: ClassVar[str] = (
        "See the program's log, axis log verify: does the process that sequences run, can it sign"
    )


class HubReadiness(Checkup):
    def __init__(self, world: World, log: Log, guard: LogGuard, own: Mapping[str, x509.Certificate]) -> None:
        self._world = world
        self._log = log
        self._guard = guard
        self._own = own
        self._began, self._mark = world.clock.now(), world.clock.monotonic()
        super().__init__(
            world.clock,
            {
                "seal": self._seal,
                "certificates": self._certificates,
                "store": self._store,
                "disk": lambda: store_now(world.staging),
                "clock": self._clock_is_right,
                "log": guard.require_sound,
                "sequencer": self._sequencer,
                "checkpoint": self._checkpoint,
            },
        )

    def _seal(self) -> None:
        signer = self._world.issuer.signer
        sign_now([signer])
        require_valid({"hub-seal": signer.certificate}, self._world.clock.now())

    def _certificates(self) -> None:
        require_valid(self._own, self._world.clock.now())

    def _store(self) -> None:
        at = self._world.clock.now()
        write_now(lambda: self._world.transactions.run(lambda connection: beat(connection, pulse, at)))

    def _clock_is_right(self) -> None:
        """No jump since the start that nobody bears out, and no word against it (`domain.timekeeping`)."""
        verdict = self._world.guard.verdict()
        if verdict.source:
            self._world.guard.require_right_time()
            return
        jumped = self._world.clock.now() - self._began - self._elapsed()
        if abs(jumped) > DRIFT:
            raise ClockDrifting(offset=f"{jumped.total_seconds():+.1f}", source="monotonic")

    def _sequencer(self) -> None:
        """Once begun it runs again and again; whoever only serves another process of this hub does not sequence."""
        ran = self._log.ran_at
        silent = 0.0 if ran is None else self._world.clock.monotonic() - ran
        if silent > SILENT:
            raise SequencerSilent(seconds=round(silent))

    def _checkpoint(self) -> None:
        """Whichever process of this hub sequences: the database says how far it came."""
        newest, since = self._world.transactions.read(
            lambda connection: (logrows.checkpoint(connection), logrows.waiting_since(connection))
        )
        limit = self._world.settings.checkpoint_age
        waited = timedelta() if since is None else self._world.clock.now() - since
        if waited > limit:
            signed = "–" if newest is None else newest[2].astimezone(VIETNAM).isoformat(sep=" ", timespec="seconds")
            seconds = round(waited.total_seconds())
            raise CheckpointOld(signed=signed, seconds=seconds, limit=round(limit.total_seconds()))

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=self._world.clock.monotonic() - self._mark)
