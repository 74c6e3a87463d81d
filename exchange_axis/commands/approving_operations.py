"""Who proposes or approves, from the arguments of an operation (`approving.claim_arguments`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange_axis.pipeline.approvals import Approvals, Claim, Proof, Step


def actor_of(approvals: Approvals, arguments: Mapping[str, Any], step: Step) -> str:
    """The name under which this step is written down; see `Approvals.actor` for what it raises."""
    given = arguments.get("proof")
    proof = None if given is None else Proof(login=given["login"], password=given["password"], code=given["code"])
    name = arguments["actor"]
    claim = Claim(name=name, account=arguments.get("account") or name, proof=proof)
    return approvals.actor(claim, step)


ERASING = {"propose": Step.PROPOSE, "approve": Step.DECIDE, "withdraw": Step.DROP}
"""Steps of an erasure, at a hub and at a node."""
