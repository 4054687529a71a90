"""The two upper panels: the cumulative count with the reports behind it, and the rate per day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.charts.changepoints import change_marks, draw_changes, key_of_changes, room_of_changes
from escalation.charts.curve import Curve, draw_curve, end_label, key_of_curve, number_axis, read_curve
from escalation.charts.glyphs import Reports, draw_reports, key_of_reports, read_reports
from escalation.charts.heading import Heading, draw_heading, heading
from escalation.charts.interventions import draw_flags, flags, read_events
from escalation.charts.sheet import Pen, Sheet
from escalation.charts.timeaxis import days, dress, need_columns, set_window

__all__ = ["cumulative_panel", "cumulative_room", "rate_panel", "rate_room"]

LEAST_RATE = 80.0  # points for the rate itself, below its change points


def cumulative_panel(
    ax: Axes,
    reports: pd.DataFrame,
    cumulative: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    prob: float = 0.9,
) -> Axes:
    """Draw the totals as they were reported, and over them the reconstructed cumulative count.

    Exact totals are dots, lower bounds short bars with an arrow up, upper bounds bars with an arrow down,
    "about" a dot with a whisker, a range its extent. Reports read as stale or wrong are hollow and grey,
    unused ones crosses.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled. Time limits set before are kept.
    reports : DataFrame
        One row per report: ``as_of``, ``count``, ``used`` (bool); optional ``count_high``, ``bound`` (default
        ``exact``) and ``weight`` (0 to 1, how far the model reads it as current; below .5 is down-weighted,
        missing counts as 1).
    cumulative : DataFrame
        Indexed by date (or with a ``date`` column): ``median``, ``lower``, ``upper`` in counts. The band may
        be NaN.
    title, subtitle : str
        Title (the measure) and subtitle (unit and reading).
    prob : float, default 0.9
        Probability of the band, for its label.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is lacking, a bound unknown, a date missing or the dates of the curve are not increasing.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_axes((0.1, 0.1, 0.7, 0.6))
    >>> reports = pd.DataFrame({"as_of": ["2024-01-02"], "count": [3], "used": [True]})
    >>> curve = pd.DataFrame({"median": [1, 3], "lower": [0, 3], "upper": [2, 3]},
    ...                      index=pd.to_datetime(["2024-01-01", "2024-01-02"]))
    >>> float(cumulative_panel(ax, reports, curve, title="Attacks", subtitle="count").get_ylim()[0])
    0.0
    """
    curve = _without_mean(cumulative)
    need_columns(reports, "reports", ("as_of",))
    set_window(ax, np.concatenate([curve.day, days(reports["as_of"].to_numpy())]))
    pen = Pen(ax)
    dress(ax, pen.sheet)
    found = read_reports(reports, pen.sheet)
    ax.set_ylim(0, found.ceiling(curve.top))
    number_axis(ax, whole=True)
    draw_curve(ax, curve)
    draw_reports(ax, found)
    end_label(pen, curve, "")
    draw_heading(pen, _cumulative_heading(found, curve, pen.sheet, title, subtitle, prob))
    return ax


def cumulative_room(
    reports: pd.DataFrame,
    cumulative: pd.DataFrame,
    sheet: Sheet,
    *,
    title: str,
    subtitle: str,
    prob: float = 0.9,
) -> float:
    """Return the points that `cumulative_panel` needs above its axes."""
    curve = _without_mean(cumulative)
    return _cumulative_heading(read_reports(reports, sheet), curve, sheet, title, subtitle, prob).height


def _without_mean(cumulative: pd.DataFrame) -> Curve:
    """Return the curve of the cumulative count; its mean would be a second line on the median."""
    return replace(read_curve(cumulative, "cumulative"), mean=None)


def _cumulative_heading(found: Reports, curve: Curve, sheet: Sheet, title: str, subtitle: str, prob: float) -> Heading:
    """Return the lines above the upper panel: the glyphs of the reports, then those of the curve."""
    key = [key_of_reports(found, found.ceiling(curve.top)), key_of_curve(curve, prob)]
    return heading(title, subtitle, sheet.text_room, key=key)


def rate_panel(
    ax: Axes,
    rate: pd.DataFrame,
    changes: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    note: str | None = None,
    prob: float = 0.9,
) -> Axes:
    """Draw the rate per day as steps with its band, the change points and the interventions.

    A change point is a bar over the interval of its date, a tick at the date itself, and its probability.
    Interventions are hairlines, or light bands if they last; their labels are written out above the panel if
    they fit in three rows, else numbered with a key below the time axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its place must be settled, with room above and below (`rate_room`). Time limits set before are kept.
    rate : DataFrame
        Indexed by date: ``median``, ``lower``, ``upper`` and optionally ``mean``, in incidents per day.
    changes : DataFrame
        ``date, lower, upper`` (dates), ``probability, rate_before, rate_after, ratio``; may have no rows.
    interventions : DataFrame
        ``date, label``, optional ``date_end``; may have no rows.
    title, subtitle : str
        Title (the measure) and subtitle (unit and reading).
    note : str, optional
        A finding in words, shown under the subtitle.
    prob : float, default 0.9
        Probability of the band, for its label.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column or a date is lacking, or the dates of the rate are not increasing.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_axes((0.1, 0.1, 0.7, 0.6))
    >>> index = pd.to_datetime(["2024-01-01", "2024-01-02"])
    >>> rate = pd.DataFrame({"mean": 1.0, "median": 1.0, "lower": 0.5, "upper": 2.0}, index=index)
    >>> none = pd.DataFrame({"date": [], "label": []})
    >>> float(rate_panel(ax, rate, pd.DataFrame(), none, title="Rate", subtitle="per day").get_ylim()[0])
    0.0
    """
    curve = read_curve(rate, "rate")
    set_window(ax, curve.day)
    pen = Pen(ax)
    dress(ax, pen.sheet)
    marks = change_marks(changes, pen.sheet)
    plan = flags(read_events(interventions), pen.sheet)
    height = pen.sheet.height
    ax.set_ylim(0, curve.top * 1.05 * height / max(height - room_of_changes(marks), 0.3 * height))
    number_axis(ax)
    draw_flags(pen, plan)
    draw_curve(ax, curve)
    draw_changes(pen, marks)
    end_label(pen, curve, " a day")
    key = [key_of_curve(curve, prob), key_of_changes(changes)]
    lines = heading(title, subtitle, pen.sheet.text_room, note=note, key=key)
    draw_heading(pen, lines, plan.strip)
    return ax


def rate_room(
    rate: pd.DataFrame,
    changes: pd.DataFrame,
    interventions: pd.DataFrame,
    sheet: Sheet,
    *,
    title: str,
    subtitle: str,
    note: str | None = None,
    prob: float = 0.9,
) -> tuple[float, float, float]:
    """Return the points needed above the axes of `rate_panel`, below its dates, and at least inside."""
    key = [key_of_curve(read_curve(rate, "rate"), prob), key_of_changes(changes)]
    lines = heading(title, subtitle, sheet.text_room, note=note, key=key)
    plan = flags(read_events(interventions), sheet)
    least = LEAST_RATE + room_of_changes(change_marks(changes, sheet))
    return lines.height + plan.strip, plan.foot, least
