"""Passkeys (W3C WebAuthn level 2): a key in somebody's device that signs what this house asked it to, and nothing else.

Rules of this file:
1. A challenge is made here, works once and five minutes long, for its own errand only (§13.4.3).
2. The device has asked its owner for finger, face or PIN (§7.2 step 17): a passkey is both factors, it lets in alone.
3. A counter that goes back means that the key was copied (§7.2 step 21): refused, and an alarm until somebody looks.
   It is judged after the signature, so that nobody can raise the alarm without the key.
4. Where the page that asked lies is held against the house's own name and address (§7.2 steps 13 and 15), which come
   from its settings and its socket, never from what the browser says.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from exchange_axis.domain.people import PASSKEY, PASSKEY_WAIT, PASSKEYS_MOST, Person
from exchange_axis.pipeline.people_refusals import (
    FactorWrong,
    PasskeyKnown,
    PasskeyLimit,
    PasskeyName,
    PasskeyWrong,
    StepUpWanted,
)
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.sessions import Entered, Sessions, Visitor
from exchange_axis.store import people_sessions as store
from exchange_axis.store.people import PeopleRows, Secrets
from exchange_axis.store.people_sessions import Passkey
from exchange_axis.wire.times import cut

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticationCredential, RegistrationCredential

log = logging.getLogger("axis.people")
T = TypeVar("T")

CHALLENGE: Final = 32
"""Bytes; §13.4.3 wants 16 at least."""
NAME_MOST: Final = 60
_IN, _AGAIN, _NEW = "passkey-in", "passkey-again", "passkey-new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the house is found by browsers."""

    id: str
    """DNS name: the relying party."""
    origin: str
    """https://NAME[:PORT]."""


class Passkeys:
    def __init__(self, world: PeopleWorld, sessions: Sessions) -> None:
        self._world = world
        self._sessions = sessions

    def ask_in(self, site: Site) -> str:
        """What the browser needs for signing in with any passkey of this house; JSON."""
        return self._ask(site, self._challenge(_IN, ""), ())

    def ask_again(self, site: Site, person: Person) -> str:
        """The same for a second factor: one of this person's passkeys."""
        return self._ask(site, self._challenge(_AGAIN, str(person.user.seq)), self.of(person.user.seq))

    def ask_new(self, site: Site, person: Person) -> str:
        """What the browser needs for making a new passkey; JSON. Raises StepUpWanted, PasskeyLimit."""
        self._require_room(person)
        import webauthn  # noqa: PLC0415 - most commands ask for no passkey
        from webauthn.helpers import structs  # noqa: PLC0415

        known = [structs.PublicKeyCredentialDescriptor(id=key.id) for key in self.of(person.user.seq)]
        wanted = structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        options = webauthn.generate_registration_options(
            rp_id=site.id,
            rp_name=self._world.factor.house,
            user_id=self._world.factor.handle(person.user.seq),
            user_name=person.user.login,
            user_display_name=person.user.name,
            challenge=self._challenge(_NEW, _place(person)),
            timeout=int(PASSKEY_WAIT.total_seconds() * 1000),
            attestation=structs.AttestationConveyancePreference.NONE,
            authenticator_selection=wanted,
            exclude_credentials=known,
        )
        return webauthn.options_to_json(options)

    def enter(self, site: Site, answer: str, visitor: Visitor) -> Entered:
        """In by a passkey alone. Raises PasskeyWrong for every reason alike, LoginWrong: the account is closed."""
        given, at = _assertion(answer), self._now()

        def work(rows: PeopleRows) -> int | None:
            if store.back_from_errand(rows, _digest(_challenge_of(given)), _IN, at) is None:
                return None
            key = store.passkey(rows, given.raw_id)
            held = None if key is None else rows.get(key.person)
            if key is None or held is None or given.response.user_handle != self._handle(held):
                return None
            return key.person if self._judged(rows, key, _uses(given, key, site), at) else None

        user = self._world.store.run(work)
        if user is None:
            log.warning("people.passkey-refused address=%s", visitor.address)
            raise PasskeyWrong()
        return self._sessions.admit(user, visitor, way=PASSKEY, factor_at=at)

    def prove(self, site: Site, token: str, answer: str, visitor: Visitor) -> Entered:
        """The second factor by a passkey. Raises SessionEnded, PasskeyWrong, LoginLocked."""
        given = _assertion(answer)

        def judged(rows: PeopleRows, held: Secrets, at: datetime) -> bool:
            asked = store.back_from_errand(rows, _digest(_challenge_of(given)), _AGAIN, at)
            key = store.passkey(rows, given.raw_id)
            own = key is not None and key.person == held.user.seq and asked == str(held.user.seq)
            return own and key is not None and self._judged(rows, key, _uses(given, key, site), at)

        try:
            return self._sessions.prove_by(token, judged, visitor)
        except FactorWrong as error:
            raise PasskeyWrong() from error

    def add(self, site: Site, person: Person, answer: str, name: str) -> None:
        """Keep the passkey that the browser has made.

        Raises:
            StepUpWanted, PasskeyName, PasskeyLimit, PasskeyWrong, PasskeyKnown.
        """
        self._require_room(person)
        name = name.strip()
        if not 0 < len(name) <= NAME_MOST or not name.isprintable():
            raise PasskeyName(limit=NAME_MOST)
        given, at = _registration(answer), self._now()

        def work(rows: PeopleRows) -> bool | None:
            asked = store.back_from_errand(rows, _digest(_challenge_of(given)), _NEW, at)
            if asked != _place(person):
                return None
            made = _made(given, site)
            if made is None:
                return None
            public, uses = made
            key = Passkey(id=given.raw_id, person=person.user.seq, public_key=public, uses=uses, name=name, added_at=at)
            if not store.add_passkey(rows, key):
                return False
            _note(rows, person, "passkey-add", at=at, name=name)
            return True

        added = self._world.store.run(work)
        if added is None:
            raise PasskeyWrong()
        if not added:
            raise PasskeyKnown()

    def of(self, user: int) -> tuple[Passkey, ...]:
        return self._world.store.read(lambda rows: store.passkeys(rows, user))

    def drop(self, person: Person, key: bytes) -> bool:
        """One of the person's own; other sessions end, they may have begun with it. False: he has none such.

        Raises:
            StepUpWanted.
        """
        _require_fresh(person)
        at = self._now()

        def work(rows: PeopleRows) -> bool:
            found = store.passkey(rows, key)
            if found is None or not store.drop_passkeys(rows, person.user.seq, only=key):
                return False
            store.end(rows, person.user.seq, but=person.session.id)
            _note(rows, person, "passkey-remove", at=at, name=found.name)
            return True

        return self._world.store.run(work)

    def _require_room(self, person: Person) -> None:
        _require_fresh(person)
        if len(self.of(person.user.seq)) >= PASSKEYS_MOST:
            raise PasskeyLimit(limit=PASSKEYS_MOST)

    def _challenge(self, kind: str, value: str) -> bytes:
        challenge, ends_at = self._world.rng.token(CHALLENGE), self._now() + PASSKEY_WAIT
        self._world.store.run(lambda rows: store.send_on_errand(rows, _digest(challenge), kind, value, ends_at=ends_at))
        return challenge

    def _ask(self, site: Site, challenge: bytes, allowed: tuple[Passkey, ...]) -> str:
        import webauthn  # noqa: PLC0415 - most commands ask for no passkey
        from webauthn.helpers import structs  # noqa: PLC0415

        options = webauthn.generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            timeout=int(PASSKEY_WAIT.total_seconds() * 1000),
            allow_credentials=[structs.PublicKeyCredentialDescriptor(id=key.id) for key in allowed],
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    def _judged(self, rows: PeopleRows, key: Passkey, uses: int | None, at: datetime) -> bool:
        """
        Args:
            uses: the counter as the device signed it; None: it signed nothing.
        """
        held = rows.get(key.person)
        if uses is None or held is None:
            return False
        if (uses or key.uses) and uses <= key.uses:
            login = held.user.login
            log.warning("people.passkey-copied login=%s uses=%s seen=%s", login, uses, key.uses)
            details = f"name={key.name} counter={uses} after={key.uses}"
            rows.note(at=at, actor=login, action="passkey-copied", login=login, details=details, alarm=True)
            return False
        store.used_passkey(rows, key.id, uses=uses, at=at)
        return True

    def _handle(self, held: Secrets) -> bytes:
        return self._world.factor.handle(held.user.seq)

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def _require_fresh(person: Person) -> None:
    """Also where the house asks nobody for a second factor: a passkey outlives the session that it is added in."""
    if not person.fresh:
        raise StepUpWanted()


