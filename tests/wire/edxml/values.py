"""Letters and statuses for tests: one plain of each, and all that hypothesis can think of within the emit limits."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from exchange_axis.domain.letter import (
    Business,
    BusinessKind,
    DocumentChange,
    DocumentType,
    Letter,
    Organ,
    OtherInfo,
    Receiver,
    Reference,
    Replacement,
    ResponseFor,
    SignerInfo,
    StaffInfo,
    StatusReport,
    TraceHeader,
)

LETTER = Letter(
    from_=Organ(id="H45.32.03", name="UBND xã An Ninh Đông"),
    to=(Organ(id="H45.32", name="UBND huyện Tuy An"),),
    document_id="H45.32.03,2025/06/04,57/BC-UBND",
    code_number="57",
    code_notation="BC-UBND",
    promulgation_date=date(2025, 6, 4),
    document_type=DocumentType(table="2", row="14", name="Báo cáo"),
    subject="Báo cáo kết quả tháng 5 năm 2025",
    business=Business(),
    trace=(TraceHeader(organ_id="H45.32.03", timestamp=datetime(2025, 6, 4, 3, 15, tzinfo=UTC)),),
    references=(Reference(content_id="a1", name="57 Báo cáo.pdf", content_type="application/pdf"),),
)
STATUS = StatusReport(
    from_=Organ(id="H45.32", name="UBND huyện Tuy An"),
    response_for=ResponseFor(organ_id="H45.32.03", code="57/BC-UBND", document_id="H45.32.03,2025/06/04,57/BC-UBND"),
    code="03",
    description="Số đến 812",
    timestamp=datetime(2025, 6, 4, 3, 20, 5, tzinfo=UTC),
)


def texts(limit: int, *, empty: bool = True) -> st.SearchStrategy[str]:
    """Any text that XML can carry, as it is without white space at its ends."""
    characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    stripped = st.text(characters | st.sampled_from("Đđắợ<&>\"'"), max_size=limit).map(str.strip)
    return stripped if empty else stripped.filter(bool)


codes = st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{2}){0,3}", fullmatch=True)
days = st.dates(date(1945, 9, 2), date(2100, 12, 31))
moments = st.integers(631_152_000, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
organs = st.builds(
    Organ,
    id=codes,
    name=texts(200),
    in_charge=texts(200),
    address=texts(250),
    email=texts(100),
    telephone=texts(20),
    fax=texts(20),
    website=texts(100),
)
answers = st.builds(
    ResponseFor, organ_id=codes, code=texts(100), promulgation_date=st.none() | days, document_id=texts(200)
)
staffs = st.builds(
    StaffInfo,
    department=texts(300, empty=False),
    staff=texts(300),
    email=texts(100),
    mobile=texts(30),
    staff_id=texts(200),
)
changes = st.builds(
    DocumentChange,
    document=st.booleans(),
    receivers=st.booleans(),
    receiver_list=st.lists(st.builds(Receiver, organ_id=codes, added=st.booleans()), max_size=2).map(tuple),
)
replacements = st.builds(
    Replacement, document_id=texts(200, empty=False), organ_ids=st.lists(codes, max_size=3).map(tuple)
)
businesses = st.builds(
    Business,
    kind=st.sampled_from(BusinessKind),
    document_id=texts(200),
    reason=texts(500),
    paper=st.none() | st.integers(0, 9),
    change=st.none() | changes,
    replacements=st.lists(replacements, max_size=2).map(tuple),
    staff=st.none() | staffs,
)
others = st.builds(
    OtherInfo,
    priority=st.none() | st.integers(0, 4),
    sphere=texts(100),
    typer=texts(10),
    copies=st.none() | st.integers(0, 65_535),
    pages=st.none() | st.integers(0, 65_535),
    direction=st.sampled_from(["", "true", "false"]),
    appendixes=st.lists(texts(50, empty=False), max_size=2).map(tuple),
)
references = st.builds(
    Reference,
    content_id=texts(100, empty=False),
    name=texts(500, empty=False),
    content_type=texts(100),
    description=texts(100),
)
letters = st.builds(
    Letter,
    from_=organs,
    to=st.lists(organs, min_size=1, max_size=3).map(tuple),
    document_id=texts(200, empty=False),
    code_number=texts(11, empty=False),
    code_notation=texts(30, empty=False),
    promulgation_date=days,
    subject=texts(500, empty=False),
    promulgation_place=texts(50),
    document_type=st.builds(DocumentType, table=texts(20), row=texts(20), name=texts(100)),
    content=texts(500),
    signer=st.builds(SignerInfo, competence=texts(100), position=texts(100), full_name=texts(50)),
    due_date=st.none() | days,
    other=others,
    response_for=st.lists(answers, max_size=2).map(tuple),
    steering_type=st.sampled_from(["", "0", "1", "2", "3"]),
    to_places=st.lists(texts(150, empty=False), max_size=2).map(tuple),
    business=st.none() | businesses,
    trace=st.lists(st.builds(TraceHeader, organ_id=codes, timestamp=st.none() | moments), max_size=3).map(tuple),
    references=st.lists(references, max_size=3).map(tuple),
)
statuses = st.builds(
    StatusReport,
    from_=organs,
    response_for=answers,
    code=st.from_regex(r"[0-9]{2}", fullmatch=True),
    timestamp=moments,
    staff=st.builds(StaffInfo) | staffs,
    description=texts(500),
)
