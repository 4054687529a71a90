"""The one call: `panel`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from escalation.records import Case
from escalation.study.panel.earlier import Earlier
from escalation.study.panel.inputs import Given, read_input
from escalation.study.panel.jobs import Job, run_chunk
from escalation.study.panel.progress import Progress
from escalation.study.panel.result import Panel, with_discoveries
from escalation.study.panel.row import Row, frame_of
from escalation.study.panel.running import chunked, run_in_order
from escalation.study.panel.settings import Settings, as_seed, child
from escalation.study.panel.store import RowsFile

__all__ = ["panel"]

#: Last letters of the path of a folder.
ENDS = tuple({"/", os.sep})


def panel(
    data: pd.DataFrame | Mapping[Any, Any] | Iterable[Case] | Iterable[tuple[Any, Any]],
    *,
    models: str = "fast",
    prob: float = 0.9,
    draws: int = 400,
    fdr: float = 0.1,
    rng: Any = None,
    executor: Any = None,
    chunk: int = 20,
    out: str | Path | None = None,
    progress: Callable[[str], object] | None = None,
) -> Panel:
    """Ask of each of many series whether its rate changed, and keep the rate of false discoveries among them.

    Every series gets a row: reports of cumulative totals by `reconstruct`, observed daily counts by `find_changes`. A
    series that fails is a row with the reason in `error` and no numbers; it does not stop the others.

    Parameters
    ----------
    data
        One of: a frame with the columns series, as_of, count (and any other column that `reconstruct` reads); a frame
        with series, date, count, one row per observed day, where a day between a series' first and last without a row
        was not observed, which is not 0; a mapping from names to cases, frames of reports or Series of daily counts;
        an iterable of cases, or of (name, object) pairs, which is read as the work goes on. Names must differ.
    models, prob, draws
        As `reconstruct` and `find_changes` take them; draws at least 100.
    fdr
        False discovery rate, see Notes.
    rng
        Seed: a whole number, a `SeedSequence`, or a generator, of which one number is taken; None is a fixed seed.
        The i-th series uses the i-th child of it (`numpy.random.SeedSequence.spawn`).
    executor
        With ``.submit``, as processes, threads or ``client.get_executor()`` of Dask have it, at most 64 chunks are in
        flight; with ``.map`` only, its map is used; None works here. No number depends on it.
    chunk
        Series sent to a worker, and rows written, at a time.
    out
        A CSV file. Rows are added as they come and are safe on the disk; a run that was cut off is taken up again by
        the same call: rows are kept if place, name and input of the series are the same, and computed anew if only the
        name is. A file with series that the data does not have is refused; where the data is an iterator, also one
        with another series at the same place. Settings lie beside it, as ``<out>.settings.json``; with other ones the
        call is refused. At the end the file is put in order and completed. One run at a time may write a file. Floats
        are written so that ``float`` reads them back exactly.
    progress
        Called with a line of text, about fifty times in all.

    Returns
    -------
    Panel
        Its `table` has one row per series, in the order of the data.

    Raises
    ------
    TypeError
        If `data` holds no series.
    ValueError
        If a frame lacks columns, options are out of range (all at once), or `out` is the file of something else, was
        begun with other settings or holds series that the data does not have. What breaks the executor is raised as
        well; rows written so far remain.

    Notes
    -----
    The e-value of a series is its Bayes factor of "the rate changed" against "the rate is constant". Its expectation
    is 1 if the rate is constant and drawn, with its overdispersion, from the prior; discoveries follow by the e-BH
    procedure [1]_, which needs no independence between series. A constant rate with counts clumped beyond the prior
    (variance more than about four times the mean), or a weekly rhythm, is not within the null.

    References
    ----------
    .. [1] Wang R., Ramdas A. (2022). False discovery rate control with e-values. *JRSS B* 84, 822-852.

    Examples
    --------
    >>> series = {"still": [1, 0, 2, 1, 0, 1, 1, 0] * 4, "risen": [1, 0, 1, 0] * 4 + [5, 8, 6, 7] * 4, "bad": [1, -1]}
    >>> found = panel(series, draws=100)
    >>> found.table[["series", "discovery", "error"]].to_numpy().tolist()[1:]
    [['risen', True, ''], ['bad', False, 'counts: 1 is negative (day 1: -1)']]
    """
    seed = _checked(models, prob, draws, fdr, rng, executor, chunk, out, progress)
    given = read_input(data)
    settings = Settings.of(given.kind, models, prob, draws, seed)
    shown = Progress(progress, given.total, int(chunk))
    rows: dict[int, Row] = {}
    with nullcontext() if out is None else RowsFile(Path(out), settings, given.names) as file:
        earlier = None if file is None else file.earlier
        jobs = _todo(given, settings, seed, earlier, rows, shown)
        for part in run_in_order(run_chunk, chunked(jobs, int(chunk)), executor):
            if file is not None:
                file.append(part)
            rows.update((int(row[0]), row) for row in part)
            shown.worked(len(part), sum(bool(row[-1]) for row in part))
        if earlier is not None:
            earlier.check()
        ordered = [rows[number] for number in sorted(rows)]
        table = with_discoveries(frame_of(ordered), fdr)
        if file is not None:
            ends = zip(table["q"].tolist(), table["discovery"].tolist(), strict=True)
            file.finish(
                [(*row, "" if q != q else repr(q), str(hit)) for row, (q, hit) in zip(ordered, ends, strict=True)]
            )
    where = None if out is None else Path(out)
    result = Panel(table, float(fdr), settings, shown.resumed, shown.renewed, where)
    shown.finished(result.sentence())
    return result


def _todo(
    given: Given,
    settings: Settings,
    seed: np.random.SeedSequence,
    earlier: Earlier | None,
    rows: dict[int, Row],
    shown: Progress,
) -> Iterator[Job]:
    """Hand out the series that are not done; the rows of the others go to `rows`."""
    for number, item in enumerate(given.items):
        kept = None if earlier is None else earlier.row(number, item.series, item.digest)
        if kept is not None:
            rows[number] = kept
            shown.kept(bool(kept[-1]))
            continue
        if earlier is not None and earlier.renews(item.series):
            shown.anew()
        yield Job(
            number, item.series, item.kind, item.payload, item.digest, item.error, item.options, child(seed, number),
            settings.arguments,
        )  # fmt: skip


def _checked(
    models: Any, prob: Any, draws: Any, fdr: Any, rng: Any, executor: Any, chunk: Any, out: Any, progress: Any
) -> np.random.SeedSequence:
    """Return the seed, or refuse options out of range, all at once."""
    bad = []
    if models not in ("full", "jumps", "fast"):
        bad.append(f"models must be 'full', 'jumps' or 'fast', got {models!r}")
    for name, value in (("prob", prob), ("fdr", fdr)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 < value < 1.0:
            bad.append(f"{name} must be a number between 0 and 1, got {value!r}")
    for name, value, least in (("draws", draws, 100), ("chunk", chunk, 1)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            bad.append(f"{name} must be a whole number of at least {least}, got {value!r}")
    if executor is not None and not (hasattr(executor, "map") or hasattr(executor, "submit")):
        bad.append(f"executor must have .submit or .map, got {type(executor).__name__}")
    if progress is not None and not callable(progress):
        bad.append(f"progress must be a function that takes a line of text, got {type(progress).__name__}")
    bad += _bad_path(out)
    seed = None
    try:
        seed = as_seed(rng)
    except ValueError as error:
        bad.append(str(error))
    if bad or seed is None:
        raise ValueError("; ".join(bad))
    return seed


def _bad_path(out: Any) -> list[str]:
    """Problems with the file to be written."""
    if out is None:
        return []
    if not isinstance(out, (str, Path)):
        return [f"out must be the path of a CSV file, got {type(out).__name__}"]
    if Path(out).is_dir():
        return [f"out must be a CSV file, {out} is a folder: add the name of a file"]
    if str(out).endswith(ENDS):
        return [f"out must be a CSV file, {out} ends as a folder does: add the name of a file"]
    if not Path(out).absolute().parent.is_dir():
        return [f"out: the folder {Path(out).parent} is not there; make it first"]
    return []
