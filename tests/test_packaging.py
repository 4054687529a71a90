"""The bundled cases are found in a checkout, in an installed wheel and in an unpacked source distribution."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from escalation.records import list_cases, load_case
from escalation.records.tables import TABLES

ROOT = Path(__file__).resolve().parent.parent
CASES = ["five-documents", "iraq-syria-2023"]
LIMIT = 1_000_000

SCRIPT = """
import json
import escalation
from escalation.records import list_cases, load_case
cases = {}
for name in list_cases():
    case = load_case(name)
    tables = ("reports", "incidents", "interventions", "sources")
    cases[name] = {"meta": dict(case.meta)} | {table: getattr(case, table).to_csv() for table in tables}
print(json.dumps({"package": escalation.__file__, "cases": cases}))
"""


def run(*command: str, cwd: Path, path: Path | None = None) -> str:
    env = dict(os.environ)
    if path is not None:
        env["PYTHONPATH"] = os.pathsep.join([str(path), *filter(None, [env.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source distribution, built without isolation and so without a network."""
    pytest.importorskip("hatchling", reason="building needs hatchling, which the 'dev' extra installs")
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return wheel, sdist


def loaded_from(folder: Path, elsewhere: Path) -> dict[str, Any]:
    found = json.loads(run("-W", "error", "-c", SCRIPT, cwd=elsewhere, path=folder))
    assert Path(found["package"]).is_relative_to(folder)
    return dict(found["cases"])


def loaded_here() -> dict[str, Any]:
    cases = {name: load_case(name) for name in list_cases()}
    tables = [table.name for table in TABLES]
    return {
        name: {"meta": dict(case.meta)} | {table: getattr(case, table).to_csv() for table in tables}
        for name, case in cases.items()
    }


def test_installed_wheel_has_the_cases_of_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "site"
    pip = (
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--disable-pip-version-check",
    )
    run(*pip, "--target", str(target), str(built[0]), cwd=tmp_path)
    cases = loaded_from(target, tmp_path)
    assert set(CASES) <= set(cases)
    assert cases == loaded_here()


def test_unpacked_source_distribution_has_the_cases_of_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(built[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert loaded_from(folder, tmp_path) == loaded_here()


def test_wheel_holds_the_package_and_its_data_alone(built: tuple[Path, Path]) -> None:
    names = zipfile.ZipFile(built[0]).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"escalation"}
    assert not [name for name in names if "__pycache__" in name]
    assert "escalation/py.typed" in names
    packed = {name.removeprefix("escalation/_data/") for name in names if name.startswith("escalation/_data/")}
    assert packed == {path.relative_to(ROOT / "data").as_posix() for path in files_of_data()}


def test_source_distribution_has_data_and_tests(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA", "data/README.md"} <= names
    assert f"tests/{Path(__file__).name}" in names
    assert {f"data/{case}/datapackage.json" for case in CASES} <= names


def test_no_data_file_is_large() -> None:
    large = {
        str(path.relative_to(ROOT)): path.stat().st_size for path in files_of_data() if path.stat().st_size > LIMIT
    }
    assert not large


def test_a_case_is_a_folder_with_a_datapackage() -> None:
    assert list_cases() == sorted(path.parent.name for path in (ROOT / "data").glob("*/datapackage.json"))
    assert (ROOT / "data" / "README.md").is_file()


def files_of_data() -> list[Path]:
    return [path for path in (ROOT / "data").rglob("*") if path.is_file()]
