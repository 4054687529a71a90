"""Would another reasonable analyst get it? The headline quantities under every defensible choice: `sensitivity`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from escalation.records import Case
from escalation.study.alternatives import Specification, specifications
from escalation.study.choices import Choices, chosen
from escalation.study.conclusions import compared
from escalation.study.nearest import near
from escalation.study.sensitivityresult import Sensitivity
from escalation.study.specrun import Answer, Asked, jobs_of, work_out
from escalation.study.study import study

__all__ = ["sensitivity"]


def sensitivity(
    case: Case,
    choices: Choices | Mapping[str, Any] | None = None,
    executor: Any = None,
    *,
    only: Sequence[str] | None = None,
    grid: bool = True,
    progress: Callable[[str], object] | None = None,
    **changed: Any,
) -> Sensitivity:
    """Ask for the headline quantities under each defensible choice, one at a time and in a grid.

    Parameters
    ----------
    case
        The case.
    choices
        The base, from which other choices depart one at a time; None is the defaults.
    executor
        Anything with `.map`, such as a ProcessPoolExecutor, that runs several reconstructions at a time; None runs one
        after the other in this process, each with threads. The numbers are the same.
    only
        Topics to vary, such as ``("merge", "phi")``; None is all. See ``Sensitivity.specifications``.
    grid
        Whether options of `GRID` are also combined with each other.
    progress
        Called with a line of text now and then.
    **changed
        Single choices of the base by name, such as ``models="fast"``.

    Returns
    -------
    Sensitivity

    Raises
    ------
    TypeError
        If `case` is no case, or `executor` has no `.map`.
    ValueError
        If the base itself has no answer, or `only` names a topic that no alternative has.

    Notes
    -----
    A specification curve (Simonsohn, Simmons and Nelson 2020, *Nature Human Behaviour* 4:1208–1214), here descriptive:
    the specifications share their data, and no test is made over them. Each reconstruction is worked out once: choices
    that come after it, or that admit the same reports, share it.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> found = sensitivity(load_case("five-documents"), {"models": "fast"}, only=("merge",), grid=False)
    >>> found.specifications["option"].tolist()
    ['', 'every repeat is news', 'first statement of a total only', 'largest total of a day only']
    """
    if executor is not None and not hasattr(executor, "map"):
        raise TypeError(f"executor must have a .map, got {type(executor).__name__}")
    if not isinstance(case, Case):
        raise TypeError(f"a Case is needed, as load_case or read_case return it; got {type(case).__name__}")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable with a line of text, got {type(progress).__name__}")
    tell = progress or (lambda _: None)
    own = chosen(choices, changed)
    specs = _some(specifications(case, own), only, grid)  # before the work: a slip in `only` is told at once
    base = study(case, own)
    rec = base.reconstruction
    asked = Asked(rec.dates[-1], base.windows, base.pairing is not None)
    jobs = jobs_of(case, specs, asked, threads=executor is None)
    tell(f"{len(specs)} specifications, {len(jobs)} reconstructions")
    answers = _collected((map if executor is None else executor.map)(work_out, jobs), len(jobs), tell)
    table, frame = _frames(specs, answers)
    shared = {name: i for i, job in enumerate(jobs) for name, _ in job.specs}
    frame["shared"] = [shared[name] == shared["base"] for name in frame["spec"]]
    return Sensitivity(base, specs, frame, table)


def _some(specs: tuple[Specification, ...], only: Sequence[str] | None, grid: bool) -> tuple[Specification, ...]:
    """Keep the base and the specifications asked for."""
    if only is None:
        wanted = None
    elif isinstance(only, Iterable):
        wanted = {only} if isinstance(only, str) else set(only)
    else:
        raise TypeError(f"only must be names of topics, got {type(only).__name__}")
    topics = {topic for spec in specs for topic in spec.options}
    if wanted is not None and not (wanted and wanted <= topics):
        raise ValueError(
            f"only: nothing is varied about {', '.join(sorted(map(repr, wanted - topics))) or '()'}"
            f"{near(wanted - topics, topics)}; topics are {', '.join(sorted(topics))}"
        )
    return tuple(
        spec for spec in specs
        if (grid or spec.block != "grid") and (wanted is None or set(spec.options) <= wanted)
    )  # fmt: skip


def _collected(found: Iterable[list[Answer]], jobs: int, tell: Callable[[str], object]) -> dict[str, Answer]:
    """Gather answers as they come, and tell how far it is."""
    out: dict[str, Answer] = {}
    for done, answers in enumerate(found, start=1):
        out |= {answer.name: answer for answer in answers}
        if done % max(jobs // 10, 1) == 0 or done == jobs:
            tell(f"{done} of {jobs} reconstructions, {len(out)} specifications")
    return out


def _frames(specs: Sequence[Specification], answers: dict[str, Answer]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the long table of quantities beside those of the base, and the list of specifications."""
    base = answers["base"].rows
    parts, rows = [], []
    for spec in specs:
        answer = answers[spec.name]
        parts.append(compared(answer.rows, base).assign(spec=spec.name, block=spec.block))
        topics, options = " + ".join(spec.options), " + ".join(spec.options.values())
        rows.append((spec.name, spec.block, topics, options, answer.used, answer.error))
    table = pd.concat(parts, ignore_index=True)
    lead = ["spec", "block"]
    frame = pd.DataFrame(rows, columns=["spec", "block", "topic", "option", "used", "error"])
    return table[[*lead, *(name for name in table if name not in lead)]], frame
