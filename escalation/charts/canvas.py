"""A figure for one panel, for whoever did not bring axes."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

__all__ = ["new_axes"]


def new_axes() -> Axes:
    """Make a figure with room for one panel: its heading above, its end label at the right.

    Examples
    --------
    >>> ax = new_axes()
    >>> bool(ax.get_position().y1 < 0.75)
    True
    >>> plt.close(ax.figure)
    """
    return plt.figure(figsize=(10.0, 5.0)).add_axes((0.06, 0.09, 0.78, 0.6))
