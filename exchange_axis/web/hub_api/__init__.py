"""The hub's HTTP interface, version 1: what nodes and other hubs speak with it. Described in `hub-v1.yaml`."""

from __future__ import annotations

from exchange_axis.web.hub_api.context import HubApiSettings
from exchange_axis.web.hub_api.routes import routes

__all__ = ["HubApiSettings", "routes"]
