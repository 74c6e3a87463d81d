"""The judge of containers: libdigidocpp, which nobody here wrote, offline and with a trusted list of our own.

It takes trust from an ETSI trusted list only (TS 119 612): one list, signed by a throw-away key, beside its settings.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.xades import sign_enveloped
from tests.judges import Judgement
from tests.signing.pki import AT, TestPki

_ROOT = Path(__file__).parent.parent
_PYTHON = _ROOT / ".judges" / "bin" / "python"
_SCRIPT = Path(__file__).parent / "judges" / "digidoc.py"
_TSL = "http://uri.etsi.org/02231/v2#"
_SERVICE = "http://uri.etsi.org/TrstSvc/Svctype/"
_GRANTED = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
_GENERIC = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric"
_LIST = "list.xml"
_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Whom the judge believes, by what for."""

    authorities: Sequence[x509.Certificate] = ()
    """Of signers and, with them, of OCSP responders."""
    time_stamping: Sequence[x509.Certificate] = ()
    """Services, or their roots."""


def digidoc_verify(containers: Sequence[Path], trusted: Trusted, folder: Path) -> list[Judgement]:
    """The judgement of each container, all in one process; `folder` is what it may write to."""
    if not _PYTHON.exists():
        problem = "pydigidoc is not installed: run `make test-services`"
        if os.environ.get("CI") == "true":
            pytest.fail(problem)
        pytest.skip(problem)
    done = subprocess.run(
        [str(_PYTHON), str(_SCRIPT), str(_prepare(trusted, folder)), *map(str, containers)],
        env={**os.environ, "PYTHONPATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok ", "no "))]
    assert len(lines) == len(containers), done.stdout + done.stderr
    return [Judgement(accepted=line.startswith("ok "), text=line) for line in lines]


def _prepare(trusted: Trusted, folder: Path) -> Path:
    signer = TestPki(name="danh sách tin cậy").signer()
    (folder / _LIST).write_bytes(sign_enveloped(_trusted_list(trusted), signer, at=AT))
    (folder / "list.der").write_bytes(signer.certificate.public_bytes(Encoding.DER))
    configuration = {
        "folder": str(folder),
        "list_certificate": str(folder / "list.der"),
        "list_url": f"https://trust.invalid/{_LIST}",
    }
    path = folder / "configuration.json"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    return path


def _trusted_list(trusted: Trusted) -> bytes:
    root = etree.Element(f"{{{_TSL}}}TrustServiceStatusList", nsmap={None: _TSL})
    scheme = _add(root, "SchemeInformation")
    for name, value in {
        "TSLVersionIdentifier": "5",
        "TSLSequenceNumber": "1",
        "TSLType": _GENERIC,
        "SchemeTerritory": "VN",
        "ListIssueDateTime": "2026-01-01T00:00:00Z",
    }.items():
        _add(scheme, name, value)
    _add(_add(scheme, "NextUpdate"), "dateTime", "2099-01-01T00:00:00Z")  # it looks at the host's clock
    services = _add(_add(_add(root, "TrustServiceProviderList"), "TrustServiceProvider"), "TSPServices")
    for certificate in trusted.authorities:
        _service(services, "CA/QC", certificate)
    for certificate in trusted.time_stamping:
        _service(services, "TSA/QTST", certificate)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _service(services: etree._Element, kind: str, certificate: x509.Certificate) -> None:
    about = _add(_add(services, "TSPService"), "ServiceInformation")
    _add(about, "ServiceTypeIdentifier", _SERVICE + kind)
    _add(_add(about, "ServiceName"), "Name", kind)
    identity = _add(_add(about, "ServiceDigitalIdentity"), "DigitalId")
    der = etree.SubElement(identity, f"{{{_TSL}}}X509Certificate")
    der.text = "".join(certificate.public_bytes(Encoding.PEM).decode("ascii").splitlines()[1:-1])
    _add(about, "ServiceStatus", _GRANTED)
    _add(about, "StatusStartingTime", "2000-01-01T00:00:00Z")


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_TSL}}}{name}")
    element.text = text
    return element
