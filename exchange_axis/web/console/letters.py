"""One letter as an auditor sees it: its route, files, seals and receipts; each receipt and the dossier to take."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from exchange_axis.hub.reports import SealedReport
from exchange_axis.hub.viewing import Seen
from exchange_axis.ledger.proof import SUFFIX
from exchange_axis.pipeline.verify_result import Verification
from exchange_axis.pipeline.verify_words import ANSWERS, ASKED, REASONS, VERDICTS, WHYS
from exchange_axis.web.console import letter_words, words
from exchange_axis.web.console.asker import WORKERS, asker_of, hub_of
from exchange_axis.web.shared.forms import fields_of
from exchange_axis.web.shared.language import spoken
from exchange_axis.web.shared.pages import render
from exchange_axis.web.shared.readable import tidy
from schemas.gate.refusal import Language

LETTER: Final = "/auditor/letters/{id}"
PIECE: Final = 1 << 16


async def letter(request: web.Request) -> web.Response:
    return await _page(request, None)


async def verify(request: web.Request) -> web.Response:
    asker, viewing, name = asker_of(request), hub_of(request).inquiry.viewing, request.match_info["id"]
    reason = await _reason(request)
    made = await request.app[WORKERS].run(viewing.verify, name, sees=asker.sees, actor=asker.name, reason=reason)
    return await _page(request, made)


async def dossier(request: web.Request) -> web.StreamResponse:
    asker, hub, name = asker_of(request), hub_of(request), request.match_info["id"]
    reason = await _reason(request)
    workers = request.app[WORKERS]
    packed = await workers.run(hub.inquiry.viewing.dossier, name, sees=asker.sees, actor=asker.name, reason=reason)
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "application/zip",
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="ho-so-{packed.id}.zip"',
            hdrs.CACHE_CONTROL: "no-store",
        }
    )
    try:
        response.content_length = packed.path.stat().st_size
        await response.prepare(request)
        with packed.path.open("rb") as file:
            while chunk := await workers.run(file.read, PIECE):
                await response.write(chunk)
    finally:
        packed.path.unlink(missing_ok=True)
    await response.write_eof()
    return response


async def receipt(request: web.Request) -> web.Response:
    """One piece of evidence as it was sealed, with its proof of the log beside it where there is one."""
    hub, asker, name = hub_of(request), asker_of(request), request.match_info["id"]

    def work() -> bytes:
        found = hub.inquiry.viewing.receipt(name, request.match_info["sha256"], sees=asker.sees)
        proof = hub.log.proofs([found.sha256]).get(found.sha256)
        return _archived({f"{found.id}.xml": found.document, f"{found.id}.xml{SUFFIX}": proof})

    body = await request.app[WORKERS].run(work)
    disposition = f'attachment; filename="bien-nhan-{request.match_info["sha256"][:16]}.zip"'
    return web.Response(body=body, content_type="application/zip", headers={hdrs.CONTENT_DISPOSITION: disposition})


async def _page(request: web.Request, made: SealedReport | None) -> web.Response:
    hub, asker, name = hub_of(request), asker_of(request), request.match_info["id"]

    def work() -> tuple[tuple[Seen, ...], frozenset[str]]:
        seen = hub.inquiry.viewing.letter(name, sees=asker.sees)
        return seen, _proved(hub.log.proofs([row.sha256 for one in seen for row in one.history.evidence]))

    seen, proved = await request.app[WORKERS].run(work)
    language = spoken(request)
    return render(
        request,
        "console/auditor_letter.html",
        seen=seen,
        proved=proved,
        words=words,
        said=letter_words,
        result=None if made is None else _told(made.result, language),
        tone="" if made is None else letter_words.TONES[made.result.verdict],
        id=name,
    )


def _told(result: Verification, language: Language) -> list[tuple[str, str]]:
    """What was found, as pairs of words."""
    place = 1 if language == "en" else 0
    heads = letter_words.RESULT[place]
    facts = [(heads[0], VERDICTS[result.verdict][place]), (heads[1], REASONS[result.reason][place])]
    for name, head in ASKED.items():
        why = result.why.get(name)
        answer = ANSWERS[getattr(result, name)][place]
        facts.append((head[place], answer if why is None else f"{answer} ({WHYS[why][place]})"))
    facts += [(heads[2], tidy(one.en if language == "en" else one.vi)) for one in result.findings]
    return facts


def _proved(proofs: Mapping[str, bytes | None]) -> frozenset[str]:
    """Those of the documents that have a proof in the log by now."""
    return frozenset(name for name, proof in proofs.items() if proof is not None)


def _archived(files: Mapping[str, bytes | None]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in _there(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def _there(files: Iterable[tuple[str, bytes | None]]) -> Iterable[tuple[str, bytes]]:
    return ((name, content) for name, content in files if content is not None)


async def _reason(request: web.Request) -> str:
    return (await fields_of(request)).raw("reason")


LETTER_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", LETTER, letter),
    ("POST", LETTER + "/verify", verify),
    ("POST", LETTER + "/dossier", dossier),
    ("GET", LETTER + "/receipts/{sha256}", receipt),
)
