"""Hostile and good XML for the gate, as data: what the bytes are, which clause they touch, what must be said.

`code` is None where the document must be admitted; every negative stands beside the positive twin it was bent from.
Clauses: XML = XML 1.0 (fifth edition), NS = Namespaces in XML 1.0, X01-X05 and S04 = rules of the gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.gate.xml import XmlProfile

SIGNED, FOREIGN = XmlProfile.SIGNED, XmlProfile.FOREIGN
BOTH = (SIGNED, FOREIGN)

Maker = Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    id: str
    clause: str
    make: Maker
    code: str | None
    line: int | None = None
    profiles: tuple[XmlProfile, ...] = BOTH


def _v(id_: str, clause: str, make: Maker | bytes, code: str | None, **more: object) -> Vector:
    maker = make if callable(make) else lambda: make
    return Vector(id=id_, clause=clause, make=maker, code=code, **more)  # type: ignore[arg-type]


def _nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


def _attributes(count: int) -> bytes:
    return b"<a " + b" ".join(b"n%d='='" % index for index in range(count)) + b"/>"


def _namespaces(count: int) -> bytes:
    return b"<a " + b" ".join(b"xmlns:p%d='urn:p:%d'" % (index, index) for index in range(count)) + b"/>"


ENCODING = (
    _v("plain", "X01", b"<a/>", None),
    _v("declaration", "XML 2.8", b'<?xml version="1.0" encoding="UTF-8"?>\n<a/>', None),
    _v("declaration-apostrophes", "XML 2.8", b"<?xml version = '1.0' encoding = 'utf-8' standalone='yes' ?><a/>", None),
    _v("declaration-short", "XML 2.8", b'<?xml version="1.0"?><a/>', None),
    _v("bom", "XML 4.3.3", b"\xef\xbb\xbf<a/>", None),
    _v("bom-declaration", "XML 4.3.3", b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><a/>', None),
    _v("vietnamese", "X01", "<a>Công văn hỏa tốc của Ủy ban nhân dân</a>".encode(), None),
    _v("outside-bmp", "XML 2.2", "<a>\U00020000\U0010fffd</a>".encode(), None),
    _v("bom-twice", "XML 2.8", b"\xef\xbb\xbf\xef\xbb\xbf<a/>", "gate.malformed", line=1),
    _v("latin-1", "X01", b"<a>\n\xe9</a>", "gate.not-utf8", line=2),
    _v("windows-1258-bytes", "X01", "<a>Công</a>".encode("cp1258"), "gate.not-utf8"),
    _v("overlong-slash", "RFC 3629 3", b"<a>\xc0\xaf</a>", "gate.not-utf8"),
    _v("overlong-less-than", "RFC 3629 3", b"<a>\xe0\x80\xbcb/></a>", "gate.not-utf8"),
    _v("overlong-nul", "RFC 3629 3", b"<a>\xc0\x80</a>", "gate.not-utf8"),
    _v("surrogate", "RFC 3629 3", b"<a>\xed\xa0\x80</a>", "gate.not-utf8"),
    _v("surrogate-pair-cesu-8", "RFC 3629 3", b"<a>\xed\xa0\x81\xed\xb0\x80</a>", "gate.not-utf8"),
    _v("above-10ffff", "RFC 3629 3", b"<a>\xf4\x90\x80\x80</a>", "gate.not-utf8"),
    _v("cut-character", "RFC 3629 3", b"<a>\xe1\xbb", "gate.not-utf8"),
    _v("lone-continuation", "RFC 3629 3", b"<a>\x80</a>", "gate.not-utf8"),
    _v("utf-16-bom", "X01", lambda: "<a/>".encode("utf-16"), "gate.not-utf8"),
    _v("utf-16-le", "X01", lambda: "<a/>".encode("utf-16-le"), "gate.not-utf8"),
    _v("utf-16-be", "X01", lambda: "<a/>".encode("utf-16-be"), "gate.not-utf8"),
    _v("utf-32", "X01", lambda: "<a/>".encode("utf-32"), "gate.not-utf8"),
    _v("utf-32-be", "X01", lambda: "<a/>".encode("utf-32-be"), "gate.not-utf8"),
    _v("ebcdic", "X01", lambda: '<?xml version="1.0" encoding="cp037"?><a/>'.encode("cp037"), "gate.not-utf8"),
    *(
        _v(f"declared-{name}", "X01", f'<?xml version="1.0" encoding="{name}"?><a/>'.encode(), "gate.encoding", line=1)
        for name in ("UTF-7", "UTF-16", "GB18030", "Shift_JIS", "windows-1258", "ISO-8859-1", "US-ASCII", "UTF8", "")
    ),
    _v(
        "utf-7-doctype",
        "X01",
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
        "gate.encoding",
    ),
    _v("xml-1.1", "XML 2.8", b'<?xml version="1.1"?><a/>', "gate.xml-version", line=1),
    _v("xml-1.5", "XML 2.8", b"<?xml version='1.5'?><a/>", "gate.xml-version"),
    _v("no-version", "XML 2.8", b'<?xml encoding="UTF-8"?><a/>', "gate.malformed"),
    _v("declaration-order", "XML 2.8", b'<?xml encoding="UTF-8" version="1.0"?><a/>', "gate.malformed"),
    _v("declaration-cut", "XML 2.8", b'<?xml version="1.0"', "gate.malformed"),
    _v("declaration-late", "XML 2.8", b' <?xml version="1.0"?><a/>', "gate.processing-instruction"),
    _v(
        "declaration-twice", "XML 2.8", b'<?xml version="1.0"?><?xml version="1.0"?><a/>', "gate.processing-instruction"
    ),
)

CHARACTERS = (
    _v("tab-cr-lf", "XML 2.2", b"<a>\t\r\n</a>", None),
    _v("nul", "XML 2.2", b"<a>\n\x00</a>", "gate.forbidden-character", line=2),
    _v("nul-behind-root", "XML 2.2", b"<a/>\x00", "gate.forbidden-character"),
    _v("bell", "XML 2.2", b"<a>\x07</a>", "gate.forbidden-character"),
    _v("escape-in-attribute", "XML 2.2", b"<a b='\x1b'/>", "gate.forbidden-character"),
    _v("vertical-tab-in-tag", "XML 2.2", b"<a\x0bb=''/>", "gate.forbidden-character"),
    _v("fffe", "XML 2.2", "<a>\ufffe</a>".encode(), "gate.forbidden-character"),
    _v("ffff", "XML 2.2", "<a>\n\n\uffff</a>".encode(), "gate.forbidden-character", line=3),
    _v("reference-nul", "XML 4.1", b"<a>&#0;</a>", "gate.malformed", line=1),
    _v("reference-fffe", "XML 4.1", b"<a>&#xFFFE;</a>", "gate.malformed"),
    _v("reference-surrogate", "XML 4.1", b"<a>&#xD800;</a>", "gate.malformed"),
    _v("reference-good", "XML 4.1", b"<a>&#x1EE7;&amp;&lt;</a>", None),
)

DTD = (
    _v("doctype", "X02", b"<!DOCTYPE a>\n<a/>", "gate.doctype", line=1),
    _v("doctype-behind-declaration", "X02", b'<?xml version="1.0"?>\n<!DOCTYPE a><a/>', "gate.doctype", line=2),
    _v("doctype-external", "X02", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', "gate.doctype"),
    _v("doctype-public", "X02", b'<!DOCTYPE a PUBLIC "-//A//B" "file:///etc/passwd"><a/>', "gate.doctype"),
    _v("doctype-lower-case", "X02", b"<!doctype a><a/>", "gate.doctype"),
    _v("doctype-behind-root", "X02", b"<a/><!DOCTYPE a>", "gate.doctype"),
    _v("doctype-inside", "X02", b"<a><!DOCTYPE a></a>", "gate.doctype"),
    _v("doctype-in-comment", "X02", b"<!-- <!DOCTYPE a> --><a/>", "gate.doctype"),
    _v("doctype-in-cdata", "X02", b"<a><![CDATA[<!DOCTYPE a>]]></a>", "gate.doctype"),
    _v("doctype-word-in-text", "X02", b"<a>DOCTYPE &lt;!DOCTYPE a&gt;</a>", None),
    _v("xxe-file", "X02", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "gate.doctype"),
    _v("xxe-parameter", "X02", b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><a/>', "gate.doctype"),
    _v("id-by-entity", "X02 F6", b'<!DOCTYPE a [<!ENTITY x "b1">]><a ID="&x;"/>', "gate.doctype"),
    _v(
        "billion-laughs",
        "X02",
        b'<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;">]><a>&n;</a>',
        "gate.doctype",
    ),
    _v("entity-alone", "X02", b'<!ENTITY x "y"><a/>', "gate.entity", line=1),
    _v("element-alone", "X02", b"\n<!ELEMENT a ANY><a/>", "gate.entity", line=2),
    _v("attlist-alone", "X02", b"<!ATTLIST a b CDATA #IMPLIED><a/>", "gate.entity"),
    _v("notation-alone", "X02", b'<!NOTATION n SYSTEM "x"><a/>', "gate.entity"),
    _v("unknown-entity", "XML 4.1", b"<a>&file;</a>", "gate.malformed"),
    _v("unknown-entity-in-attribute", "XML 4.1", b"<a ID='&x;'/>", "gate.malformed"),
    _v("conditional-section", "XML 3.4", b"<a><![INCLUDE[x]]></a>", "gate.malformed"),
)

INSTRUCTIONS_AND_COMMENTS = (
    _v("instruction-before", "X02", b"<?x y?><a/>", "gate.processing-instruction", line=1),
    _v("instruction-stylesheet", "X02", b'<?xml-stylesheet href="x"?><a/>', "gate.processing-instruction"),
    _v("instruction-inside", "X02 F5", b"<a>\nA<?x?>B</a>", "gate.processing-instruction", line=2),
    _v("instruction-behind", "X02", b"<a/>\n<?x?>", "gate.processing-instruction", line=2),
    _v("instruction-in-cdata", "X02", b"<a><![CDATA[<?x?>]]></a>", None, profiles=(FOREIGN,)),
    _v("comment-before", "X02", b"<!-- x --><a/>", None, profiles=(FOREIGN,)),
    _v("comment-behind", "X02", b"<a/><!-- x -->", None, profiles=(FOREIGN,)),
    _v("comment-between", "X02", b"<a>\n <b/>\n <!-- <c> -->\n <d/>\n</a>", None, profiles=(FOREIGN,)),
    _v("comment-alone", "X02", b"<a><!-- <SigningTime/> --></a>", None, profiles=(FOREIGN,)),
    _v("comment-before-signed", "X02", b"<!-- x --><a/>", "gate.comment", line=1, profiles=(SIGNED,)),
    _v("comment-between-signed", "X02", b"<a>\n<b/><!-- x --><d/></a>", "gate.comment", line=2, profiles=(SIGNED,)),
    _v("comment-behind-signed", "X02", b"<a/><!-- x -->", "gate.comment", profiles=(SIGNED,)),
    _v("comment-in-text", "X02 F5", b"<a>\n<To>A<!-- -->B</To></a>", "gate.comment-in-text", profiles=(FOREIGN,)),
    _v("comment-before-text", "X02 F5", b"<To><!-- -->AB</To>", "gate.comment-in-text", profiles=(FOREIGN,)),
    _v("comment-behind-text", "X02 F5", b"<To>AB<!-- --></To>", "gate.comment-in-text", profiles=(FOREIGN,)),
    _v(
        "comment-beside-cdata", "X02 F5", b"<To><![CDATA[A]]><!-- --></To>", "gate.comment-in-text", profiles=(FOREIGN,)
    ),
    _v("comment-in-mixed", "X02 F5", b"<To>A<b/><!-- --></To>", "gate.comment-in-text", profiles=(FOREIGN,)),
    _v("comment-by-nbsp", "X02 F5", b"<To>\xc2\xa0<!-- --></To>", "gate.comment-in-text", profiles=(FOREIGN,)),
    _v("comment-by-space", "X02", b"<To> <!-- -->&#13;&#9;</To>", None, profiles=(FOREIGN,)),
    _v("comment-reference", "X02 F5", b"<To>&#65;<!-- --></To>", "gate.comment-in-text", profiles=(FOREIGN,)),
    _v("comment-open", "XML 2.5", b"<a>\n<!-- x</a>", "gate.malformed", line=2, profiles=(FOREIGN,)),
    _v("comment-hyphens", "XML 2.5", b"<a><!-- -- --></a>", "gate.malformed", profiles=(FOREIGN,)),
    _v("cdata", "XML 2.7", b"<a><![CDATA[<b>&amp;]]></a>", None, profiles=(FOREIGN,)),
    _v("cdata-signed", "XML 2.7", b"<a>\n<![CDATA[x]]></a>", "gate.cdata", line=2, profiles=(SIGNED,)),
    _v("cdata-open", "XML 2.7", b"<a><![CDATA[x</a>", "gate.malformed", profiles=(FOREIGN,)),
    _v("cdata-behind-root", "XML 2.8", b"<a/><![CDATA[x]]>", "gate.malformed", profiles=(FOREIGN,)),
)

SYNTAX = (
    _v("empty", "XML 2.1", b"", "gate.malformed"),
    _v("blank", "XML 2.1", b" \n ", "gate.malformed"),
    _v("text", "XML 2.1", b"hello", "gate.malformed"),
    _v("json", "XML 2.1", b'{"a": "<b/>"}', "gate.malformed"),
    _v("zip", "XML 2.1", b"PK\x03\x04\x14", "gate.forbidden-character"),
    _v("bare-less-than", "XML 2.4", b"<a> < </a>", "gate.malformed"),
    _v("less-than-in-attribute", "XML 3.1", b"<a b='<'/>", "gate.malformed"),
    _v("greater-than-in-attribute", "XML 3.1", b"<a b='>' c=\"/>\"/>", None),
    _v("cut-in-tag", "XML 3.1", b"<a><b c='", "gate.malformed"),
    _v("cut-in-end", "XML 3.1", b"<a>\n</a", "gate.malformed", line=2),
    _v("cut-before-end", "XML 3", b"<a>\n<b/>", "gate.malformed", line=2),
    _v("crossed", "XML 3", b"<a><b></a></b>", "gate.malformed"),
    _v("end-first", "XML 3", b"</a><a>", "gate.malformed"),
    _v("two-roots", "XML 2.1", b"<a/>\n<b/>", "gate.malformed", line=2),
    _v("text-behind-root", "XML 2.1", b"<a/>x", "gate.malformed"),
    _v("attribute-twice", "XML 3.1", b"<a b='1' b='2'/>", "gate.malformed"),
    _v(
        "attribute-twice-by-namespace",
        "NS 6.3",
        b"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>",
        "gate.malformed",
    ),
    _v("attribute-bare", "XML 3.1", b"<a b/>", "gate.malformed"),
    _v("cdata-end-in-text", "XML 2.4", b"<a>]]></a>", "gate.malformed"),
)

NAMESPACES = (
    _v("namespaces", "NS 3", b"<a xmlns='urn:x'><p:b xmlns:p='http://example.org/y'/></a>", None),
    _v("undeclared-default", "NS 6.2", b"<a xmlns='urn:x'><b xmlns=''/></a>", None),
    _v("prefix-declared-again", "NS 6.1", b"<a xmlns:p='urn:x'><p:b xmlns:p='urn:x'/></a>", None),
    _v("prefix-in-siblings", "X04", b"<a><p:b xmlns:p='urn:x'/><p:b xmlns:p='urn:y'/></a>", None),
    _v(
        "prefix-rebound",
        "X04",
        b"<a xmlns:p='urn:x'>\n<p:b xmlns:p='urn:y'/></a>",
        "gate.prefix-rebound",
        line=2,
        profiles=(SIGNED,),
    ),
    _v("prefix-rebound-foreign", "X04", b"<a xmlns:p='urn:x'><p:b xmlns:p='urn:y'/></a>", None, profiles=(FOREIGN,)),
    _v("relative", "X04", b"<a>\n<b xmlns='y'/></a>", "gate.namespace", line=2),
    _v("relative-path", "X04", b"<a xmlns:p='../y'/>", "gate.namespace"),
    _v("namespace-space", "NS 2.2", b"<a xmlns='http://a b/'/>", "gate.malformed"),
    _v("unbound-prefix", "NS 5", b"<p:a/>", "gate.malformed"),
    _v("unbound-attribute-prefix", "NS 5", b"<a p:b=''/>", "gate.malformed"),
    _v("empty-prefixed", "NS 5", b"<a xmlns:p=''/>", "gate.malformed"),
    _v("two-colons", "NS 4", b"<p:a:b xmlns:p='urn:x'/>", "gate.malformed"),
    _v("xml-rebound", "NS 3", b"<a xmlns:xml='urn:x'/>", "gate.malformed"),
    _v("xmlns-bound", "NS 3", b"<a xmlns:xmlns='urn:x'/>", "gate.malformed"),
    _v("namespaces-most", "X03", lambda: _namespaces(32), None),
    _v("namespaces-too-many", "X03", lambda: _namespaces(33), "gate.too-many-namespaces", line=1),
    _v("namespace-longest", "X03", lambda: b"<a xmlns='urn:" + b"x" * 1020 + b"'/>", None),
    _v("namespace-too-long", "X03", lambda: b"<a xmlns='urn:" + b"x" * 1021 + b"'/>", "gate.namespace"),
)

LIMITS = (
    _v("deepest", "X03", lambda: _nested(64), None),
    _v("too-deep", "X03", lambda: _nested(65), "gate.too-deep", line=1),
    _v("far-too-deep", "X03", lambda: b"<a>" * 1_000_000, "gate.too-deep"),
    _v("attributes-most", "X03", lambda: _attributes(64), None),
    _v("attributes-too-many", "X03", lambda: _attributes(65), "gate.too-many-attributes", line=1),
    _v("attributes-far-too-many", "X03", lambda: _attributes(500_000), "gate.too-many-attributes"),
    _v(
        "attributes-in-all",
        "X03",
        lambda: b"<a>" + (b"<b " + b" ".join(b"n%d=''" % index for index in range(64)) + b"/>") * 3_126 + b"</a>",
        "gate.too-many-attributes",
    ),
    _v("attribute-longest", "X03", lambda: b"<a b='" + b"x" * 65_536 + b"'/>", None),
    _v("attribute-too-long", "X03", lambda: b"<a b='" + b"x" * 65_537 + b"'/>", "gate.attribute-too-long", line=1),
    _v("name-longest", "X03", lambda: b"<" + b"a" * 256 + b"/>", None),
    _v("name-too-long", "X03", lambda: b"<" + b"a" * 257 + b"/>", "gate.name-too-long", line=1),
    _v("name-far-too-long", "X03", lambda: b"<" + b"a" * 60_000 + b"/>", "gate.malformed"),
    _v("attribute-name-too-long", "X03", lambda: b"<a " + b"b" * 257 + b"=''/>", "gate.name-too-long"),
    _v("prefix-too-long", "X03", lambda: b"<a xmlns:" + b"b" * 257 + b"='urn:x'/>", "gate.name-too-long"),
    _v(
        "comments-too-many",
        "X03",
        lambda: b"<a>" + b"<!---->" * 10_001 + b"</a>",
        "gate.too-many-comments",
        profiles=(FOREIGN,),
    ),
    _v("text-longest-signed", "X03", lambda: b"<a>" + b"x" * 1_000_000 + b"</a>", None),
    _v(
        "text-too-long-signed",
        "X03",
        lambda: b"<a>\n" + b"x" * 1_000_000 + b"</a>",
        "gate.text-too-long",
        line=2,
        profiles=(SIGNED,),
    ),
    _v("text-longest", "X03 F7", lambda: b"<a>" + b"x" * 10_000_000 + b"</a>", None, profiles=(FOREIGN,)),
    _v(
        "text-too-long",
        "X03 F7",
        lambda: b"<a>" + b"x" * 10_000_001 + b"</a>",
        "gate.text-too-long",
        profiles=(FOREIGN,),
    ),
    _v(
        "text-too-long-by-cdata",
        "X03 F7",
        lambda: b"<a>" + (b"<![CDATA[" + b"x" * 5_000_000 + b"]]>") * 2 + b"</a>",
        "gate.text-too-long",
        profiles=(FOREIGN,),
    ),
    _v(
        "document-too-large",
        "X03",
        lambda: b"<a>" + b"<b>x</b>" * 1_048_576 + b"</a>",
        "gate.too-large",
        profiles=(SIGNED,),
    ),
)

NAMES = (
    _v("name-vietnamese", "XML 2.3", "<Ghi-chú_1.0 Số='1'/>".encode(), None),
    _v("name-bom", "XML 2.3", b"<a>\n<b\xef\xbb\xbf/></a>", "gate.name-characters", line=2),
    _v("name-bom-before-xmlns", "XML 2.3", b"<a \xef\xbb\xbfxmlns='urn:x'/>", "gate.name-characters"),
    _v("name-bom-in-prefix", "XML 2.3", b"<a xmlns:\xef\xbb\xbfp='urn:x'/>", "gate.name-characters"),
    _v("name-joiner", "XML 2.3", "<a\u200db/>".encode(), "gate.name-characters"),
    _v("name-combining", "XML 2.3", "<Ghi-chu\u0301/>".encode(), "gate.name-characters"),
    _v("name-digit", "XML 2.3", b"<1a/>", "gate.malformed"),
)

IDENTIFIERS = (
    _v("ids-differ", "S04", b"<a Id='x'><b ID='y'/><c id='z' other='x'/></a>", None),
    _v("ids-same", "S04", b"<a Id='x'>\n<b Id='x'/></a>", "gate.duplicate-id", line=2),
    _v("ids-other-spelling", "S04 F4", b"<a ID='b1'><b id='b1'/></a>", "gate.duplicate-id"),
    _v("ids-on-one-element", "S04", b"<a ID='b1' Id='b1'/>", "gate.duplicate-id"),
    _v("ids-assertion", "S04", b"<a AssertionID='b1'><b Id='b1'/></a>", "gate.duplicate-id"),
    _v("ids-prefixed", "S04", b"<a Id='x' xmlns:w='urn:wsu'><b w:Id='x'/></a>", "gate.duplicate-id"),
    _v("ids-by-reference", "S04", b"<a Id='x'><b Id='&#120;'/></a>", "gate.duplicate-id"),
    _v("ids-by-space", "S04", b"<a Id='x'><b Id=' x '/></a>", "gate.duplicate-id"),
)

_XI = b"xmlns:i='http://www.w3.org/2001/XInclude'"
_XSI = b"xmlns:s='http://www.w3.org/2001/XMLSchema-instance'"

INCLUSION = (
    _v("xsi-declared-only", "X05", b"<a " + _XSI + b" s:type='x'/>", None),
    _v("xml-lang", "X05", b"<a xml:lang='vi' xml:space='preserve'/>", None),
    _v(
        "xinclude-file", "X05", b"<a " + _XI + b">\n<i:include href='file:///etc/passwd'/></a>", "gate.xinclude", line=2
    ),
    _v("xinclude-fallback", "X05", b"<a " + _XI + b"><i:fallback/></a>", "gate.xinclude"),
    _v("xinclude-root", "X05", b"<include xmlns='http://www.w3.org/2001/XInclude'/>", "gate.xinclude"),
    _v("xinclude-2003", "X05", b"<include xmlns='http://www.w3.org/2003/XInclude'/>", "gate.xinclude"),
    _v("xinclude-attribute", "X05", b"<a " + _XI + b" i:href='x'/>", "gate.xinclude"),
    _v(
        "schema-location",
        "X05 F9",
        b"<a " + _XSI + b" s:schemaLocation='urn:x http://127.0.0.1:9/'/>",
        "gate.forbidden-attribute",
    ),
    _v(
        "schema-location-none",
        "X05 F9",
        b"<a " + _XSI + b" s:noNamespaceSchemaLocation='x'/>",
        "gate.forbidden-attribute",
    ),
    _v("schema-location-no-namespace", "X05", b"<a schemaLocation='x'/>", None),
    _v("xml-base", "X05", b"<a>\n<b xml:base='http://127.0.0.1:9/'/></a>", "gate.forbidden-attribute", line=2),
    _v("xml-id", "X05", b"<a xml:id='x'/>", "gate.forbidden-attribute"),
)

VECTORS: tuple[Vector, ...] = (
    *ENCODING,
    *CHARACTERS,
    *DTD,
    *INSTRUCTIONS_AND_COMMENTS,
    *SYNTAX,
    *NAMESPACES,
    *LIMITS,
    *NAMES,
    *IDENTIFIERS,
    *INCLUSION,
)
