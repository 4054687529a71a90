"""Events from the exports of event data providers: dated to a day or an interval, filtered, counted by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from escalation.records.exportfilter import Day, Filter, window

__all__ = ["COLUMNS", "Events", "select", "tidy"]

#: Columns of `Events.events`.
COLUMNS = (
    "event_id", "date_lower", "date_upper", "date_precision", "country", "admin1", "place", "actors", "event_type",
    "sub_event_type", "weapons",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Events:
    """Events of an export that passed the filters, and those that did not.

    Parameters
    ----------
    source, file : str
        The provider and the name of the file.
    events : DataFrame
        One row per event: ``event_id``; ``date_lower`` and ``date_upper``, the first and last day on which it may
        have happened; ``date_precision`` as the file has it; ``country, admin1, place``; ``actors`` joined with
        ``"; "``; ``event_type, sub_event_type``; ``weapons``, always missing: the exports have no such column, and
        it is not guessed from notes.
    excluded : DataFrame
        The events that a filter removed, with the ``reason``: the first filter that removed them.
    audit : DataFrame
        ``step, removed, left``: rows read, then rows removed by each filter in order.
    start, end : Timestamp or None
        The window that was asked for.
    """

    source: str
    file: str
    events: pd.DataFrame
    excluded: pd.DataFrame
    audit: pd.DataFrame
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None

    @property
    def dated(self) -> pd.Series[bool]:
        """Whether each event is dated to one day: precision 1 and an interval of one day."""
        same = self.events["date_lower"] == self.events["date_upper"]
        return same & (self.events["date_precision"] == 1)

    def daily(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Count events by day.

        Parameters
        ----------
        start, end : str or Timestamp, optional
            First and last day. The default is the window that was asked for on reading, else the first and last day
            of events that are dated to one day: what the file does not show to be covered is not counted as zero.

        Returns
        -------
        DataFrame
            Indexed by day: ``count``, events dated to this day; ``possible``, events that are not dated to one day
            and may have happened on it. An event of a month is possible on each of its days and counted on none.

        Raises
        ------
        ValueError
            If the days are in the wrong order or outside the window that was asked for on reading, whose other
            events are no longer there, or if there is no event dated to one day to take them from.
        """
        first, last = self._window(start, end)
        dated = self.dated.to_numpy(dtype=bool)
        lower, upper = ((self.events[name] - first).dt.days.to_numpy() for name in ("date_lower", "date_upper"))
        size = (last - first).days + 1
        inside = (upper >= 0) & (lower < size)
        count = np.bincount(lower[inside & dated], minlength=size)
        vague = inside & ~dated
        opens = np.bincount(np.maximum(lower[vague], 0), minlength=size + 1)
        closes = np.bincount(np.minimum(upper[vague], size - 1) + 1, minlength=size + 1)
        possible = np.cumsum(opens - closes)[:size]
        index = pd.date_range(first, last, freq="D", name="date")
        return pd.DataFrame({"count": count, "possible": possible}, index=index)

    def _window(self, start: Day, end: Day) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day to count."""
        first, last = window(start, end)
        self._refuse_days_left_out(first, last)
        first, last = first or self.start, last or self.end
        if first is None or last is None:
            days = self.events.loc[self.dated, "date_lower"]
            if days.empty:
                raise ValueError(f"{self.file}: no event is dated to one day; give start and end of the days to count")
            first, last = first or days.min(), last or days.max()
        window(first, last)
        return first, last

    def _refuse_days_left_out(self, first: pd.Timestamp | None, last: pd.Timestamp | None) -> None:
        """Raise if a day lies outside the window that was asked for on reading."""
        bad = []
        for day in (first, last):
            if day is not None and self.start is not None and day < self.start:
                bad.append(f"{day:%Y-%m-%d} is before start={self.start:%Y-%m-%d}")
            elif day is not None and self.end is not None and day > self.end:
                bad.append(f"{day:%Y-%m-%d} is after end={self.end:%Y-%m-%d}")
        if bad:
            raise ValueError(
                f"{self.file}: {' and '.join(bad)} of the window asked for on reading, and events outside it were left "
                "out; read the file again with the days to count"
            )

    def summary(self) -> pd.DataFrame:
        """Count the events by precision of their date, with the first and last day."""
        frame = self.events.assign(dated=self.dated)
        return frame.groupby("date_precision", as_index=False).agg(
            events=("event_id", "size"),
            dated_to_one_day=("dated", "sum"),
            first=("date_lower", "min"),
            last=("date_upper", "max"),
        )

    def __repr__(self) -> str:
        days = "" if self.events.empty else f", {self.events['date_lower'].min():%Y-%m-%d} to "
        days += "" if self.events.empty else f"{self.events['date_upper'].max():%Y-%m-%d}"
        return (
            f"<Events of {self.source} in {self.file!r}: {len(self.events)}{days}, {int(self.dated.sum())} dated to "
            f"one day; {len(self.excluded)} excluded>"
        )

    def _repr_html_(self) -> str:
        tables = (
            frame.to_html(index=False, na_rep="", escape=True, border=0) for frame in (self.audit, self.summary())
        )
        return f"<p>{escape(repr(self))}</p>" + "".join(tables)


def tidy(columns: dict[str, Any], size: int) -> pd.DataFrame:
    """Put columns into the frame of `Events.events`: empty cells and columns that were not given are missing."""
    frame = pd.DataFrame(columns, index=pd.RangeIndex(size)).reindex(columns=list(COLUMNS))
    for name in COLUMNS:
        if name == "date_precision":
            frame[name] = frame[name].astype("int64")
        elif not name.startswith("date"):
            words = frame[name].astype("string")
            frame[name] = words.mask(words == "")
    return frame


def select(source: str, file: str, frame: pd.DataFrame, filters: Sequence[Filter], start: Day, end: Day) -> Events:
    """Apply the filters in order, then the window, and note what each removed.

    Raises
    ------
    ValueError
        If a value of a filter is nowhere in the file, or the window does not fit; all problems are listed.
    """
    bad = [text for rule in filters if (text := rule.problem())]
    first, last = None, None
    try:
        first, last = window(start, end)
    except ValueError as error:
        bad.append(str(error))
    if bad:
        raise ValueError("; ".join(bad))
    reason = pd.Series(pd.NA, index=frame.index, dtype="string")
    steps = [(rule.name, ~rule.keeps(len(frame))) for rule in filters if rule.values is not None]
    steps += [("start", (frame["date_upper"] < first).to_numpy())] if first is not None else []
    steps += [("end", (frame["date_lower"] > last).to_numpy())] if last is not None else []
    audit = [("read", 0, len(frame))]
    for name, out in steps:
        removed = out & reason.isna().to_numpy()
        reason[removed] = name
        audit.append((name, int(removed.sum()), audit[-1][2] - int(removed.sum())))
    kept = reason.isna()
    return Events(
        source, file, frame[kept].reset_index(drop=True),
        frame[~kept].assign(reason=reason[~kept]).reset_index(drop=True),
        pd.DataFrame(audit, columns=["step", "removed", "left"]), first, last,
    )  # fmt: skip
