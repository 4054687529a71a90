"""One method in a process of its own: compiled before it is timed, and stopped at the time limit."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.methods import BY_NAME
from benchmarks.series import KINDS, sample

#: Days of the series on which a method is called before it is timed.
WARM = 1000
#: Number of a series that is not measured.
UNUSED = 10**6
#: Share of the machine's memory that a method may take.
MEMORY = 0.6


class OverLimitError(Exception):
    """A call did not end within the time limit."""


class FailedError(Exception):
    """A call raised, or its process ended."""


@dataclass(frozen=True)
class Answer:
    """What a timed call returned.

    Parameters
    ----------
    seconds : float
        Wall time of the call.
    changes : ndarray of int
        First days of new regimes.
    """

    seconds: float
    changes: NDArray[np.int64]


class Worker:
    """A process that calls one method on request, started anew after one that was stopped; use it in a ``with`` block.

    Parameters
    ----------
    method : str
        One of `benchmarks.methods.BY_NAME`.
    limit : float
        Seconds that a call may take.
    """

    def __init__(self, method: str, limit: float) -> None:
        self._method, self._limit = method, limit
        self._process: SpawnProcess | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def time(self, n: int, kind: str, number: int) -> Answer:
        """Call the method on one series of `benchmarks.series.sample`.

        Raises
        ------
        OverLimitError
            If the call was stopped at the time limit.
        FailedError
            If it raised, or its process ended.
        """
        if self._process is None:
            self._pipe = self._start()
            for warm_kind in KINDS:
                self._ask(min(WARM, n), warm_kind, UNUSED)
        return self._ask(n, kind, number)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")  # a fork would share what this process has loaded
        ours, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._method, other), daemon=True)
        self._process.start()
        other.close()
        return ours

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = None

    def _ask(self, n: int, kind: str, number: int) -> Answer:
        try:
            self._pipe.send((n, kind, number))
            if not self._pipe.poll(self._limit):
                self._stop()
                raise OverLimitError(f"over the limit of {self._limit:g} s")
            answer = self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            self._stop()
            raise FailedError("its process ended without an answer") from error
        if isinstance(answer, str):
            raise FailedError(answer)
        return Answer(*answer)


def _serve(name: str, pipe: Connection) -> None:
    """Answer requests until the pipe closes."""
    most = int(MEMORY * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    warnings.simplefilter("ignore")  # of other packages, between the lines of progress
    while True:
        try:
            counts = sample(*pipe.recv()).counts.copy()
        except EOFError:
            return
        try:
            begun = time.perf_counter()
            found = BY_NAME[name].call(counts)
            seconds = time.perf_counter() - begun
            pipe.send((seconds, _whole(found)))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _whole(found: ArrayLike) -> NDArray[np.int64]:
    """Return days as integers."""
    days = np.asarray(found)
    if days.size and not (np.issubdtype(days.dtype, np.number) and (days == np.floor(days)).all()):
        raise ValueError(f"changes are {days.tolist()}; whole numbers are needed")
    return days.astype(np.int64)
