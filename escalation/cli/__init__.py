"""The command line: parses, calls, prints. No statistics.

Exit status: 0 done, 1 something is wrong with the input, 2 the command was not understood.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

from escalation.cli.parser import make_parser
from escalation.cli.words import readable, warn

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``escalation``; default: those of the process.

    Returns
    -------
    int
        The exit status.

    Examples
    --------
    >>> main(["cases"])
    five-documents   Five documents on attacks on U.S. forces in Iraq and Syria, January 2024
    iraq-syria-2023  Attacks on U.S. and coalition forces in Iraq, Syria and Jordan, October 2023 to February 2024
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without some letter is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    args = make_parser().parse_args(argv)
    run: Callable[[object], int] = args.run
    try:
        with warnings.catch_warnings():
            warnings.showwarning = warn  # type: ignore[assignment]
            warnings.simplefilter("always", UserWarning)  # advice to the user, told as such
            status = run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has what it wanted. Nothing more may be written, not even by the interpreter on its way out.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError) as error:
        print(f"escalation: {readable(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("escalation: interrupted", file=sys.stderr)
        return 130
    return status
