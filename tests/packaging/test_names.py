"""Our package names resolve to our folders, from the checkout and from the built wheel away from it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from simpul import VERSION
from simpul.pages.graphiql import FILES, is_built

ROOT = Path(__file__).parents[2]
NAMES = ("config", "connectors", "replica", "resolvers", "schema", "simpul")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_resolves_to_our_folder_in_the_checkout(name: str) -> None:
    spec = importlib.util.find_spec(name)

    assert spec is not None and spec.origin is not None
    assert Path(spec.origin) == ROOT / name / "__init__.py"


def test_the_wheel_holds_our_packages_and_resolves_them_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "unpacked")

    assert any(name.startswith(f"simpul-{VERSION}.dist-info/") for name in names)
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(NAMES)
    data = ("hub.yaml", "wilayah.csv", "queries/mission.graphql", "queries/saved/usulan.graphql")
    assert {f"simpul/demo/{name}" for name in data} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    browser = {f"simpul/pages/static/graphiql/{name}" for name in (*FILES, "LICENSES.txt")}
    assert (browser <= set(names)) == is_built()  # made by `make web`, and then part of the wheel
    script = (
        f"import sys; sys.path[:] = [p for p in sys.path if p != {str(ROOT)!r}]; sys.path.insert(0, '.')\n"
        + "".join(f"import {name}; assert {name}.__file__.startswith(sys.argv[1]), {name}.__file__\n" for name in NAMES)
    )
    inside = tmp_path / "unpacked"
    done = subprocess.run(
        [sys.executable, "-c", script, str(inside)], cwd=inside, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_file_names_a_registry_or_a_place_on_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("platform: not a git checkout")
    unwanted = ("--index" + "-url", "--extra-index" + "-url", '"resolved"' + ":", "/wo" + "rk/", "/ro" + "ot/")
    for name in listed.stdout.split():
        path = ROOT / name
        if path.suffix in (".xlsx", ".db", ".png") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [word for word in unwanted if word in text], name
