"""The notebooks are those of their sources, executed, clean, and give the same words when run again."""

import base64
import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from matplotlib import font_manager

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_*.py"))
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def read(path: Path) -> Any:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    return book


def outputs(book: Any) -> list[Any]:
    return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def words(book: Any) -> dict[str, list[str]]:
    """Return what each code cell prints or shows, as text."""
    return {
        cell.id: ["".join(out.get("text", "")) or out["data"].get("text/html", out["data"]["text/plain"])
                  for out in cell.outputs]
        for cell in book.cells
        if cell.cell_type == "code"
    }  # fmt: skip


def under_the_pins() -> bool:
    """Tell whether every package of constraints.txt that is installed has the version given there."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    have = {
        dist.metadata["Name"].lower().replace("-", "_"): dist.version for dist in importlib.metadata.distributions()
    }
    return all(have.get(name.lower().replace("-", "_"), pin) == pin for name, pin in pins.items())


@pytest.fixture(scope="module")
def rerun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Execute every notebook anew, elsewhere, as a reader would: in a process of its own."""
    font_manager.findfont("DejaVu Sans")  # builds its cache here and not, with a message, in a kernel
    folder = tmp_path_factory.mktemp("notebooks")
    command = [sys.executable, str(FOLDER / "build.py"), "-o", str(folder)]
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, ANSI.sub("", done.stderr[-2000:])
    return folder


def test_there_is_a_notebook() -> None:
    assert NAMES
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_stored_notebook_is_executed_and_clean(name: str) -> None:
    book = read(FOLDER / f"{name}.ipynb")
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata.kernelspec.name == "python3"
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(not cell.metadata for cell in book.cells)
    assert {out.output_type for out in outputs(book)} <= {"stream", "display_data", "execute_result"}
    assert all(out.get("name") != "stderr" for out in outputs(book))
    assert any("image/png" in out.get("data", {}) for out in outputs(book))


@pytest.mark.parametrize("name", NAMES)
def test_stored_notebook_names_no_machine(name: str) -> None:
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if '"image/png"' not in line]
    assert [
        line for line in lines if re.search(r"/(home|root|tmp|usr|work|Users)/|[A-Z]:\\\\|ipykernel_\d", line)
    ] == []
    assert [line for line in lines if re.search(r"object at 0x|iopub|shell\.execute", line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_images_hold_nothing_but_the_image(name: str) -> None:
    for out in outputs(read(FOLDER / f"{name}.ipynb")):
        png = out.get("data", {}).get("image/png", "")
        if png:
            assert set(chunks(png)) <= {"IHDR", "PLTE", "tRNS", "pHYs", "IDAT", "IEND"}


def chunks(encoded: str) -> list[str]:
    """Return the names of the parts of a base64 PNG."""
    raw, at, names = base64.b64decode(encoded), 8, []
    while at < len(raw):
        names.append(raw[at + 4 : at + 8].decode("ascii"))
        at += int.from_bytes(raw[at : at + 4], "big") + 12
    return names


@pytest.mark.parametrize("name", NAMES)
def test_running_again_gives_the_same(name: str, rerun: Path) -> None:
    stored, fresh = read(FOLDER / f"{name}.ipynb"), read(rerun / f"{name}.ipynb")
    hint = "run: python notebooks/build.py"
    assert [(c.id, c.source) for c in stored.cells] == [(c.id, c.source) for c in fresh.cells], hint
    assert all(out.output_type != "error" and out.get("name") != "stderr" for out in outputs(fresh))
    assert {cell: len(said) for cell, said in words(stored).items()} == {c: len(s) for c, s in words(fresh).items()}, (
        hint
    )
    if under_the_pins():
        assert words(stored) == words(fresh), hint
