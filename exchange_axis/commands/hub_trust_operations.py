"""What the hub does for `axis hub trust`, `trust-list` and `certificates`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.approving_operations import actor_of
from exchange_axis.commands.control import Operation
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.approvals import Step
from signing.revocation import RevocationReason

Arguments = Mapping[str, Any]


def _authority_announce(hub: Hub, arguments: Arguments) -> Any:
    return hub.succession.announce(actor=_who_changes(hub, arguments))


def _authority_install(hub: Hub, arguments: Arguments) -> Any:
    return hub.succession.install(force=bool(arguments.get("force")), actor=arguments["actor"])


def _trust_list_show(hub: Hub, _arguments: Arguments) -> Any:
    return hub.trust_lists.state()


def _trust_list_draft(hub: Hub, _arguments: Arguments) -> Any:
    return {"draft": hub.trust_lists.draft()}


def _trust_list_propose(hub: Hub, arguments: Arguments) -> Any:
    return {
        "version": hub.trust_lists.propose(arguments["draft"], actor=actor_of(hub.approvals, arguments, Step.PROPOSE))
    }


def _trust_list_approve(hub: Hub, arguments: Arguments) -> Any:
    return {"version": hub.trust_lists.approve(actor=actor_of(hub.approvals, arguments, Step.DECIDE))}


def _trust_list_refuse(hub: Hub, arguments: Arguments) -> Any:
    actor = actor_of(hub.approvals, arguments, Step.DROP)
    return {"version": hub.trust_lists.refuse(reason=arguments["reason"], actor=actor)}


def _trust_add(hub: Hub, arguments: Arguments) -> Any:
    rule = arguments.get("rule") or {}
    return hub.roots.add(arguments["name"], arguments["pem"], rule, actor=_who_changes(hub, arguments))


def _trust_remove(hub: Hub, arguments: Arguments) -> Any:
    return hub.roots.remove(arguments["name"], actor=_who_changes(hub, arguments))


def _who_changes(hub: Hub, arguments: Arguments) -> str:
    """Where one person is enough, a proposal decides."""
    step = Step.DECIDE if hub.world.settings.trust_approvers < 2 else Step.PROPOSE
    return actor_of(hub.approvals, arguments, step)


def _trust_decide(hub: Hub, arguments: Arguments) -> Any:
    step = Step.DECIDE if arguments["approve"] else Step.DROP
    number, actor = int(arguments["number"]), actor_of(hub.approvals, arguments, step)
    return hub.roots.approve(number, actor=actor) if arguments["approve"] else hub.roots.reject(number, actor=actor)


def _trust_list(hub: Hub, _arguments: Arguments) -> Any:
    return hub.roots.view()


def _certificates(hub: Hub, _arguments: Arguments) -> Any:
    return hub.watch.view()


def _certificate_proof(hub: Hub, arguments: Arguments) -> Any:
    return {"letters": hub.watch.prove(arguments["query"])}


def _seal_note(hub: Hub, arguments: Arguments) -> Any:
    query, reason, actor = arguments["query"], arguments["reason"], arguments["actor"]
    return {"letters": hub.standing.unchecked.note(query, reason=reason, actor=actor)}


def _seal_look(hub: Hub, _arguments: Arguments) -> Any:
    return {"seals": hub.standing.unchecked.look()}


def _authority_revoke(hub: Hub, arguments: Arguments) -> Any:
    reason = RevocationReason(arguments["reason"])
    return hub.standing.lists.revoke(arguments["certificate"], reason=reason, actor=arguments["actor"])


def _authority_crl(hub: Hub, _arguments: Arguments) -> Any:
    return {"pem": hub.standing.lists.current_pem()}


def _authority_lists(hub: Hub, _arguments: Arguments) -> Any:
    return {"lists": hub.standing.lists.view()}


def _authority_take(hub: Hub, arguments: Arguments) -> Any:
    content = base64.b64decode(arguments["content"])
    return {"taken": hub.standing.lists.take([content], source=arguments["actor"])}


TRUST_OPERATIONS: Mapping[str, Operation] = {
    "authority.announce": _authority_announce,
    "authority.install": _authority_install,
    "trust.add": _trust_add,
    "trust.remove": _trust_remove,
    "trust.decide": _trust_decide,
    "trust.list": _trust_list,
    "certificates": _certificates,
    "certificates.prove": _certificate_proof,
    "trust-list.show": _trust_list_show,
    "trust-list.draft": _trust_list_draft,
    "trust-list.propose": _trust_list_propose,
    "trust-list.approve": _trust_list_approve,
    "trust-list.refuse": _trust_list_refuse,
    "authority.revoke": _authority_revoke,
    "authority.crl": _authority_crl,
    "authority.lists": _authority_lists,
    "authority.take": _authority_take,
    "seals.note": _seal_note,
    "seals.look": _seal_look,
}
