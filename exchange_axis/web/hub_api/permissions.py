"""Who may ask the hub for what. The words are explained in `web.shared.permissions`."""

from __future__ import annotations

from typing import Final

from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule

_ALL = (Caller.NODE, Caller.HUB)

RULES: Final[Rules] = {
    ("GET", "/healthz"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/readyz"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/v1/ca"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/crl"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/crl/{name}"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/log/{epoch}/checkpoint"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/log/{epoch}/tile/{level}/{name}"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/v1/capabilities"): rule(Sight.NOTHING, *_ALL),
    ("GET", "/v1/openapi.yaml"): rule(Sight.NOTHING, *_ALL),
    ("GET", "/v1/directory"): rule(Sight.NOTHING, *_ALL),
    ("GET", "/v1/trust-lists"): rule(Sight.NOTHING, *_ALL),
    ("POST", "/v1/revocation-lists"): rule(Sight.OWN, *_ALL),
    ("POST", "/v1/rotations"): rule(Sight.OWN, *_ALL),
    ("GET", "/v1/log/checkpoint"): rule(Sight.NOTHING, *_ALL),
    ("GET", "/v1/log/consistency"): rule(Sight.NOTHING, *_ALL),
    ("POST", "/v1/log/rolls"): rule(Sight.OWN, *_ALL),
    ("POST", "/v1/log/proofs"): rule(Sight.PARTY, Caller.HUB),
    ("GET", "/v1/log/copies"): rule(Sight.NOTHING, Caller.HUB),
    ("POST", "/v1/log/copies"): rule(Sight.OWN, Caller.HUB),
    ("POST", "/v1/witness/add-checkpoint"): rule(Sight.OWN, Caller.HUB),
    ("POST", "/v1/witness/cosignatures"): rule(Sight.NOTHING, Caller.HUB),
    ("GET", "/v1/witness/seen"): rule(Sight.NOTHING, *_ALL),
    ("GET", "/v1/log/timestamps/{size}"): rule(Sight.NOTHING, *_ALL),
    ("POST", "/v1/tsa"): rule(Sight.NOTHING, *_ALL),
    ("OPTIONS", "/v1/uploads"): rule(Sight.NOTHING, *_ALL),
    ("OPTIONS", "/v1/uploads/{id}"): rule(Sight.NOTHING, *_ALL),
    ("POST", "/v1/uploads"): rule(Sight.OWN, *_ALL),
    ("HEAD", "/v1/uploads/{id}"): rule(Sight.OWN, *_ALL),
    ("GET", "/v1/uploads/{id}"): rule(Sight.OWN, *_ALL),
    ("PATCH", "/v1/uploads/{id}"): rule(Sight.OWN, *_ALL),
    ("DELETE", "/v1/uploads/{id}"): rule(Sight.OWN, *_ALL),
    ("POST", "/v1/uploads/{id}"): rule(Sight.OWN, *_ALL),
    ("POST", "/v1/uploads/{id}/commit"): rule(Sight.OWN, *_ALL),
    ("GET", "/v1/uploads/{id}/receipt"): rule(Sight.OWN, *_ALL),
    ("POST", "/v1/consignments"): rule(Sight.OWN, *_ALL),
    ("POST", "/v1/checks"): rule(Sight.OWN, *_ALL),
    ("GET", "/v1/shipments"): rule(Sight.WAITING, *_ALL),
    ("GET", "/v1/shipments/{id}/container"): rule(Sight.WAITING, *_ALL),
    ("HEAD", "/v1/shipments/{id}/container"): rule(Sight.WAITING, *_ALL),
    ("POST", "/v1/shipments/{id}/release"): rule(Sight.WAITING, *_ALL),
    ("POST", "/v1/shipments/{id}/relay"): rule(Sight.WAITING, Caller.HUB),
    ("GET", "/v1/events"): rule(Sight.WAITING, *_ALL),
    ("POST", "/v1/returns"): rule(Sight.PARTY, Caller.HUB),
    ("GET", "/v1/consignments/{id}"): rule(Sight.PARTY, *_ALL),
    ("GET", "/v1/consignments/{id}/dossier"): rule(Sight.PARTY, *_ALL),
    ("GET", "/v1/deadlines"): rule(Sight.PARTY, Caller.NODE),
    ("GET", "/v1/overdue"): rule(Sight.PARTY, Caller.NODE),
    ("POST", "/v1/apologies"): rule(Sight.OWN, Caller.NODE),
    ("GET", "/v1/evidence/{id}"): rule(Sight.PARTY, *_ALL),
    ("POST", "/v1/proofs"): rule(Sight.PARTY, *_ALL),
    ("GET", "/v1/proofs/{sha256}"): rule(Sight.PARTY, *_ALL),
}
