"""More often, or worse, or both? The pairing of rate and levels in a dossier: figure, tables, words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from escalation.charts import ManifestRow, save_figure, write_if_changed
from escalation.charts.numbers import numbers_csv
from escalation.lattice.verdict import factor, in_words
from escalation.reconstruct.pairing import pairing
from escalation.reconstruct.pairingresult import Pairing
from escalation.reconstruct.result import Reconstruction
from escalation.study.overview.subject import Subject
from escalation.study.overview.wording import finding

__all__ = ["TABLES", "Levels", "pair_levels", "save_levels"]

#: Names of the tables.
TABLES = ("bounds", "coded", "comparisons", "levels", "trend", "uses")


@dataclass(frozen=True)
class Levels:
    """The pairing under each scale; the first one is drawn.

    Parameters
    ----------
    pairings : tuple of Pairing
        One per scale of the subject.
    """

    pairings: tuple[Pairing, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name: each has a column ``scale``, and one line per line of evidence."""
        parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
        for found in self.pairings:
            scale = " < ".join(found.trend.scale.codes)
            lead = found.trend.lead
            bounds = [
                b.frame().assign(evidence=name, of="all reconstructed" if name == lead else f"{name} only")
                for name, b in found.bounds.items()
            ]
            uses = [found.trend.uses(code).assign(level=code) for code in found.trend.scale.codes[1:]]
            trend = found.trend.summary().reset_index()
            for name, frame in (
                ("bounds", pd.concat(bounds)), ("coded", found.trend.incidents),
                ("comparisons", found.comparisons), ("levels", found.table()),
                ("trend", trend.merge(_salvo(found), on="evidence")), ("uses", pd.concat(uses)),
            ):  # fmt: skip
                parts[name].append(_led(frame.assign(scale=scale)))
        return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def pair_levels(rec: Reconstruction, subject: Subject) -> Levels:
    """Pair the rate with the levels of the incidents, under each scale.

    Parameters
    ----------
    rec : Reconstruction
        By ``method="joint"``.
    subject : Subject
        Its incidents and scales.

    Raises
    ------
    ValueError
        If a weapon is not on the scale, or the series does not count incidents.
    """
    return Levels(tuple(pairing(rec, subject.incidents, scale=scale) for scale in subject.scales))


def save_levels(levels: Levels, rec: Reconstruction, subject: Subject, folder: Path, version: str) -> list[ManifestRow]:
    """Draw the figure as ``pairing`` in SVG, PNG, CSV and TXT, and write the tables beside it."""
    found = levels.pairings[0]
    fig = found.plot(
        source=f"{subject.source_line}; drawn with escalation {version}",
        note=finding(rec),
        headings=_headings(found, subject),
    )
    rows = save_figure(
        fig, folder / "pairing", numbers=found.numbers(), alt=alt_text(found, subject),
        title=f"{subject.title}: more often, or worse, or both?",
    )  # fmt: skip
    tables = sorted(levels.tables().items())
    return rows + [write_if_changed(folder / f"{name}.csv", numbers_csv(table)) for name, table in tables]


def _salvo(found: Pairing) -> pd.DataFrame:
    """Return the trend of munitions per incident under names of their own."""
    return found.salvo_trend.rename(columns={"n": "salvos", "tau": "salvo_tau", "p": "salvo_p"}).drop(columns="method")


def _led(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the columns that identify a row in front."""
    lead = [name for name in ("scale", "evidence", "level", "period", "assumption") if name in frame]
    return frame[[*lead, *(name for name in frame if name not in lead)]]


def _headings(found: Pairing, subject: Subject) -> dict[str, tuple[str, str]]:
    """Return title and subtitle of each panel."""
    units, scale = subject.units, found.trend.scale
    reading = (
        f"Per cent of {units} by period. Counts: at this level, of those whose weapon is reported, + those whose "
        "weapon is not (?). Bars are about chance, boxes about the attacks that happened, their number at the end of "
        "its interval. Claims overlap and are never added"
    )
    change = found.trend.lines[found.trend.lead].change
    answer = in_words(change.bayes_factor, "mix of levels", "incidents")
    answer = (
        f"{answer[:1].upper()}{answer[1:]} among those with a reported weapon (Bayes factor "
        f"{factor(change.bayes_factor)}). "
    )
    worse = {
        label: (
            f"Worse? Share of {units}: {label.lower()}",
            answer + reading if i == 0 else f"Per cent of {units} by period, read as above",
        )
        for i, label in enumerate(scale.at_least[1:])
    }
    about = ", ".join(filter(None, (subject.title, subject.series)))
    return {
        "rate": (f"More often? Rate of {units}", f"{about}. {units.capitalize()} per day"),
        **worse,
        "munitions": (
            "Larger? Munitions per attack, where a number was reported",
            "Each doubling has the same height; marks on a grey strip are of one number. A count, no measure of harm",
        ),
    }


def alt_text(found: Pairing, subject: Subject) -> str:
    """Say the figure in plain sentences, with its numbers."""
    lead = (
        f"Panels on one time axis: {subject.title}. The rate of {subject.units} with its band; the share of "
        f"{subject.units} at each level or higher by period, with bounds; munitions per attack."
    )
    return "\n".join([lead, *found.sentences()])
