"""The page docs/cli.md: commands as the argument tree has them, results as docs/schemas/*.json describe them."""

from __future__ import annotations

import argparse
import inspect
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cli
from exchange_axis.commands import output

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"
COMMON = ("--help", "--json", "--quiet", "--lang", "--data")
"""Options that are told once, at the top."""
RESULTS: Mapping[str, tuple[str, ...]] = {
    "audit access": ("audit-access",),
    "audit apology": ("audit-apology",),
    "audit deadlines": ("audit-deadlines",),
    "audit dossier": ("audit-dossier",),
    "audit report": ("audit-report",),
    "audit hints": ("audit-hints",),
    "audit history": ("audit-history",),
    "audit indicators": ("audit-indicators", "audit-search"),
    "audit overdue": ("audit-overdue", "audit-overdue-list"),
    "audit search": ("audit-search",),
    "check": ("check",),
    "demo": ("demo",),
    "directory approve": ("directory-change",),
    "directory changes": ("directory-changes",),
    "directory import": ("directory-import",),
    "directory reject": ("directory-change",),
    "directory show": ("directory-show",),
    "doctor": ("doctor",),
    "gate": ("check",),
    "hub certificates": ("hub-certificates", "hub-certificates-letter"),
    "hub bulletin show": ("hub-bulletin-show",),
    "hub bulletin test": ("node-bulletin-test",),
    "hub deliveries": ("hub-deliveries",),
    "hub disposals": ("hub-disposals", "hub-disposals-export"),
    "hub erase": ("hub-erase", "hub-erase-asked", "hub-erase-keep"),
    "hub hold add": ("hub-hold",),
    "hub hold list": ("hub-hold",),
    "hub hold release": ("hub-hold",),
    "hub init": ("hub-init",),
    "hub migrate": ("migrate",),
    "hub node add": ("hub-node-add",),
    "hub node approve": ("hub-node-approve",),
    "hub node invite approve": ("hub-invite",),
    "hub node invite list": ("hub-invites",),
    "hub node invite make": ("hub-invited",),
    "hub node invite refuse": ("hub-invite",),
    "hub node invite show": ("hub-invite",),
    "hub node invite withdraw": ("hub-invite",),
    "hub node list": ("hub-node-list",),
    "hub node revoke": ("hub-node-revoke",),
    "hub node asked": ("hub-node-asked",),
    "hub node rotate": ("hub-node-rotate",),
    "hub hand-back": ("hub-hand-back",),
    "hub resend": ("hub-resend",),
    "hub retry": ("hub-retry",),
    "hub retention": ("hub-retention",),
    "hub settings list": ("settings-list",),
    "hub settings note": ("settings-note",),
    "node access": ("node-access",),
    "node record": ("node-record",),
    "node archive export": ("node-archive",),
    "node settings list": ("settings-list",),
    "node settings note": ("settings-note",),
    "hub rotate authority": ("hub-rotate-authority",),
    "hub rotate install": ("hub-rotate-install",),
    "hub rotate log": ("hub-rotate-log",),
    "hub rotate seal": ("rotate",),
    "hub scrub": ("hub-scrub",),
    "hub rotate tls": ("hub-rotate-own",),
    "hub rotate tsa": ("hub-rotate-own",),
    "hub rotate uplink": ("rotate", "rotate-asked"),
    "hub stops": ("hub-stops",),
    "hub authority crl": ("hub-authority-crl",),
    "hub authority lists": ("hub-authority-lists",),
    "hub authority revoke": ("hub-authority-revoke",),
    "hub authority take": ("hub-authority-take",),
    "hub seals look": ("hub-seals-look",),
    "hub seals note": ("hub-seals-note",),
    "hub serve": ("serve",),
    "hub status": ("hub-status",),
    "hub tally": ("tally",),
    "hub trust add": ("hub-trust-change",),
    "hub trust approve": ("hub-trust-change",),
    "hub trust list": ("hub-trust-list",),
    "hub trust reject": ("hub-trust-change",),
    "hub trust remove": ("hub-trust-change",),
    "hub trust pin": ("trust-pin",),
    "hub trust-list approve": ("trust-list-approve",),
    "hub trust-list draft": ("trust-list-draft",),
    "hub trust-list propose": ("trust-list-propose",),
    "hub trust-list refuse": ("trust-list-refuse",),
    "hub trust-list show": ("trust-list-show",),
    "hub uplink install": ("hub-uplink-install",),
    "hub uplink request": ("hub-uplink-request",),
    "hub user add": ("user-invited",),
    "hub user changes": ("user-changes",),
    "hub user confirm": ("user-change",),
    "hub user disable": ("user",),
    "hub user enable": ("user",),
    "hub user list": ("user-list",),
    "hub user password": ("user-invited",),
    "hub user review": ("user-review",),
    "hub user roles": ("user",),
    "hub user totp-reset": ("user",),
    "log export": ("log-export",),
    "log fsck": ("log-fsck",),
    "log prove": ("log-prove",),
    "log repair": ("log-repair",),
    "log verify": ("log-verify",),
    "log verify-consistency": ("log-holds",),
    "log verify-inclusion": ("log-holds",),
    "log verify-part": ("log-holds",),
    "log prove-part": ("log-part",),
    "node accept": ("node-decision",),
    "node bulletin show": ("node-bulletin-show",),
    "node bulletin test": ("node-bulletin-test",),
    "node certificates": ("node-certificates",),
    "node deadlines": ("node-deadlines",),
    "node consent": ("node-decision",),
    "node decline": ("node-decision",),
    "node disposals": ("hub-disposals", "hub-disposals-export"),
    "node dossier": ("audit-dossier",),
    "node erase": ("hub-erase",),
    "node hold add": ("hub-hold",),
    "node hold list": ("hub-hold",),
    "node hold release": ("hub-hold",),
    "node inbox": ("node-inbox",),
    "node init": ("node-init",),
    "node install": ("node-install",),
    "node join": ("node-join",),
    "node migrate": ("migrate",),
    "node outbox": ("node-outbox", "node-waiting"),
    "node refuse": ("node-decision",),
    "node report": ("node-decision",),
    "node retry": ("node-waiting",),
    "node rotate install": ("node-rotate-install",),
    "node rotate list": ("node-rotate-list",),
    "node rotate node-seal": ("rotate", "rotate-asked"),
    "node rotate seal": ("rotate", "rotate-asked"),
    "node rotate tls": ("rotate", "rotate-asked"),
    "node send": ("node-send",),
    "node serve": ("serve",),
    "node show": ("node-show", "node-show-save"),
    "node status": ("node-status",),
    "node take-back": ("node-take-back",),
    "node tally": ("tally",),
    "node trust add": ("trust-add",),
    "node trust pin": ("trust-pin",),
    "node user add": ("user-invited",),
    "node user changes": ("user-changes",),
    "node user confirm": ("user-change",),
    "node user disable": ("user",),
    "node user enable": ("user",),
    "node user list": ("user-list",),
    "node user password": ("user-invited",),
    "node user review": ("user-review",),
    "node user roles": ("user",),
    "node user totp-reset": ("user",),
    "validate": ("check",),
    "verify": ("verify",),
}
"""Command → the schemas of its --json results, file stems in docs/schemas."""

