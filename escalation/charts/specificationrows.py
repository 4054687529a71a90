"""Specifications in their order along the curve, and the choices and options that make the rows below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["BLOCKS", "NUMBERS", "SCALES", "Choice", "Columns", "Panel", "order", "read_choices", "wrong_panels"]

Floats = NDArray[np.float64]

BLOCKS = ("base", "one at a time", "grid")
SCALES = ("linear", "log", "share")
NUMBERS = ("value", "lower", "upper")


@dataclass(frozen=True, eq=False)
class Panel:
    """One headline quantity under every specification.

    Parameters
    ----------
    title, units : str
        The measure, and its unit and reading.
    frame : DataFrame
        Indexed by specification: ``value, lower, upper`` in the units of the panel. A value of NaN is a specification
        without an answer; bounds of NaN are no interval. On a log axis a lower bound may be 0, and a bound infinite.
    reference : float, optional
        Where a line is drawn for comparison, such as 0.5 for a probability or 1 for a ratio.
    scale : {"linear", "log", "share"}, default "linear"
        The axis; a share goes from 0 to 1.

    Examples
    --------
    >>> found = pd.DataFrame({"value": [1.2], "lower": [1.0], "upper": [2.0]}, index=["a"])
    >>> Panel("Rate after", "per day", found).scale
    'linear'
    """

    title: str
    units: str
    frame: pd.DataFrame
    reference: float | None = None
    scale: str = "linear"


@dataclass(frozen=True)
class Choice:
    """One choice with the options that are drawn as rows, that of the base specification first.

    Parameters
    ----------
    name : str
        Name of the choice.
    options : tuple of str
        Labels of the rows.
    codes : tuple of int
        For each specification, in the order of the frame of choices, the row of its option.
    """

    name: str
    options: tuple[str, ...]
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Columns:
    """Specifications from left to right.

    Parameters
    ----------
    specs : tuple of str
        Their names in order; the base stands in the left block, at its place by value.
    rows : tuple of int
        Row of each in the frame of choices.
    base : int
        Place of the base specification.
    sizes : tuple of int
        Specifications in each block drawn, the base included.
    blocks : tuple of str
        Names of the blocks drawn; a base alone is a block ``"base"``.
    """

    specs: tuple[str, ...]
    rows: tuple[int, ...]
    base: int
    sizes: tuple[int, ...]
    blocks: tuple[str, ...]


def read_choices(choices: pd.DataFrame) -> tuple[list[Choice], int, int]:
    """Return the choices that some specification changes, with the rows to draw.

    Parameters
    ----------
    choices : DataFrame
        As for `specification`, already found in order.

    Returns
    -------
    tuple of list of Choice, int and int
        The choices, the number of choices left out as nothing departs from the base, and the number of categories
        left out as nothing takes them.

    Examples
    --------
    >>> frame = pd.DataFrame({"block": ["base", "grid"], "prior": ["wide", "narrow"], "unit": ["attack", "attack"]})
    >>> read_choices(frame)
    ([Choice(name='prior', options=('wide', 'narrow'), codes=(0, 1))], 1, 0)
    """
    base = int(np.flatnonzero(choices["block"].astype(str) == "base")[0])
    found: list[Choice] = []
    fixed = unused = 0
    for name in choices.columns.drop("block"):
        column = choices[name]
        taken = list(dict.fromkeys(column.astype(str)))
        if isinstance(column.dtype, pd.CategoricalDtype):
            known = [str(label) for label in column.cat.categories]
            unused += sum(label not in taken for label in known) if len(taken) > 1 else 0
            taken = [label for label in known if label in taken]
        if len(taken) < 2:
            fixed += 1
            continue
        own = str(column.iloc[base])
        options = (own, *(label for label in taken if label != own))
        found.append(Choice(str(name), options, tuple(options.index(str(label)) for label in column)))
    return found, fixed, unused


def order(panels: Sequence[Panel], choices: pd.DataFrame) -> Columns:
    """Return the specifications by block, each block by the value of the first panel, those without one last.

    Equal values are ordered by the values of the panels that follow, then by name, so that the order of the rows
    that were given makes no difference.

    Examples
    --------
    >>> choices = pd.DataFrame({"block": ["grid", "base", "grid"]}, index=["a", "b", "c"])
    >>> frame = pd.DataFrame({"value": [3.0, 2.0, 1.0]}, index=["a", "b", "c"])
    >>> order([Panel("", "", frame)], choices).specs
    ('c', 'b', 'a')
    """
    block = choices["block"].astype(str).to_numpy()
    names = [str(spec) for spec in choices.index]
    values = [panel.frame["value"].reindex(choices.index).to_numpy(dtype=float, na_value=np.nan) for panel in panels]
    present = [name for name in BLOCKS[1:] if (block == name).any()] or ["base"]
    place = np.array([present.index(b) if b in present else 0 for b in block])
    keys = [[(np.isnan(v[i]), 0.0 if np.isnan(v[i]) else v[i]) for v in values] for i in range(len(names))]
    rows = sorted(range(len(names)), key=lambda i: (place[i], keys[i], names[i]))
    return Columns(
        specs=tuple(names[i] for i in rows),
        rows=tuple(rows),
        base=rows.index(int(np.flatnonzero(block == "base")[0])),
        sizes=tuple(int((place == k).sum()) for k in range(len(present))),
        blocks=tuple(present),
    )


def wrong_panels(panels: Sequence[Panel], choices: pd.DataFrame) -> list[str]:
    """Return all that is wrong with panels and choices, one sentence each; empty if they can be drawn."""
    wrong = [] if panels else ["panels: give at least one"]
    if "block" not in choices.columns:
        wrong.append(f"choices: needs a column block of {', '.join(map(repr, BLOCKS))}")
    else:
        block = [str(name) for name in choices["block"]]
        strange = sorted(set(block) - set(BLOCKS))
        wrong += [f"choices: unknown block {', '.join(map(repr, strange))}; known: {', '.join(BLOCKS)}"] * bool(strange)
        bases = block.count("base")
        wrong += [f"choices: exactly one row must be of block 'base'; given {bases}"] * (bases != 1)
    for said, names in (("specifications", choices.index), ("columns", choices.columns)):
        number = Counter(str(name) for name in names)
        twice = [name for name in number if number[name] > 1]
        wrong += [f"choices: {said} named twice: {_few(twice)}"] * bool(twice)
    bare = choices.isna().any().to_numpy()
    empty = [str(name) for name, lacks in zip(choices.columns, bare, strict=True) if lacks]
    wrong += [f"choices: every specification needs an option in {_few(empty)}"] * bool(empty)
    for i, panel in enumerate(panels):
        wrong += [f"panel {i + 1} ({panel.title}): {said}" for said in _wrong_panel(panel, choices)]
    return wrong


def _wrong_panel(panel: Panel, choices: pd.DataFrame) -> list[str]:
    """Return what is wrong with one panel."""
    frame, wrong = panel.frame, []
    if panel.scale not in SCALES:
        wrong.append(f"scale must be one of {', '.join(SCALES)}; given {panel.scale!r}")
    lacking = [name for name in NUMBERS if name not in frame.columns]
    wrong += [f"needs the columns {', '.join(lacking)}; given: {_few(frame.columns)}"] * bool(lacking)
    here, wanted = set(frame.index), set(choices.index)
    wrong += ["specifications named twice"] * bool(frame.index.has_duplicates)
    wrong += [f"no row for {_few([s for s in choices.index if s not in here])}"] * bool(wanted - here)
    wrong += [f"rows that choices does not know: {_few([s for s in frame.index if s not in wanted])}"] * bool(
        here - wanted
    )
    known = panel.reference is None or bool(np.isfinite(panel.reference))
    wrong += [f"reference must be finite or None; given {panel.reference}"] * (not known)
    if panel.reference is not None and known:
        low = panel.scale == "log" and panel.reference <= 0
        beyond = panel.scale == "share" and not 0 <= panel.reference <= 1
        wrong += [f"reference {panel.reference:g} is not on its axis ({panel.scale})"] * (low or beyond)
    if not lacking:
        filled = [name for name in NUMBERS if frame[name].notna().any()]
        textual = [name for name in filled if not pd.api.types.is_numeric_dtype(frame[name])]
        wrong += [f"{', '.join(textual)} must be numbers"] * bool(textual)
        wrong += [] if textual else _wrong_numbers(frame, panel.scale)
    return wrong


def _wrong_numbers(frame: pd.DataFrame, scale: str) -> list[str]:
    """Return what is wrong with the numbers of one panel, with the first row of each kind."""
    value, lower, upper = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in NUMBERS)
    found = np.array([value, lower, upper])
    rows = {
        "value must be finite, or NaN for no answer": np.isinf(value),
        "give both lower and upper, or neither (NaN)": np.isnan(lower) != np.isnan(upper),
        "an interval needs a value": np.isnan(value) & ~(np.isnan(lower) & np.isnan(upper)),
        "lower must not exceed upper": lower > upper,
    }
    if scale == "share":
        rows["shares must be from 0 to 1"] = ((found < 0) | (found > 1)).any(axis=0)
    if scale == "log":
        rows["values must be above 0 on a log axis, bounds from 0"] = (value <= 0) | (lower < 0) | (upper < 0)
    return [f"{said} ({bad.sum()} rows, the first is {frame.index[bad][0]})" for said, bad in rows.items() if bad.any()]


def _few(names: Sequence[object] | pd.Index) -> str:
    """Return up to five names, and how many more there are."""
    shown = ", ".join(str(name) for name in list(names)[:5]) or "none"
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
