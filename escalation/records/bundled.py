"""The cases that come with the package.

They are the folders of ``data/``. A wheel carries them as ``escalation/_data``; a checkout, an unpacked
source distribution and an editable install have them beside the package.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from escalation.records.case import Case
from escalation.records.read import read_case

__all__ = ["list_cases", "load_case"]


def list_cases() -> list[str]:
    """List the bundled cases.

    Returns
    -------
    list of str
        Their names, sorted; each can be given to `load_case`.

    Examples
    --------
    >>> "iraq-syria-2023" in list_cases()
    True
    """
    return sorted(_folders())


def load_case(name: str) -> Case:
    """Read a bundled case.

    Parameters
    ----------
    name : str
        One of `list_cases`. A folder of your own is read with `read_case`.

    Returns
    -------
    Case
        The case.

    Raises
    ------
    ValueError
        If there is no bundled case of this name; the message lists those there are.

    Examples
    --------
    >>> load_case("iraq-syria-2023").name
    'iraq-syria-2023'
    """
    folders = _folders()
    if name not in folders:
        near = get_close_matches(str(name), folders, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        there = ", ".join(sorted(folders)) or "none: this installation lacks its data"
        raise ValueError(
            f"no bundled case {name!r}; bundled cases: {there}.{hint} For your own folder: read_case(folder)."
        )
    return read_case(folders[name])


def _folders() -> dict[str, Path]:
    package = Path(str(files("escalation")))
    installed = package / "_data"
    # Beside an installed package there may be a `data` of something else: look there only in a checkout.
    root = installed if installed.is_dir() else package.parent / "data"
    return {path.parent.name: path.parent for path in root.glob("*/datapackage.json")}
