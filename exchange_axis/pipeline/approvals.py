"""Who approves, where two people decide: a name on this machine, or a person who proves himself.

Rules of this file:
1. A proof is the password and a one-time code of the moment; the code is used up by it, wrong tries are counted like
   those at the door (`sessions`), and no session is left behind.
2. Where there are accounts that could approve, a bare name neither proposes nor approves: one person would be two, as
   the user of the machine and by his login. It withdraws, if it was not typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import ClassVar, Final

from exchange_axis.domain.people import House, Person, Role, Stage
from exchange_axis.domain.two_people import ApprovalProof, is_proved, proved_name
from exchange_axis.errors import AxisError
from exchange_axis.pipeline.people_refusals import NotForRole
from exchange_axis.pipeline.sessions import Visitor
from exchange_axis.pipeline.staff import Staff

APPROVING: Final[Mapping[House, frozenset[Role]]] = {
    House.HUB: frozenset({Role.OPERATOR, Role.SECURITY_OFFICER}),
    House.NODE: frozenset({Role.LEADER, Role.UNIT_ADMIN}),
}
"""Who may approve an erasure, and at a hub a root or a trust list."""
PROPOSING: Final[Mapping[House, frozenset[Role]]] = {
    House.HUB: APPROVING[House.HUB],
    House.NODE: APPROVING[House.NODE] | {Role.CLERK, Role.DEPUTY_CLERK},
}
DIRECTORY: Final = frozenset({Role.REGISTRY_OFFICER})
"""Who proposes and approves another directory of a hub."""
PAGES: Final = "web"
"""In place of the account of the machine, for who decided on a page."""
_HERE: Final = Visitor(address="", agent="axis")


class ProofWanted(AxisError):
    code: ClassVar[str] = "approval.proof-wanted"
    vi: ClassVar[str] = "Việc này phải do người có tài khoản ở đây tự xác thực; tên “{name}” không đủ"
    en: ClassVar[str] = "Somebody with an account here has to prove himself for this; the name “{name}” is not enough"
    remedy_vi: ClassVar[str] = "Chạy lại với --as TÊN_ĐĂNG_NHẬP, rồi gõ mật khẩu và mã xác thực"
    remedy_en: ClassVar[str] = "Run it again with --as LOGIN, then type the password and the code"


class NameReserved(AxisError):
    code: ClassVar[str] = "approval.name-reserved"
    vi: ClassVar[str] = "Không dùng được tên “{name}”: đó là cách ghi người đã xác thực"
    en: ClassVar[str] = "The name “{name}” cannot be used: people who proved themselves are written so"
    remedy_vi: ClassVar[str] = "Bỏ --actor, hoặc dùng --as TÊN_ĐĂNG_NHẬP"
    remedy_en: ClassVar[str] = "Leave --actor out, or use --as LOGIN"


class NoSecondFactor(AxisError):
    code: ClassVar[str] = "approval.no-factor"
    vi: ClassVar[str] = "Tài khoản {login} chưa sẵn sàng: chưa đổi mật khẩu lần đầu hoặc chưa có mã xác thực"
    en: ClassVar[str] = "Account {login} is not ready: the first password was not changed, or there is no second factor"
    remedy_vi: ClassVar[str] = (
        "Đăng nhập một lần (trang quản trị của trục, bàn văn thư của nút) để đặt mật khẩu và mã xác thực"
    )
    remedy_en: ClassVar[str] = "Sign in once (the hub's console, the node's desk), to set both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    login: str
    password: str
    code: str

    def __repr__(self) -> str:
        return f"Proof({self.login})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who says that he is it."""

    name: str
    """As typed, by default the account."""
    account: str
    """Of the operating system."""
    proof: Proof | None = None


class Step(StrEnum):
    PROPOSE = auto()
    DECIDE = auto()
    """It lets something happen."""
    DROP = auto()
    """It takes a proposal back, or refuses it: nothing happens by it."""


class Approvals:
    def __init__(self, staff: Staff, wanted: ApprovalProof, *, roles: frozenset[Role] | None = None) -> None:
        """
        Args:
            roles: who proposes and approves; None: by the tables above.
        """
        self._staff = staff
        self._wanted = wanted
        self._roles = roles

    def for_directory(self) -> Approvals:
        """The same where it is about the directory."""
        return Approvals(self._staff, self._wanted, roles=DIRECTORY)

    def actor(self, claim: Claim, step: Step) -> str:
        """The name under which a step is written down.

        Raises:
            ProofWanted, NameReserved, NoSecondFactor, NotForRole, LoginWrong, FactorWrong, LoginLocked.
        """
        if claim.proof is not None:
            return self._proved(claim.proof, claim.account, step)
        for name in (claim.name, claim.account):
            if is_proved(name):
                raise NameReserved(name=name)
        if self.is_wanted() and (step is not Step.DROP or claim.name != claim.account):
            raise ProofWanted(name=claim.name)
        return claim.name

    def signed_in(self, person: Person) -> str:
        """The same for who decides on a page, after the door has asked for a fresh second factor.

        Raises:
            NoSecondFactor: he has none; where nobody has to have one, a session is no proof.
        """
        if person.fresh:
            return proved_name(person.actor, PAGES)
        if self.is_wanted():
            raise NoSecondFactor(login=person.actor)
        return person.actor

    def is_wanted(self) -> bool:
        """Whether a bare name is not enough. An account that is closed or sleeps counts: closing it opens no way."""
        if self._wanted is not ApprovalProof.AUTO:
            return self._wanted is ApprovalProof.ALWAYS
        roles = self._may(Step.DECIDE)
        return any(not roles.isdisjoint(grant.role for grant in user.grants) for user in self._staff.people.every())

    @property
    def _house(self) -> House:
        return self._staff.world.house

    def _may(self, step: Step) -> frozenset[Role]:
        return self._roles or (APPROVING if step is Step.DECIDE else PROPOSING)[self._house]

    def _proved(self, proof: Proof, account: str, step: Step) -> str:
        """(1) password  (2) the person has what he needs  (3) one-time code  (4) role."""
        sessions, roles = self._staff.sessions, self._may(step)
        entered = sessions.enter(proof.login, proof.password, _HERE)
        try:
            if entered.person.stage is not Stage.FACTOR:
                raise NoSecondFactor(login=entered.person.actor)
            entered = sessions.prove(entered.token, proof.code, _HERE)
            if entered.person.stage is not Stage.IN:
                raise NoSecondFactor(login=entered.person.actor)
            if entered.person.roles.isdisjoint(roles):
                raise NotForRole(what=step.value)
            return proved_name(entered.person.actor, account)
        finally:
            sessions.leave(entered.token)
