"""Plots as SVG without script and without anything from outside; each page says the same in a table beside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

LABELS_MOST = 14
"""Of the lower axis; of more only some are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    name: str
    values: tuple[float | None, ...]
    is_reference: bool = False
    """A line to compare with, dashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    paper: str
    ink: str
    subtle: str
    colours: tuple[str, ...]


LOOKS: Final[Mapping[str, Look]] = {
    "light": Look(
        paper="#ffffff", ink="#1c2733", subtle="#5b6875",
        colours=("#8a1c1c", "#1d5c8f", "#3d7a37", "#8a6d1c", "#6b3f8a", "#5b6875"),
    ),
    "dark": Look(
        paper="#151b22", ink="#e6ebf0", subtle="#9aa7b4",
        colours=("#f08a8a", "#7fb8e6", "#8fd08a", "#e0c46c", "#c79be6", "#9aa7b4"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    title: str
    across: str
    """What the lower axis says."""
    up: str
    """What the other one says."""
    labels: Sequence[str]
    series: Sequence[Series]
    lines: bool = False
    """Lines; else columns side by side."""
    is_share: bool = False
    """Values are per cent, from 0 to 100."""


def draw(plot: Plot, *, theme: str = "light") -> bytes:
    """
    Args:
        theme: light or dark; whatever else is light.
    """
    import pygal  # noqa: PLC0415 - only who looks at plots pays for loading it

    # It leaves a finder of the old protocol behind, about which every later import of something absent would warn.
    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

    chart = (pygal.Line if plot.lines else pygal.Bar)(
        style=_style(LOOKS.get(theme, LOOKS["light"])),
        js=(),
        css=("file://style.css", "file://graph.css"),
        title=plot.title,
        x_title=plot.across,
        y_title=plot.up,
        width=960,
        height=400,
        legend_at_bottom=True,
        x_label_rotation=20,
        show_minor_x_labels=len(plot.labels) <= LABELS_MOST,
        print_values=False,
        value_formatter=(lambda value: f"{value:.0f} %") if plot.is_share else (lambda value: f"{value:,.0f}"),
        no_data_text="—",
        **({"range": (0, 100)} if plot.is_share else {}),
    )
    chart.add_xml_filter(_without_script)
    chart.x_labels = list(plot.labels)
    chart.x_labels_major = list(plot.labels[:: max(1, len(plot.labels) // LABELS_MOST)])
    for one in plot.series:
        dashed = {"stroke_style": {"width": 2, "dasharray": "6, 4"}, "show_dots": False} if one.is_reference else {}
        chart.add(one.name, list(one.values), **dashed)
    return bytes(chart.render())


def spark(values: Sequence[float | None], label: str) -> Markup:
    """A small line of shares (0 to 1) for a row of a table, in the colour of the text; gaps where there is none."""
    width, height = 96, 20
    step = width / max(1, len(values) - 1)
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{place * step:.1f},{height - 1 - value * (height - 2):.1f}")
    lines = Markup("").join(
        Markup('<polyline points="{}" fill="none" stroke="currentColor"/>').format(" ".join(piece))
        if len(piece) > 1
        else Markup('<circle cx="{}" cy="{}" r="1.5" fill="currentColor"/>').format(*piece[0].split(","))
        for piece in pieces
        if piece
    )
    head = Markup('<svg role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">')
    return head.format(label, width, height, width, height) + lines + Markup("</svg>")


def _style(look: Look) -> Any:
    from pygal.style import Style  # noqa: PLC0415 - as above

    return Style(
        background=look.paper,
        plot_background=look.paper,
        foreground=look.ink,
        foreground_strong=look.ink,
        foreground_subtle=look.subtle,
        colors=look.colours,
        font_family="sans-serif",
        title_font_size=18,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
    )


def _without_script(root: Any) -> Any:
    """The library puts its settings into a script, for tooltips that nobody here has."""
    for one in list(root.iter("{*}script", "script")):
        one.getparent().remove(one)
    return root
