"""Lines that say how far the work is."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress"]

#: Lines in all, where the number of series is known.
LINES = 50


class Progress:
    """Count series and say so now and then.

    Parameters
    ----------
    say
        Takes a line; None says nothing.
    total
        Number of series, None if unknown.
    chunk
        Series between two lines where the total is unknown.

    Attributes
    ----------
    resumed
        Series that an earlier run had done.
    renewed
        Series that an earlier run had done with another input or at another place, which are computed anew.

    Examples
    --------
    >>> shown = Progress(print, 4, 20)
    >>> shown.kept(False)
    >>> shown.worked(2, 1)
    3 of 4 series, 1 done before, 1 failed
    """

    def __init__(self, say: Callable[[str], object] | None, total: int | None, chunk: int) -> None:
        self._say, self._total = say, total
        self._step = chunk if total is None else max(total // LINES, 1)
        self._done = self._failed = self._said = 0
        self.resumed = self.renewed = 0

    def kept(self, failed: bool) -> None:
        """Count a series that was done before."""
        self.resumed += 1
        self._done += 1
        self._failed += failed

    def anew(self) -> None:
        """Count a series that was done before, but not as it is now."""
        self.renewed += 1

    def worked(self, number: int, failed: int) -> None:
        """Count series that were worked out, and speak if enough were since the last line."""
        self._done += number
        self._failed += failed
        if self._say is not None and self._done - self._said >= self._step:
            self._said = self._done
            self._say(self._line())

    def finished(self, sentence: str) -> None:
        """Say what came out."""
        if self._say is not None:
            self._say(f"{self._line()}. {sentence}")

    def _line(self) -> str:
        """Say how far the work is."""
        of = "" if self._total is None else f" of {self._total:,}"
        before = f", {self.resumed:,} done before" if self.resumed else ""
        if self.renewed:
            before += f", {self.renewed:,} computed anew (the input or the place is another than before)"
        failed = f", {self._failed:,} failed" if self._failed else ""
        return f"{self._done:,}{of} series{before}{failed}"
