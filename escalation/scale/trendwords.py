"""What one line of evidence says of its levels, in plain sentences."""

from __future__ import annotations

import numpy as np

from escalation.lattice.verdict import factor, in_words
from escalation.scale.levels import EscalationScale
from escalation.scale.line import Line
from escalation.scale.order.association import Association
from escalation.scale.uses.recurrence import Recurrence

__all__ = ["line_sentences"]

_HOW = {"exact": "exact p", "random permutations": "permutation p", "normal": "p (normal law)"}


def line_sentences(line: Line, scale: EscalationScale, span: str) -> tuple[str, ...]:
    """Say the trend, the change of the mix, and the recurrence of the highest level.

    Parameters
    ----------
    line
        The line of evidence.
    scale
        Its order.
    span
        The window in words.
    """
    name = line.evidence.capitalize()
    of = f"{line.typed} of {int(line.described.sum())} {line.unit} have a known level"
    code = scale.codes[-1]
    if not line.typed:
        return (f"{name}, {span}: {of}: nothing can be said of their levels.",)
    return (
        f"{name}, {span}: {_trend(line.kendall, line.day_blocks[0], of)}.",
        f"{name}: did the mix of levels change? {_change(line)}.",
        f"{name}: {_recurs(line.recurrence[code], scale.at_least[-1])}.",
    )


def _trend(found: Association, by_days: float, of: str) -> str:
    """Say a rank association: its size, its p, and how that was found. The larger p decides on the words."""
    if np.isnan(found.tau):
        return f"{of}; no two differ in both level and day: nothing can be said of a trend"
    p = max(found.p, by_days)
    grade = "evidence" if p < 0.01 else "weak evidence" if p < 0.1 else "no evidence"
    return (
        f"Kendall's tau of level with day {found.tau:.2f}, two-sided {_HOW[found.method]} {found.p:.2g} (whole days "
        f"permuted: {by_days:.2g}); {of}: {grade} of a trend among them"
    )


def _change(line: Line) -> str:
    """Say whether the distribution over levels changed."""
    change = line.change
    words = in_words(change.bayes_factor, "mix of levels", line.unit)
    odds = (1.0 - change.prior_no_change) / change.prior_no_change
    return (
        f"{words.capitalize()} (known levels only): P(a change) {1.0 - change.no_change:.2f}, Bayes factor "
        f"{factor(change.bayes_factor)} at prior odds {odds:.2f}"
    )


def _recurs(found: Recurrence, label: str) -> str:
    """Say how often a level recurs, and how late a first use comes under a constant mixture."""
    late = f"under a constant mixture a first use this late or later has probability {found.p_first:.2g}"
    share = f"{label}, {found.uses} of {found.n} of known level"
    if np.isnan(found.hazard):
        return share + (f"; {late}" if found.uses else "")
    rate = f"{found.hazard:.2g} reported uses a day" if found.uses else "no reported use"
    span = f"{found.prob:.0%} interval {found.hazard_lower:.2g}–{found.hazard_upper:.2g} a day"
    return f"{share}; {rate} ({span})" + (f"; {late}" if found.uses else "")
