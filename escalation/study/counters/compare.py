"""`compare_counters`: the same period as seen by different counters, and scopes beside their parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.reconstruct.result import Reconstruction
from escalation.records import Case
from escalation.scale.streams import Streams
from escalation.study.choices import Choices
from escalation.study.counters.arguments import read_arguments
from escalation.study.counters.ratios import RATIO_COLUMNS, ratio_rows
from escalation.study.counters.result import CounterComparison
from escalation.study.counters.scopes import common_days, sums_of
from escalation.study.counters.series import Counted, asked, list_series
from escalation.study.counters.words import plural
from escalation.study.reconstructing import reconstruct_under

__all__ = ["compare_counters"]

Drawn = dict[str, tuple[pd.DatetimeIndex, NDArray[np.int64]]]

_DATES = ("dates", "dates_reference")


def compare_counters(
    case: Case,
    *,
    counters: Iterable[str] | str | None = None,
    scopes: Iterable[str] | str | None = None,
    choices: Choices | Mapping[str, Any] | None = None,
    window: int = 28,
    executor: Any = None,
    **changed: Any,
) -> CounterComparison:
    """Reconstruct every series of a case by itself and set them beside each other: counters by ratio, scopes by sum.

    Nothing is merged: each reconstruction knows the reports of its own counter, unit and scope. A series is compared
    with that of the main counter for the same scope, on the days that both have, by their counts since the first of
    these days.

    Parameters
    ----------
    case
        The case; its declaration says which series is the main one and which scopes are one series.
    counters
        Counters, or ``"counter/unit"``, or ``"counter/unit/scope"``; None is all. Units that do not count events, such
        as injured, are reconstructed only if named here. The main counter is always in.
    scopes
        Names of scopes; None is all. The main series is always in.
    choices
        Choices behind every reconstruction, or a mapping of those that are not the default; counter, unit and scope
        name the main series. None is the default.
    window
        Days of the consecutive windows in which the ratio is taken, 2 to 3700.
    executor
        As for `reconstruct`.
    **changed
        Single choices, as ``models="fast"``; they win over `choices`.

    Returns
    -------
    CounterComparison

    Raises
    ------
    TypeError
        If `case` is no case, `counters` or `scopes` are no names, `choices` no choices, a name is no choice or
        `executor` has no ``.map``; all problems are listed.
    ValueError
        If a counter or a scope has no report, a choice or the window is out of range, or the main series cannot be
        reconstructed; another series that cannot be has a row that says why.

    Notes
    -----
    The ratio is of two posterior draws paired at random, which takes the series as independent. If both counters see
    the same events, their counts rise together between the statements and a joint interval would be narrower: the one
    given errs on the wide side. If what one counts the other leaves out, it is too narrow. It is an interval of the
    ratio of the two counts, not of the chance that an event is counted: in 100 simulated series of 75 events, each seen
    by the second counter with chance .8, the 90 % interval over all days held the ratio of the counts whenever that was
    .8 exactly, but the chance itself in 38.

    Each reconstruction begins at its own origin, as most of its statements have it (``since``), or the day after its
    first report. Parts of a scope are those that its name joins by ``+``, from the same counter in the same unit;
    draws of parts and whole are paired in the same way, and the difference errs on the wide side for the same reason.

    Examples
    --------
    >>> import escalation as esc
    >>> case = esc.load_case("five-documents")
    >>> quick = {"models": "fast", "hazard": (1 / 60,), "phi": (0.0,), "sigma": (0.1,), "spread": (1.3,)}
    >>> found = compare_counters(case, scopes="Iraq+Syria", choices=quick, draws=200)
    >>> found.series[["label", "done"]].to_numpy().tolist()
    [['pentagon/attack/Iraq+Syria', 'main'], ['pentagon/attack/Iraq', 'not reconstructed']]
    """
    who, where, choices = read_arguments(case, counters, scopes, choices, changed, window, executor)
    found = list_series(case, choices)
    wanted = asked(found, who, where)
    main = next(one for one in found if one.place == 0)
    recs: dict[str, Reconstruction] = {}
    why: dict[str, str] = {}
    for one in sorted(found, key=lambda one: one is not main):
        chosen, named = wanted[one.label]
        why[one.label] = one.refusal(main, named=named) if chosen else "another counter or scope was asked for"
        if not why[one.label] or one is main:
            try:
                recs[one.label] = _reconstructed(case, choices, one, executor)
            except ValueError as error:
                if one is main:
                    raise
                why[one.label] = " ".join(str(error).split())
    recs = {one.label: recs[one.label] for one in found if one.label in recs}
    streams = Streams(choices.seed)
    draws: Drawn = {label: (rec.dates, _drawn(rec, choices.draws, streams("counters", label)))
                    for label, rec in recs.items()}  # fmt: skip
    reference = _references(found, main, recs)
    ratios = _ratios(found, reference, recs, draws, window, choices.prob)
    wholes, sums = sums_of(found, draws, choices.prob)
    series = pd.DataFrame([_row(one, main, recs, why[one.label], reference, set(ratios["series"])) for one in found])
    return CounterComparison(
        MappingProxyType(recs), series, ratios, wholes, sums, choices.prob, int(window), main.label, case.source_line
    )


def _reconstructed(case: Case, choices: Choices, one: Counted, executor: Any) -> Reconstruction:
    """Reconstruct one series from its own rows."""
    own = choices.but(counter=one.counter, unit=one.unit, scope=one.scopes)
    if one.start is not None:
        own = own.but(start=f"{one.start:%Y-%m-%d}")
    return reconstruct_under(case, own, reports=case.reports.iloc[one.rows], executor=executor)


def _drawn(rec: Reconstruction, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw daily counts with a stream of the series' own, in random order."""
    return rng.permutation(rec.draw(n, rng))