HEAD = """\
# The command `axis`

{notice}

Mọi lệnh đều có `--help`. Kết quả cho người đọc in ra stdout; với `--json`, stdout chỉ có JSON và lời cho người đọc sang
stderr. Mã thoát, khóa JSON và mã lỗi không đổi theo ngôn ngữ.

Every command takes these:

| option | meaning |
|---|---|
| `--json` | the result as one JSON document on one line of stdout; everything for people goes to stderr |
| `--quiet` | nothing for people but refusals |
| `--lang vi\\|en` | language for people; default `AXIS_LANG`, else Vietnamese. JSON carries both languages always |
| `--data DIR` | data folder of the hub or node (commands that work on one); default `AXIS_DATA`, else \
`/var/lib/exchange-axis/hub` or `/node` for root, else the XDG data folder |

While a service runs, commands on its folder are carried out by it; else the command opens the database under the same
lock. The results are the same. Decisions record the operating system's user as the actor.

An id may be shortened to a beginning that names one letter only; number/symbol (`57/BC-UBND`) works wherever an id
does. Times for people are +07:00, in JSON they are UTC.

## Exit codes

| code | meaning |
|---|---|
{exits}

A refusal is the JSON document [error.json](schemas/error.json): `{{"error": {{"code": …, "vi": …, "en": …, …}}}}`; all
codes are in [errors.md](errors.md).

## Environment

| variable | meaning |
|---|---|
| `AXIS_DATA` | default of `--data` |
| `AXIS_LANG` | default of `--lang` |
| `CREDENTIALS_DIRECTORY` | set by systemd; holds `axis-passphrase` (of the folder's keys) and, for keys that \
`axis node init` takes, `seal-passphrase`, `node-seal-passphrase`, `tls-passphrase` |
| `HTTPS_PROXY`, `NO_PROXY` | honoured by a node, and by a hub towards the hub above |
| `XDG_DATA_HOME` | where data folders of other users than root lie |

## Results

Schemas are JSON Schema 2020-12 in [schemas/](schemas/). Later versions may add members; a reader ignores what it does
not know, and none is taken away or changes its meaning."""


