"""How attacks are written down: a name, the code they must be refused with, and how to make one."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from signing.keys import KeyType, LocalSigner
from tests.signing.pki import TestPki, key
from tests.signing.sealing import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    name: str
    code: str
    make: Callable[[Scene], bytes]


@dataclass(slots=True)
class Scene:
    """What an attacker has: a signed document, and certificates of his own from the same authority and from none."""

    pki: TestPki
    style: str
    signer: LocalSigner

    def sealed(self) -> Sealed:
        return Sealed.document(self.signer, self.style)

    def stranger(self) -> LocalSigner:
        """Somebody with a certificate for another key, of an authority that nobody trusts."""
        elsewhere = TestPki(name="lạ")
        private = key(KeyType.P256, "stranger")
        certificate = elsewhere.certificate(private)
        return LocalSigner(private, certificate)


ATTACKS: list[Attack] = []


def attack(code: str) -> Callable[[Callable[[Scene], bytes]], Callable[[Scene], bytes]]:
    def register(make: Callable[[Scene], bytes]) -> Callable[[Scene], bytes]:
        ATTACKS.append(Attack(name=make.__name__, code=code, make=make))
        return make

    return register


def unsealed(name: str, code: str, change: Callable[[Sealed], None]) -> None:
    """A change by somebody without a key."""

    def make(scene: Scene) -> bytes:
        sealed = scene.sealed()
        change(sealed)
        return sealed.octets()

    ATTACKS.append(Attack(name=name, code=code, make=make))


def resealed(name: str, code: str, change: Callable[[Sealed], None]) -> None:
    """A change by a certified signer, whose signature fits it."""

    def make(scene: Scene) -> bytes:
        sealed = scene.sealed()
        change(sealed)
        return sealed.seal().octets()

    ATTACKS.append(Attack(name=name, code=code, make=make))


def octets(name: str, code: str, change: Callable[[bytes], bytes]) -> None:
    """A change of the written octets."""

    def make(scene: Scene) -> bytes:
        before = scene.sealed().octets()
        after = change(before)
        assert after != before, name
        return after

    ATTACKS.append(Attack(name=name, code=code, make=make))


def first_text(sealed: Sealed) -> etree._Element:
    return next(e for e in sealed.root.iter() if e.text and e.text.strip())


def alter_text(sealed: Sealed) -> None:
    first_text(sealed).text = "000.00.00.H49"


def edit_text(path: str, edit: Callable[[str], str]) -> Callable[[Sealed], None]:
    def change(sealed: Sealed) -> None:
        element = sealed.one(path)
        element.text = edit(element.text or "")

    return change


def recode(text: str, change: Callable[[bytes], bytes]) -> str:
    return base64.b64encode(change(base64.b64decode(text))).decode()


def set_algorithm(path: str, uri: str) -> Callable[[Sealed], None]:
    return lambda sealed: sealed.one(path).set("Algorithm", uri)


def drop(path: str) -> Callable[[Sealed], None]:
    def change(sealed: Sealed) -> None:
        element = sealed.one(path)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


def set_attribute(path: str, name: str, value: str | None) -> Callable[[Sealed], None]:
    def change(sealed: Sealed) -> None:
        element = sealed.one(path)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    return change


def double(path: str, *, after: bool) -> Callable[[Sealed], None]:
    def change(sealed: Sealed) -> None:
        element = sealed.one(path)
        (element.addnext if after else element.addprevious)(twin(element))

    return change


def twin(element: etree._Element) -> etree._Element:
    """A copy with identifiers of its own, so that it is not refused for those."""
    twin = copy.deepcopy(element)
    for part in twin.iter():
        if "Id" in part.attrib:
            part.set("Id", part.attrib["Id"] + "-2")
    return twin
