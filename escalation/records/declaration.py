"""What `datapackage.json` declares: its shape, and that its main series exists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from escalation.records.case import nested_scopes
from escalation.records.checks import Sheet
from escalation.records.problems import Problem
from escalation.records.tables import REPORTS, Column, like

__all__ = ["PACKAGE", "series_problems", "shape_problems"]

PACKAGE = "datapackage.json"


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_nested(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, list) and one and all(map(_is_text, one)) for one in value)


def _is_window(value: object) -> bool:
    day = Column("day", "date", "", True, True)
    fine = isinstance(value, list) and len(value) == 2 and all(isinstance(d, str) and day.accepts(d) for d in value)
    return fine and value[0] <= value[1]  # type: ignore[index]


def _is_scale(value: object) -> bool:
    if not isinstance(value, dict) or not _is_text(value.get("basis")) or set(value) - {"levels", "basis", "ties"}:
        return False
    levels: Any = value.get("levels")
    ties: Any = value.get("ties", [])
    if not _is_nested([levels]) or len(set(levels)) < max(len(levels), 2) or not all(map(_is_weapon, levels)):
        return False
    if len(levels) > _MOST_LEVELS:
        return False
    return ties == [] or (_is_nested(ties) and _are_ties(ties, levels))


def _is_weapon(word: str) -> bool:
    return word == word.strip() and not set(word) & set("+|") and word.lower() not in ("nan", "none", "nat", "<na>")


def _are_ties(ties: list[list[str]], levels: list[str]) -> bool:
    """Whether each tie joins two or more neighbours, no level is in two, and more than one rung is left."""
    places = [sorted(levels.index(v) if v in levels else -1 for v in tie) for tie in ties]
    near = all(at[0] >= 0 and at == list(range(at[0], at[0] + len(at))) and len(at) > 1 for at in places)
    tied = [place for at in places for place in at]
    return near and len(tied) == len(set(tied)) and len(levels) - len(tied) + len(ties) > 1


_MOST_LEVELS = 9  # as many as can be told apart in a figure
_SERIES = '{"counter": …, "unit": …, "scope": …}'


#: Properties of datapackage.json: dotted path, whether it must be there, its test, what is expected.
_SHAPE: tuple[tuple[str, bool, Callable[[object], bool], str], ...] = (
    (
        "name",
        False,
        lambda v: isinstance(v, str) and _NAME.fullmatch(v) is not None,
        "letters, digits, '.', '_', '-'",
    ),
    ("title", False, _is_text, "a text"),
    ("escalation", True, lambda v: isinstance(v, dict), f'a block {{"main_series": {_SERIES}}}'),
    ("escalation.main_series", True, lambda v: isinstance(v, dict), f"a block {_SERIES}"),
    ("escalation.main_series.counter", True, _is_text, "the counter of the main series"),
    ("escalation.main_series.unit", True, _is_text, "the unit of the main series"),
    ("escalation.main_series.scope", True, _is_text, "the scope of the main series"),
    (
        "escalation.nested_scopes",
        False,
        _is_nested,
        "lists of scopes that are one series, the main one first",
    ),
    ("escalation.window", False, _is_window, "the first and the last day, two dates YYYY-MM-DD in order"),
    ("escalation.source_line", False, _is_text, "a short credit line"),
    (
        "escalation.scale",
        False,
        _is_scale,
        'a block {"levels": […], "basis": "…", "ties": [[…], …]}: two to nine weapons from low to high, each once; '
        "why in this order; and, if any, which neighbours are not told apart, so that two rungs or more are left",
    ),
)


def shape_problems(meta: Mapping[str, Any]) -> list[Problem]:
    """List the properties that are missing or not of the right kind."""
    problems = []
    for path, needed, test, expected in _SHAPE:
        *parents, last = path.split(".")
        block: Any = meta
        for parent in parents:
            block = block.get(parent) if isinstance(block, dict) else None
        if isinstance(block, Mapping) and (needed or last in block) and not test(block.get(last)):
            found = json.dumps(block[last], ensure_ascii=False) if last in block else None
            problems.append(Problem(PACKAGE, None, path, found, expected))
    return [*problems, *_unknown_properties(meta)]


def _unknown_properties(meta: Mapping[str, Any]) -> Iterator[Problem]:
    """Find properties of the block that mean nothing here: a slip would pass unnoticed."""
    block = meta.get("escalation")
    known = [path.split(".")[1] for path, *_ in _SHAPE if path.count(".") == 1]
    for name in block if isinstance(block, dict) else ():
        if name not in known:
            near = like(name, known)
            hint = f" (did you mean {near!r}?)" if near else ""
            yield Problem(PACKAGE, None, f"escalation.{name}", name, f"one of {', '.join(known)}{hint}")


def series_problems(block: Mapping[str, Any], reports: Sheet) -> Iterator[Problem]:
    """Find parts of the main series that no report has."""
    if not reports.rows and not reports.stray:
        yield Problem(REPORTS.file, None, None, None, "at least one report")
        return
    path, main = "escalation.main_series", block["main_series"]
    wanted = [(f"{path}.{part}", part, main[part]) for part in ("counter", "unit", "scope")]
    nested = [scope for scopes in block.get("nested_scopes", ()) for scope in scopes if scope != main["scope"]]
    wanted += [("escalation.nested_scopes", "scope", scope) for scope in dict.fromkeys(nested)]
    absent = [item for item in wanted if item[1] in reports.header and item[2] not in reports.holds(item[1])]
    for where, part, value in absent:
        yield Problem(PACKAGE, None, where, value, f"a {part} that a report has{_some(reports.holds(part))}")
    columns = [[cell for _, cell in reports.cells(part)] for part in ("counter", "unit", "scope")]
    together = any(
        (counter, unit) == (main["counter"], main["unit"]) and scope in nested_scopes(block)
        for counter, unit, scope in zip(*columns, strict=False)
    )
    if not absent and not together and not reports.stray and all(columns):
        found = json.dumps(main, ensure_ascii=False)
        yield Problem(PACKAGE, None, path, found, "a counter, unit and scope that one report has together")


def _some(words: Collection[str]) -> str:
    shown = sorted(words)
    return f": {', '.join(shown[:8])}{', …' if len(shown) > 8 else ''}" if shown else ""
