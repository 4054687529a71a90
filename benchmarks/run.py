"""Time and score this package beside others on simulated counts: ``python benchmarks/run.py -o figures``.

Needs the extra ``bench``; a package that is not installed is listed as such. With all of them allow an hour and a
half on a machine that does nothing else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Read by numerical libraries when they are loaded; processes started later inherit it.
ONE_THREAD = dict.fromkeys(
    ("MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def main() -> int:
    """Fix the number of threads, then load and run the rest."""
    os.environ.update(ONE_THREAD)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from benchmarks.command import command

    return command()


if __name__ == "__main__":
    sys.exit(main())
