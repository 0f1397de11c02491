"""SQL dumps are tables, as real dump programs write them and as hands do; nothing in them is executed."""

from __future__ import annotations

import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Cell, CellError
from connectors.content import Content
from connectors.errors import SourceError
from connectors.inspector import Inspector
from connectors.spreadsheet import SheetDataset, Spreadsheet
from connectors.sqldump import SqlDump
from connectors.sqltokens import MYSQL, Scanner
from tests.connectors.test_spreadsheet_real import need
from tests.servers import Server


def dump(text: str | bytes) -> SqlDump:
    raw = text if isinstance(text, bytes) else text.encode()
    return SqlDump(Content(raw, "a.sql", "a.sql", Path("a.sql")))


def rows(found: SqlDump, name: str) -> list[list[Cell]]:
    return [list(cells) for _, cells in found._rows(name, "a.sql")]


def tables(found: SqlDump) -> dict[str, list[list[Cell]]]:
    return {sheet.name: rows(found, sheet.name) for sheet in found.sheets}


def test_inserts_of_mysql_are_rows_in_the_order_of_their_table() -> None:
    found = dump(
        r"""-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `usulan`;
CREATE TABLE `usulan` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `judul; (baru)` varchar(200) DEFAULT 'a,b''c' COMMENT 'kolom; dengan (tanda)',
  `biaya` decimal(20,2) DEFAULT NULL,
  `aktif` tinyint(1) DEFAULT 1, -- ya, tidak
  PRIMARY KEY (`id`), KEY `k` (`biaya`,`aktif`)
) ENGINE=InnoDB;
LOCK TABLES `usulan` WRITE;
/*!40000 ALTER TABLE `usulan` DISABLE KEYS */;
INSERT INTO `usulan` VALUES (1,'Jalan \'desa\'; RT (02)\nBaris',1500000.50,1),
(2,NULL,'2.200', 0) /* catatan, (3) */ , # satu lagi
  (3,'''kutip'' \\ \0 \%',-1e3,NULL);
INSERT INTO `usulan` (`biaya`, id) VALUES (7, 4), (now(), 5), (1+(2*3), 6), (0x1F, 7);
REPLACE INTO simda.`usulan` (`id`) VALUES (8);
UNLOCK TABLES;
"""
    )

    assert [sheet.name for sheet in found.sheets] == ["usulan"]
    assert found.names(found.sheets[0]) == ("id", "judul; (baru)", "biaya", "aktif")
    assert rows(found, "usulan") == [
        [1, "Jalan 'desa'; RT (02)\nBaris", Decimal("1500000.50"), 1],
        [2, None, Decimal("2.200"), 0],
        [3, "'kutip' \\ \0 %", Decimal("-1e3"), None],
        [4, None, 7, None],
        [5, None, CellError("now()"), None],
        [6, None, CellError("1+(2*3)"), None],
        [7, None, CellError("0x1F"), None],
        [8, None, None, None],
    ]


def test_copy_and_inserts_of_postgresql_are_rows() -> None:
    found = dump(
        """--
-- PostgreSQL database dump
--
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS $_$ INSERT INTO paket VALUES (9, ';'); $_$;
CREATE TABLE public.paket (
    id integer NOT NULL,
    nama character varying(100) DEFAULT 'x'::character varying,
    nilai numeric(20,3),
    aktif boolean,
    CONSTRAINT c CHECK ((nilai > (0)::numeric))
);
COPY public.paket (id, nama, nilai, aktif) FROM stdin;
1\tJalan\\tdesa\\nbaris \\\\ ; ('\t2.200\tt
2\t\\N\t\\N\tf
3\t\t1e3\t\\N
\\.

COPY arsip.paket (id) FROM stdin;
\\.
INSERT INTO public.paket VALUES (4, 'C:\\data', NULL, true), (5, E'a\\'b\\x41', 1.5, 'f');
INSERT INTO arsip.paket (id, pada) VALUES (1, '2026-01-31'::date), (2, CURRENT_DATE);
"""
    )

    assert tables(found) == {
        "paket": [
            [1, "Jalan\tdesa\nbaris \\ ; ('", Decimal("2.200"), True],
            [2, None, None, False],
            [3, "", Decimal("1e3"), None],
            [4, "C:\\data", None, True],
            [5, "a'bA", Decimal("1.5"), False],
        ],
        "arsip.paket": [[1, "2026-01-31"], [2, CellError("CURRENT_DATE")]],
    }


