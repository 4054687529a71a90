"""Run chunks in order on whatever can: in place, anything with ``.map``, or futures with few in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

__all__ = ["chunked", "run_in_order"]

T = TypeVar("T")
R = TypeVar("R")

#: Chunks in flight: enough for as many workers, few enough for memory to stay flat.
WINDOW = 64


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Divide items into lists of `size`, reading no further than the list at hand.

    Examples
    --------
    >>> list(chunked(range(5), 2))
    [[0, 1], [2, 3], [4]]
    """
    it = iter(items)
    while chunk := list(islice(it, size)):
        yield chunk


def run_in_order(call: Callable[[T], R], jobs: Iterable[T], executor: Any = None) -> Iterator[R]:
    """Apply a function to jobs, in their order.

    Parameters
    ----------
    call
        A top-level function, so that it can be sent to another process.
    jobs
        Read lazily: at most `WINDOW` are in flight.
    executor
        With ``.submit`` (futures have ``.result()`` and ``.cancel()``): processes, threads, a cluster. With ``.map``
        only: its map, lazy if that is. None: here.

    Yields
    ------
    object
        The result of each job. What breaks the executor, or interrupts, is raised; jobs that wait are cancelled.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(run_in_order(abs, [-1, -2, 3], pool))
    [1, 2, 3]
    """
    if executor is None:
        yield from map(call, jobs)
    elif not hasattr(executor, "submit"):
        yield from executor.map(call, jobs)
    else:
        yield from _window(call, jobs, executor.submit)


def _window(call: Callable[[T], R], jobs: Iterable[T], submit: Callable[..., Any]) -> Iterator[R]:
    """Keep `WINDOW` futures in flight, and hand out their results in order."""
    flying: deque[Any] = deque()
    try:
        for job in jobs:
            flying.append(submit(call, job))
            while flying and (len(flying) >= WINDOW or flying[0].done()):
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        for future in flying:
            future.cancel()
