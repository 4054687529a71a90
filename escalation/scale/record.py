"""Incidents as they were read, and the dated record of uses of a level, as frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.charts.timeaxis import day_text
from escalation.scale.coding import Coded
from escalation.scale.levels import EscalationScale
from escalation.scale.periods import Periods
from escalation.scale.uses.uses import use_sentence, uses

__all__ = ["incident_record", "use_record"]


def _dates(days: NDArray[np.int64]) -> pd.DatetimeIndex:
    """Return days since 1970 as dates."""
    return pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[s]"))


def incident_record(coded: Coded, names: pd.Series, scale: EscalationScale, periods: Periods) -> pd.DataFrame:
    """List every incident as it was read: possible days, level, how it is known, its period.

    Parameters
    ----------
    coded
        The incidents.
    names
        What each row of their table is called.
    scale, periods
        For the words; ``level`` is empty where no weapon was reported, ``period`` outside the window.
    """
    where = periods.of(coded.middle)
    labels, codes = (np.array([*words, ""], dtype=object) for words in (periods.labels, scale.codes))
    days = {name: _dates(getattr(coded, name)) for name in ("first", "last", "middle")}
    return pd.DataFrame({
        "incident": names.to_numpy()[coded.row], **days, "level": codes[coded.rung], "confirmed": coded.confirmed,
        "claimed": coded.claimed, "period": labels[where], "in_window": where >= 0,
    })  # fmt: skip


def use_record(
    coded: Coded, names: pd.Series, scale: EscalationScale, rung: int, periods: Periods, *, flagged: bool
) -> pd.DataFrame:
    """List every use of a level or a higher one, with its place in the record and a sentence.

    Parameters
    ----------
    coded, names, scale, periods
        As for `incident_record`.
    rung
        The level.
    flagged
        Whether it is known which incidents are confirmed; if not, the sentence is about described uses.
    """
    known = coded.typed
    everyone = np.ones(len(known), dtype=bool)
    told = uses(known.first, known.last, known.rung >= rung, everyone, everyone).set_index("row")
    found = uses(known.first, known.last, known.rung >= rung, known.confirmed, known.claimed)
    for end in ("low", "high"):
        found[f"described_{end}"] = told.loc[found["row"], f"confirmed_{end}"].to_numpy()
    first, last = (found[name].to_numpy(dtype=np.int64) for name in ("first", "last"))
    when = [day_text(float(a), float(b), year=True) for a, b in zip(first, last, strict=True)]
    columns = list(map(str, found.columns))
    rows = (dict(zip(columns, values, strict=True)) for values in found.itertuples(index=False))
    label = scale.at_least[rung]
    said = [use_sentence(label, day, row, flagged=flagged) for day, row in zip(when, rows, strict=True)]
    name = names.to_numpy()[known.row[found["row"].to_numpy(dtype=np.int64)]]
    frame = found.drop(columns="row").assign(
        first=_dates(first), last=_dates(last), in_window=periods.of((first + last) // 2) >= 0, sentence=said
    )
    frame.insert(0, "incident", name)
    return frame
