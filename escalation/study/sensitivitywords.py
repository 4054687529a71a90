"""One sentence for each choice: whether it moves the conclusion, and how far."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

__all__ = ["grid_sentence", "topic_sentence"]

#: Quantities beside the Bayes factor that are named in a sentence; the table has all.
NAMED = 2


def topic_sentence(row: pd.Series, rows: pd.DataFrame) -> str:
    """Say of one choice whether some alternative changes the words for the evidence, or another conclusion.

    Parameters
    ----------
    row
        Its row of `Sensitivity.summary`.
    rows
        Its rows of `Sensitivity.table`, with ``option``.
    """
    n, answers = int(row["alternatives"]), int(row["answers"])
    count = f"{n} alternative{'s' * (n != 1)}" + (f", {n - answers} without an answer" if answers < n else "")
    head = f"{row['about']} ({count})"
    if not answers:
        return f"{head}: cannot be told."
    moved = rows[rows["moved"].to_numpy()]
    span, evidence = _span(rows), (moved["key"] == "bayes_factor").to_numpy()
    said = "; ".join(f"{one['conclusion']} with “{one['option']}”" for one in moved[evidence].to_dict("records"))
    first = f"moves the evidence for a change: {said}" if said else "does not move the evidence for a change"
    others = moved[~evidence].sort_values("shift", ascending=False, kind="stable").drop_duplicates("key")
    rest = "; ".join(_other(one) for one in others.head(NAMED).to_dict("records"))
    more = f"; and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"{head} {first}{span}." + (f" It moves {rest}{more}." if rest else "")


def grid_sentence(effects: pd.DataFrame, combinations: int) -> tuple[str, ...]:
    """Say which option of the grid moves the Bayes factor most, averaged over the others; nothing without a grid.

    Parameters
    ----------
    effects
        From `Sensitivity.main_effects`.
    combinations
        How many there are.
    """
    rows = effects[((effects["key"] == "bayes_factor") & (effects["difference"] > 0)).to_numpy()]
    if rows.empty:
        return ()
    top = max(rows.to_dict("records"), key=lambda row: abs(math.log(row["difference"])))
    jump = effects[((effects["key"] == "jump") & (effects["option"] == top["option"])).to_numpy()].iloc[0]
    return (
        f"In the grid ({combinations} combinations) the Bayes factor depends most on “{top['option']}”: with it "
        f"{top['with']:.2g} on average, without {top['without']:.2g}; P(at least one jump) {jump['with']:.2f} and "
        f"{jump['without']:.2f}.",
    )


def _other(one: dict[Any, Any]) -> str:
    """Say how another quantity than the Bayes factor moved."""
    name = str(one["quantity"])
    name = name[:1].lower() + name[1:] if name[1:2].islower() else name
    form = "{:.0f}" if one["kind"] == "count" else "{:.2f}"
    here, base = (_interval(one, prefix, form) for prefix in ("", "base_"))
    return f"{name} to {here} from {base} with “{one['option']}”"


def _interval(one: dict[Any, Any], prefix: str, form: str) -> str:
    """Write a value and its interval."""
    value, low, high = (one[f"{prefix}{name}"] for name in ("value", "lower", "upper"))
    ends = "" if pd.isna(low) else f" ({form.format(low)}–{form.format(high)})"
    return form.format(value) + ends


def _span(rows: pd.DataFrame) -> str:
    """Say between which values the probability of a jump lies."""
    jump = rows.loc[(rows["key"] == "jump").to_numpy(), ["value", "base_value"]].dropna()
    if jump.empty:
        return ""
    low, high = f"{jump['value'].min():.2f}", f"{jump['value'].max():.2f}"
    held = low if low == high else f"{low} to {high}"
    return f" (P(at least one jump) {held}, base {jump['base_value'].iloc[0]:.2f})"
