"""Rows of an earlier run: kept, computed anew, or of series that the data does not have, which is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from escalation.study.panel.row import Row

__all__ = ["Earlier"]

#: Place, name and digest of the input of a series.
Key = tuple[str, str, str]

#: Names that a message shows.
SHOWN = 3


class Earlier:
    """What an earlier run left in a file, against the series of this one.

    The finished file holds the series of the data and no others, so rows of others would be lost: they are refused.
    Where the names are known beforehand this is done at once. Where the data is read as the work goes on, series must
    stand where the file has them, so that other data is refused at its first series, not after hours.

    Parameters
    ----------
    path
        Of the file, for messages.
    done
        Its rows, by place, name and digest of the input.
    names
        Of all series of the data; None if they are not known yet.

    Raises
    ------
    ValueError
        If the file holds rows of series that are not among the names.

    Examples
    --------
    >>> done = {("0", "North", "12ab"): ("0", "North"), ("1", "South", "34cd"): ("1", "South")}
    >>> earlier = Earlier(Path("p.csv"), done, ["North", "South", "West"])
    >>> earlier.row(0, "North", "12ab"), earlier.row(1, "South", "56ef"), earlier.renews("South")
    (('0', 'North'), None, True)
    """

    def __init__(self, path: Path, done: Mapping[Key, Row], names: Iterable[str] | None = None) -> None:
        self._path, self._done = path, done
        self._names = frozenset(series for _, series, _ in done)
        self._places = {number: series for number, series, _ in done} if names is None else {}
        self._left = set(self._names)
        if names is not None:
            self._left.difference_update(names)
            self.check()

    def row(self, number: int, series: str, digest: str) -> Row | None:
        """Return the row of a series, None if it is to be worked out.

        Raises
        ------
        ValueError
            If the data is read as the work goes on, and the file has another series at this place.
        """
        there = self._places.get(str(number), series)
        if there != series:
            raise ValueError(
                f"out: {self._path} has {there!r} as series {number} (from 0), the data has {series!r}; "
                "write to another file, or delete this one to begin anew"
            )
        self._left.discard(series)
        return self._done.get((str(number), series, digest))

    def renews(self, series: str) -> bool:
        """Say whether the file has a row of a series by this name."""
        return series in self._names

    def check(self) -> None:
        """Refuse a file with rows of series that the data does not have.

        Raises
        ------
        ValueError
            With their number and the first names.
        """
        lost = [series for _, series, _ in self._done if series in self._left]
        if lost:
            first = list(dict.fromkeys(lost))
            shown = ", ".join(map(repr, first[:SHOWN])) + (", …" if len(first) > SHOWN else "")
            rows = "1 row of a series" if len(lost) == 1 else f"{len(lost):,} rows of series"
            raise ValueError(
                f"out: {self._path} holds {rows} that the data does not have ({shown}), which would be lost; "
                "write to another file, or delete this one to begin anew"
            )
