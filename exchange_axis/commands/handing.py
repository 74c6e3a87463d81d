"""Files between a command and the node: a letter and its attachments in, an exported letter out.

A serving process may see nothing but its own data folder (deploy/axis-node.service: no /home, its own /tmp). So where
one may be running, files are copied into that folder, under their own names, for as long as the command runs; and what
the node lays ready there is taken out by the command.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path
from typing import Any

from exchange_axis.commands.files import FileExists, FileUnreadable

Place = Callable[[Path], Path]
"""Where a file of the asker is found by the node."""


@contextmanager
def handed(letter: Path, attach: Sequence[Path], *, into: Path | None) -> Iterator[dict[str, Any]]:
    """Arguments of the operation `send`, good until the block ends.

    Args:
        into: data folder that files are copied into; None: they are read where they are.

    Raises:
        FileUnreadable: a file that the asker may not read, or no room for its copy.
    """
    if into is None:
        yield _arguments(letter, attach, place=_where_it_is)
        return
    data = into.absolute()
    owner = data.stat()
    with tempfile.TemporaryDirectory(prefix="handed-", dir=data) as name:
        copies = _Copies(Path(name), owner)
        yield _arguments(letter, attach, place=copies.place)


def save(exported: Mapping[str, Any], folder: Path) -> list[str]:
    """Put an export into a folder, made if missing; the paths of the files, the container first unless it is withheld.

    Raises:
        FileExists: a name is taken; nothing was written.
        FileUnreadable: the folder cannot be written to.
    """
    container = None if exported["container"] is None else Path(exported["container"])
    contents = {name: base64.b64decode(text) for name, text in exported["files"].items()}
    targets = [] if container is None else [folder / f"{exported['consignment_id']}.asice"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_free([*targets, *(folder / name for name in contents)])
        for name, content in contents.items():
            with (folder / name).open("xb") as file:
                file.write(content)
        for target in targets:
            shutil.copyfile(exported["container"], target)
    except OSError as error:
        raise FileUnreadable(path=error.filename or folder, reason=error.strerror or type(error).__name__) from error
    finally:
        if container is not None:
            container.unlink(missing_ok=True)
    return [*map(str, targets), *(str(folder / name) for name in contents)]


def take_whole(source: Path, target: Path) -> None:
    """Move a finished file out of the data folder, never over another: under its name it is there whole, or not at all.

    Raises:
        FileExists.
        FileUnreadable: no room, or the folder cannot be written to; nothing is left there.
    """
    part = target.with_name(f".{target.name}.{source.stem[-8:]}.part")
    try:
        with source.open("rb") as found, part.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            shutil.copyfileobj(found, file, 1024 * 1024)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise FileExists(path=target)
        part.rename(target)
    except OSError as error:
        raise FileUnreadable(path=target, reason=error.strerror or type(error).__name__) from error
    finally:
        part.unlink(missing_ok=True)
        source.unlink(missing_ok=True)


class _Copies:
    """Copies of files in one folder, each readable by the owner of the data folder."""

    def __init__(self, folder: Path, owner: os.stat_result) -> None:
        self._folder = folder
        self._owner = owner
        self._count = 0
        self._give(folder)

    def place(self, path: Path) -> Path:
        """A copy with the same name; what is no file keeps its path, and the node says what is wrong with it."""
        found = _where_it_is(path)
        if not found.is_file():
            return found
        self._count += 1
        home = self._folder / str(self._count)
        home.mkdir(mode=0o700)
        copy = home / path.name
        try:
            shutil.copyfile(found, copy)
        except OSError as error:
            raise FileUnreadable(path=found, reason=error.strerror or type(error).__name__) from error
        copy.chmod(0o600)
        self._give(home)
        self._give(copy)
        return copy

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._owner.st_uid, self._owner.st_gid)


def _where_it_is(path: Path) -> Path:
    """Raises FileUnreadable for a file that the asker may not read: nobody reads it in his name."""
    if path.is_file() and not os.access(path, os.R_OK):
        raise FileUnreadable(path=path, reason="EACCES")
    return path.absolute()


def _arguments(letter: Path, attach: Sequence[Path], *, place: Place) -> dict[str, Any]:
    form = _form(letter) if letter.suffix.lower() == ".toml" else None
    if form is None:
        return {"letter": str(place(letter)), "attach": [str(place(path)) for path in attach]}
    base = letter.absolute().parent
    listed = form.get("attachments", [])
    if isinstance(listed, list):
        form["attachments"] = [
            *(_placed(entry, base, place) for entry in listed),
            *(str(place(path)) for path in attach),
        ]
    return {"form": _jsonable(form), "base": str(base)}


def _form(path: Path) -> dict[str, Any] | None:
    """The values of a form; None for what cannot be read, which is then handed over as it is to be refused."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None


def _placed(entry: object, base: Path, place: Place) -> object:
    """An entry of `attachments` (see node.compose) with its path made good for the node."""
    if isinstance(entry, str):
        return str(place(base / entry))
    if isinstance(entry, dict) and isinstance(entry.get("path"), str):
        return entry | {"path": str(place(base / entry["path"]))}
    return entry


def _jsonable(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _require_free(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.exists():
            raise FileExists(path=path)
