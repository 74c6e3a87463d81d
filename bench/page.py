"""docs/benchmarks.md from the results of one run. The words around the figures stand in page.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from bench.exchange import HANDS
from bench.federation import HUB, RECEIVER, ROLES, SENDER
from bench.figures import short
from bench.floor import ALGORITHMS, PARTS
from bench.peak import CEILING, GROWTH, PeakResult
from bench.peer import REQUIREMENT, STEPS
from bench.plan import MB, size_text
from bench.run import PRODUCT_KEYS, Results
from bench.rush import GOAL as RUSH_GOAL
from bench.rush import RushResult
from bench.story import GOAL, DemoResult

FRAME = Path(__file__).with_name("page.md")
COUNTED = {"letters": "letters", "deliveries": "deliveries", "receipts_verified": "receipts verified"}
DEMO_WORDS = (
    "From the command to its end, after installation: processes started, letters carried through three hubs, "
    "everything verified offline."
)
RUSH_WORDS = (
    "All wait at one hub for one node, from one sender, and the receiving node is off. Then the sending node gets a "
    "hỏa tốc letter. The time is from that\ncommand (sealing, TLS, all checks, signed receipt, durable storing "
    "included) until the hub offers the letter to the receiving node, before all others. The queued\ndeliveries are "
    "copies, in the hub's database, of one that came the real way."
)
NO_PEER_WORDS = (
    f"The one that PyPI has in a form that runs, `{REQUIREMENT}`, needs an older `cryptography` than the product and "
    "so an\nenvironment of its own; `python -m bench --peer` makes one, throws it away afterwards, and fills this "
    "section."
)
PEER_HEAD = ("build", "receive + sign receipt", "check receipt")
PEER_WORDS = (
    "the Peppol profile of AS4 (RSA-2048, gzip, AES-128-GCM, signed non-repudiation receipt), in a process and an\n"
    "environment of its own, in turns with the product. The comparison is not even: the peer's messages stay in "
    "memory, with no network, TLS, database,\nfiles, hub in between, schema, directory or log, and with one receipt; "
    "on the other hand it compresses and encrypts the payload for the recipient, which\nthe product does not. In the "
    "last column, a figure below 1 means that the peer spends less CPU than our exchange, above 1 that it spends more."
)
VIETNAMESE = {HUB: "trục", SENDER: "nút gửi", RECEIVER: "nút nhận"}


def page(results: Results) -> str:
    """The whole page."""
    return Template(FRAME.read_text(encoding="utf-8")).substitute(
        _machine(results)
        | _memory(results.peak)
        | _exchange(results)
        | {"demo": _demo(results), "peer": _peer(results), "rush": _rush(results.rush)}
    )


def _machine(results: Results) -> dict[str, str]:
    machine = results.machine
    return {
        "at": machine.at,
        "product": machine.product,
        "processor": machine.processor,
        "cores": str(machine.cores),
        "memory_gb": f"{machine.memory_gb:g}",
        "system": machine.system,
        "python": machine.python,
        "libraries": machine.libraries,
        "flush_ms": short(machine.flush_ms),
        "load_before": machine.load_before,
        "load_after": machine.load_after,
        "loads": ", ".join(f"{part}: {value}" for part, value in results.loads.items()),
        "minutes": short(machine.seconds / 60),
    }


def _exchange(results: Results) -> dict[str, str]:
    times = results.times_floor
    ratios = [f"{short(times[size].median)} lần ở {size_text(size)}" for size in times]
    return {
        "ratio_table": _ratio_table(results),
        "role_table": _role_table(results),
        "parts_table": _parts_table(results),
        "vi_ratios": ", ".join(ratios),
        "vi_demo": _vi_demo(results.demo),
        "hands": str(HANDS),
        "leaves": short(max(one.leaves for one in results.exchange.values())),
    }


def _ratio_table(results: Results) -> str:
    rows = [
        [
            size_text(size),
            f"**{results.times_floor[size]}**",
            str(one.cpu),
            str(results.floor.sums[size][PRODUCT_KEYS]),
            short(one.a_second),
            short(results.floor.letters_a_second(size, PRODUCT_KEYS)),
            str(one.wall),
        ]
        for size, one in results.exchange.items()
    ]
    head = [
        "container",
        "exchange / floor",
        "exchange, CPU ms a letter",
        "floor, CPU ms a letter",
        "exchange, letters/s a core",
        "floor, letters/s a core",
        "exchange, letters/s wall clock",
    ]
    return _table(head, rows)


def _role_table(results: Results) -> str:
    rows = [
        [size_text(size), str(one.letters), *(str(one.cpu_by_role[role]) for role in ROLES)]
        for size, one in results.exchange.items()
    ]
    return _table(["container", "letters a round", *(f"{role}, CPU ms a letter" for role in ROLES)], rows)


def _parts_table(results: Results) -> str:
    floor = results.floor
    columns = [(size, name) for size in floor.parts for name in ALGORITHMS]
    rows = [[part, *(str(floor.parts[size][name][part]) for size, name in columns)] for part in PARTS]
    rows.append(["**sum**", *(f"**{floor.sums[size][name]}**" for size, name in columns)])
    rows.append(["letters/s a core", *(short(floor.letters_a_second(size, name)) for size, name in columns)])
    return _table(["part", *(f"{size_text(size)}, {name}" for size, name in columns)], rows)


def _memory(peak: PeakResult) -> dict[str, str]:
    sizes = sorted(peak.peaks)
    smallest, largest = size_text(sizes[0]), size_text(sizes[-1])
    rows = [
        [
            role,
            str(peak.at_rest[role]),
            *(str(peak.peaks[size][role]) for size in sizes),
            f"{peak.growth(role):+.1f}",
            "holds" if peak.holds(role) else "**does not hold**",
        ]
        for role in ROLES
    ]
    rows.append(["seconds for the letter", "", *(str(peak.seconds[size]) for size in sizes), "", ""])
    head = ["", "at rest", *map(size_text, sizes), "difference of medians", "requirement"]
    broken = [role for role in ROLES if not peak.holds(role)]
    peaks = [f"{VIETNAMESE[role]} {short(peak.peaks[sizes[-1]][role].median)} MB" for role in ROLES]
    return {
        "memory_table": _table(head, rows),
        "smallest": smallest,
        "largest": largest,
        "growth": str(GROWTH // MB),
        "ceiling": str(CEILING // MB),
        "verdict": f"It does not hold for: {', '.join(broken)}." if broken else "It holds for all three.",
        "vi_verdict": "không đạt" if broken else "đạt",
        "vi_peaks": ", ".join(peaks),
    }


def _rush(result: RushResult) -> str:
    verdict = "holds" if result.holds else "**does not hold**"
    rows = [
        [f"{result.queued:,}", str(result.seconds), str(result.seconds.rounds), f"under {RUSH_GOAL:g} s: {verdict}"]
    ]
    head = ["ordinary deliveries queued", "urgent letter deliverable after, seconds", "rounds", "requirement"]
    return f"{_table(head, rows)}\n\n{RUSH_WORDS}"


def _demo(results: Results) -> str:
    demo = results.demo
    if demo is None:
        return f"**No time in this run:** {results.demo_trouble}."
    verdict = "holds" if demo.seconds.high < GOAL else "**does not hold**"
    rows = [[str(demo.seconds), str(demo.seconds.rounds), f"under {GOAL:g} s: {verdict}"]]
    counted = ", ".join(f"{demo.summary[key]} {text}" for key, text in COUNTED.items() if key in demo.summary)
    table = _table(["`axis demo --json --quiet`, wall seconds", "runs", "requirement"], rows)
    return f"{table}\n\n{DEMO_WORDS} It counted {counted}."


def _vi_demo(demo: DemoResult | None) -> str:
    return "chưa có số đo trong lần chạy này" if demo is None else f"{short(demo.seconds.median)} giây"


def _peer(results: Results) -> str:
    peer = results.peer
    if peer is None:
        return f"No peer was run beside the product in this run: {results.peer_trouble}. {NO_PEER_WORDS}"
    rows = []
    for size, total in peer.sums.items():
        steps = [str(peer.steps[size][step]) for step in STEPS]
        ratio = short(total.median / results.exchange[size].cpu.median)
        rows.append([size_text(size), *steps, f"**{total}**", short(1000 / total.median), ratio])
    head = ["payload", *PEER_HEAD, "sum, CPU ms", "messages/s a core", "peer / our exchange"]
    return f"{_table(head, rows)}\n\n`{peer.name}` from PyPI, {PEER_WORDS}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
