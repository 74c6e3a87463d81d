"""Plots as SVG without script and without anything from outside; each page says the same in a table beside it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LABELS_MOST = 14
"""Of the lower axis; of more only some are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    name: str
    values: tuple[float | None, ...]


def columns(title: str, labels: Sequence[str], series: Sequence[Series]) -> bytes:
    """Columns side by side over time."""
    import pygal  # noqa: PLC0415 - only who looks at plots pays for loading it
    from pygal.style import Style  # noqa: PLC0415

    # It leaves a finder of the old protocol behind, about which every later import of something absent would warn.
    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

    style = Style(
        background="#ffffff",
        plot_background="#ffffff",
        foreground="#1c2733",
        foreground_strong="#1c2733",
        foreground_subtle="#5b6875",
        colors=("#8a1c1c", "#1d5c8f", "#3d7a37", "#8a6d1c"),
        font_family="sans-serif",
        title_font_size=18,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
    )
    chart = pygal.Bar(
        style=style,
        js=(),
        css=("file://style.css", "file://graph.css"),
        title=title,
        width=960,
        height=360,
        legend_at_bottom=True,
        x_label_rotation=20,
        show_minor_x_labels=len(labels) <= LABELS_MOST,
        print_values=False,
        value_formatter=lambda value: f"{value:,.0f}",
        no_data_text="—",
    )
    chart.add_xml_filter(_without_script)
    chart.x_labels = list(labels)
    chart.x_labels_major = list(labels[:: max(1, len(labels) // LABELS_MOST)])
    for one in series:
        chart.add(one.name, list(one.values))
    return bytes(chart.render())


def _without_script(root: Any) -> Any:
    """The library puts its settings into a script, for tooltips that nobody here has."""
    for one in list(root.iter("{*}script", "script")):
        one.getparent().remove(one)
    return root
