"""What may be wrong with the text of the tables: header, cells, keys, references, circles."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from escalation.records.problems import Problem
from escalation.records.tables import REPORTS, SOURCES, Table, like

__all__ = [
    "Sheet",
    "cell_problems",
    "cycle_problems",
    "header_problems",
    "key_problems",
    "parents_of",
    "reference_problems",
    "roots_of",
]


@dataclass(frozen=True)
class Sheet:
    """The text of one table: well-formed rows with their row number, and the stray cells of ragged ones."""

    table: Table
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    stray: frozenset[str] = frozenset()

    def cells(self, name: str) -> Iterator[tuple[int, str]]:
        """Yield row number and cell of one column; nothing if it is not there."""
        if name in self.header:
            at = self.header.index(name)
            yield from ((row, cells[at]) for row, cells in self.rows)

    def holds(self, name: str) -> set[str]:
        """Return what may stand in one column: cells of ragged rows count, so one fault is one problem."""
        return {cell for _, cell in self.cells(name) if cell} | self.stray


def header_problems(sheet: Sheet) -> Iterator[Problem]:
    """Find columns that are missing, unnamed or repeated; warn of slips in optional ones."""
    table, header = sheet.table, sheet.header
    unknown = [name for name in header if name not in table.names]
    for column in table.columns:
        if column.name in header:
            continue
        slip = next((name for name in unknown if like(name, [column.name])), None)
        if column.required:
            hint = f" (did you mean {column.name!r}?)" if slip else ""
            yield Problem(table.file, 1, column.name, slip, f"a column of this name{hint}")
        elif slip:
            text = f"{table.file}: unknown column {slip!r} is kept as it is; did you mean {column.name!r}?"
            warnings.warn(text, UserWarning, stacklevel=4)
    for at, name in enumerate(header):
        if not name.strip():
            yield Problem(table.file, 1, None, name, f"a name for column {at + 1}")
        elif name in header[:at]:
            yield Problem(table.file, 1, name, name, "each column name once")
        elif table is REPORTS and name == "derived_from":
            yield Problem(table.file, 1, name, name, f"another name: this column is looked up from {SOURCES.file}")


def cell_problems(sheet: Sheet, meta: Mapping[str, Any]) -> Iterator[Problem]:
    """Find cells that cannot be read, and pairs of cells of a row that are in the wrong order."""
    file, columns = sheet.table.file, {column.name: column for column in sheet.table.columns}
    if scale := _on_scale(meta):
        # A scale says which weapons there are: one that is not on it has no place in the order.
        columns |= {n: replace(c, allowed=scale, opens=False) for n, c in columns.items() if n == "weapons"}
    more = {name: _declared(meta, sheet.table, name) if column.opens else () for name, column in columns.items()}
    for row, cells in sheet.rows:
        # Reversed, so that the first of two columns of one name is the one that counts, as in `cells`.
        found = dict(zip(reversed(sheet.header), reversed(cells), strict=True))
        fine: dict[str, Any] = {}
        for name, column in columns.items():
            cell = found.get(name, "")
            if column.accepts(cell, more[name]):
                fine[name] = column.value(cell)
            elif name in found:
                yield Problem(file, row, name, cell, column.expected(cell, more[name]))
        for name, column in columns.items():
            for other, sign, words in ((column.at_least, 1, "at least"), (column.at_most, -1, "at most")):
                one, two = fine.get(name), fine.get(other)
                if one is not None and two is not None and (one < two if sign > 0 else one > two):
                    yield Problem(file, row, name, found[name], f"{words} {other}, which is {two}")


def _on_scale(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the weapons of the scale that a case declares, none if it declares none."""
    block = meta.get("escalation")
    scale = block.get("scale") if isinstance(block, dict) else None
    levels = scale.get("levels") if isinstance(scale, dict) else None
    return tuple(word for word in levels if isinstance(word, str)) if isinstance(levels, list) else ()


def _declared(meta: Mapping[str, Any], table: Table, column: str) -> tuple[str, ...]:
    """Return the words that the case itself declares for a column, as ``enum`` or ``categories``."""
    words: list[Any] = []
    for resource in _dicts(meta.get("resources")):
        schema = resource.get("schema")
        if resource.get("name") != table.name or not isinstance(schema, dict):
            continue
        for item in _dicts(schema.get("fields")):
            if item.get("name") == column:
                lists = [
                    item.get("categories"),
                    *(rule.get("enum") for rule in _dicts([item.get("constraints")])),
                ]
                words += [word for part in lists if isinstance(part, list) for word in part]
    values = [word.get("value") if isinstance(word, dict) else word for word in words]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str)))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def key_problems(sheet: Sheet) -> Iterator[Problem]:
    """Find keys used twice, and one set of places written in two orders: it would be two series."""
    first: dict[str, int] = {}
    for row, cell in sheet.cells(sheet.table.key):
        if cell and first.setdefault(cell, row) != row:
            expected = f"an identifier used once (first in row {first[cell]})"
            yield Problem(sheet.table.file, row, sheet.table.key, cell, expected)
    if sheet.table is REPORTS:
        written: dict[frozenset[str], str] = {}
        for row, cell in sheet.cells("scope"):
            usual = written.setdefault(frozenset(cell.split("+")), cell)
            if len(usual) == len(cell) and usual != cell:
                yield Problem(REPORTS.file, row, "scope", cell, f"the same places in one order, here {usual!r}")


def reference_problems(sheet: Sheet, sources: Sheet | None) -> Iterator[Problem]:
    """Find identifiers of sources that do not exist."""
    if sources is None or SOURCES.key not in sources.header:
        return
    known = sources.holds(SOURCES.key)
    for column in sheet.table.columns:
        if column.refers:
            for row, cell in sheet.cells(column.name):
                named = cell.split(";") if column.kind == "ids" else [cell]
                unknown = [one for one in named if one not in known] if column.accepts(cell) and cell else []
                for one in unknown:
                    yield Problem(sheet.table.file, row, column.name, one, f"a {SOURCES.key} that is in {SOURCES.file}")


def parents_of(sources: Sheet) -> dict[str, str]:
    """Return the source that each source copies from, "" if none."""
    ids = [cell for _, cell in sources.cells(SOURCES.key)]
    above = [cell for _, cell in sources.cells("derived_from")] or [""] * len(ids)
    return dict(zip(ids, above, strict=False))


def roots_of(parents: Mapping[str, str]) -> dict[str, str]:
    """Return the end of each source's chain; a source in or below a circle has none and is left out."""
    roots = {}
    for source in parents:
        chain, at = set[str](), source
        while at not in chain and parents.get(at):
            chain.add(at)
            at = parents[at]
        if at not in chain:
            roots[source] = at
    return roots


def cycle_problems(sources: Sheet) -> Iterator[Problem]:
    """Find the sources that copy from each other in a circle."""
    parents = parents_of(sources)
    endless = set(parents) - set(roots_of(parents))
    for (row, source), (_, above) in zip(sources.cells(SOURCES.key), sources.cells("derived_from"), strict=False):
        if source in endless:
            chain = [source]
            while parents[chain[-1]] not in chain:
                chain.append(parents[chain[-1]])
            if parents[chain[-1]] == source:  # on the circle itself, not only below it
                shown = " → ".join([*islice(chain, 6), *(["…"] if len(chain) > 6 else []), source])
                yield Problem(SOURCES.file, row, "derived_from", above, f"a chain that ends, not {shown}")
