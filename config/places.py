"""Where things lie. One data folder a hub or node; everything in it belongs to its owner alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/var/lib/exchange-axis")


@dataclass(frozen=True, slots=True)
class Places:
    """Names inside one data folder."""

    root: Path

    def settings(self, kind: str) -> Path:
        return self.root / f"{kind}.toml"

    @property
    def calendar(self) -> Path:
        """The operator's own working calendar, where there is one."""
        return self.root / "calendar.toml"

    def key(self, name: str) -> Path:
        return self.root / "keys" / f"{name}.key"

    def certificate(self, name: str) -> Path:
        return self.root / "certificates" / f"{name}.pem"

    def next_key(self, name: str) -> Path:
        """A key that is made but not yet in use."""
        return self.root / "keys" / "next" / f"{name}.key"

    def next_certificate(self, name: str) -> Path:
        return self.root / "certificates" / "next" / f"{name}.pem"

    @property
    def trust(self) -> Path:
        """Roots that signatures are checked against, one self-signed certificate a file."""
        return self.root / "trust"

    @property
    def trust_signer(self) -> Path:
        """Pin: fingerprint of the certificate that signs the first trust list."""
        return self.root / "trust-signer"

    @property
    def crl(self) -> Path:
        """Lists and OCSP answers that somebody brings on a closed network: `*.crl`, `*.der`, `*.pem`, `*.ors`."""
        return self.trust / "crl"

    @property
    def log_rolls(self) -> Path:
        """Signed notes by which the hub's log changed its key, of a node."""
        return self.root / "log-rolls"

    @property
    def lists(self) -> Path:
        """Revocation lists: those that a node was given, and a hub's own, for a web server or for people to carry."""
        return self.root / "lists"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def blob_keys(self) -> Path:
        return self.root / "blob-keys"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.root / 'axis.db'}"

    @property
    def socket(self) -> Path:
        """Where the running process listens for the other commands."""
        return self.root / "control.sock"

    @property
    def practice(self) -> Path:
        """Of a node: everything of the desk's practice mode, and nothing else."""
        return self.root / "practice"

    @property
    def uplink(self) -> Path:
        return self.root / "uplink"

    @property
    def hub_ca(self) -> Path:
        """Root that the hub's TLS certificate is checked against (node, and uplink of a hub)."""
        return self.root / "hub-ca.pem"


def default_folder(kind: str) -> Path:
    """AXIS_DATA, else the system's folder for root, else the user's own data folder (XDG base directory)."""
    chosen = os.environ.get("AXIS_DATA")
    if chosen:
        return Path(chosen)
    if os.geteuid() == 0:
        return SYSTEM / kind
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "exchange-axis" / kind