def test_code_in_a_dump_is_no_data() -> None:
    found = dump(
        """CREATE TABLE `a` (`x` int);
INSERT INTO `a` VALUES (1);
DELIMITER $$
CREATE PROCEDURE p() BEGIN INSERT INTO `a` VALUES (2); DELETE FROM `a`; END$$
DELIMITER ;
/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN INSERT INTO `a` VALUES (3); END */;
INSERT INTO `b` SELECT * FROM `a`;
INSERT INTO `a` VALUES (4);
"""
    )

    assert tables(found) == {"a": [[1], [4]]}


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("INSERT INTO `a` (x) VALUES (1);\nUPDATE `a` SET x = 2;\n", "SQL_CHANGES", {"line": 2}),
        ("INSERT INTO `a` (x) VALUES (1);\n\nDELETE FROM `a` WHERE x = 1;\n", "SQL_CHANGES", {"line": 3}),
        ("INSERT INTO `a` (x, y) VALUES (1, 2),\n(3);\n", "SQL_BROKEN", {"line": 2}),
        ("INSERT INTO `a` (x, y) VALUES (1, 'tak ditutup);\n", "SQL_BROKEN", {"line": 1}),
        ("INSERT INTO `a` (x, y) VALUES (1, 2", "SQL_BROKEN", {"line": 1}),
        ("COPY a (x, y) FROM stdin;\n1\t2\n", "FILE_CUT", {}),
        ("COPY a (x, y) FROM stdin;\n1\n\\.\n", "SQL_BROKEN", {"line": 3}),
        ("COPY a (x) FROM stdin WITH (FORMAT csv);\n1\n\\.\n", "SQL_BROKEN", {"line": 2}),
        ("CREATE TABLE a (x int);\n", "NO_TABLE_FOUND", {}),
    ],
)
def test_what_can_not_be_read_is_told_with_its_line(text: str, code: str, params: dict[str, object]) -> None:
    with pytest.raises(SourceError) as caught:
        tables(dump(text))

    assert (caught.value.code, caught.value.params) == (code, params)


def test_rows_that_are_deleted_before_they_are_written_are_none_that_are_lost() -> None:
    assert tables(dump("TRUNCATE TABLE `a`;\nDELETE FROM a;\nINSERT INTO `a` VALUES (1, 'x');\n")) == {"a": [[1, "x"]]}


def test_a_dump_is_read_in_the_letters_that_it_names() -> None:
    assert rows(dump(b"/*!40101 SET NAMES latin1 */;\nINSERT INTO `a` (x) VALUES ('Caf\xe9');"), "a") == [["Café"]]
    assert rows(dump("INSERT INTO `a` (x) VALUES ('Café');".encode("utf-16")), "a") == [["Café"]]
    assert rows(dump(b"SET NAMES utf8mb4;\nINSERT INTO `a` (x) VALUES (_binary 'a\xff');"), "a") == [["a�"]]


async def test_each_table_of_a_real_dump_is_a_sheet() -> None:
    folder = need("BagusHartiansyah-2G18__renja")
    spreadsheet = Spreadsheet(folder, ["ksb_musrenbang.sql"], {"d": SheetDataset(sheet="musrembang")})
    (part,) = await spreadsheet.parts("d")
    batches = [batch async for batch in spreadsheet.rows("d", part)]
    await spreadsheet.aclose()
    with Inspector() as inspector:
        (found,) = inspector.inspect(folder / "ksb_musrenbang.sql")

    assert (part.label, sum(len(batch.rows) for batch in batches)) == ("ksb_musrenbang.sql › musrembang", 588)
    assert [column.name for column in batches[0].columns[:3]] == ["id", "kdDinas", "kdProg"]
    assert (found.format, len(found.sheets), found.sheets[0].tables[0].row_count) == ("sql", 10, 588)


