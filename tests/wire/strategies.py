"""Values of the wire as hypothesis makes them: everything the domain allows, nothing it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane, Origin, PartDigest
from exchange_axis.domain.evidence import Event, Evidence, FileVerdict
from exchange_axis.domain.notice import Notice
from exchange_axis.domain.transfer import Binding, KeyUse, Return, TraceEntry, TransferRecord

ids = st.uuids(version=4).map(str)
codes = st.from_regex(r"(H45|H49|G12|A)(\.[0-9]{2}){0,4}|[A-Z][A-Z0-9]{0,8}", fullmatch=True)
code_lists = st.lists(codes, min_size=1, max_size=6, unique=True).map(tuple)
peers = st.from_regex(r"[a-z0-9][a-z0-9-]{1,62}", fullmatch=True)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
digest_lists = st.lists(digests, max_size=3).map(tuple)
tokens = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:+/-]{0,40}", fullmatch=True)
token_lists = st.lists(tokens, max_size=3).map(tuple)


def _moments(first: str, last: str) -> st.SearchStrategy[datetime]:
    """Aware UTC in whole milliseconds."""
    spread = st.datetimes(datetime.fromisoformat(first), datetime.fromisoformat(last), timezones=st.just(UTC))
    return spread.map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


moments = _moments("1000-01-01", "9999-12-31T23:59:59.999")
_early = _moments("1000-01-01", "9000-01-01")
_spans = st.integers(1, 10**12).map(lambda milliseconds: timedelta(milliseconds=milliseconds))
parts = st.builds(
    PartDigest,
    name=st.sampled_from(["consignment.xml", "letter.edxml", "attachments/001.pdf", "source/received.edxml"]),
    size=st.integers(0, 10**17),
    sha256=digests,
)


@st.composite
def consignments(draw: st.DrawFn) -> Consignment:
    kind = draw(st.sampled_from(ConsignmentClass))
    created = draw(_early)
    return Consignment(
        id=draw(ids),
        kind=kind,
        sender=draw(codes),
        recipients=draw(code_lists),
        lane=draw(st.sampled_from(Lane)),
        created_at=created,
        expires_at=created + draw(_spans),
        in_reply_to=draw(ids if kind is ConsignmentClass.STATUS else st.none() | ids),
        origin=draw(st.sampled_from(Origin)),
        directory_version=draw(st.none() | tokens),
        reduced=draw(st.booleans()),
        signed_at=draw(st.none() | st.just(created)),
        opened_at=draw(st.none() | _early),
    )


file_codes = st.sampled_from(["pdf.valid", "pdf.not-intact", "file.macro", "malware.clean", "envelope.date-differs"])
file_verdicts = st.builds(
    FileVerdict,
    part=st.sampled_from(["letter.edxml", "attachments/001.pdf"]),
    sha256=digests,
    verdicts=st.lists(file_codes, max_size=4, unique=True).map(tuple),
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    event = draw(st.sampled_from(Event))
    unread = event is Event.SUBMISSION_REJECTION and draw(st.booleans())
    return Evidence(
        id=draw(ids),
        event=event,
        issuer=draw(peers),
        recorded_at=draw(moments),
        claimed_at=draw(st.none() | moments),
        reasons=draw(token_lists),
        sender="" if unread else draw(codes),
        recipients=() if unread else draw(code_lists),
        consignment_id="" if unread else draw(ids),
        container_sha256=draw(digests),
        parts=tuple(draw(st.lists(parts, max_size=3))),
        status_sha256=draw(st.none() | digests),
        rule_pack=draw(st.just("") | digests),
        verdicts=draw(token_lists),
        files=draw(st.lists(file_verdicts, max_size=2).map(tuple)),
        report_sha256=draw(st.none() | digests),
        previous=draw(st.none() | ids),
        successor=draw(codes | ids),
    )


transfers = st.builds(
    TransferRecord,
    id=ids,
    hub=peers,
    peer=peers,
    at=moments,
    consignment_id=ids,
    container_sha256=digests,
    recipients=code_lists,
    lane=st.sampled_from(Lane),
    trace=st.lists(st.builds(TraceEntry, hub=peers, sha256=digests), max_size=3).map(tuple),
    acceptance_sha256=digests,
    bindings=digest_lists,
)


@st.composite
def returns(draw: st.DrawFn) -> Return:
    consignment_id, recipient = draw(ids), draw(codes)
    notices = st.builds(
        Notice,
        code=st.sampled_from(["recipient.silent", "deadline.k2.near"]),
        since=moments,
        sender=codes,
        consignment_id=st.just(consignment_id),
        recipient=st.just(recipient),
    )
    notice = draw(st.none() | notices)
    return Return(
        id=draw(ids),
        hub=draw(peers),
        peer=draw(peers),
        at=draw(moments),
        consignment_id=consignment_id,
        recipient=recipient,
        evidence=draw(st.lists(digests, min_size=1 if notice is None else 0, max_size=3).map(tuple)),
        status_sha256=draw(st.none() | digests),
        bindings=draw(digest_lists),
        notice=notice,
    )


@st.composite
def bindings(draw: st.DrawFn) -> Binding:
    valid_from = draw(_early)
    return Binding(
        id=draw(ids),
        hub=draw(peers),
        holder=draw(peers),
        fingerprint=draw(digests),
        use=draw(st.sampled_from(KeyUse)),
        codes=draw(st.just(()) | code_lists),
        valid_from=valid_from,
        valid_to=valid_from + draw(_spans),
    )


SAMPLE_CONSIGNMENT = Consignment(
    id="3b241101-e2bb-4255-8caf-4136c566a962",
    kind=ConsignmentClass.LETTER,
    sender="H45.32.03",
    recipients=("G12", "H49.30.01"),
    lane=Lane.THUONG,
    created_at=datetime(2026, 11, 22, 1, 2, 3, 456_000, tzinfo=UTC),
    expires_at=datetime(2026, 11, 29, 1, 2, 3, 456_000, tzinfo=UTC),
    directory_version="7",
)
"""A letter from a commune of H45 to a ministry and a commune of H49."""

SAMPLE_EVIDENCE = Evidence(
    id="7d444840-9dc0-41d1-b245-5ffdce74fad2",
    event=Event.SUBMISSION_ACCEPTANCE,
    issuer="hub-h45",
    recorded_at=datetime(2026, 11, 22, 1, 2, 4, tzinfo=UTC),
    sender="H45.32.03",
    recipients=("G12", "H49.30.01"),
    consignment_id=SAMPLE_CONSIGNMENT.id,
    container_sha256="ab" * 32,
    parts=(PartDigest(name="consignment.xml", size=512, sha256="cd" * 32),),
    rule_pack="ef" * 32,
)
