"""What became of each vintage: its alarms as the last vintage sees them, calm stretches, and how estimates moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.frame import parse_days
from escalation.records.labels import event_labels
from escalation.study.replay.vintages import Vintage

__all__ = ["AFTER", "CALM", "SLACK", "alarms_of", "calm_of", "is_calm", "revisions_of"]

#: Days by which the last vintage may date a jump before or after the days that an alarm was about.
SLACK = 7
#: Kinds of intervention during and after which alarms are looked at.
CALM = ("truce", "lull")
#: Days after such an intervention.
AFTER = 14

_ALARMS = ("date", "p_recent", "first", "last", "later", "p_final", "judged")
_CALM = (
    "label", "stretch", "start", "end", "vintages", "p_recent", "date", "ratio", "ratio_lower", "ratio_upper",
)  # fmt: skip


def alarms_of(vintages: Sequence[Vintage], alarm: float) -> pd.DataFrame:
    """List the vintages with P(jump in the last days) above `alarm`, and what the last vintage says of these days.

    Returns
    -------
    DataFrame
        ``date, p_recent``; ``first, last``, the days in question; ``later``, days until the last vintage; ``p_final``,
        its probability of a jump on them or up to `SLACK` days before or after; ``judged``: ``confirmed`` if that is
        above `alarm`, else ``not confirmed``; ``not judged`` for the last vintage itself.
    """
    done = [(one.row, one.jumps) for one in vintages if one.jumps is not None]
    slack, rows = pd.Timedelta(days=SLACK), []
    for row, jumps in done:
        if not row["p_recent"] > alarm:
            continue
        (last_row, final), last = done[-1], row["last_as_of"]
        first = last - pd.Timedelta(days=row["covered"] - 1)
        found = float("nan") if final is jumps else final.within(first - slack, last + slack)
        judged = "not judged" if final is jumps else "confirmed" if found > alarm else "not confirmed"
        later = (last_row["date"] - row["date"]).days
        rows.append((row["date"], row["p_recent"], first, last, later, found, judged))
    frame = pd.DataFrame(rows, columns=list(_ALARMS))
    return frame.astype(dict.fromkeys(("date", "first", "last"), "datetime64[us]"))  # also where there is no row


def calm_of(table: pd.DataFrame, interventions: pd.DataFrame) -> pd.DataFrame:
    """Return the highest P(jump in the last days) over all vintages, and during and after each truce or lull.

    "During" are the vintages dated from the first to the last day of the intervention (one without a last day lasts
    to the last vintage), "after" those dated up to `AFTER` days after its last day.

    Returns
    -------
    DataFrame
        ``label``, ``stretch`` (all, during, after), ``start, end``, ``vintages`` with a probability, the highest
        ``p_recent`` with its ``date`` and the ``ratio`` of that vintage, which tells up from down.
    """
    ends = table["date"].min(), table["date"].max()
    rows = [("all dates", "all", *ends, *_highest(table, *ends))]
    for label, first, last in _calm_spans(interventions):
        until = ends[1] if pd.isna(last) else last
        rows.append((label, "during", first, last, *_highest(table, first, until)))
        if not pd.isna(last):
            after = last + pd.Timedelta(days=1), last + pd.Timedelta(days=AFTER)
            rows.append((label, "after", *after, *_highest(table, *after)))
    return pd.DataFrame(rows, columns=list(_CALM))


def is_calm(interventions: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which interventions are of a kind in `CALM`, shape (n,).

    Examples
    --------
    >>> is_calm(pd.DataFrame({"kind": ["truce", "airstrike", None]})).tolist()
    [True, False, False]
    """
    if "kind" not in interventions:
        return np.zeros(len(interventions), dtype=bool)
    kind = interventions["kind"].astype("object").fillna("").astype(str).str.strip().str.lower()
    return np.asarray(kind.isin(CALM), dtype=bool)


def _calm_spans(interventions: pd.DataFrame) -> list[tuple[str, Any, Any]]:
    """Return label, first and last day of each truce or lull; a last day that is not known is NaT."""
    calm = interventions[is_calm(interventions)]
    if calm.empty:
        return []
    last = parse_days(calm["date_end"]) if "date_end" in calm else [pd.NaT] * len(calm)
    return list(zip(event_labels(calm), parse_days(calm["date"]), last, strict=True))


def _highest(table: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> tuple[object, ...]:
    """Return number of vintages between two dates, the highest probability among them, its date and its ratio."""
    rows = table[table["date"].between(first, last).to_numpy() & table["p_recent"].notna().to_numpy()]
    if rows.empty:
        return 0, np.nan, pd.NaT, np.nan, np.nan, np.nan
    top = rows.iloc[int(rows["p_recent"].to_numpy().argmax())]
    return len(rows), *top[["p_recent", "date", "ratio", "ratio_lower", "ratio_upper"]]


def revisions_of(rates: pd.DataFrame) -> pd.DataFrame:
    """Set the first estimate of each day's rate beside that of the last vintage.

    Parameters
    ----------
    rates
        ``vintage, date, median, lower, upper``.

    Returns
    -------
    DataFrame
        One row per day that the last vintage and an earlier one have: ``date``, ``vintage`` (the first), ``age`` (days
        from the day to it), ``first, first_lower, first_upper``, ``final, final_lower, final_upper``, ``ratio``
        (final / first) and ``inside``, whether the final median lies in the first interval.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-02", "2024-01-09"])
    >>> rates = pd.DataFrame({"vintage": days, "date": pd.Timestamp("2024-01-01"), "median": [1.0, 2.0],
    ...                       "lower": [0.5, 1.5], "upper": [1.5, 2.5]})
    >>> revisions_of(rates)[["age", "ratio", "inside"]].to_numpy().tolist()
    [[1, 2.0, False]]
    """
    ordered = rates.sort_values(["vintage", "date"], kind="stable")
    last = ordered["vintage"].max()
    first = ordered[(ordered["vintage"] < last).to_numpy()].drop_duplicates("date")
    final = ordered[(ordered["vintage"] == last).to_numpy()].drop(columns="vintage")
    names = {"median": "first", "lower": "first_lower", "upper": "first_upper"}
    out = first.rename(columns=names).merge(
        final.rename(columns={"median": "final", "lower": "final_lower", "upper": "final_upper"}), on="date"
    )
    out = out.sort_values("date", kind="stable", ignore_index=True)
    out.insert(2, "age", (out["vintage"] - out["date"]).dt.days)
    out["ratio"] = out["final"] / out["first"]
    out["inside"] = out["final"].between(out["first_lower"], out["first_upper"])
    lead = ["date", "vintage", "age"]
    return pd.DataFrame(out[[*lead, *out.columns.drop(lead)]])