def _note(rows: PeopleRows, person: Person, action: str, *, at: datetime, name: str) -> None:
    login = person.user.login
    rows.note(at=at, actor=login, action=action, login=login, details=f"name={name}", alarm=False)


def _place(person: Person) -> str:
    return f"{person.user.seq}.{person.session.id}"


def _digest(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def _assertion(answer: str) -> AuthenticationCredential:
    from webauthn.helpers import parse_authentication_credential_json  # noqa: PLC0415

    return _parsed(parse_authentication_credential_json, answer)


def _registration(answer: str) -> RegistrationCredential:
    from webauthn.helpers import parse_registration_credential_json  # noqa: PLC0415

    return _parsed(parse_registration_credential_json, answer)


def _parsed(read: Callable[[str], T], answer: str) -> T:
    try:
        return read(answer)
    except Exception as error:  # whatever the library stumbles over in a stranger's bytes
        raise PasskeyWrong() from error


def _challenge_of(given: AuthenticationCredential | RegistrationCredential) -> bytes:
    """What the browser says it was asked; it only finds the errand, the library compares. Empty: it says nothing."""
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415

    try:
        return base64url_to_bytes(str(json.loads(given.response.client_data_json)["challenge"]))
    except (ValueError, KeyError, TypeError):
        return b""


def _is_framed(given: AuthenticationCredential | RegistrationCredential) -> bool:
    """The page that asked lay inside another site's (§5.8.1); ours never does."""
    return json.loads(given.response.client_data_json).get("crossOrigin") is True


def _uses(given: AuthenticationCredential, key: Passkey, site: Site) -> int | None:
    """The counter that the device signed, or None: it did not sign this. The counter is compared by the caller."""
    import webauthn  # noqa: PLC0415

    try:
        verified = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=_challenge_of(given),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # any other than a proof is none, whatever the library calls it
        return None
    return None if _is_framed(given) else verified.new_sign_count


def _made(given: RegistrationCredential, site: Site) -> tuple[bytes, int] | None:
    import webauthn  # noqa: PLC0415

    try:
        verified = webauthn.verify_registration_response(
            credential=given,
            expected_challenge=_challenge_of(given),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # as above
        return None
    return None if _is_framed(given) else (verified.credential_public_key, verified.sign_count)
