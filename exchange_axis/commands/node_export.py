"""One letter with everything that proves it, laid ready to be taken out of a node's data folder.

The serving process may see nothing but that folder (deploy/axis-node.service), so the container waits there for the
command that asked (`handing.save`); the small documents travel in the answer.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from exchange_axis.commands.output import as_problem
from exchange_axis.errors import ConsignmentErased
from exchange_axis.node.errors import LetterFrozen
from exchange_axis.node.service import Node
from exchange_axis.node.shown import Details

PROOF_SUFFIX = ".tlog-proof"


def export(node: Node, query: str, *, reader: str, agency: str | None = None) -> dict[str, Any]:
    """Lay the container ready and name what goes with it.

    Of a letter that is recalled, taken back or erased only the content is withheld.

    Returns:
        `container` (path in the data folder, the caller's to move; None if withheld), `files`: name to base64,
        `letter`: what is known about it, and `withheld`: the refusal of the content as code and texts, or None.

    Raises:
        NotFound, Ambiguous: of the query.
        BlobError: the container cannot be read.
    """
    withheld: LetterFrozen | ConsignmentErased | None = None
    try:
        consignment_id = node.reading.content(query, reader=reader, agency=agency).consignment_id
    except (LetterFrozen, ConsignmentErased) as refusal:
        consignment_id, withheld = node.reading.look(query, reader=reader, agency=agency), refusal
    details = node.views.show(consignment_id)
    return {
        "consignment_id": details.consignment_id,
        "title": details.title,
        "container_sha256": details.container_sha256,
        "container": None if withheld is not None else _container(node, details),
        "files": {name: base64.b64encode(content).decode("ascii") for name, content in _documents(node, details)},
        "letter": details,
        "withheld": None if withheld is None else as_problem(withheld),
    }


def _container(node: Node, details: Details) -> str:
    path = node.world.settings.staging / f"export-{node.world.rng.uuid()}.asice"
    path.touch(mode=0o600, exist_ok=False)
    with node.world.blobs.open(details.container_sha256) as blob, path.open("wb") as file:
        for chunk in blob.chunks():
            file.write(chunk)
    return str(path.absolute())


def _documents(node: Node, details: Details) -> Iterator[tuple[str, bytes]]:
    """Evidence with its proofs, and the statuses of recipients as the containers that they sealed."""
    for happening in details.timeline:
        if happening.evidence_id is not None:
            found = node.views.evidence(happening.evidence_id)
            if found is not None:
                stem = f"{happening.what.replace(':', '-')}-{happening.evidence_id}"
                yield f"{stem}.xml", found[0]
                if found[1] is not None:
                    yield f"{stem}{PROOF_SUFFIX}", found[1]
        elif happening.kind == "status" and happening.sha256 is not None:
            sha256 = happening.sha256
            document = node.world.store.read(lambda unit, wanted=sha256: unit.records.document(wanted))  # type: ignore[misc]
            if document is not None:
                yield f"status-{happening.what}-{sha256[:16]}.asice", document.content