def _references(found: Sequence[Counted], main: Counted, recs: Mapping[str, Any]) -> dict[str, str]:
    """Name, for every series of another counter or unit, that of the main counter for the same scope, if any."""
    ours = {one.scope: one.label for one in found if (one.counter, one.unit) == (main.counter, main.unit)}
    return {
        one.label: ours[one.scope] for one in found
        if one.label in recs and one.scope in ours and ours[one.scope] in recs and ours[one.scope] != one.label
    }  # fmt: skip


def _ratios(
    found: Sequence[Counted], reference: dict[str, str], recs: Mapping[str, Reconstruction], draws: Drawn,
    window: int, prob: float,
) -> pd.DataFrame:  # fmt: skip
    """Compare each series with its reference on their common days."""
    parts = []
    units = {one.label: one.unit for one in found}
    for label, other in reference.items():
        days = common_days([draws[label][0], draws[other][0]])
        if not len(days):
            continue
        top, bottom = (daily[:, index.get_indexer(days)] for index, daily in (draws[label], draws[other]))
        frame = ratio_rows(top, bottom, days, window, prob)
        for name, rec in zip(_DATES, (recs[label], recs[other]), strict=True):
            frame[name] = _stated(rec, frame)
        measure = plural(units[label]) + ("" if units[label] == units[other] else f" per {units[other]}")
        parts.append(frame.assign(series=label, reference=other, measure=measure))
    columns = ["series", "reference", "measure", *RATIO_COLUMNS, *_DATES]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _stated(rec: Reconstruction, frame: pd.DataFrame) -> NDArray[np.intp]:
    """Count the as-of dates of used statements from the first to the last day of each row."""
    days = np.unique(rec.reports.loc[rec.reports["used"].astype(bool), "as_of"].to_numpy().astype("datetime64[D]"))
    first, last = (frame[name].to_numpy().astype("datetime64[D]") for name in ("first", "last"))
    return np.searchsorted(days, last, side="right") - np.searchsorted(days, first, side="left")


def _row(
    one: Counted, main: Counted, recs: Mapping[str, Reconstruction], why: str, reference: dict[str, str],
    compared: set[str],
) -> dict[str, Any]:  # fmt: skip
    """Say what a series is, what was done with it, and why not more."""
    rec = recs.get(one.label)
    row: dict[str, Any] = {
        "label": one.label, "counter": one.counter, "unit": one.unit, "scope": ", ".join(one.scopes),
        "reports": len(one.rows), "used": 0, "statements": 0, "dates": 0, "since": one.origin,
        "first": pd.NaT, "last": pd.NaT, "total": np.nan, "total_lower": np.nan, "total_upper": np.nan,
        "reference": reference.get(one.label, "") if one.label in compared else "", "done": "not reconstructed",
        "note": why,
    }  # fmt: skip
    if rec is None:
        return row
    used, end = rec.reports[rec.reports["used"].astype(bool)], rec.cumulative.iloc[-1]
    row |= {
        "used": len(used), "statements": used["statement"].nunique(), "dates": used["as_of"].nunique(),
        "first": rec.dates[0], "last": rec.dates[-1], "total": float(end["median"]),
        "total_lower": float(end["lower"]), "total_upper": float(end["upper"]),
        "done": "main" if one is main else "compared" if one.label in compared else "reconstructed",
    }  # fmt: skip
    return row | {"note": "; ".join(_notes(one, main, rec, row, reference))}


def _notes(
    one: Counted, main: Counted, rec: Reconstruction, row: dict[str, Any], reference: dict[str, str]
) -> list[str]:
    """Say what to mind about a reconstructed series."""
    notes = []
    if len(one.scopes) > 1 or one.scopes[0] != one.scope:
        notes.append(f"{', '.join(one.scopes)} are one series by the case's declaration or by choice")
    if not rec.reports["used"].all():
        why = rec.reports.loc[~rec.reports["used"].astype(bool), "reason"].value_counts(sort=False)
        notes.append(f"not used: {', '.join(f'{n} × {said}' for said, n in sorted(why.items()))}")
    if row["statements"] == 1:
        notes.append("how its one total is spread over the days before is estimated, not reported")
    if one.origin is None and one is not main:
        notes.append("no day is stated from which it counts: it begins the day after its first report")
    start = None if main.start is None else main.start
    if start is not None and one is not main and rec.dates[0] < start:
        notes.append(
            f"it counts from {rec.dates[0]:%Y-%m-%d}: how many {plural(one.unit)} fall before {start:%Y-%m-%d} is "
            "estimated, not reported"
        )
    if (one.counter, one.unit) != (main.counter, main.unit) and one.label not in reference:
        notes.append(f"{main.counter}/{main.unit} has no series of this scope to compare with")
    elif one is not main and row["done"] == "reconstructed" and one.label in reference:
        notes.append(f"no day in common with {reference[one.label]}")
    return notes
