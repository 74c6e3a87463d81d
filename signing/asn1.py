"""asn1crypto, loaded when it is first used: it takes longer to load than most commands take to run."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final


class _Later:
    """Stands for a module until somebody asks for something in it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


algos: Final[Any] = _Later("asn1crypto.algos")
cms: Final[Any] = _Later("asn1crypto.cms")
core: Final[Any] = _Later("asn1crypto.core")
ocsp: Final[Any] = _Later("asn1crypto.ocsp")
tsp: Final[Any] = _Later("asn1crypto.tsp")
x509: Final[Any] = _Later("asn1crypto.x509")
