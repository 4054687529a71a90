"""The figure of the effects of interventions: ratios of rates around each, beside the table of its numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation.changes.effects.result import Effects
from escalation.charts import ManifestRow, effects_panel, save_figure, style
from escalation.charts.heading import KEY_LEAD, heading
from escalation.charts.lettering import text_width, wrap
from escalation.charts.sheet import Pen
from escalation.charts.style import MUTED, SIZES
from escalation.charts.timeaxis import day_text, days
from escalation.reconstruct.effects import effects
from escalation.reconstruct.result import Reconstruction
from escalation.study.overview.subject import Subject

__all__ = ["alt_text", "compare", "draw_effects", "save_effects"]

WIDTH = 720.0  # points, as the overview
ROW = 25.0
MARGIN, TOP, AXIS, LEAD = 8.0, 10.0, 22.0, 10.0
SHARES = 46.0  # room at the right for the shares of placebo dates
LIFT = 10.0  # by which `effects_panel` raises its heading above the head of the column of shares
LABELS = (150.0, 370.0)  # least and most room for the names and dates of events


def compare(rec: Reconstruction, subject: Subject) -> Effects:
    """Compare the rate around each intervention of a subject with the rate of the days before it.

    Parameters
    ----------
    rec : Reconstruction
        With ``method="joint"``.
    subject : Subject
        Its interventions.

    Returns
    -------
    Effects
        With intervals of the same mass as those of `rec`.

    Raises
    ------
    ValueError
        If the method has no draws.
    """
    return effects(rec, subject.interventions, prob=rec.prob)


def draw_effects(found: Effects, rec: Reconstruction, subject: Subject, version: str) -> Figure:
    """Draw one row per intervention; the figure is as high as its rows and its words need.

    Parameters
    ----------
    found : Effects
        From `compare`.
    rec : Reconstruction
        What they were found in.
    subject : Subject
        Its words.
    version : str
        Of this package, for the source line.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot.
    """
    table = found.summary()
    title, subtitle = _headings(found, rec, subject)
    room = WIDTH - 2 * MARGIN
    credit = wrap(f"{subject.source_line}; drawn with escalation {version}", room, SIZES["small"])
    above = TOP + heading(title, subtitle, room).height + KEY_LEAD + LIFT
    inner, below = ROW * max(len(table), 2), AXIS + LEAD * len(credit) + MARGIN
    height, left = above + inner + below, _label_room(table)
    with style():
        fig = Figure(figsize=(WIDTH / 72, height / 72))
        place = (left / WIDTH, below / height, (WIDTH - left - SHARES) / WIDTH, inner / height)
        ax = effects_panel(fig.add_axes(place), table, title=title, subtitle=subtitle, prob=found.prob)
        Pen(ax).text(-10, inner + 3, "days compared", ha="right", color=MUTED, fontsize=SIZES["small"])
        _credit(ax, credit, left)
        fig.draw_without_rendering()  # ticks are made now, with these settings, and not later with others
    return fig


def _label_room(table: pd.DataFrame) -> float:
    """Return the room at the left for the longest name beside the longest dates, within bounds."""
    dates = map(day_text, days(table["start"].to_numpy()), days(table["end"].to_numpy()))
    widest = [max(text_width(words, SIZES["label"]) for words in column) for column in (table["label"], dates)]
    return min(max(sum(widest) + 34.0 + MARGIN, LABELS[0]), LABELS[1])


def _credit(ax: Axes, lines: tuple[str, ...], left: float) -> None:
    """Write the source at the bottom left, under the names."""
    pen = Pen(ax)
    for i, line in enumerate(lines):
        pen.text(MARGIN - left, -AXIS - LEAD * (i + 0.8), line, fontsize=SIZES["small"], color=MUTED)


def _span(rec: Reconstruction) -> str:
    """Return the first and last day of a series in words that stay on one line."""
    return day_text(*days([rec.dates[0], rec.dates[-1]]), year=True).replace(" ", "\N{NO-BREAK SPACE}")


def _headings(found: Effects, rec: Reconstruction, subject: Subject) -> tuple[str, str]:
    """Return title and subtitle: the measure, the series, and how a row is read."""
    about = ", ".join(filter(None, (subject.title, subject.series)))
    lasting = "; events of three days or more first" if (found.table["term"] == "window").any() else ""
    return (
        f"Rate of {subject.units} during and after dated events, as a multiple of the rate before",
        f"{about}. {_span(rec)}. Mean rate in the days compared over that in the {found.before} days before them, log "
        f"scale{lasting}. The posterior is drawn towards 1: its prior gives a constant rate probability "
        f"{found.prior_constant:.2f}. Association in time, not cause",
    )


def alt_text(found: Effects, rec: Reconstruction, subject: Subject) -> str:
    """Say the figure in plain sentences: what is compared, the first row in its numbers, and the others in sum.

    Parameters
    ----------
    found : Effects
        From `compare`; events that last come first, so that a truce does.
    rec : Reconstruction
        What they were found in.
    subject : Subject
        Its words.

    Returns
    -------
    str
        One line per sentence or two.
    """
    table = found.summary()
    rows = "1 row" if len(table) == 1 else f"{len(table)} rows"
    said = [
        f"Dots with whiskers on a log axis, {rows}, one for each dated event: the rate of {subject.units} in the "
        f"days from the event on, as a multiple of the rate in the {found.before} days before, by regression and by "
        f"the posterior, over the range of the same ratio at placebo dates. {subject.title}, {_span(rec)}."
    ]
    known = table["posterior_ratio"].notna().to_numpy()
    *sentences, shrinkage, caveat = found.sentences()
    said += [sentences[int(known.argmax())]] if known.any() else []
    return "\n".join([*said, _in_sum(table), *([shrinkage] if known.any() else []), caveat])


def _in_sum(table: pd.DataFrame) -> str:
    """Count the rows whose regression interval leaves 1 out, and those that could not be estimated."""
    below, above = int((table["glm_ratio_upper"] < 1).sum()), int((table["glm_ratio_lower"] > 1).sum())
    lacking = int(table["posterior_ratio"].isna().sum())
    said = (
        f"The interval of the regression lies below 1 in {below} and above 1 in {above} of "
        f"{table['glm_ratio_lower'].notna().sum()} rows that have one."
    )
    return said + (f" Not estimated: {lacking} of {len(table)} rows; the table says why." if lacking else "")


def save_effects(
    found: Effects, rec: Reconstruction, subject: Subject, folder: Path, version: str
) -> list[ManifestRow]:
    """Draw the figure and write it as ``effects`` in SVG, PNG and TXT; its CSV is the whole summary."""
    return save_figure(
        draw_effects(found, rec, subject, version),
        folder / "effects",
        numbers=found.summary(),
        alt=alt_text(found, rec, subject),
        title=f"{subject.title}: effects of interventions",
    )
