"""Old and new side by side: fields, and attachments by name and digest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.domain.comparison import Comparison, Content, FieldChange, File, FileFate, compare

FILES = st.lists(st.builds(File, name=st.sampled_from("abc"), sha256=st.sampled_from("123")), max_size=4)
CONTENTS = st.builds(
    Content,
    fields=st.dictionaries(st.sampled_from(["number", "subject", "to"]), st.sampled_from(["x", "y"])),
    attachments=FILES.map(tuple),
)


def content(*files: tuple[str, str], **fields: str) -> Content:
    return Content(fields=fields, attachments=tuple(File(name=name, sha256=digest) for name, digest in files))


def test_fields_that_differ_are_listed_with_both_values() -> None:
    old, new = content(number="57", subject="V/v A", to="G12"), content(number="57", subject="V/v B", signer="Hoa")
    assert compare(old, new).fields == (
        FieldChange(field="subject", old="V/v A", new="V/v B"),
        FieldChange(field="to", old="G12", new=""),
        FieldChange(field="signer", old="", new="Hoa"),
    )


def test_files_are_told_apart_by_name_and_digest() -> None:
    old = content(("same.pdf", "1"), ("changed.pdf", "2"), ("gone.pdf", "3"), ("old name.pdf", "4"))
    new = content(("changed.pdf", "9"), ("same.pdf", "1"), ("new name.pdf", "4"), ("fresh.pdf", "5"))
    found = {
        (one.change, one.name, one.old_name, one.old_sha256, one.new_sha256) for one in compare(old, new).attachments
    }
    assert found == {
        (FileFate.CHANGED, "changed.pdf", "changed.pdf", "2", "9"),
        (FileFate.RENAMED, "new name.pdf", "old name.pdf", "4", "4"),
        (FileFate.ADDED, "fresh.pdf", None, None, "5"),
        (FileFate.REMOVED, "gone.pdf", "gone.pdf", "3", None),
    }


@given(CONTENTS, CONTENTS)
def test_nothing_is_lost_and_nothing_is_made_up(old: Content, new: Content) -> None:
    found = compare(old, new)
    assert bool(found.fields) == (dict(old.fields) != dict(new.fields))
    after = [(file.name, file.sha256) for file in old.attachments]
    for one in found.attachments:
        if one.old_sha256 is not None:
            after.remove((one.old_name or "", one.old_sha256))
        if one.new_sha256 is not None:
            after.append((one.name, one.new_sha256))
    assert sorted(after) == sorted((file.name, file.sha256) for file in new.attachments)
    assert compare(old, old) == Comparison()
