"""Requests for new keys on their way over the line: put down by a command, carried by the running process.

`rotations/NAME.json` is a request, `rotations/NAME.word.json` the hub's last word on it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from config.key_pairs import pair_of, write
from config.places import Places
from exchange_axis.domain.enrolment import rotation_octets
from exchange_axis.ports import HubRefused, HubUnreachable
from exchange_axis.wire.trust_json import RotationWord
from signing.certificates import key_fingerprint, load_certificates, read_csr
from signing.keys import Signer, load_signer
from signing.primitives import require_public_key

EVERY: Final = 30.0
"""Seconds between two questions."""
WAITING: Final = "waiting"
REFUSED: Final = "refused"

log = logging.getLogger("axis.rotation")


class RotationLine(Protocol):
    async def ask_rotation(self, request: Mapping[str, Any]) -> RotationWord: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    name: str
    state: str
    reason: str | None
    answer: Mapping[str, Any] | None


class RotationBox:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._folder = places.root / "rotations"

    def forget_refused(self, name: str) -> None:
        """Asked again after a refusal: the key that was refused goes."""
        if self._word(name).state == REFUSED:
            pair_of(self._places, name).drop()
            self.done(name)

    def put(self, name: str, request: Mapping[str, Any], passphrase: bytes | None) -> Path:
        """Put a request down, with the word of the key in use. Raises refusals of key files."""
        pair = pair_of(self._places, name)
        asked = {**request["requests"], **request["certificates"]}
        signer = load_signer(pair.key, pair.certificate, passphrase=passphrase)
        proofs = {place: _proof(signer, request["id"], place, pem) for place, pem in asked.items()}
        write(self._path(name), json.dumps({**request, "proofs": proofs}, ensure_ascii=False).encode())
        return self._path(name)

    def every(self) -> Iterator[Asked]:
        for path in sorted(self._folder.glob("*.json")):
            if not path.name.endswith(".word.json"):
                yield self._word(path.stem)

    def done(self, name: str) -> None:
        for path in (self._path(name), self._word_path(name)):
            path.unlink(missing_ok=True)

    async def carry(self, line: RotationLine) -> int:
        """Ask for what is undecided; returns how many were decided meanwhile."""
        decided = 0
        for one in await asyncio.to_thread(lambda: list(self.every())):
            if one.state == WAITING:
                word = await self._ask(one.name, line)
                decided += word.state != WAITING
        return decided

    async def _ask(self, name: str, line: RotationLine) -> RotationWord:
        request = json.loads(await asyncio.to_thread(self._path(name).read_bytes))
        try:
            word = await line.ask_rotation(request)
        except HubUnreachable:
            return RotationWord(state=WAITING)
        except HubRefused as refusal:
            word = RotationWord(state=REFUSED, reason=str(refusal.problem.get("code", "")))
        if word.state != WAITING:
            said = {"state": word.state, "answer": word.answer, "reason": word.reason}
            await asyncio.to_thread(write, self._word_path(name), json.dumps(said, ensure_ascii=False).encode())
            log.warning("rotation.%s name=%s reason=%s next=axis … rotate install", word.state, name, word.reason or "")
        return word

    def _word(self, name: str) -> Asked:
        try:
            said = json.loads(self._word_path(name).read_bytes())
        except FileNotFoundError:
            said = {"state": WAITING, "answer": None, "reason": None}
        return Asked(name=name, state=said["state"], reason=said["reason"], answer=said["answer"])

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _word_path(self, name: str) -> Path:
        return self._folder / f"{name}.word.json"


def _proof(signer: Signer, peer: str, place: str, pem: str) -> str:
    if "REQUEST" in pem:
        key = read_csr(pem.encode()).fingerprint
    else:
        key = key_fingerprint(require_public_key(load_certificates(pem.encode())[0].public_key()))
    return base64.b64encode(signer.sign(rotation_octets(peer=peer, place=place, key=key))).decode("ascii")
