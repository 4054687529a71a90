"""What may be given to `panel`: a long frame, or named objects; one `Item` per series comes out, one at a time."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

from escalation.reconstruct.frame import KNOWN
from escalation.records import Case
from escalation.study.panel.digest import digest_counts, digest_reports, digest_text
from escalation.study.panel.longframe import long_items

__all__ = ["Given", "Item", "read_input"]

_WANTED = (
    "a DataFrame with the columns series, as_of, count (reports) or series, date, count (daily counts); a mapping from "
    "names to cases, frames of reports or Series of daily counts; or an iterable of cases or of (name, object) pairs"
)


@dataclass(frozen=True)
class Item:
    """One series as it was given: see `jobs.Job`, whose first fields these are."""

    series: str
    kind: str = ""
    payload: Any = None
    digest: str = ""
    error: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """All series: what kind of thing they were given as, how many and their names (None if unknown), and they."""

    kind: str
    total: int | None
    items: Iterator[Item]
    names: tuple[str, ...] | None = None


def read_input(data: Any) -> Given:
    """Recognise what was given.

    Parameters
    ----------
    data
        See `panel`.

    Raises
    ------
    TypeError
        If it is nothing that holds series.
    ValueError
        If a frame lacks columns, or has those of both kinds, or rows without the name of a series.

    Examples
    --------
    >>> given = read_input({"North": pd.Series([0, 2, 1]), "South": [3, 0, 1]})
    >>> given.kind, given.total, [(item.series, item.kind) for item in given.items]
    ('objects', 2, [('North', 'counts'), ('South', 'counts')])
    """
    if isinstance(data, pd.DataFrame):
        kind, groups = long_items(data)
        if kind == "reports":
            _warn_of_slips(data.columns.drop("series"))
        names = tuple(name for name, _ in groups)
        return Given(kind, len(groups), _each((name, make()) for name, make in groups), names)
    if isinstance(data, Mapping):
        return Given("objects", len(data), _each(data.items()), tuple(map(str, data)))
    if isinstance(data, (str, bytes, Case, pd.Series, np.ndarray)) or not isinstance(data, Iterable):
        one = "; for one series put it in a list or a mapping" if isinstance(data, (Case, pd.Series)) else ""
        raise TypeError(f"data: got {type(data).__name__}{one}, need {_WANTED}")
    items = _each(map(_named, data, count()))
    if isinstance(data, (list, tuple)):  # of anything else, to ask for the names might be to load the series
        return Given("objects", len(data), items, tuple(str(name) for name, _ in map(_named, data, count())))
    return Given("objects", len(data) if isinstance(data, Sized) else None, items)


def _named(element: Any, number: int) -> tuple[str, Any]:
    """Give an element of an iterable its name."""
    if isinstance(element, Case):
        return element.name, element
    if isinstance(element, tuple) and len(element) == 2:
        return element
    return f"number {number}", TypeError(f"got {type(element).__name__}, need a case or a pair (name, object)")


def _each(pairs: Iterable[tuple[Any, Any]]) -> Iterator[Item]:
    """Read named objects one by one; names must differ."""
    seen: set[str] = set()
    for name, thing in pairs:
        text = str(name)
        item = _item(text, thing)
        if text in seen:
            why = f"another series before it has the name {text!r}: give each its own"
            item = Item(text, item.kind, digest=digest_text(why), error=why)
        seen.add(text)
        yield item


def _item(name: str, thing: Any) -> Item:
    """Read one object; what cannot be read is an item with the reason."""
    try:
        if isinstance(thing, Exception):
            raise thing
        if isinstance(thing, Case):
            return _reports(name, thing.reports, thing.main)
        if isinstance(thing, pd.DataFrame):
            return _frame(name, thing)
        if isinstance(thing, (pd.Series, np.ndarray, list, tuple)):
            counts = thing if isinstance(thing, pd.Series) else pd.Series(thing)
            return Item(name, "counts", counts, digest_counts(counts))
        raise TypeError(f"got {type(thing).__name__}, need a case, a frame of reports or a Series of daily counts")
    except Exception as error:  # as in a worker: one series must not sink the others
        why = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        return Item(name, digest=digest_text(why), error=why)


def _frame(name: str, frame: pd.DataFrame) -> Item:
    """Read a frame of one series: reports, or daily counts."""
    held = pd.unique(frame.loc[:, frame.columns == "series"].to_numpy(dtype=object).ravel())
    if len(held) > 1:
        shown = ", ".join(map(repr, held[:3].tolist())) + (", …" if len(held) > 3 else "")
        raise ValueError(
            f"the frame holds {len(held)} series ({shown}), need one: give each its own frame, or one long frame alone"
        )
    if "as_of" in frame and "date" not in frame:
        _warn_of_slips(frame.columns.drop("series", errors="ignore"))
        return _reports(name, frame, {})
    _, groups = long_items(frame.assign(series=name))
    if len(groups) != 1:
        raise ValueError(f"the frame has {len(frame)} rows, and at least one is needed")
    (_, thing), *_ = groups
    return _item(name, thing())


def _reports(name: str, frame: pd.DataFrame, options: Mapping[str, Any]) -> Item:
    """Keep the columns that are read, so that notes are not sent to workers and do not make an input another one."""
    kept = frame[[column for column in frame.columns if column in KNOWN]]
    return Item(name, "reports", kept, digest_reports(kept, options), options=options)


def _warn_of_slips(columns: Iterable[Any]) -> None:
    """Warn of columns that are not read but have nearly the name of one, once for all series of a frame."""
    names = [str(column) for column in columns]
    for name in names:
        near = difflib.get_close_matches(name, KNOWN, 1, 0.75)
        if name not in KNOWN and near and near[0] not in names:
            warnings.warn(f"column {name!r} is not read; did you mean {near[0]!r}?", UserWarning, stacklevel=4)
