"""Outside judges: programs nobody here wrote say whether a signature of ours is one.

A judge that is not installed skips the test and names the target that installs it; with CI=true it fails instead.
The programs of the JDK judge are in tests/judges/ and are run as single source files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

_SOURCES = Path(__file__).parent / "judges"
_ID_ATTRIBUTE = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    accepted: bool
    text: str
    """What the judge said, for the message of a failing test."""


def require(tool: str) -> str:
    """Path of a judge's program; otherwise the test is skipped, or fails where judges must be there."""
    found = shutil.which(tool)
    if found is None:
        problem = f"{tool} is not installed: run `make test-services`"
        if os.environ.get("CI") == "true":
            pytest.fail(problem)
        pytest.skip(problem)
    return found


def xmlsec1_verify(xml: Path, root: Path, *, at: datetime | None = None, folder: Path | None = None) -> Judgement:
    """`xmlsec1 --verify` with the options that docs/protocol.md promises; `at` only because tests have fixed times.

    `folder` is where relative references are looked up: the folder of an unpacked container.
    """
    options = ["--trusted-pem", str(root), "--enabled-key-data", "x509", "--id-attr:Id", _ID_ATTRIBUTE]
    if at is not None:
        options += ["--verification-time", at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")]
    return _run([require("xmlsec1"), "--verify", *options, str(xml)], folder=folder, environment={"TZ": "UTC"})


def xmlsec1_sign(
    template: Path, out: Path, key_and_certificates: Sequence[Path], *, folder: Path | None = None
) -> None:
    """Fill the empty values of a signature template; the first path is the key, the others are certificates."""
    key = ",".join(str(path) for path in key_and_certificates)
    options = ["--privkey-pem", key, "--id-attr:Id", _ID_ATTRIBUTE, "--output", str(out)]
    result = _run([require("xmlsec1"), "--sign", *options, str(template)], folder=folder)
    assert result.accepted, result.text


def jdk_verify(files: Sequence[Path], root: Path, *, at: datetime) -> list[Judgement]:
    """The JDK's judgement of each file, all in one process; members of a container lie beside META-INF."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    result = _java("VerifyXml.java", str(root), moment, *map(str, files))
    assert result.accepted, result.text
    lines = [line for line in result.text.splitlines() if line.startswith(("ok ", "no "))]
    assert len(lines) == len(files), result.text
    return [Judgement(accepted=line.startswith("ok "), text=line) for line in lines]


def jdk_sign(
    *,
    pkcs12: Path,
    passphrase: str,
    out: Path,
    document: Path,
    properties: Path,
    algorithm: str,
    canonicalization: str,
    members: Sequence[str] = (),
) -> None:
    """The JDK appends a signature to the root of `document`; members are read from that document's folder."""
    paths = [str(pkcs12), passphrase, str(out), str(document), str(properties)]
    result = _java("SignXml.java", *paths, algorithm, canonicalization, *members)
    assert result.accepted, result.text


def _java(source: str, *arguments: str) -> Judgement:
    # The client compiler alone halves the time that these short programs take.
    return _run([require("java"), "-XX:TieredStopAtLevel=1", str(_SOURCES / source), *arguments])


def _run(
    command: Sequence[str], *, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Judgement:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
        check=False,
    )
    return Judgement(accepted=done.returncode == 0, text=done.stdout + done.stderr)
