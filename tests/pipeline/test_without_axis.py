"""docs/verify-without-axis.md: its commands, exactly as they stand there, judge a dossier without our software."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.pipeline.filed import Filed, manifest_of, members_of, repack, zipped

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verify-without-axis.md"
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def run(filed: Filed, dossier: Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    given = {
        "DOSSIER": str(dossier),
        "ROOT": str(filed.trust / "root.pem"),
        "VKEY": str(filed.trust / "hub-a.vkey"),
        "WORK": str(folder / "hoso"),
    }
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **given, **more}
    script = "\n".join(BLOCKS)
    return subprocess.run(
        ["bash", "-c", script], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["whole", "cut", "recalled"])
def test_a_good_dossier_holds(filed: Filed, tmp_path: Path, name: str) -> None:
    told = run(filed, getattr(filed, name), tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert "HỒ SƠ ĐÚNG" in told.stdout


RECEIPT = "letters/0001/evidence/0004-ContentHandover.xml"


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        (RECEIPT, b"<Recipient>H90<", b"<Recipient>H91<"),
        (f"{RECEIPT}.tlog-proof", b"index ", b"index 1"),
    ],
)
def test_an_altered_member_under_a_lying_list(
    filed: Filed, tmp_path: Path, member: str, old: bytes, new: bytes
) -> None:
    """Digests and manifest are made anew, so that only the member's own signature or proof can tell."""
    members = members_of(filed.whole)
    assert old in members[member]
    members[member] = members[member].replace(old, new)
    told = run(filed, _resealed(filed, tmp_path, members), tmp_path)
    assert told.returncode != 0
    assert f"WRONG: {member}" in told.stdout
    assert "HỒ SƠ ĐÚNG" not in told.stdout


def test_a_forged_container(filed: Filed, tmp_path: Path) -> None:
    """One member exchanged, the archive made anew around it: only the agency's signature can tell."""
    members = members_of(filed.whole)
    letter = tmp_path / "letter.asice"
    letter.write_bytes(members["letters/0001/letter.asice"])
    inside = members_of(letter)
    inside["letter.edxml"] = (
        inside["letter.edxml"]
        .replace(b"<CodeNumber>57<", b"<CodeNumber>58<")
        .replace(b":CodeNumber>57<", b":CodeNumber>58<")
    )
    assert inside != members_of(letter)
    members["letters/0001/letter.asice"] = repack(filed, letter, inside).read_bytes()
    told = run(filed, _resealed(filed, tmp_path, members), tmp_path)
    assert told.returncode != 0 and "WRONG: META-INF/signatures0.xml" in told.stdout


def _resealed(filed: Filed, folder: Path, members: dict[str, bytes]) -> Path:
    """Digests and manifest made anew by the hub itself."""
    listed = {
        name: data for name, data in members.items() if name not in ("SHA256SUMS", "manifest.xml", "manifest.tst")
    }
    members["SHA256SUMS"] = "".join(f"{_sha256(data)}  {name}\n" for name, data in listed.items()).encode()
    return repack(filed, folder / "d.zip", members, dossier=manifest_of(members))


def test_another_root_and_another_log_key(filed: Filed, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
         "-keyout", tmp_path / "k", "-out", other], check=True, capture_output=True,
    )  # fmt: skip
    told = run(filed, filed.whole, tmp_path, ROOT=str(other))
    assert told.returncode != 0 and "WRONG: manifest.xml" in told.stdout
    name, key_id, data = (filed.trust / "hub-a.vkey").read_text().strip().split("+", 2)
    wrong = tmp_path / "wrong.vkey"
    wrong.write_text(f"{name}+{key_id}+AT{data[2:][::-1].strip('=')[:41]}A=\n")
    folder = tmp_path / "again"
    folder.mkdir()
    told = run(filed, filed.whole, folder, VKEY=str(wrong))
    assert told.returncode != 0 and "HỒ SƠ ĐÚNG" not in told.stdout


def test_an_added_file_is_noticed(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    told = run(filed, repack(filed, tmp_path / "d.zip", {"note.txt": b"x", **members}), tmp_path)
    assert told.returncode != 0 and "the list differs" in told.stdout


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_time_stamp_over_another_list(filed: Filed, tmp_path: Path) -> None:
    members = members_of(filed.whole)
    members["manifest.tst"] = members_of(filed.cut)["manifest.tst"]
    told = run(filed, zipped(tmp_path / "d.zip", members), tmp_path)
    assert told.returncode != 0 and "WRONG: manifest.tst" in told.stdout
