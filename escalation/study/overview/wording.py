"""The words of the overview figure: headings, the finding, and the text for readers who do not see it."""

from __future__ import annotations

import pandas as pd

from escalation.charts import lane_counts
from escalation.reconstruct.result import Reconstruction
from escalation.study.overview.frames import NEITHER, OFF_SCALE, OUTSIDE, Frames
from escalation.study.overview.subject import Subject

__all__ = ["alt_text", "finding", "headings"]

# Not strftime: its names of months follow the reader's locale, and the files would differ.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def _day(date: pd.Timestamp) -> str:
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def _many(n: int, one: str, more: str = "") -> str:
    """Return a number with its noun."""
    return f"{n:,} {one if n == 1 else more or f'{one}s'}"


def headings(rec: Reconstruction, subject: Subject, frames: Frames) -> dict[str, tuple[str, str]]:
    """Return title and subtitle of each panel.

    Returns
    -------
    dict of str to (str, str)
        For ``"cumulative"``, ``"rate"`` and ``"lanes"``.
    """
    units = subject.units
    about = ", ".join(filter(None, (subject.title, subject.series)))
    first, last = (_day(date).replace(" ", "\N{NO-BREAK SPACE}") for date in (rec.dates[0], rec.dates[-1]))
    return {
        "cumulative": (
            f"Cumulative {units}, as reported and as reconstructed",
            f"{about}. {first} to {last}. {_reports(frames.counts)}",
        ),
        "rate": (f"Rate of {units}", f"{units.capitalize()} per day{_marks(frames)}"),
        "lanes": ("Incidents described one by one, by weapon", _reading(frames)),
    }


def _marks(frames: Frames) -> str:
    """Say what hairlines and light bands are, where there are any."""
    if not len(frames.interventions):
        return ""
    lasting = frames.interventions["date_end"] > frames.interventions["date"]
    kinds = "lines and bands" if lasting.any() else "lines"
    return f". Grey {kinds}: events outside the series; nearness in time is not cause"


def _reports(counts: pd.Series) -> str:
    """Say how many reports are behind the curve, and how many are not."""
    used = f"{_many(counts['reports used'], 'report')} ({_many(counts['statements used'], 'statement')}) used"
    unused = counts["reports of the series, not used"]
    other = counts["reports of other counters, units or places, not drawn"]
    rest = [f"{unused:,} not used"] * bool(unused)
    rest += [f"{other:,} of other counters, units or places not drawn"] * bool(other)
    return "; ".join([used, ", ".join(rest)] if rest else [used]) + "."


def _reading(frames: Frames) -> str:
    """Say how the lanes are read, naming only what occurs, and what is not drawn."""
    drawn = frames.drawn
    mixed = any(len(levels) > 1 for levels in drawn["levels"])
    vague = (drawn["date_end"] > drawn["date"]).any()
    parts = [
        "Order, not distance; height in a lane avoids overlap and is no count. Filled: confirmed; hollow: claimed only"
    ]
    parts += ["; stub: part of a mixed attack, counted in each lane"] * mixed
    parts += ["; tail: possible days"] * bool(vague)
    left = _left_out(frames.counts)
    return "".join(parts) + (f". Not drawn: {left}" if left else "")


def _left_out(counts: pd.Series) -> str:
    """Count the incidents that have no marker, by reason."""
    reasons = [(int(counts[f"incidents {why}"]), why) for why in (OUTSIDE, OFF_SCALE, NEITHER)]
    return ", ".join(f"{n:,} {why}" for n, why in reasons if n)


def finding(rec: Reconstruction) -> str:
    """Say in one line whether the rate changed, or that the method cannot know."""
    if rec.method != "joint":
        return f"A curve drawn through the totals ({rec.method}): no band, and no word on whether the rate changed"
    c = rec.changes
    verdict = "the reports cannot tell whether the rate changed" if "cannot tell" in c.verdict else c.verdict
    return (
        f"{verdict[:1].upper()}{verdict[1:]}: P(constant) {c.constant:.2f}, P(drift, no jump) {c.drift_only:.2f}, "
        f"P(at least one jump) {c.jump:.2f}; Bayes factor {_factor(c.bayes_factor)} (prior odds {c.prior_odds:.2g})"
    )


def _factor(value: float) -> str:
    return "above 1,000" if value > 1000 else f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def alt_text(rec: Reconstruction, subject: Subject, frames: Frames) -> str:
    """Say the figure in three to five plain sentences, with its numbers."""
    panels = "Three" if subject.described else "Two"
    said = [
        f"{panels} panels on one time axis, {_day(rec.dates[0])} to {_day(rec.dates[-1])}: {subject.title}.",
        _said_total(rec, subject, frames.counts),
        _said_rate(rec, subject, frames),
    ]
    said += [_said_incidents(frames)] if subject.described else []
    outside, lulls = (
        int(frames.counts[f"interventions {why}"]) for why in ("outside the dates", "that are lulls, not drawn")
    )
    events = int(frames.counts["interventions given"]) - outside - lulls
    said += [f"{_many(events, 'outside event')} {'is' if events == 1 else 'are'} marked on the rate."] if events else []
    said += [f"Not marked, because read off the series itself: {_many(lulls, 'lull')}."] if lulls else []
    return "\n".join(said)


def _said_total(rec: Reconstruction, subject: Subject, counts: pd.Series) -> str:
    last = rec.cumulative.iloc[-1]
    band = "" if pd.isna(last["lower"]) else f" ({rec.prob:.0%} interval {last['lower']:.0f} to {last['upper']:.0f})"
    doubted = counts["reports read as stale or wrong"]
    return (
        f"The reconstructed total of {subject.units} at the end is {last['median']:.0f}{band}: "
        f"{_reports(counts)[:-1]}" + (f"; of those used, {doubted:,} read as stale or wrong." if doubted else ".")
    )


def _said_rate(rec: Reconstruction, subject: Subject, frames: Frames) -> str:
    mean = f"The mean rate is {rec.rate['mean'].mean():.2g} {subject.units} a day"
    found = finding(rec)
    if rec.method != "joint":
        return f"{mean}; the method ({rec.method}) has no band and does not say whether the rate changed."
    changes = "; ".join(
        f"{_day(row['date'])} ({_day(row['lower'])} to {_day(row['upper'])}), from {row['rate_before']:.2g} to "
        f"{row['rate_after']:.2g} a day, probability {row['probability']:.2f}"
        for _, row in frames.changes.iterrows()
    )
    return f"{mean}. {found}" + (f"; change points: {changes}." if changes else "; no change point is drawn.")


def _said_incidents(frames: Frames) -> str:
    names = {key: label for key, label, *_ in frames.lanes} | {"": "weapon not reported"}
    lanes = "; ".join(
        f"{names[row['lane']]}: {row['confirmed']} confirmed, {row['claimed']} claimed ({row['both']} both)"
        for _, row in lane_counts(frames.drawn, frames.lanes).iterrows()
    )
    left = _left_out(frames.counts)
    confirmed, claimed = (frames.drawn[name].astype(bool) for name in ("confirmed", "claimed"))
    # Not one sum: what is claimed and what is confirmed are never added.
    drawn = f"{confirmed.sum()} confirmed, {claimed.sum()} claimed ({(confirmed & claimed).sum()} both)"
    return f"Incidents drawn: {drawn}. By lane, a mixed attack in each of its lanes: {lanes}." + (
        f" Not drawn: {left}." if left else ""
    )
