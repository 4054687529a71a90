"""The answer to "would another reasonable analyst get it?": a table, a figure, and a sentence for each choice."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from escalation.study.alternatives import NOISE, Specification, about
from escalation.study.choices import Choices
from escalation.study.sensitivityfigure import draw_sensitivity
from escalation.study.sensitivityframes import effect_frame, quantity_frame
from escalation.study.sensitivitywords import grid_sentence, topic_sentence
from escalation.study.study import Study

__all__ = ["Sensitivity"]


@dataclass(frozen=True, repr=False, eq=False)
class Sensitivity:
    """Headline quantities under every defensible choice; from `sensitivity`.

    Parameters
    ----------
    base
        The study under the base choices.
    specs
        Every full set of choices, the base first.
    specifications
        One row per set: ``spec, block`` (base, one at a time, grid), ``topic, option`` (what differs from the base),
        ``used`` (reports), ``error`` (why there is no answer, or none about levels) and ``shared`` (whether the
        reconstruction is that of the base, because the choice comes after it or admits the same reports).
    table
        One row per set and headline quantity, see `compared`.
    """

    base: Study
    specs: tuple[Specification, ...]
    specifications: pd.DataFrame
    table: pd.DataFrame

    def choices(self, spec: str) -> Choices:
        """Return the full choices of a specification, to rerun it with `study`.

        Raises
        ------
        KeyError
            If there is no such specification.
        """
        found = {one.name: one.choices for one in self.specs}
        if spec not in found:
            raise KeyError(f"no specification {spec!r}; there are {', '.join(found)}")
        return found[spec]

    def summary(self) -> pd.DataFrame:
        """Say of each choice how far it moves the quantities, over its alternatives one at a time, the farthest first.

        Returns
        -------
        DataFrame
            Indexed by ``topic``: ``about`` in words; ``alternatives`` and ``answers``, how many there are and how many
            have one; ``evidence_moved``, whether the words for the Bayes factor change; ``moves``, headline quantities
            with another conclusion; ``evidence``, the largest shift of the log10 Bayes factor; ``shift``, the largest
            of any quantity in the units of `compared`, with its ``option`` and ``quantity``; ``p_jump_lowest``,
            ``p_jump_highest``.
        """
        single = self.table[(self.table["block"] == "one at a time").to_numpy()].merge(
            self.specifications[["spec", "topic", "option", "error"]], on="spec"
        )
        rows = [self._topic(str(topic), part) for topic, part in single.groupby("topic", sort=False)]
        frame = pd.DataFrame(rows).set_index("topic") if rows else pd.DataFrame()
        order = ["evidence_moved", "evidence", "moves", "shift"]
        return frame.sort_values(order, ascending=False, kind="stable") if len(frame) else frame

    @staticmethod
    def _topic(topic: str, part: pd.DataFrame) -> dict[str, object]:
        """Return the row of one choice."""
        answered = part[part["value"].notna().to_numpy()]
        factor = answered[(answered["key"] == "bayes_factor").to_numpy()]
        jump = answered.loc[(answered["key"] == "jump").to_numpy(), "value"]
        ranked = answered[answered["shift"].notna().to_numpy()].sort_values("shift", kind="stable", ascending=False)
        most = ranked.iloc[0] if len(ranked) else None
        return {
            "topic": topic, "about": about(topic), "alternatives": part["spec"].nunique(),
            "answers": answered["spec"].nunique(), "evidence_moved": bool(factor["moved"].any()),
            "moves": int(answered.loc[answered["moved"].to_numpy(), "key"].nunique()),
            "evidence": float(factor["shift"].max()) if len(factor) else np.nan,
            "shift": np.nan if most is None else float(most["shift"]),
            "option": "" if most is None else most["option"], "quantity": "" if most is None else most["quantity"],
            "p_jump_lowest": jump.min(), "p_jump_highest": jump.max(),
        }  # fmt: skip

    @property
    def movers(self) -> tuple[str, ...]:
        """Choices of which some alternative changes the words for the Bayes factor of a change, most moving first."""
        found = self.summary()
        return tuple(found.index[found["evidence_moved"].to_numpy(dtype=bool)]) if len(found) else ()

    def quantities(self) -> pd.DataFrame:
        """Say of each headline quantity between which values it lies over all specifications.

        Returns
        -------
        DataFrame
            Indexed by ``key``: ``quantity, base, lowest, highest``, ``answers`` (how many specifications beside the
            base have one), ``same`` (how many of these do not move the conclusion, see `compared`) and ``conclusion``.
        """
        return quantity_frame(self.table)

    def main_effects(self) -> pd.DataFrame:
        """Average the quantities of the grid over all other options, with and without each option.

        Returns
        -------
        DataFrame
            ``topic, option, key, quantity, without, with, difference, pairs``: means, geometric ones of Bayes factors
            and ratios, whose ``difference`` is a factor, over the ``pairs`` of specifications of the grid (with the
            base and the single alternatives in it) that differ in this option alone and both have an answer.
        """
        return effect_frame(self.specs, self.table)

    def sentences(self) -> tuple[str, ...]:
        """Say of each choice in one sentence whether it moves the conclusion, and how far."""
        found = self.summary()
        lead = self._lead()
        noise = [topic for topic in found.index if topic in NOISE]
        rest = [topic for topic in found.index if topic not in NOISE]
        single = self.table[(self.table["block"] == "one at a time").to_numpy()].merge(
            self.specifications[["spec", "topic", "option"]], on="spec"
        )
        said = [topic_sentence(found.loc[t], single[(single["topic"] == t).to_numpy()]) for t in (*rest, *noise)]
        grid = grid_sentence(self.main_effects(), sum(one.block == "grid" for one in self.specs))
        return (lead, *said, *grid)

    def _lead(self) -> str:
        """Say how many specifications agree with the base, of those whose reconstruction is another one."""
        shared = dict(zip(self.specifications["spec"], self.specifications["shared"], strict=True))
        rows = self.table[(self.table["key"] == "bayes_factor").to_numpy()]
        base = rows["base_conclusion"].iloc[0]
        other = rows[~rows["spec"].map(shared).astype(bool).to_numpy()]
        answered = other[other["value"].notna().to_numpy()]
        same, lacking = int((answered["conclusion"] == base).sum()), len(other) - len(answered)
        jump = self.table.loc[(self.table["key"] == "jump").to_numpy(), "value"]
        return (
            f"Base: {base}. {same} of {len(answered)} other reconstructions lead to the same verdict on a change"
            f"{f', {lacking} have no answer' if lacking else ''}; P(at least one jump) goes from {jump.min():.2f} to "
            f"{jump.max():.2f}."
        )

    def plot(self) -> Figure:
        """Draw the specification curve: quantities above, what differs from the base below.

        Returns
        -------
        matplotlib.figure.Figure
            Not known to pyplot.
        """
        return draw_sensitivity(self.base, self.specs, self.table)

    def __repr__(self) -> str:
        moved = ", ".join(map(repr, self.movers)) or "none"
        return (
            f"Sensitivity({len(self.specs)} specifications; choices that move the evidence: {moved})\n  {self._lead()}"
        )

    def _repr_html_(self) -> str:
        table = self.summary().to_html(float_format=lambda x: f"{x:.2f}", na_rep="", escape=True, border=0)
        return f"<p>{html.escape(self._lead())}</p>{table}"