def cli_page(notice: str) -> str:
    """The whole page, Markdown."""
    parts = [HEAD.format(notice=notice, exits="\n".join(_exits()))]
    parts += [_section(command, parser) for command, parser in commands()]
    return "\n\n".join(parts) + "\n"


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that does something, such as `hub node add`, in order of name."""
    yield from sorted(_leaves("", cli.parser()), key=lambda pair: pair[0])


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return found


def _leaves(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield name, parser
    for action in below:
        for word, inner in action.choices.items():
            yield from _leaves(f"{name} {word}".strip(), inner)


def _exits() -> Iterator[str]:
    """The codes with the texts beneath them in the source."""
    source = inspect.getsource(output.Exit).splitlines()
    for code in output.Exit:
        at = next(number for number, line in enumerate(source) if line.strip() == f"{code.name} = {code.value}")
        yield f"| {code.value} | {source[at + 1].strip().strip(chr(34))} |"


def _section(command: str, parser: argparse.ArgumentParser) -> str:
    actions = [action for action in parser._actions if not set(action.option_strings) & set(COMMON)]
    actions.sort(key=lambda action: bool(action.option_strings))
    lines = [f"## axis {command}", "", _help_of(command), "", "```", _usage(command, actions), "```"]
    if actions:
        lines += ["", "| argument | default | meaning |", "|---|---|---|"]
        lines += [_row(f"`{_spelling(action)}`", _default(action), action.help or "") for action in actions]
    for name in RESULTS[command]:
        lines += ["", *_result(name)]
    return "\n".join(lines)


def _help_of(command: str) -> str:
    """What the parser above says of this command."""
    *path, last = command.split()
    parser = cli.parser()
    for word in path:
        parser = _below(parser).choices[word]
    return next(str(choice.help) for choice in _below(parser)._choices_actions if choice.dest == last)


def _below(parser: argparse.ArgumentParser) -> Any:
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def _usage(command: str, actions: list[argparse.Action]) -> str:
    named = [_spelling(action) if action.required else f"[{_spelling(action)}]" for action in actions]
    return " ".join(["axis", command, *named])


def _spelling(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if not action.option_strings:
        return str(value)
    option = action.option_strings[-1]
    return option if action.nargs == 0 else f"{option} {value}" + (" …" if _repeats(action) else "")


def _repeats(action: argparse.Action) -> bool:
    return isinstance(action.default, list) or isinstance(action, argparse._AppendAction)


def _default(action: argparse.Action) -> str:
    if action.required:
        return "required"
    return "" if action.default in (None, "", [], False) else f"`{os.fspath(str(action.default))}`"


def _result(name: str) -> list[str]:
    """A table of the top-level members; the schema has the rest."""
    content = schema(name)
    note = f" {content['description']}" if "description" in content else ""
    lines = [f"`--json`: [{name}.json](schemas/{name}.json), {content['type']}.{note}"]
    members = content.get("properties") or content["items"]["properties"]
    lines += ["", "| member | type | meaning |", "|---|---|---|"]
    return lines + [_row(f"`{member}`", _type(value), _meaning(value)) for member, value in members.items()]


def _type(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if "anyOf" in value:
        return " or ".join(_type(one) for one in value["anyOf"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    kinds = value["type"]
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _meaning(value: Mapping[str, Any]) -> str:
    return str(value.get("description", ""))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
