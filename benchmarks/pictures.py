"""Draws the pictures of a report: `pictures.py FOLDER`, with their descriptions as JSON on standard input.

A picture has panels beside each other: horizontal bars on a logarithmic scale, or lines over sizes. It runs with a Python that has
matplotlib (the peers' copy has one): the project itself needs none."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

INK, OURS, LIMIT, OTHER = "#24292f", "#0b6e4f", "#c9cdd2", "#7d97b3"

REFERENCE = "linear"
"""A line that is only there to be compared with."""


def main() -> None:
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    settings = {"svg.fonttype": "none", "svg.hashsalt": "peers", "font.size": 9, "font.family": "sans-serif"}
    colours = dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK)
    pyplot.rcParams.update({**settings, **colours})
    for picture in json.load(sys.stdin):
        panels = picture["panels"]
        bars = max(len(panel.get("bars", ())) for panel in panels)
        height = 0.9 + 0.27 * bars if bars else 3.0
        figure, axes = pyplot.subplots(
            1, len(panels), figsize=(5.2 * len(panels) if bars else 3.4 * len(panels), height)
        )
        for axis, panel in zip(axes, panels, strict=True):
            axis.set_title(panel["title"], fontsize=9)
            axis.spines[["top", "right"]].set_visible(False)
            if bars:
                draw_bars(axis, panel["bars"])
            else:
                draw_lines(axis, panel["lines"], is_log=panel["log"])
        figure.suptitle(picture["title"], fontsize=10, fontweight="bold")
        figure.tight_layout()
        figure.savefig(f"{sys.argv[1]}/{picture['file']}", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def draw_bars(axis: Any, bars: list[tuple[str, float]]) -> None:
    names, values = [name for name, _ in bars], [value for _, value in bars]
    colours = [OURS if name == "simpul" else LIMIT if name.startswith("L-") else OTHER for name in names]
    drawn = axis.barh(names, values, color=colours)
    axis.set_xscale("log")
    axis.set_xlim(min(values) / 2, max(values) * 4)
    axis.bar_label(drawn, [short(value) for value in values], padding=3, fontsize=8)


def short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def draw_lines(axis: Any, lines: dict[str, list[tuple[int, float]]], *, is_log: bool) -> None:
    for place, (name, points) in enumerate(lines.items()):
        axis.plot(*zip(*points, strict=True), marker="o", color=(OURS, OTHER)[place % 2], label=name)
        for size, value in points:
            if name != REFERENCE:
                where = {"textcoords": "offset points", "xytext": (0, 6), "ha": "center", "fontsize": 8}
                axis.annotate(short(value), (size, value), **where)
    axis.set_xscale("log")
    axis.set_xticks([size for size, _ in next(iter(lines.values()))])
    axis.set_xticklabels([f"{size:,}" for size, _ in next(iter(lines.values()))])
    axis.minorticks_off()
    top = max(value for points in lines.values() for _, value in points)
    if is_log:
        axis.set_yscale("log")
    else:
        axis.set_ylim(0, top * 1.2)
    if len(lines) > 1:
        axis.legend(frameon=False, fontsize=8)


if __name__ == "__main__":
    main()
