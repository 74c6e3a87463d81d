"""How readiness is answered: to the outside yes or no, to the operator every check with its code and remedy."""

from __future__ import annotations

from collections.abc import Mapping

from exchange_axis.pipeline.readiness import Readiness


def readiness_json(found: Readiness, *, details: bool) -> Mapping[str, object]:
    """
    Args:
        details: the asker is on this host, or shows the operators' token.
    """
    if not details:
        return {"ready": found.ready}
    failed = [
        {
            "check": name,
            "code": refusal.code,
            "vi": refusal.message("vi"),
            "en": refusal.message("en"),
            "remedy_vi": refusal.remedy("vi"),
            "remedy_en": refusal.remedy("en"),
        }
        for name, refusal in found.failed.items()
        if refusal is not None
    ]
    checks = {name: refusal is None for name, refusal in found.failed.items()}
    return {"ready": found.ready, "checks": checks, "failed": failed}
