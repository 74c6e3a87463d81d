"""Who approves, where two people decide: a name on this machine, or a person who proves himself.

Rules of this file:
1. A proof is the password and a one-time code of the moment; the code is used up by it, wrong tries are counted like
   those at the door (`sessions`), and no session is left behind.
2. Where somebody could prove himself, a bare name approves nothing, and a name that was typed proposes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final

from exchange_axis.domain.people import Role, Stage
from exchange_axis.domain.two_people import ApprovalProof, is_proved, proved_name
from exchange_axis.errors import AxisError
from exchange_axis.pipeline.people_refusals import NotForRole
from exchange_axis.pipeline.sessions import Visitor
from exchange_axis.pipeline.staff import Staff

APPROVING: Final = frozenset({Role.OPERATOR, Role.SECURITY_OFFICER})
"""Who may approve an erasure, a root, a trust list."""
_HERE: Final = Visitor(address="", agent="axis")


class ProofWanted(AxisError):
    code: ClassVar[str] = "approval.proof-wanted"
    vi: ClassVar[str] = "Việc này phải do người dùng của trục tự xác thực; tên “{name}” không đủ"
    en: ClassVar[str] = "A user of the hub has to prove himself for this; the name “{name}” is not enough"
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
    remedy_vi: ClassVar[str] = "Đăng nhập trang quản trị của trục một lần để đặt mật khẩu và mã xác thực"
    remedy_en: ClassVar[str] = "Sign in at the hub's console once, to set both"


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


class Approvals:
    def __init__(self, staff: Staff, wanted: ApprovalProof) -> None:
        self._staff = staff
        self._wanted = wanted

    def actor(self, claim: Claim, *, deciding: bool, roles: Collection[Role] = APPROVING) -> str:
        """The name under which a step is written down.

        Args:
            deciding: it lets something happen; False: it proposes or withdraws.

        Raises:
            ProofWanted, NameReserved, NoSecondFactor, NotForRole, LoginWrong, FactorWrong, LoginLocked.
        """
        if claim.proof is not None:
            return self._proved(claim.proof, claim.account, roles)
        for name in (claim.name, claim.account):
            if is_proved(name):
                raise NameReserved(name=name)
        if self.is_wanted(roles) and (deciding or claim.name != claim.account):
            raise ProofWanted(name=claim.name)
        return claim.name

    def is_wanted(self, roles: Collection[Role] = APPROVING) -> bool:
        if self._wanted is not ApprovalProof.AUTO:
            return self._wanted is ApprovalProof.ALWAYS
        at = self._staff.world.clock.now()
        return any(
            user.has_second_factor and user.may_enter(at) and not user.roles(at).isdisjoint(roles)
            for user in self._staff.people.every()
        )

    def _proved(self, proof: Proof, account: str, roles: Collection[Role]) -> str:
        """(1) password  (2) the person has what he needs  (3) one-time code  (4) role."""
        sessions = self._staff.sessions
        entered = sessions.enter(proof.login, proof.password, _HERE)
        try:
            if entered.person.stage is not Stage.FACTOR:
                raise NoSecondFactor(login=entered.person.actor)
            entered = sessions.prove(entered.token, proof.code, _HERE)
            if entered.person.stage is not Stage.IN:
                raise NoSecondFactor(login=entered.person.actor)
            if entered.person.roles.isdisjoint(roles):
                raise NotForRole(what="approve")
            return proved_name(entered.person.actor, account)
        finally:
            sessions.leave(entered.token)
