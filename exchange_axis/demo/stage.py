"""What every scene of the story works with: the federation, its commands, the letters' forms, and who tells what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exchange_axis.demo.desk import Row
from exchange_axis.demo.errors import TooSlow
from exchange_axis.demo.events import Arrow, Commentary
from exchange_axis.demo.federation import Federation, NodePlace
from exchange_axis.demo.letters import DemoLetter, letter, letters
from exchange_axis.demo.packets import write_form
from exchange_axis.demo.pdfs import write_attachments
from exchange_axis.demo.supervisor import Supervisor
from exchange_axis.demo.watch import Watch
from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.ports import Clock, Rng
from exchange_axis.wire.times import cut

SECONDS = 100.0
"""A story that takes longer has come to a stop somewhere."""
_NAMED = 3
"""Recipients named in a line; of more, only their number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    federation: Federation
    supervisor: Supervisor
    commentary: Commentary
    folder: Path
    """Letters, and containers made by hand."""
    clock: Clock
    calendar: WorkingCalendar
    rng: Rng
    consignments: dict[int, str] = field(default_factory=dict)
    """Consignment id by number of the letter."""

    def write_letters(self) -> None:
        """PDFs, signed by their agencies, and forms of all letters; needs no federation yet, which needs the root."""
        try:
            # Half a second of imports, while the hubs come up.
            from exchange_axis.demo.pdf_signing import PdfSigning  # noqa: PLC0415

            signing = PdfSigning(cut(self.clock.now()))
            self.federation.pdf_root.set_result(signing.root_pem)
        except BaseException as error:
            self.federation.pdf_root.set_exception(error)
            raise
        for one in letters():
            home = self.folder / str(one.number)
            home.mkdir()
            attachments = write_attachments(one, home, self.rng, signing.sign)
            write_form(one, attachments, self._form(one), now=self.clock.now(), calendar=self.calendar)

    def send(self, one: DemoLetter) -> Mapping[str, Any]:
        """By the command, as a clerk does; returns the node's local receipt."""
        place = self.federation.node_for(one.sender)
        # Letters 5 and 15 have number, symbol and day of letters 4 and 14: to the desk they are others all the same.
        key = f"demo-{one.number}"
        sent = self.node("send", str(self._form(one)), place, "--idempotency-key", key)
        self.consignments[one.number] = str(sent["consignment_id"])
        whom, whom_en = named(one.recipients)
        self.commentary.tell(
            place.id,
            Arrow.HERE,
            f"{one.symbol} {one.sender} ⇢ {whom}: ký số, xếp hàng ({one.story})",
            f"{one.symbol} {one.sender} ⇢ {whom_en}: sealed and queued",
        )
        for note in sent["notes"]:
            vi, en = f"{one.symbol}: {note['vi']} [{note['code']}]", f"{one.symbol}: {note['en']} [{note['code']}]"
            self.commentary.tell(place.id, Arrow.HERE, vi, en)
        return sent

    def node(
        self, verb: str, what: str, place: NodePlace, *options: str, codes: Sequence[int] = (0,)
    ) -> dict[str, Any]:
        """`axis node VERB WHAT …` at that node."""
        data = self.federation.data(place)
        return self.supervisor.command("node", verb, what, *options, *data, "--json", codes=codes)

    def until(self, watch: Watch, number: int, ready: Callable[[Row], bool]) -> None:
        """Wait until the sender's row of a letter is as wanted.

        Raises:
            TooSlow, ChildFailed, and whatever ended the watch.
        """
        wanted = self.consignments[number]
        if not watch.wait(lambda sent: wanted in sent and ready(sent[wanted]), SECONDS):
            self.supervisor.require_alive()
            symbol = letter(number).symbol
            raise TooSlow(seconds=SECONDS, what_vi=f"{symbol} đứng yên", what_en=f"{symbol} does not come on")

    def _form(self, one: DemoLetter) -> Path:
        return self.folder / str(one.number) / "letter.toml"


def named(codes: Sequence[str]) -> tuple[str, str]:
    """Recipients in a line, in both languages."""
    if len(codes) <= _NAMED:
        return ", ".join(codes), ", ".join(codes)
    return f"{len(codes)} nơi nhận", f"{len(codes)} recipients"
