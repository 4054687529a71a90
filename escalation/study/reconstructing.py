"""The reconstruction under a set of choices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from escalation.reconstruct.call import reconstruct
from escalation.reconstruct.reading import Reading
from escalation.reconstruct.result import Reconstruction
from escalation.records import Case
from escalation.study.admission import refusals, series_of
from escalation.study.choices import Choices

__all__ = ["InThisProcess", "reading_under", "reconstruct_under"]

#: Repeats within so many days are copies for `Reading`; below 1, none is.
_NO_COPIES = 0.5


class InThisProcess:
    """The built-in `map` where an executor is asked for: work that is one of many jobs starts no threads of its own."""

    map = staticmethod(map)


def reading_under(choices: Choices) -> Reading:
    """Return the likelihood of a report: with ``merge="news"`` a repeated total is never a copy.

    Examples
    --------
    >>> reading_under(Choices(merge="news")).repeat
    0.0
    """
    if choices.merge != "news":
        return choices.reading
    return replace(
        choices.reading, repeat=0.0, repeat_hedged=0.0, repeat_superseded=0.0, copy_days=_NO_COPIES
    )  # fmt: skip


def reconstruct_under(
    case: Case, choices: Choices, *, reports: pd.DataFrame | None = None, executor: Any = None
) -> Reconstruction:
    """Reconstruct the series of a case under a set of choices.

    Parameters
    ----------
    case
        The case.
    choices
        The choices.
    reports
        Rows of ``case.reports`` that are looked at; None is all.
    executor
        As for `reconstruct`.

    Returns
    -------
    Reconstruction
        Its audit has every row of `reports`; one that is not admitted is not used and says why.

    Raises
    ------
    ValueError
        If no report is admitted, or as `reconstruct`.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> case = load_case("five-documents")
    >>> rec = reconstruct_under(case, Choices(bounds=("more_than",), models="fast", draws=200))
    >>> int(rec.reports["used"].sum()), sorted(rec.reports.loc[~rec.reports["used"], "reason"])
    (3, ['another scope: Iraq', 'wording about is not admitted', 'wording at_least is not admitted'])
    """
    given = case.reports if reports is None else reports
    reason = refusals(case, choices, given)
    admitted = given[(reason == "").to_numpy()]
    _check_some(given, reason, series_of(case, choices))
    told = admitted
    if choices.read_as == "exact":
        plain = admitted["bound"].astype("object").where(admitted["bound"].astype("object") == "dozens", "exact")
        told = admitted.assign(bound=plain)
    rec = reconstruct(
        told, **series_of(case, choices), prior=choices.prior, reading=reading_under(choices), models=choices.models,
        prob=choices.prob, draws=choices.draws, rng=choices.seed, executor=executor,
    )  # fmt: skip
    return replace(rec, reports=_whole_audit(rec.reports, given, reason))


def _check_some(given: pd.DataFrame, reason: pd.Series, series: dict[str, Any]) -> None:
    """Refuse choices that admit no report of the series, with the reasons."""
    mine = (given["counter"] == series["counter"]) & (given["unit"] == series["unit"])
    mine &= given["scope"].isin(series["scope"])
    own = reason[mine.to_numpy(dtype=bool, na_value=False)]
    if len(own) and (own != "").all():
        said = "; ".join(f"{n} × {why}" for why, n in own.value_counts().items())
        raise ValueError(f"the choices admit none of {len(own)} reports of the series: {said}. Admit more")


def _whole_audit(audit: pd.DataFrame, given: pd.DataFrame, reason: pd.Series) -> pd.DataFrame:
    """Give the rows that were not admitted their place, and every row the wording that it has."""
    out = audit.reindex(given.index)
    for column in given.columns:
        name = f"given_{column}" if f"given_{column}" in audit else column
        out[name] = given[column]
    left_out = (reason != "").to_numpy()
    out["used"] = audit["used"].reindex(given.index, fill_value=False).astype(bool)
    out.loc[left_out, "reason"] = reason[left_out]
    return out.astype({"reason": str})
