"""hub.yaml, well and badly written: a configuration, or every problem with its place, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.hub import HubConfig, default_language
from config.load import check_config, load_config
from config.problems import ConfigError
from schema.catalogue import describe
from simpul.demo.generate import hub_yaml

GOOD = """\
name: Kabupaten Contoh
language: en
sources:
  plans:
    kind: spreadsheet
    path: data/*.xlsx
    datasets:
      wishes: {sheet: Usulan, header: 5, rows: 7-}
  tracker:
    kind: rest
    url: http://127.0.0.1:9/api
    bearer: ${TRACKER_TOKEN}
    refresh: 1m
entities:
  Proposal:
    from: plans.wishes
    key: [file, number]
    fields:
      number: No
      estimatedCost: {column: Biaya, scale: 4}
      status:
        column: Status
        values: {DITERIMA: ACCEPTED}
  HealthPost:
    from: tracker.posts
    key: [code]
    fields:
      code: KODE
      beds: {column: TT, type: int}
"""
ENVIRON = {"TRACKER_TOKEN": "rahasia-sekali"}


def write(folder: Path, text: str) -> Path:
    path = folder / "hub.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str = GOOD) -> HubConfig:
    return load_config(write(folder, text), describe(), ENVIRON)


def problems(folder: Path, text: str, language: str = "en") -> list[str]:
    found = check_config(write(folder, text), describe(), ENVIRON)
    return [problem.render("en" if language == "en" else "id") for problem in found]


def test_a_good_configuration_is_merged_with_the_built_in_entities(tmp_path: Path) -> None:
    config = load(tmp_path)

    catalogue = config.catalogue
    assert set(catalogue.entities) == {"Proposal", "HealthPost", "Source", "Reject"}
    cost = catalogue["Proposal"].field("estimatedCost")
    assert cost is not None and cost.scale == 4
    assert catalogue["Proposal"].key == ("file", "number")
    assert catalogue["HealthPost"].plural == "healthPosts"
    assert {f.name for f in catalogue["Proposal"].fields} >= {"statusRaw", "regionRaw", "regionWithin"}
    assert config.sources["tracker"].options["bearer"] == "rahasia-sekali"
    assert config.sources["plans"].datasets["wishes"]["rows"] == (7, None)
    assert config.secrets == ("rahasia-sekali",)


def test_secrets_come_from_secrets_env_when_the_environment_has_none(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("# kunci\nTRACKER_TOKEN=dari=berkas\n", encoding="utf-8")

    config = load_config(write(tmp_path, GOOD), describe(), {})

    assert config.sources["tracker"].options["bearer"] == "dari=berkas"


def test_the_sample_regency_has_no_problems(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "usulan-anggaran.csv").write_text("Berkas;No Usulan;ID Rinci;Catatan\n", encoding="utf-8")

    assert problems(tmp_path, hub_yaml()) == []


CASES = [
    (
        "number: No\n",
        "nomber: No\n",
        "hub.yaml:19:7: Proposal has no field called nomber. Did you mean number? A field of your own needs a type.",
        "hub.yaml:19:7: Proposal tidak punya isian nomber. Maksud Anda number? Isian sendiri memerlukan type.",
    ),
    (
        "    refresh: 1m\n",
        "    refrsh: 1m\n",
        "hub.yaml:13:5: refrsh is not known here. Did you mean refresh?",
        None,
    ),
    (
        "refresh: 1m",
        "refresh: sometimes",
        "hub.yaml:13:14: sometimes can't be used here; manual, watch, or a duration such as 10m is needed.",
        None,
    ),
    (
        "from: plans.wishes",
        "from: plan.wishes",
        "hub.yaml:16:11: there is no source called plan. Did you mean plans?",
        None,
    ),
    (
        "from: plans.wishes",
        "from: plans.wish",
        "hub.yaml:16:11: source plans has no dataset called wish. Did you mean wishes?",
        None,
    ),
    (
        "bearer: ${TRACKER_TOKEN}",
        "bearer: ${TOKEN_LAIN}",
        "hub.yaml:12:13: the secret TOKEN_LAIN is not set. Set it in the environment, or write TOKEN_LAIN=… into secrets.env beside hub.yaml.",
        "hub.yaml:12:13: rahasia TOKEN_LAIN belum ada. Isi lewat lingkungan, atau tulis TOKEN_LAIN=… dalam secrets.env di samping hub.yaml.",
    ),
    (
        "bearer: ${TRACKER_TOKEN}",
        "bearer: terbuka",
        "hub.yaml:12:13: a secret does not belong in hub.yaml. Write TRACKER_BEARER=… into secrets.env beside it, and ${TRACKER_BEARER} here.",
        None,
    ),
    (
        "refresh: 1m",
        "rate: 60",
        "hub.yaml:13:11: 60 can't be used here; calls in a second, minute or hour, such as 60/m is needed.",
        None,
    ),
    (
        "refresh: 1m",
        "rate: 0/m",
        "hub.yaml:13:11: 0/m can't be used here; calls in a second, minute or hour, such as 60/m is needed.",
        None,
    ),
    (
        "refresh: 1m",
        "oauth: {tokenUrl: 'http://127.0.0.1:9/t', clientId: a, clientSecret: '${TRACKER_TOKEN}'}",
        "hub.yaml:12:5: bearer has no effect on tracker: it is for a source without oauth. Leave it out.",
        None,
    ),
    (
        "bearer: ${TRACKER_TOKEN}",
        "oauth: {tokenUrl: 'http://127.0.0.1:9/t', clientId: a, clientSecret: terbuka}",
        "hub.yaml:12:74: a secret does not belong in hub.yaml. Write TRACKER_CLIENTSECRET=… into secrets.env beside it, and "
        "${TRACKER_CLIENTSECRET} here.",
        None,
    ),
    (
        "kind: rest",
        "kind: soap",
        "hub.yaml:10:11: soap can't be used here; one of spreadsheet, sql, mailbox, rest is needed.",
        None,
    ),
    (
        "{DITERIMA: ACCEPTED}",
        "{DITERIMA: ACEPTED}",
        "hub.yaml:23:28: status can't be ACEPTED. Did you mean ACCEPTED?",
        None,
    ),
    (
        "key: [file, number]",
        "key: [file, numbr]",
        "hub.yaml:17:10: Proposal has no field called numbr. Did you mean number? A field of your own needs a type.",
        None,
    ),
    (
        "key: [file, number]",
        "key: [file, number]\n    filterable: [titel]",
        "hub.yaml:18:17: Proposal has no field called titel. Did you mean title? A field of your own needs a type.",
        None,
    ),
    (
        "key: [file, number]",
        "key: [file, number]\n    filterable: [title + statos]",
        "hub.yaml:18:17: Proposal has no field called statos. Did you mean status? A field of your own needs a type.",
        None,
    ),
    (
        "beds: {column: TT, type: int}",
        "beds: {column: TT, type: texts}\n    filterable: [beds]",
        "hub.yaml:30:17: beds of HealthPost is a list, which can't be filtered. Choose other fields.",
        None,
    ),
    (
        "scale: 4",
        "scale: 12",
        "hub.yaml:20:45: 12 can't be used here; a whole number up to 9 is needed.",
        None,
    ),
    (
        "refresh: 1m",
        "refresh: live",
        "hub.yaml:13:14: live is not built yet in this version. Use a duration such as 1m.",
        None,
    ),
    *(
        ("refresh: 1m\n", f"refresh: 1m\n    datasets:\n      posts: {written}\n", f"hub.yaml:{place}: {english}", None)
        for written, place, english in (
            ("{paging: {style: cursor}}", "15:15", "at is missing here; set it."),
            ("{paging: {sizeParam: per}}", "15:15", "size is missing here; set it."),
            ("{paging: {style: next, size: 5}}", "15:15", "sizeParam is missing here; set it."),
            ("{paging: {size: 0}}", "15:30", "0 can't be used here; a whole number from 1 is needed."),
            (
                "{paging: {style: next, param: p}}",
                "15:37",
                "param has no effect on style: next: it is for other styles. Leave it out.",
            ),
            ("{ids: {param: id}}", "15:15", "key is missing here; set it."),
            (
                "{format: ndjson, paging: {size: 5}}",
                "15:31",
                "paging has no effect on posts: it is for format: json. Leave it out.",
            ),
        )
    ),
    (
        "language: en\n",
        "language: en\nname: lagi\n",
        "hub.yaml:3:1: name stands here a second time (first in line 1). Leave one.",
        "hub.yaml:3:1: name tertulis dua kali (pertama di baris 1). Sisakan satu.",
    ),
    (
        "type: int",
        "type: angka",
        "hub.yaml:29:32: angka can't be used here; one of text, code, int, money, decimal, date, datetime, boolean, enum, texts, codes, or an entity is needed.",
        None,
    ),
]


@pytest.mark.parametrize(("old", "new", "english", "indonesian"), CASES)
def test_each_mistake_is_told_with_its_place_and_what_to_do(
    tmp_path: Path, old: str, new: str, english: str, indonesian: str | None
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)

    assert english in problems(tmp_path, text)
    if indonesian is not None:
        assert indonesian in problems(tmp_path, text, "id")


LINKED = (
    GOOD.replace("      number: No\n", "      number: No\n      agency: Dinas\n")
    + """\
  Agency:
    from: tracker.agencies
    fields: {code: kode, name: nama}
  Project:
    from: tracker.projects
    fields: {projectId: id, fiscalYear: tahun}
links:
  Proposal.projects:
    rules:
      - key: {agency.code: projectId}
"""
)


def test_the_replica_is_a_file_or_a_server_whose_password_is_a_secret(tmp_path: Path) -> None:
    def at(replica: str) -> str:
        return f"replica: {replica}\n{GOOD}"

    server = "postgresql+asyncpg://hub:${TRACKER_TOKEN}@10.1.2.4/simpul?schema=hub"
    assert load(tmp_path, at(server)).replica == "postgresql+asyncpg://hub:rahasia-sekali@10.1.2.4/simpul?schema=hub"
    assert load(tmp_path, at("sqlite:///a/b.db")).replica == str((tmp_path / "a" / "b.db").resolve())
    [written] = problems(tmp_path, at("postgresql://hub:sandi123@10.1.2.4/simpul"))
    assert written.startswith("hub.yaml:1:10: ") and "${REPLICA_PASSWORD}" in written and "sandi123" not in written
    [missing] = problems(tmp_path, at("postgresql://hub:${NOPE}@10.1.2.4/simpul"))
    assert "NOPE" in missing
    for wrong in (
        "mysql://10.1.2.4/simpul",
        "postgresql://10.1.2.4",
        "postgresql://h/d?schema=A%22;",
        "'sqlite:///:memory:'",
    ):
        [problem] = problems(tmp_path, at(wrong))
        assert problem.startswith("hub.yaml:1:10: ") and "sqlite:///FILE" in problem


def test_answers_are_kept_in_memory_in_a_redis_or_nowhere(tmp_path: Path) -> None:
    def at(cache: str) -> str:
        return f"cache: {cache}\n{GOOD}"

    assert load(tmp_path, GOOD).cache == load(tmp_path, at("memory")).cache == "memory"
    assert load(tmp_path, at("off")).cache == "off"
    config = load(tmp_path, at("rediss://:${TRACKER_TOKEN}@10.1.2.4:6379/3"))
    assert config.cache == "rediss://:rahasia-sekali@10.1.2.4:6379/3"
    assert "rahasia-sekali" not in repr(config)
    assert "rahasia-sekali" in config.secrets
    [written] = problems(tmp_path, at("redis://:sandi123@10.1.2.4"))
    assert written.startswith("hub.yaml:1:8: ") and "${CACHE_PASSWORD}" in written and "sandi123" not in written
    [missing] = problems(tmp_path, at("redis://:${NOPE}@10.1.2.4"))
    assert "NOPE" in missing
    for wrong in ("disk", "redis", "redis://", "redis://h/x", "memcached://h", "''"):
        [problem] = problems(tmp_path, at(wrong))
        assert problem.startswith("hub.yaml:1:8: ") and "redis://HOST:6379/0" in problem


def test_a_configuration_has_a_digest_of_what_it_says(tmp_path: Path) -> None:
    one = load(tmp_path, GOOD).digest

    assert load(tmp_path, f"# a remark\n{GOOD}").digest == one
    assert load(tmp_path, f"notice: X\n{GOOD}").digest != one


def test_a_key_may_walk_from_either_end(tmp_path: Path) -> None:
    assert problems(tmp_path, LINKED) == []

    assert problems(tmp_path, LINKED.replace("agency.code:", "agenc.code:")) == [
        "hub.yaml:40:15: Proposal.projects compares agenc, which is no field of Proposal. Did you mean agency?"
    ]
    assert problems(tmp_path, LINKED.replace("agency.code:", "agency.cod:")) == [
        "hub.yaml:40:15: Proposal.projects compares cod, which is no field of Agency. Did you mean code?"
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"# only a comment\n", "FILE_EMPTY"),
        (b"name: \xff\xfe", "NOT_UTF8"),
        (b"name: x\n\tlanguage: id\n", "YAML_TAB"),
        (b'path: "D:\\Data\\Usulan.xlsx"\n', "YAML_BACKSLASH"),
        (b"- a\n- b\n", "NOT_A_MAPPING"),
        (b"a: &x [1]\nb: *x\n", "YAML_ALIAS"),
        (b"a: [1\n", "YAML_BROKEN"),
        (b"a: " + b"[" * 500 + b"]" * 500, "YAML_DEEP"),
        (b"x: " + b"y" * (1024 * 1024 + 1), "FILE_TOO_LARGE"),
    ],
)
def test_what_is_no_configuration_is_told(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "hub.yaml"
    path.write_bytes(content)

    assert code in [problem.code for problem in check_config(path, describe(), {})]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    found = check_config(tmp_path / "hub.yaml", describe(), {})

    assert [problem.render("en") for problem in found] == [
        "hub.yaml: there is no such file. Make one with simpul init FOLDER, or name it with --config."
    ]


@given(st.binary(max_size=200))
def test_random_bytes_give_problems_and_no_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hub.yaml"
    path.write_bytes(content)

    check_config(path, describe(), {})


@given(
    st.integers(0, len(GOOD) - 1),
    st.integers(0, 30),
    st.sampled_from(["", ":", "- ", "[", "{", "x: y\n", "\n", "  ", "'", "null", "*", "\t", "&a ", "key: {}", "0"]),
)
def test_random_changes_give_problems_and_no_traceback(tmp_path: Path, start: int, length: int, inserted: str) -> None:
    path = write(tmp_path, GOOD[:start] + inserted + GOOD[start + length :])

    try:
        load_config(path, describe(), ENVIRON)
    except ConfigError as error:
        assert all(problem.render("id") and problem.render("en") for problem in error.problems)


def test_the_language_is_that_of_the_environment_where_none_is_named() -> None:
    assert default_language({}) == "id"
    assert default_language({"LANG": "en_US.UTF-8"}) == "en"
    assert default_language({"LANG": "en_US.UTF-8", "SIMPUL_LANG": "id"}) == "id"
    assert default_language({"LANG": "C.UTF-8"}) == "id"


def test_a_field_that_is_worked_out_takes_no_column(tmp_path: Path) -> None:
    lines = (
        "  BudgetLine:\n    from: plans.wishes\n    key: [lineId]\n    fields: {lineId: No, absorption: Serapan}\n"
        "  HealthPost:\n"
    )
    text = GOOD.replace("  HealthPost:\n", lines)
    where = "hub.yaml:27:26: BudgetLine.absorption"

    assert problems(tmp_path, text) == [
        f"{where} is worked out of realised, ceiling; no column feeds it. Take it out here."
    ]
    assert problems(tmp_path, text, "id") == [
        f"{where} dihitung dari realised, ceiling; tidak diisi dari kolom. Hapus dari sini."
    ]


def test_the_head_of_a_sheet_is_a_row_none_or_found(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD.replace("header: 5, rows: 7-", "header: auto, rows: 7-"))
    assert found.sources["plans"].datasets["wishes"]["header"] == "auto"
    assert len(problems(tmp_path, GOOD.replace("header: 5", "header: otomatis"))) == 1


@pytest.mark.parametrize(
    ("options", "header", "total"),
    [
        ("header: 5-6, rows: 7-", (5, 6), None),
        ("header: 5-5, total: none", (5, 5), ()),
        ("header: auto, total: '418, 433'", "auto", (418, 433)),
        ("header: auto, total: 9", "auto", (9,)),
    ],
)
def test_what_is_found_of_a_sheet_can_be_pinned(tmp_path: Path, options: str, header: object, total: object) -> None:
    found = load(tmp_path, GOOD.replace("header: 5, rows: 7-", options))

    dataset = found.sources["plans"].datasets["wishes"]
    assert (dataset["header"], dataset["total"]) == (header, total)


@pytest.mark.parametrize(
    "options",
    [
        "header: 6-5",
        "header: 0-1",
        "header: 5-6-7",
        "header: 1-90",
        "header: 5-6, rows: 6-",
        "header: 5, total: none",
        "header: none, total: 7",
        "header: auto, total: some",
        "header: auto, total: 0",
        "header: auto, total: ''",
    ],
)
def test_pins_that_say_nothing_are_told(tmp_path: Path, options: str) -> None:
    (problem,) = problems(tmp_path, GOOD.replace("header: 5, rows: 7-", options))

    assert problem.startswith("hub.yaml:8:")


@pytest.mark.parametrize("name", ["$title", "$leaf"])
def test_what_is_known_of_tables_that_are_found_is_asked_of_no_others(tmp_path: Path, name: str) -> None:
    text = GOOD.replace("      number: No\n", f"      number: No\n      reason: {{column: {name}}}\n")

    (problem,) = problems(tmp_path, text)
    assert f"{name} is known only of tables that are found" in problem
    assert load(tmp_path, text.replace("header: 5, rows: 7-", "header: 5-6")) is not None
