"""Save a figure with its numbers and its words, byte for byte the same on every run."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath, PureWindowsPath

import pandas as pd
from matplotlib.figure import Figure

from escalation.charts.lettering import plain
from escalation.charts.numbers import numbers_csv
from escalation.charts.style import style

__all__ = ["ManifestRow", "save_figure", "write_if_changed", "write_manifest"]

PNG_DPI = 200


@dataclass(frozen=True)
class ManifestRow:
    """One written file.

    Parameters
    ----------
    path : str
        Where it was written, as the caller spelt the folder, with forward slashes.
    sha256 : str
        Digest of its bytes, hexadecimal.
    bytes : int
        Its size.
    """

    path: str
    sha256: str
    bytes: int


def save_figure(
    fig: Figure,
    stem: str | os.PathLike[str],
    *,
    numbers: Mapping[str, pd.DataFrame] | pd.DataFrame,
    alt: str,
    title: str,
) -> list[ManifestRow]:
    """Write a figure as SVG and PNG, its numbers as CSV and its words as TXT.

    The same figure gives the same bytes on every run with the same versions: fixed identifiers, no dates, no
    version stamps. A file whose bytes would not change is left alone.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    stem : path-like
        Path without ending, in a folder that exists: ``.svg``, ``.png`` (200 dpi), ``.csv``, ``.txt`` follow.
    numbers : DataFrame or mapping of str to DataFrame
        The numbers in the figure. Several frames go into one CSV with a column ``panel`` in front; dates are
        YYYY-MM-DD, numbers have six significant digits (whole numbers all), a missing value is an empty cell.
    alt : str
        Text for readers who do not see the figure; also embedded in the SVG (``<desc>``) and the PNG.
    title : str
        Short name of the figure, embedded likewise.

    Returns
    -------
    list of ManifestRow
        One row per file: CSV, PNG, SVG, TXT.

    Raises
    ------
    ValueError
        If alt or title is empty, or a frame has a column ``panel`` of its own.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = save_figure(Figure((1, 1)), Path(folder) / "empty", numbers=pd.DataFrame({"n": [1]}),
    ...                        alt="An empty figure.", title="Empty")
    >>> [row.path.rsplit(".")[-1] for row in rows]
    ['csv', 'png', 'svg', 'txt']
    """
    title, alt = plain(title), "\n".join(filter(None, map(plain, str(alt).splitlines())))
    if not alt or not title:
        raise ValueError("alt and title must not be empty: say in words what the figure shows.")
    contents = {"csv": numbers_csv(numbers), "txt": (alt + "\n").encode()}
    with style():
        fig.draw_without_rendering()
        contents["svg"] = _svg(fig, title, alt)
        contents["png"] = _png(fig, title, alt)
    return [write_if_changed(Path(f"{os.fspath(stem)}.{end}"), contents[end]) for end in sorted(contents)]


def _png(fig: Figure, title: str, alt: str) -> bytes:
    """Return the figure as PNG with its words in the metadata."""
    out = io.BytesIO()
    fig.savefig(out, format="png", dpi=PNG_DPI, metadata={"Software": None, "Title": title, "Description": alt})
    return out.getvalue()


def _svg(fig: Figure, title: str, alt: str) -> bytes:
    """Return the figure as SVG with its words as first children of the root, where screen readers look."""
    out = io.BytesIO()
    fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    key = hashlib.sha256(f"{title}\n{alt}".encode()).hexdigest()[:8]
    words = f'\n <title id="title-{key}">{escape(title)}</title>\n <desc id="desc-{key}">{escape(alt)}</desc>'

    def labelled(match: re.Match[str]) -> str:
        return f'{match[1]} role="img" aria-labelledby="title-{key} desc-{key}">{words}'

    text, n = re.subn(r"(<svg\b[^>]*)>", labelled, out.getvalue().decode(), count=1)
    if n != 1:
        raise RuntimeError("matplotlib wrote an SVG without a root element; title and alt text found no place.")
    return text.encode()


def write_if_changed(path: Path, data: bytes) -> ManifestRow:
    """Write bytes to a file in one step, or leave the file alone if it holds them already.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    data : bytes
        What the file is to hold.

    Returns
    -------
    ManifestRow

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"folder {path.parent} does not exist: make it first.")
    if not path.is_file() or path.read_bytes() != data:
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return ManifestRow(path.as_posix(), hashlib.sha256(data).hexdigest(), len(data))


def write_manifest(
    folder: str | os.PathLike[str],
    rows: Iterable[ManifestRow],
    *,
    inputs: Mapping[str, str],
    versions: Mapping[str, str],
    seed: int | None,
    choices: Mapping[str, str] | None = None,
) -> ManifestRow:
    """Write ``manifest.json``: every file with its digest, and what it was made from.

    Parameters
    ----------
    folder : path-like
        Where the manifest goes; every file must lie in it or below.
    rows : iterable of ManifestRow
        The files.
    inputs : mapping of str to str
        Relative path of each input and the digest of its bytes.
    versions : mapping of str to str
        Name and version of each package that matters.
    seed : int or None
        Seed of the random numbers.
    choices : mapping of str to str, optional
        What was asked for, such as the method.

    Returns
    -------
    ManifestRow
        The manifest itself.

    Raises
    ------
    ValueError
        If a file lies outside the folder, a path of an input is absolute, or one path has two digests.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     row = write_if_changed(Path(folder) / "a.txt", b"a")
    ...     _ = write_manifest(folder, [row], inputs={"reports.csv": "0" * 64}, versions={}, seed=1)
    ...     print(json.loads((Path(folder) / "manifest.json").read_text())["files"][0]["path"])
    a.txt
    """
    home = Path(folder).resolve()
    files: dict[str, ManifestRow] = {}
    for row in rows:
        place = Path(row.path).resolve()
        if not place.is_relative_to(home):
            raise ValueError(f"{row.path} lies outside {os.fspath(folder)}: a manifest lists its own folder only.")
        name = place.relative_to(home).as_posix()
        if files.setdefault(name, row).sha256 != row.sha256:
            raise ValueError(f"{name} was written twice with different bytes: give each figure its own name.")
    absolute = [p for p in inputs if PurePosixPath(p).is_absolute() or PureWindowsPath(p).is_absolute()]
    if absolute:
        raise ValueError(f"inputs: give paths relative to the case, not {', '.join(sorted(absolute))}.")
    content = {
        "files": [{"path": k, "sha256": files[k].sha256, "bytes": files[k].bytes} for k in sorted(files)],
        "inputs": dict(inputs),
        "seed": seed,
        "versions": dict(versions),
    } | ({"choices": dict(choices)} if choices else {})
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    return write_if_changed(Path(folder) / "manifest.json", f"{text}\n".encode())
