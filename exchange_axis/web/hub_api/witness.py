"""This hub as witness and as keeper of copies: C2SP tlog-witness, and the same style for what that does not have."""

from __future__ import annotations

from aiohttp import web

from exchange_axis.errors import NotFound
from exchange_axis.hub.proof_passing import answer_to
from exchange_axis.ledger.copying import MAX_COPY, read_copying, write_copying
from exchange_axis.ledger.errors import MalformedCheckpoint, MalformedNote, UntrustedNote
from exchange_axis.ledger.note import MAX_NOTE
from exchange_axis.ledger.witness import MAX_REQUEST, MalformedAdding, NotTheLogs, OtherOldSize, SplitView, read_adding
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.web.hub_api.answers import json_answer
from exchange_axis.web.hub_api.context import Context
from exchange_axis.web.hub_api.parameters import number_of
from exchange_axis.web.shared.bodies import read_json, read_whole
from exchange_axis.wire.trust_json import log_rolls_json, passed_proofs_json, read_log_rolls, read_passed_proofs

SIZE_TYPE = "text/x.tlog.size"


async def add_checkpoint(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    data = await read_whole(request, context.settings.pace, limit=MAX_REQUEST)
    try:
        line = await context.run(lambda: context.hub.witness.add(read_adding(data)))
    except OtherOldSize as other:
        return _other_size(other.size)
    except SplitView as split:
        if split.facts["size1"] != split.facts["size2"]:
            raise
        return _other_size(int(split.facts["size1"]))  # so the specification: the same size with another root
    except (MalformedNote, MalformedCheckpoint) as error:
        raise MalformedAdding(reason=error.message("en")) from error
    return web.Response(text=line)


async def cosignatures(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """A checkpoint of ours with the caller's cosignature: a hub below comes by itself, we cannot call it."""
    data = await read_whole(request, context.settings.pace, limit=MAX_NOTE)
    try:
        await context.run(context.hub.witness.accept, data)
    except (MalformedNote, MalformedCheckpoint) as error:
        raise MalformedAdding(reason=error.message("en")) from error
    except UntrustedNote as error:
        raise NotTheLogs(origin=peer.id) from error
    return web.Response(status=204)


async def pass_proofs(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Take proofs that we asked this hub for; give those it asks for, and say what we want next."""
    asked = read_passed_proofs(await read_json(request, context.settings.pace, limit=context.settings.documents_body))
    return json_answer(passed_proofs_json(await context.run(answer_to, context.hub, peer, asked)))


async def seen(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    note = await context.run(context.hub.witness.seen, request.query.get("origin", "")[:200])
    return web.Response(body=note, content_type="text/plain", charset="utf-8")


async def copy_in(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    data = await read_whole(request, context.settings.pace, limit=MAX_COPY)
    try:
        size = await context.run(lambda: context.hub.witness.copy_in(peer, read_copying(data)))
    except OtherOldSize as other:
        return _other_size(other.size)
    except (MalformedNote, MalformedCheckpoint) as error:
        raise MalformedAdding(reason=error.message("en")) from error
    return web.Response(body=f"{size}\n".encode(), content_type=SIZE_TYPE)


async def copied(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    origin, first = request.query.get("origin", "")[:200], number_of(request, "from", default=0)
    piece = await context.run(context.hub.witness.copied, origin, first)
    if piece is None:
        raise NotFound(what=origin)
    return web.Response(body=write_copying(piece), content_type="text/plain", charset="utf-8")


async def rolls(context: Context, request: web.Request, peer: PeerRow) -> web.StreamResponse:
    """Notes by which the caller's log changed its key; ours in return. A node has none to give."""
    given = read_log_rolls(await read_json(request, context.settings.pace, limit=context.settings.small_body))
    if peer.kind != "node":
        await context.run(context.hub.witness.rolls.take, peer.id, given)
    return json_answer(log_rolls_json(await context.run(context.hub.witness.rolls.own)))


def _other_size(size: int) -> web.Response:
    return web.Response(status=409, body=f"{size}\n".encode(), content_type=SIZE_TYPE)
