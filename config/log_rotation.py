"""A new key for the hub's log, while the hub is stopped: rolled in the database first, the file put into place after.

Cut off between the two, the next opening finds an epoch whose key lies in `keys/next`, and puts it into place.
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from typing import Any, ClassVar

from config.load import hub_passphrase, read_hub_file
from config.log_keys import LOG, WITNESS, cosigner, log_signer, new_log_key
from config.places import Places
from exchange_axis.errors import AxisError
from exchange_axis.hub.log_roll import roll
from exchange_axis.hub.service import Hub
from exchange_axis.ledger.epochs import next_origin
from exchange_axis.ledger.note import read_vkey
from exchange_axis.store.datadir import make_private_folder
from exchange_axis.store.hub import epochrows, records
from exchange_axis.store.transactions import Transactions
from signing.files import write_secret


class LogKeyForeign(AxisError):
    code: ClassVar[str] = "config.log-key-foreign"
    vi: ClassVar[str] = "Khóa nhật ký trong {folder} không phải khóa của kỳ {origin}"
    en: ClassVar[str] = "The log key in {folder} is not the key of epoch {origin}"
    remedy_vi: ClassVar[str] = "Khôi phục khóa nhật ký từ bản sao lưu cùng lúc với cơ sở dữ liệu"
    remedy_en: ClassVar[str] = "Restore the log key from the backup that belongs to this database"


def rotate_log(places: Places, hub: Hub, *, actor: str) -> dict[str, Any]:
    """Change the key of the log of a hub that serves nobody meanwhile; returns the new origin and key.

    Raises:
        LogNotQuiet, refusals of key files.
    """
    passphrase, origin = hub_passphrase(places), hub.world.settings.origin
    prepared = places.next_key(LOG)
    make_private_folder(prepared.parent)
    prepared.unlink(missing_ok=True)  # of a try that never reached the database
    write_secret(prepared, new_log_key(passphrase))
    old = log_signer(places, origin, passphrase)
    new = log_signer(places, next_origin(origin), passphrase, path=prepared)
    done = roll(hub.world, hub.log, old, new, actor=actor)
    _put_into_place(places, old.verifier.key_id.hex())
    return {"origin": done.origin, "vkey": new.verifier.vkey, "old_vkey": old.verifier.vkey, "size": done.size}


def settle_log_key(places: Places, transactions: Transactions, passphrase: bytes | None) -> None:
    """Finish a rotation that was cut off, before anything is signed.

    Raises:
        LogKeyForeign: neither key is that of the epoch in the database.
    """
    row = transactions.read(epochrows.newest)
    if row is None:
        return
    wanted = read_vkey(str(json.loads(row.statement)["vkey"]))
    held = log_signer(places, row.origin, passphrase).verifier
    if held == wanted:
        return
    prepared = places.next_key(LOG)
    if not prepared.exists() or log_signer(places, row.origin, passphrase, path=prepared).verifier != wanted:
        raise LogKeyForeign(folder=prepared.parent.parent, origin=row.origin)
    _put_into_place(places, held.key_id.hex())


def new_witness_key(places: Places, transactions: Transactions, at: datetime, passphrase: bytes | None) -> None:
    """Make the key with which this hub cosigns others' logs, in a folder of before there was one; on record.

    The hubs beside it learn the key with the next enrolment (`axis hub uplink request`); until then nobody counts it.
    """
    if places.key(WITNESS).exists():
        return
    prepared = places.next_key(WITNESS)
    make_private_folder(prepared.parent)
    if not prepared.exists():
        write_secret(prepared, new_log_key(passphrase))
    hub = read_hub_file(places).id
    details = cosigner(places, hub, passphrase, path=prepared).witness.vkey
    transactions.run(
        lambda connection: records.decide(
            connection, at=at, actor=hub, action="hub.witness-key", subject=hub, details=details
        )
    )
    prepared.replace(places.key(WITNESS))


def _put_into_place(places: Places, name: str) -> None:
    key = places.key(LOG)
    kept = make_private_folder(key.parent / "old") / f"{LOG}-{name}.key"
    if not kept.exists():
        shutil.copy2(key, kept)
    places.next_key(LOG).replace(key)
