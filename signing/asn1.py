"""asn1crypto, loaded when it is first used: it takes longer to load than most commands take to run."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final


class _Later:
    """Stands for a module until somebody asks for something in it."""

    def __init__(self, name: str, *, completed_by: str = "") -> None:
        self._name = name
        self._completed_by = completed_by

    def __getattr__(self, name: str) -> Any:
        if self._completed_by:
            import_module(self._completed_by)
        return getattr(import_module(self._name), name)


algos: Final[Any] = _Later("asn1crypto.algos")
cms: Final[Any] = _Later("asn1crypto.cms", completed_by="asn1crypto.tsp")
"""Knows what a time-stamp is called only once that module has told it."""
core: Final[Any] = _Later("asn1crypto.core")
ocsp: Final[Any] = _Later("asn1crypto.ocsp")
tsp: Final[Any] = _Later("asn1crypto.tsp")
x509: Final[Any] = _Later("asn1crypto.x509")
