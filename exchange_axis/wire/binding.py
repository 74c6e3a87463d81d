"""Binding as XML: a certificate and the codes it may speak for, said and sealed by the registering hub."""

from __future__ import annotations

from typing import ClassVar

from lxml import etree

from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.errors import AxisError
from exchange_axis.wire.document import Builder, admit

NAMESPACE = "urn:exchange-axis:binding:1"


class EmptyBindingPeriod(AxisError):
    code: ClassVar[str] = "binding.empty-period"
    vi: ClassVar[str] = "Ràng buộc hết hiệu lực ({until}) không sau lúc bắt đầu ({since})"
    en: ClassVar[str] = "The binding ends ({until}) no later than it starts ({since})"


def write_binding(binding: Binding) -> bytes:
    builder = Builder(NAMESPACE, "Binding")
    builder.text("Id", binding.id)
    builder.text("Hub", binding.hub)
    builder.text("Holder", binding.holder)
    builder.text("Fingerprint", binding.fingerprint)
    builder.text("Use", binding.use)
    builder.items("Codes", "Code", binding.codes)
    builder.time("ValidFrom", binding.valid_from)
    builder.time("ValidTo", binding.valid_to)
    return builder.to_bytes()


def read_binding(source: bytes | etree._Element) -> Binding:
    """Values of a binding; takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        EmptyBindingPeriod, CodeNotCanonical, RepeatedCode.
    """
    fields = admit(source, "binding")
    binding = Binding(
        id=fields.text("Id"),
        hub=fields.text("Hub"),
        holder=fields.text("Holder"),
        fingerprint=fields.text("Fingerprint"),
        use=KeyUse(fields.text("Use")),
        codes=fields.agencies("Codes"),
        valid_from=fields.time("ValidFrom"),
        valid_to=fields.time("ValidTo"),
    )
    if binding.valid_to <= binding.valid_from:
        raise EmptyBindingPeriod(where="/Binding/ValidTo", since=binding.valid_from, until=binding.valid_to)
    return binding
