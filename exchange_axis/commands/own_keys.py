"""Keys that exist already, for `axis node init`: from which files, under which passphrases, and whether they are fit.

Everything is read and judged before anything is made, because init is done once.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from exchange_axis.domain.enrolment import require_one_use
from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError

if TYPE_CHECKING:
    from signing.keys import OwnKey

FORMS = "PKCS#12, PEM, KHÓA,CHỨNG_THƯ / KEY,CERTIFICATE, pkcs11:"


class AgencyRepeated(AxisError):
    code: ClassVar[str] = "config.repeated-agency"
    vi: ClassVar[str] = "Cơ quan {agency} được ghi hai lần"
    en: ClassVar[str] = "Agency {agency} is given twice"
    remedy_vi: ClassVar[str] = "Ghi mỗi cơ quan một lần: --agency MÃ=TÊN, --seal MÃ=TỆP"
    remedy_en: ClassVar[str] = "Give each agency once: --agency CODE=NAME, --seal CODE=FILE"


class SealOfNobody(AxisError):
    code: ClassVar[str] = "config.seal-of-nobody"
    vi: ClassVar[str] = "--seal {given} không nêu cơ quan nào của nút này"
    en: ClassVar[str] = "--seal {given} names no agency of this node"
    remedy_vi: ClassVar[str] = "Viết --seal MÃ=TỆP với mã đã có ở --agency"
    remedy_en: ClassVar[str] = "Write --seal CODE=FILE with a code given by --agency"


def add_own_keys(init: argparse.ArgumentParser) -> None:
    """--seal, --node-seal, --tls, each with the file of its passphrase."""
    options: tuple[tuple[str, dict[str, Any]], ...] = (
        ("seal", {"action": "append", "default": [], "metavar": "MÃ=TỆP", "help": f"con dấu có sẵn / a seal; {FORMS}"}),
        ("node-seal", {"metavar": "TỆP", "help": f"con dấu nút có sẵn / a node seal; {FORMS}"}),
        ("tls", {"metavar": "TỆP", "help": f"khóa TLS có sẵn / a TLS client key; {FORMS}"}),
    )
    for name, how in options:
        init.add_argument(f"--{name}", **how)
        init.add_argument(
            f"--{name}-passphrase-file", type=Path, metavar="TỆP", help=f"của tệp ở --{name} / of the file at --{name}"
        )


def add_taken_key(parser: argparse.ArgumentParser) -> None:
    """--take with the file of its passphrase."""
    parser.add_argument("--take", metavar="TỆP", help=f"khóa có sẵn thay vì tạo mới / a key that exists; {FORMS}")
    parser.add_argument(
        "--take-passphrase-file", type=Path, metavar="TỆP", help="của tệp ở --take / of the file at --take"
    )


def own_keys(args: argparse.Namespace, agencies: Mapping[str, str], *, at: datetime) -> dict[str, OwnKey]:
    """The keys that were given, by their place in the enrolment request.

    Raises:
        SealOfNobody, AgencyRepeated, MalformedCode, KeyOfTwoUses.
        SigningRefusal: a key or certificate that cannot be read, do not belong together, or are not for this use.
    """
    from signing.certificates import key_fingerprint

    taken = {}
    for code, text in _seals(args.seal, agencies).items():
        taken[f"agency-seal:{code}"] = _take(text, "seal", args.seal_passphrase_file, at)
    if args.node_seal is not None:
        taken["node-seal"] = _take(args.node_seal, "node-seal", args.node_seal_passphrase_file, at)
    if args.tls is not None:
        taken["tls"] = _take(args.tls, "tls", args.tls_passphrase_file, at)
    require_one_use({place: key_fingerprint(own.public_key) for place, own in taken.items()})
    return taken


def taken_key(args: argparse.Namespace, option: str, *, at: datetime) -> OwnKey | None:
    """The key given with --take for that place of one (seal, node-seal, tls); None where one is to be made.

    Raises:
        SigningRefusal: it cannot be read, or is not for this use.
    """
    return None if args.take is None else _take(args.take, option, args.take_passphrase_file, at)


def issuers(taken: Mapping[str, OwnKey]) -> list[str]:
    """Authorities above the seals, whose roots node and hub must trust. TLS certificates are pinned themselves."""
    seals = [own for place, own in taken.items() if place != "tls"]
    return sorted({(own.certificate, *own.chain)[-1].issuer.rfc4514_string() for own in seals})


def _seals(given: Sequence[str], agencies: Mapping[str, str]) -> dict[str, str]:
    """Code to what says where its seal lies."""
    seals: dict[str, str] = {}
    for entry in given:
        text, _, file = entry.partition("=")
        code = canonical_code(text)
        if code not in agencies or not file:
            raise SealOfNobody(given=entry)
        if code in seals:
            raise AgencyRepeated(agency=code)
        seals[code] = file
    return seals


def _take(text: str, option: str, passphrase_file: Path | None, at: datetime) -> OwnKey:
    """The passphrase comes from the file, systemd's credential `OPTION-passphrase`, or a prompt on a terminal."""
    from signing.errors import KeyNotFromToken
    from signing.keys import passphrase_from, take_key
    from signing.trust import Purpose, check_use

    key, certificates = _files(text)
    prompt = (lambda: _ask(key)) if sys.stdin is not None and sys.stdin.isatty() else None
    own = take_key(
        key,
        certificates,
        passphrase=lambda: passphrase_from(file=passphrase_file, credential=f"{option}-passphrase", prompt=prompt),
    )
    if option == "tls" and own.key is None:
        raise KeyNotFromToken(path=key)
    check_use(own.certificate, at=at, purpose=Purpose.TLS_CLIENT if option == "tls" else Purpose.SEAL)
    return own


def _files(text: str) -> tuple[Path, Path | None]:
    """FILE, or KEY,CERTIFICATE; a file whose name has a comma is still a file."""
    key, comma, certificates = text.partition(",")
    if not comma or Path(text).exists():
        return Path(text), None
    return Path(key), Path(certificates)


def _ask(path: Path) -> str:
    return getpass.getpass(f"Cụm mật khẩu / passphrase, {path}: ")
