"""Databases in hub.yaml: an engine with its host or a URL in one, secrets whatever signs they hold, wrong ones told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from config.hub import HubConfig
from config.load import check_config, load_config
from connectors.sql import url_of
from schema.catalogue import describe

PASSWORD = "p@ss/w:rd#%?&"
ENVIRON = {
    "FINANCE_PASSWORD": PASSWORD,
    "FINANCE_URL": "mysql://baca:x%40y@10.1.2.3/simda",
    "FINANCE_HOST": "10.1.2.3:3307",
}
HUB = """\
name: Kabupaten Contoh
language: en
sources:
  finance:
    kind: sql
{options}
    datasets:
      anggaran: {{table: ta_rincian}}
entities:
  Position:
    from: finance.anggaran
    key: [code]
    fields:
      code: kode
"""
SERVER = {
    "engine": "mariadb",
    "host": "10.1.2.3",
    "database": "simda",
    "user": "baca",
    "password": "${FINANCE_PASSWORD}",
}


def hub(folder: Path, options: dict[str, str]) -> Path:
    path = folder / "hub.yaml"
    lines = "\n".join(f"    {name}: {value}" for name, value in options.items())
    path.write_text(HUB.format(options=lines), encoding="utf-8")
    return path


def load(folder: Path, options: dict[str, str]) -> HubConfig:
    return load_config(hub(folder, options), describe(), ENVIRON)


def problems(folder: Path, options: dict[str, str]) -> list[str]:
    return [found.render("en") for found in check_config(hub(folder, options), describe(), ENVIRON)]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "mysql"])
def test_a_password_of_any_signs_reaches_the_database_as_it_is(tmp_path: Path, engine: str) -> None:
    options: Any = load(tmp_path, {**SERVER, "engine": engine, "port": "5433"}).sources["finance"].options

    url = make_url(url_of(*(options[name] for name in ("engine", "host", "port", "database", "user", "password"))))

    assert (url.host, url.port, url.database, url.username, url.password) == (
        "10.1.2.3",
        5433,
        "simda",
        "baca",
        PASSWORD,
    )


def test_a_password_in_a_url_is_taken_literally_too(tmp_path: Path) -> None:
    config = load(tmp_path, {"url": "postgresql://baca:${FINANCE_PASSWORD}@10.1.2.3:5433/simda"})

    url = make_url(str(config.sources["finance"].options["url"]))

    assert (url.host, url.port, url.database, url.password) == ("10.1.2.3", 5433, "simda", PASSWORD)
    assert {PASSWORD, "p%40ss%2Fw%3Ard%23%25%3F%26"} <= set(config.secrets)  # both forms are kept out of logs


def test_a_url_that_is_a_secret_as_a_whole_is_left_alone(tmp_path: Path) -> None:
    whole = load(tmp_path, {"url": "${FINANCE_URL}"}).sources["finance"].options["url"]
    host = load(tmp_path, {"url": "mysql://baca@${FINANCE_HOST}/simda"}).sources["finance"].options["url"]

    assert (whole, host) == (ENVIRON["FINANCE_URL"], "mysql://baca@10.1.2.3:3307/simda")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"engine": "mssql"},
            "hub.yaml:6:13: mssql is not built yet in this version. Use one of postgresql, mariadb, mysql, sqlite.",
        ),
        (
            {"engine": "postgres"},
            "hub.yaml:6:13: postgres can't be used here; one of postgresql, mariadb, mysql, sqlite is needed.",
        ),
        ({"host": ""}, "host"),
        ({"database": ""}, "database"),
        ({"port": "seribu"}, "hub.yaml:11:11: seribu can't be used here; a whole number is needed."),
        ({"schema": "keuangan"}, "hub.yaml:11:5: schema has no effect on finance: it is for postgresql. Leave it out."),
        ({"password": "terbuka"}, "hub.yaml:10:15: a secret does not belong in hub.yaml."),
        ({"engine": "sqlite"}, "host has no effect on finance: it is for other databases than SQLite."),
        ({"url": "mysql://a@b/c"}, "url has no effect on finance: it is for a source without engine. Leave it out."),
        ({"table": "x"}, "table is not known here."),
    ],
)
def test_what_is_wrong_with_a_server_is_told(tmp_path: Path, change: dict[str, str], expected: str) -> None:
    options = {name: value for name, value in {**SERVER, **change}.items() if value}

    assert any(expected in problem for problem in problems(tmp_path, options)), problems(tmp_path, options)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://10.1.2.3",
        "postgresql://10.1.2.3/",
        "postgresql:///simda",
        "postgresql://10.1.2.3/simda?sslmode=require",
        "postgresql://10.1.2.3/simda/lain",
        "mysql://10.1.2.3:satu/simda",
        "mysql://10.1.2.3:99999/simda",
        "jdbc:mysql://10.1.2.3/simda",
        "http://10.1.2.3/simda",
        "sqlite://",
        "10.1.2.3/simda",
    ],
)
def test_what_is_no_address_of_a_database_is_told(tmp_path: Path, url: str) -> None:
    (problem,) = problems(tmp_path, {"url": url})

    assert problem.startswith(f"hub.yaml:6:10: {url} can't be used here;")


def test_a_password_never_stands_in_a_problem(tmp_path: Path) -> None:
    found = problems(tmp_path, {"url": "mysql://baca:terbuka@10.1.2.3"})

    assert len(found) == 2
    assert "terbuka" not in "".join(found) and PASSWORD not in "".join(found)


def test_only_postgresql_has_schemas(tmp_path: Path) -> None:
    options = {**SERVER, "engine": "postgresql", "schema": "keuangan daerah"}

    assert load(tmp_path, options).sources["finance"].options["schema_"] == "keuangan daerah"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (
            {"tls": "verify", "tlsCa": "kominfo.pem", "connections": "2", "encoding": "cp1252", "allowOwner": "true"},
            None,
        ),
        ({"tls": "require", "tlsCa": "kominfo.pem"}, "OPTION_UNUSED"),
        ({"tls": "maybe"}, "WRONG_VALUE"),
        ({"connections": "0"}, "WRONG_VALUE"),
        ({"encoding": "latin99"}, "WRONG_VALUE"),
        ({"allowOwner": "yes"}, "WRONG_VALUE"),
    ],
)
def test_how_a_server_is_reached_is_checked(tmp_path: Path, options: dict[str, str], code: str | None) -> None:
    problems = check_config(hub(tmp_path, SERVER | options), describe(), ENVIRON)
    assert [problem.code for problem in problems] == ([code] if code else [])


def test_the_newest_is_of_a_folder(tmp_path: Path) -> None:
    path = hub(tmp_path, {})
    text = path.read_text(encoding="utf-8").replace(
        "kind: sql", "kind: spreadsheet\n    path: https://x.example/a.csv\n    newest: true"
    )
    path.write_text(text.replace("{table: ta_rincian}", "{}"), encoding="utf-8")
    assert [problem.code for problem in check_config(path, describe(), ENVIRON)] == ["OPTION_UNUSED"]


@pytest.mark.parametrize("option", ["tls", "connections", "encoding"])
def test_a_file_is_not_reached_like_a_server(tmp_path: Path, option: str) -> None:
    values = {"tls": "require", "connections": "2", "encoding": "cp1252"}
    options = {"url": "sqlite:///keuangan.db", option: values[option]}
    (problem,) = check_config(hub(tmp_path, options), describe(), ENVIRON)
    assert (problem.code, problem.params["name"]) == ("OPTION_UNUSED", option)
