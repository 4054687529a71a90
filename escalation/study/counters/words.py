"""Counters and scopes beside each other in sentences."""

from __future__ import annotations

import pandas as pd

from escalation.charts.lettering import number

__all__ = [
    "CAVEATS",
    "detail_words",
    "end_words",
    "lone_words",
    "plural",
    "ratio_words",
    "scope_of",
    "sum_words",
    "total_words",
]

CAVEATS = (
    "Each series is reconstructed from its own reports alone; no report of one enters another.",
    "Ratios and differences pair posterior draws of two series at random, as if they were independent. Where both "
    "count the same events, or one includes the other, their counts rise together between the statements; an interval "
    "that knew this would be narrower, so these err on the wide side. Where what one counts the other leaves out, they "
    "are too narrow.",
    "A ratio is of the counts of the common days, whatever each counter calls an event; it is not the chance that an "
    "event is counted. Parts and total come from the same sources and do not confirm each other.",
)


def plural(unit: str) -> str:
    """Return the plural of a unit, for words.

    Examples
    --------
    >>> plural("claim"), plural("injured")
    ('claims', 'injured')
    """
    return unit if unit.endswith(("s", "ed")) else f"{unit}s"


def scope_of(row: pd.Series) -> str:
    """Return the name by which the scope of a series is known: the end of its label."""
    return str(row["label"]).removeprefix(f"{row['counter']}/{row['unit']}/")


def value(x: float) -> str:
    """Write a ratio: two or three digits; infinity and what is not known in words.

    Examples
    --------
    >>> value(0.8765), value(1.0), value(0.02654), value(float("inf")), value(float("nan"))
    ('0.88', '1.00', '0.027', 'infinite', 'unknown')
    """
    if pd.isna(x):
        return "unknown"
    if x == float("inf"):
        return "infinite"
    return f"{x:.2f}" if 0.1 <= x < 10 else f"{x:.2g}" if 0.001 <= x < 0.1 else number(x)


def span(row: pd.Series, name: str = "") -> str:
    """Write the interval of a row."""
    low, high = (row[f"{name}_{end}" if name else end] for end in ("lower", "upper"))
    return f"{value(low)}–{value(high)}" if not name else f"{low:,.0f}–{high:,.0f}".replace("-", "−")


def detail_words(row: pd.Series) -> str:
    """Say how much a series rests on and where it ends, for a panel."""
    ends = f"{number(row['total'])} {plural(row['unit'])} ({span(row, 'total')})"
    return f"{several(row['statements'], 'statement')}; {ends}"


def several(n: int, word: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> several(1, "report"), several(2, "report")
    ('1 report', '2 reports')
    """
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def total_words(series: pd.DataFrame, prob: float) -> list[str]:
    """Say the totals of all reconstructed series that have nothing to be compared with."""
    rows = series[(series["done"] == "reconstructed").to_numpy()]
    return [
        f"{row['label']}: {number(row['total'])} ({100 * prob:g} % interval {span(row, 'total')}) from "
        f"{row['first']:%Y-%m-%d} to {row['last']:%Y-%m-%d}; "
        f"{several(row['statements'], 'statement')}{_noted(row)}."
        for _, row in rows.iterrows()
    ]  # fmt: skip


def _noted(row: pd.Series) -> str:
    return f"; {row['note']}" if row["note"] else ""


def ratio_words(series: pd.DataFrame, ratios: pd.DataFrame, prob: float) -> list[str]:
    """Say how one counter compares with the main one over the common days, and whether that changed."""
    out = []
    for _, row in series[(series["done"] == "compared").to_numpy()].iterrows():
        own = ratios[(ratios["series"] == row["label"]).to_numpy()]
        end = own[(own["kind"] == "cumulative").to_numpy()].iloc[-1]
        against = series.loc[(series["label"] == row["reference"]).to_numpy(), "counter"].iloc[0]
        said = f"{value(end['ratio'])} times the count of {against}"
        if " per " in end["measure"]:
            said = f"{value(end['ratio'])} {end['measure']} of {against}"
        text = (
            f"{row['counter']}, {row['scope']}: {said} ({100 * prob:g} % interval {span(end)}) on the {end['days']} "
            f"common days from {end['first']:%Y-%m-%d} to {end['last']:%Y-%m-%d}{_zero(end)}"
        )
        change = own[(own["kind"] == "second over first half").to_numpy()]
        if len(change):
            last = change.iloc[0]
            text += f"; second half over first half {value(last['ratio'])} ({span(last)}){_zero(last)}"
        out.append(f"{text}. It rests on {several(row['statements'], 'statement')}{_noted(row)}.")
    return out


def end_words(own: pd.DataFrame) -> str:
    """Say the ratio over all common days, for a panel."""
    end = own[(own["kind"] == "cumulative").to_numpy()].iloc[-1]
    per = f" {end['measure']}" if " per " in end["measure"] else ""
    return f"{value(end['ratio'])}{per} ({span(end)}), {several(end['days'], 'day')}"


def _zero(row: pd.Series) -> str:
    """Say how many draws divide by zero."""
    return f", {100 * row['p_zero']:.0f} % of draws divide by zero" if row["p_zero"] >= 0.005 else ""


def sum_words(wholes: pd.DataFrame, series: pd.DataFrame) -> list[str]:
    """Say how the sum of the parts of a scope compares with its total."""
    out = []
    for _, row in wholes[wholes["total"].notna().to_numpy()].iterrows():
        own = series[(series["label"] == row["whole"]).to_numpy()].iloc[0]
        counter, scope = own["counter"], scope_of(own)
        held = row["difference_lower"] <= 0 <= row["difference_upper"]
        out.append(
            f"{counter}: the sum of {row['parts'].replace(' + ', ' and ')} is {span(row, 'sum')}, the total of {scope} "
            f"{span(row, 'total')}, from {row['first']:%Y-%m-%d} to {row['last']:%Y-%m-%d}; the difference "
            f"{_between(row)} {'includes' if held else 'does not include'} 0 "
            f"(P(sum > total) {row['p_more']:.2f}, P(sum < total) {row['p_less']:.2f}){_noted(row)}."
        )
    alone = wholes[wholes["total"].isna().to_numpy()]
    said = "; ".join(f"{whole} ({note})" for whole, note in zip(alone["whole"], alone["note"], strict=True))
    return [*out, *([f"Not compared with the sum of parts: {said}."] if said else [])]


def _between(row: pd.Series) -> str:
    """Write the interval of a difference, whose ends may be negative."""
    return " to ".join(f"{row[f'difference_{end}']:.0f}".replace("-", "−") for end in ("lower", "upper"))


def lone_words(series: pd.DataFrame) -> list[str]:
    """List what was not reconstructed, and why."""
    rows = series[(series["done"] == "not reconstructed").to_numpy()]
    return [
        f"Not reconstructed: {', '.join(map(_counted, own['label'], own['reports']))}: {note}."
        for note, own in rows.groupby("note", sort=False)
    ]


def _counted(label: str, reports: int) -> str:
    """Name a series and say how many reports it has."""
    return f"{label} ({several(reports, 'report')})"