# -- beside the programs that make dumps ------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "",
        "\\",
        "\\N",
        "\\.",
        "'",
        "''",
        "\\'",
        '"',
        "`",
        ";",
        "--",
        "/*",
        "\t",
        "\n",
        "\r\n",
        "$$",
        "(,)",
        "null",
        "☕",
        " x ",
    ]
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**31), 2**31 - 1),
        st.none() | TEXT,
        st.none() | st.decimals(-(10**9), 10**9, places=3),
    ),
    min_size=1,
    max_size=8,
)


def literal(value: object, server: Server) -> str:
    """A value for the server, by a way that needs no quoting."""
    if value is None:
        return "NULL"
    if not isinstance(value, str):
        return str(value)
    code = value.encode().hex()
    if server.engine == "mariadb":
        return f"CONVERT(x'{code}' USING utf8mb4)"
    return f"convert_from(decode('{code}', 'hex'), 'UTF8')"


def dumped(server: Server, *options: str) -> bytes:
    """What the dump program of the server makes of the test's database."""
    address = server.address
    program = "pg_dump" if server.engine == "postgresql" else "mysqldump"
    if shutil.which(program) is None:
        pytest.skip(f"platform: {program} is not here; install the server's client programs")
    place = ["-h", address.host or "", "-p" if program == "pg_dump" else "-P", str(address.port)]
    user = ["-U" if program == "pg_dump" else "-u", address.username or ""]
    secret = {"PGPASSWORD": address.password or "", "MYSQL_PWD": address.password or ""}
    made = subprocess.run(
        [program, *place, *user, *options, address.database or ""], capture_output=True, env={**os.environ, **secret}
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


OPTIONS = {
    "mariadb": ((), ("--skip-extended-insert", "--complete-insert"), ("--compact", "--hex-blob")),
    "postgresql": ((), ("--inserts",), ("--column-inserts", "--rows-per-insert=3")),
}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(found=ROWS)
def test_what_a_real_program_dumps_is_read_back(
    database_server: Server, found: list[tuple[int | None, str | None, Decimal | None]]
) -> None:
    server = database_server
    text = "longtext CHARACTER SET utf8mb4" if server.engine == "mariadb" else "text"
    values = ", ".join(
        f"({number}, {', '.join(literal(value, server) for value in row)})" for number, row in enumerate(found)
    )
    create = "CREATE OR REPLACE TABLE" if server.engine == "mariadb" else "DROP TABLE IF EXISTS rencana; CREATE TABLE"
    server.execute(
        *f"{create} rencana (no int, n int, teks {text}, nilai numeric(20,3))".split("; "),
        f"INSERT INTO rencana VALUES {values}",
    )

    for options in OPTIONS[server.engine]:
        read = rows(dump(dumped(server, *options)), "rencana")
        assert sorted(read, key=lambda row: str(row[0]).zfill(3)) == [[at, *row] for at, row in enumerate(found)], (
            options
        )


@given(st.binary(max_size=200))
def test_no_bytes_make_the_scanner_hang_or_fall(raw: bytes) -> None:
    for text in (raw, b"INSERT INTO `a` VALUES (" + raw, b"COPY a (x) FROM stdin;\n" + raw, b"CREATE TABLE a (" + raw):
        try:
            tables(dump(text))
        except SourceError as error:
            assert error.code in ("SQL_BROKEN", "NO_TABLE_FOUND", "FILE_CUT", "SQL_CHANGES")


def test_a_quote_that_nobody_closes_costs_one_pass() -> None:
    scanner = Scanner(b"'" + b"ab''\\'" * 200_000, MYSQL, bytes.decode, "a.sql")

    with pytest.raises(SourceError):
        scanner.skip_statement()
