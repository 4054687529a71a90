"""Sensitivity and replay on disk: figure, numbers and words beside each other."""

from __future__ import annotations

from pathlib import Path

import escalation
from escalation.charts import ManifestRow, save_figure, write_if_changed
from escalation.charts.numbers import numbers_csv
from escalation.study.replay.result import Replay
from escalation.study.sensitivityresult import Sensitivity

__all__ = ["save_replay", "save_sensitivity"]


def save_sensitivity(found: Sensitivity, folder: Path) -> list[str]:
    """Write the specification curve as ``sensitivity`` in SVG, PNG, CSV and TXT, its tables and the choices.

    Parameters
    ----------
    found
        From `sensitivity`.
    folder
        Made if it is not there.

    Returns
    -------
    list of str
        Paths of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lead = (
        f"Columns of dots, one for each of {len(found.specs)} sets of choices, for each headline quantity; below, a "
        f"row of dots for each option. {found.base.case.title}."
    )
    rows = save_figure(
        found.plot(), folder / "sensitivity", numbers=found.table, alt="\n".join([lead, *found.sentences()]),
        title=f"{found.base.case.title}: sensitivity to choices",
    )  # fmt: skip
    tables = {"specifications": found.specifications, "choices": found.summary().reset_index(),
              "quantities": found.quantities().reset_index(), "grid": found.main_effects()}  # fmt: skip
    rows += [write_if_changed(folder / f"sensitivity-{name}.csv", numbers_csv(t)) for name, t in tables.items()]
    rows.append(write_if_changed(folder / "choices.json", (found.base.to_json() + "\n").encode()))
    return _paths(rows, folder)


def save_replay(found: Replay, folder: Path) -> list[str]:
    """Write the replay as ``replay`` in SVG, PNG, CSV and TXT, with revisions and vintages as CSV.

    Parameters
    ----------
    found
        From `replay`.
    folder
        Made if it is not there.

    Returns
    -------
    list of str
        Paths of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = f"{found.source}; drawn with escalation {escalation.__version__}"
    rows = save_figure(
        found.plot(source=source), folder / "replay", numbers=found.numbers(), alt="\n".join(found.sentences()),
        title="The rate as it was estimated on successive dates",
    )  # fmt: skip
    for name, table in (("vintages", found.table), ("revisions", found.revisions()), ("skipped", found.skipped)):
        rows.append(write_if_changed(folder / f"replay-{name}.csv", numbers_csv(table)))
    return _paths(rows, folder)


def _paths(rows: list[ManifestRow], folder: Path) -> list[str]:
    return [(folder / Path(row.path).name).as_posix() for row in rows]
