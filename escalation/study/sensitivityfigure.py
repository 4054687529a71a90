"""The specification curve of a study: which quantities it shows, and the words around them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from escalation.charts.specification import Panel, specification
from escalation.study.alternatives import Specification, about

if TYPE_CHECKING:
    from escalation.study.study import Study

__all__ = ["draw_sensitivity", "panels_of"]

#: Title and unit of the quantities shown, and their axis and reference line.
_SHOWN = {
    "jump": ("P(at least one jump)", "share", 0.5), "bayes_factor": ("Bayes factor for a change", "log", 1.0),
    "window_1": (None, "share", 0.5), "ratio_1": (None, "log", 1.0), "total": (None, "linear", None),
    "event_1_posterior": (None, "log", 1.0), "event_1_glm": (None, "log", 1.0), "level_all": (None, "share", None),
}  # fmt: skip


def panels_of(table: pd.DataFrame) -> list[Panel]:
    """Return the quantities of a table of `Sensitivity` that the figure shows, those of them that it has."""
    out = []
    for key, (title, scale, reference) in _SHOWN.items():
        rows = table[(table["key"] == key).to_numpy()].set_index("spec")
        if len(rows) and rows["value"].notna().any():
            units = {"log": "log scale", "share": "0 to 1", "linear": "count"}[scale]
            frame = rows[["value", "lower", "upper"]]
            out.append(Panel(title or str(rows["quantity"].iloc[0]), units, frame, reference, scale))
    return out


def draw_sensitivity(base: Study, specs: Sequence[Specification], table: pd.DataFrame) -> Figure:
    """Draw the curve.

    Parameters
    ----------
    base
        The study that was chosen.
    specs
        Every set of choices.
    table
        Their headline quantities, see `Sensitivity.table`.
    """
    topics = list(dict.fromkeys(topic for spec in specs for topic in spec.options))
    choices = pd.DataFrame(
        {about(topic): [spec.options.get(topic, _chosen(base, topic)) for spec in specs] for topic in topics},
        index=[spec.name for spec in specs],
    ).assign(block=[spec.block for spec in specs])
    prob = base.choices.prob
    return specification(
        panels_of(table), choices,
        title="What other choices would have found",
        subtitle=(
            f"{base.case.title}. Each column is one set of choices, sorted by the probability of a jump; bars are "
            f"{100 * prob:g} % intervals. Below, what differs from the choices made"
        ),
        source=f"{base.case.source_line}; drawn with escalation {version('escalation')}",
    )  # fmt: skip


def _chosen(base: Study, topic: str) -> str:
    """Name the option that was chosen, where a word or a number does."""
    value = getattr(base.choices, topic, None)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    words = str(value) if isinstance(value, (str, int, float)) else ""
    return f"as chosen: {words}" if words else "as chosen"
