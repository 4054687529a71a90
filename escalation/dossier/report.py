"""What a build did: files, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pandas as pd

from escalation.reconstruct.result import Reconstruction

__all__ = ["BuildReport", "BuiltFile"]


@dataclass(frozen=True)
class BuiltFile:
    """One file of a dossier.

    Parameters
    ----------
    name : str
        Within the folder.
    state : {"wrote", "unchanged"}
        A file that held these bytes already is left alone.
    sha256 : str
        Digest of its bytes, hexadecimal.
    bytes : int
        Its size.
    """

    name: str
    state: str
    sha256: str
    bytes: int


@dataclass(frozen=True, repr=False)
class BuildReport:
    """What `build` did.

    Parameters
    ----------
    title : str
        Of the case.
    folder : Path
        Where the files are, as it was given.
    files : tuple of BuiltFile
        By name; the manifest is among them.
    reconstruction : Reconstruction
        The result behind them.
    notes : tuple of str
        What was left out and why, and files of an earlier dossier in the folder that this one does not have.
    """

    title: str
    folder: Path
    files: tuple[BuiltFile, ...]
    reconstruction: Reconstruction = field(repr=False)
    notes: tuple[str, ...] = ()

    def summary(self) -> pd.DataFrame:
        """List the files: name, state, size in bytes, digest."""
        rows = [(f.name, f.state, f.bytes, f.sha256) for f in self.files]
        return pd.DataFrame(rows, columns=["file", "state", "bytes", "sha256"])

    def __repr__(self) -> str:
        wrote = sum(f.state == "wrote" for f in self.files)
        return f"<BuildReport {self.title!r}: {len(self.files)} files, {wrote} of them new or changed>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>" + self.summary().to_html(index=False, escape=True, border=0)
