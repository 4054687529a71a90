"""Write and execute the notebooks: every ``NN_name.py`` beside this file becomes ``NN_name.ipynb``.

The sources are plain Python. A line ``# %% name`` begins a code cell, ``# %% [markdown] name`` a text cell whose lines
are comments; the name is the cell's id and stays when cells move. ``# %magic`` stands for a line of magic.
The same source and the same versions give the same bytes: no times, no paths, no version stamps.

    python notebooks/build.py             # beside the sources
    python notebooks/build.py -o FOLDER   # elsewhere
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import struct
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TIMEOUT = 300
_MARK = re.compile(r"^# %% (\[markdown\] )?([a-z][a-z0-9-]*)$", re.MULTILINE)
#: Parts of a PNG that a reader sees; times and stamps of software are in the others.
_SEEN = {b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"}


def read_cells(source: Path) -> list[tuple[str, str, str]]:
    """Return kind (code or markdown), id and text of every cell.

    Raises
    ------
    ValueError
        If there is no cell, an id stands twice, or a text cell holds a line that is no comment.
    """
    before, *parts = _MARK.split(source.read_text(encoding="utf-8"))
    cells = []
    for text_cell, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        lines = body.strip("\n").split("\n")
        if text_cell:
            stray = [line for line in lines if not (line == "#" or line.startswith("# "))]
            if stray:
                raise ValueError(f"{source.name}, cell {name!r}: needs '# ' before every line; got {stray[0]!r}")
            lines = [line[2:] for line in lines]
        else:
            lines = [re.sub(r"^# (%\w)", r"\1", line) for line in lines]
        cells.append(("markdown" if text_cell else "code", name, "\n".join(lines).strip("\n")))
    names = [name for _, name, _ in cells]
    if before.strip() or not cells or len(set(names)) < len(names):
        raise ValueError(f"{source.name}: needs cells '# %% name' from the first line on, each name once; got {names}")
    return cells


def notebook(source: Path) -> nbformat.NotebookNode:
    """Return the notebook of a source, not yet executed."""
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    cells = [make[kind](text, id=name) for kind, name, text in read_cells(source)]
    book = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    book.nbformat_minor = 5
    return book


def execute(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Run all cells in a fresh kernel in an empty folder and leave only what a reader needs."""
    with tempfile.TemporaryDirectory() as folder:
        run = {"metadata": {"path": folder}}
        client = NotebookClient(book, timeout=TIMEOUT, kernel_name="python3", record_timing=False,
                                coalesce_streams=True, resources=run)
        client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
        client.execute()
    book.metadata = nbformat.from_dict(METADATA)
    for cell in book.cells:
        cell.metadata = nbformat.NotebookNode()
        for output in cell.get("outputs", []):
            output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = bare_png(data["image/png"])
                data["text/plain"] = "<Figure>"
    return book


def bare_png(encoded: str) -> str:
    """Return a base64 PNG without the parts nobody sees.

    Examples
    --------
    >>> bare_png(base64.b64encode(b"\\x89PNG\\r\\n\\x1a\\n").decode())
    'iVBORw0KGgo='
    """
    raw = base64.b64decode(encoded)
    out, at = raw[:8], 8
    while at < len(raw):
        size = struct.unpack(">I", raw[at : at + 4])[0] + 12
        if raw[at + 4 : at + 8] in _SEEN:
            out += raw[at : at + size]
        at += size
    return base64.b64encode(out).decode()


def build(source: Path, folder: Path) -> Path:
    """Write the executed notebook of a source into a folder."""
    path = folder / f"{source.stem}.ipynb"
    book = execute(notebook(source))
    nbformat.validate(book)
    path.write_text(nbformat.writes(book, indent=1) + "\n", encoding="utf-8", newline="\n")
    return path


def main() -> int:
    """Build every notebook."""
    parser = argparse.ArgumentParser(description="Write and execute the notebooks.")
    parser.add_argument("-o", "--out", type=Path, default=HERE, help="folder to write to (default: this one)")
    folder = parser.parse_args().out
    # A reader's own settings must not reach the kernel; and progress bars or colours are no part of a result.
    os.environ.update(PYTHONWARNINGS="default", NO_COLOR="1", MPLBACKEND="module://matplotlib_inline.backend_inline")
    for source in sorted(HERE.glob("[0-9][0-9]_*.py")):
        print(build(source, folder).name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
