"""Databases that fail: killed in the middle, cut off, silent, garbled on the way, without TLS or with another's certificate."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.connector import Cell
from connectors.errors import SourceAuth, SourceBroken, SourceError, SourceUnavailable
from connectors.sql import Access, SqlDataset, SqlSource
from connectors.sqlaccess import LATIN1, LENIENT, reread
from tests.ownserver import OwnServer, free_port, own_server
from tests.servers import Server, account_on, database_on

SUITE = Path(__file__).parents[3] / "shared" / "suites" / "faultproxy.py"
ROWS = 3000
TABLE = {
    "postgresql": "INSERT INTO t SELECT n, 'désa ' || n || repeat('.', 2000) FROM generate_series(1, 3000) n",
    "mariadb": "INSERT INTO t SELECT seq, concat('désa ', seq, repeat('.', 2000)) FROM seq_1_to_3000",
}
RIGHT = [(n, f"désa {n}{'.' * 2000}") for n in range(1, ROWS + 1)]


def fill(server: Server) -> None:
    server.execute("CREATE TABLE t (id int PRIMARY KEY, uraian varchar(3000))", TABLE[server.engine])


async def read(reader: SqlSource, dataset: str = "t") -> list[tuple[Cell, ...]]:
    (part,) = await reader.parts(dataset)
    return [row.values async for batch in reader.rows(dataset, part) for row in batch.rows]


async def is_right(reader: SqlSource) -> bool:
    """Whether all rows come, and as they are. Not compared in an assert, which would write out what differs of 6 MB."""
    return await read(reader) == RIGHT


def is_beginning(rows: list[tuple[Cell, ...]]) -> bool:
    return rows == RIGHT[: len(rows)]


@pytest.fixture(params=["postgresql", "mariadb"])
def own(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    with own_server(request.param) as server:
        server.start()
        fill(server.server)
        yield server


async def test_a_server_killed_in_the_middle_is_told_and_found_again(own: OwnServer) -> None:
    wide = SqlDataset(query="SELECT id, repeat(uraian, 10) AS uraian FROM t ORDER BY id")  # more than sockets take in
    reader = SqlSource(own.server.url, {"wide": wide}, Path(), 5)
    for reading in range(3):
        rows: list[tuple[Cell, ...]] = []
        with pytest.raises(SourceUnavailable):
            async for batch in reader.rows("wide", (await reader.parts("wide"))[0]):
                rows += [row.values for row in batch.rows]
                if len(rows) >= 500 * (reading + 1):
                    own.kill9()
        assert is_beginning([(key, str(text)[: len(str(text)) // 10]) for key, text in rows])
        with pytest.raises(SourceUnavailable):
            await read(reader)
        own.start()
        assert await is_right(reader)  # the first reading after it is back
    await reader.aclose()


async def test_no_more_connections_than_configured(database_server: Server) -> None:
    fill(database_server)
    sleeps = "pg_sleep(0.2)" if database_server.engine == "postgresql" else "sleep(0.2)"
    dataset = SqlDataset(query=f"SELECT id, {sleeps} FROM t WHERE id = 1")
    limit = "CONNECTION LIMIT 2" if database_server.engine == "postgresql" else ""
    with account_on(database_server, "GRANT SELECT ON t TO {user}", options=limit) as (user, account):
        if database_server.engine == "mariadb":
            database_server.execute(f"GRANT USAGE ON *.* TO {user} WITH MAX_USER_CONNECTIONS 2")

        async def at_once(connections: int) -> list[list[tuple[Cell, ...]] | BaseException]:
            reader = SqlSource(account.url, {"t": dataset}, Path(), 10, access=Access(connections=connections))
            found = await asyncio.gather(*(read(reader) for _ in range(9)), return_exceptions=True)
            await reader.aclose()
            return found

        assert all(isinstance(rows, list) and rows[0][0] == 1 for rows in await at_once(2))
        await asyncio.sleep(0.5)
        assert any(
            isinstance(rows, SourceError) for rows in await at_once(3)
        )  # a server that counts would have said so


# -- on the way -------------------------------------------------------------------------------------------------------


@contextmanager
def fault_proxy(server: Server) -> Iterator[tuple[Server, int]]:
    """The server behind the suite's fault proxy, and the port where faults are asked for."""
    if not SUITE.exists():
        pytest.skip("platform: needs shared/suites beside the project")
    port, control = free_port(), free_port()
    command = [sys.executable, str(SUITE), str(port), str(server.address.port), str(control)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Server(server.engine, server.address.set(port=port)), control
    finally:
        process.kill()
        process.wait()


async def fault(control: int, word: str) -> None:
    for _ in range(100):
        try:
            there, back = await asyncio.open_connection("127.0.0.1", control)
            break
        except OSError:
            await asyncio.sleep(0.05)
    back.write(f"{word}\n".encode())
    assert (await there.readline()).startswith(b"ok")
    back.close()


@pytest.mark.parametrize("word", ["down", "blackhole", "cut 100", "cut 5000", "cut 40000", "half"])
async def test_a_way_that_breaks_is_told_and_healed(database_server: Server, word: str) -> None:
    fill(database_server)
    with fault_proxy(database_server) as (there, control):
        await fault(control, "none")
        reader = SqlSource(there.url, {}, Path(), 2)
        assert await is_right(reader)
        await fault(control, word)
        with pytest.raises(SourceUnavailable):
            await read(reader)
        await fault(control, "none")
        assert await is_right(reader)
        await reader.aclose()


async def test_flipped_bits_are_never_anothers_exception(database_server: Server) -> None:
    fill(database_server)
    failed = 0
    with fault_proxy(database_server) as (there, control):
        for every in (5, 7, 11, 13, 50, 97, 211, 1009, 4099, 20011):
            reader = SqlSource(there.url, {}, Path(), 1)
            await fault(control, "none")
            if every > 50:
                assert await is_right(reader)  # so that the bits flip in a kept connection
            await fault(control, f"flip {every}")
            try:
                await read(reader)  # a bit flipped inside of a value can't be seen without TLS
            except SourceError:
                failed += 1
            await reader.aclose()
            await fault(control, "none")
            reader = SqlSource(there.url, {}, Path(), 5)  # another: one whose login was garbled rests
            assert await is_right(reader), every
            await reader.aclose()
    assert failed >= 5


# -- TLS --------------------------------------------------------------------------------------------------------------


def certificates(folder: Path, name: str) -> None:
    """An authority and a certificate for a host, the way an office makes them."""
    commands = (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Kominfo",
        f"req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN={name}",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile san",
    )
    (folder / "san").write_text(f"subjectAltName={name}\n")
    for command in commands:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


@pytest.fixture(params=["postgresql", "mariadb"])
def tls(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    files = {"ca": "ssl_ca_file", "cert": "ssl_cert_file", "key": "ssl_key_file"}
    with own_server(request.param) as server:
        certificates(server.folder, "IP:127.0.0.1")
        place = {"ca": "ca.pem", "cert": "server.pem", "key": "server.key"}
        server.own(server.folder / "server.key")
        (server.folder / "server.key").chmod(0o600)
        if request.param == "postgresql":
            options = [
                "-c",
                "ssl=on",
                *(x for kind in ("cert", "key") for x in ("-c", f"{files[kind]}={server.folder / place[kind]}")),
            ]
        else:
            options = [f"--ssl-{kind}={server.folder / file}" for kind, file in place.items()]
        server.use(options)
        server.start()
        fill(server.server)
        yield server


def encrypted(server: Server) -> SqlDataset:
    if server.engine == "postgresql":
        return SqlDataset(query="SELECT ssl::text AS tls FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    return SqlDataset(
        query="SELECT variable_value AS tls FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'"
    )


async def test_a_server_with_tls_is_asked_as_it_was_said(tls: OwnServer) -> None:
    authority = tls.folder / "ca.pem"
    other = tls.folder / "other"
    other.mkdir()
    certificates(other, "DNS:lain.example")

    async def asked(access: Access, host: str = "127.0.0.1") -> Cell:
        address = tls.server.address.set(host=host)
        datasets = {"c": encrypted(tls.server)}
        reader = SqlSource(address.render_as_string(hide_password=False), datasets, Path(), 5, access=access)
        try:
            return (await read(reader, "c"))[0][0]
        finally:
            await reader.aclose()

    assert await asked(Access(tls="off")) in ("false", None)
    assert await asked(Access(tls="require")) not in ("false", None)
    assert await asked(Access(tls="verify", tls_ca=authority)) not in ("false", None)
    for access, host in (
        (Access(tls="verify"), "127.0.0.1"),  # the system doesn't know the authority
        (Access(tls="verify", tls_ca=other / "ca.pem"), "127.0.0.1"),
        (Access(tls="verify", tls_ca=authority), "localhost"),  # the certificate is of the address only
    ):
        with pytest.raises(SourceAuth) as untrusted:
            await asked(access, host)
        assert untrusted.value.code == "TLS_UNTRUSTED"
    for file in ("nowhere.pem", "server.key"):
        with pytest.raises(SourceBroken) as broken:
            await asked(Access(tls="verify", tls_ca=tls.folder / file))
        assert broken.value.code == "TLS_CA_UNREADABLE"


async def test_a_server_without_tls_is_told_no_password(database_server: Server) -> None:
    address = database_server.address.set(password="RahasiaSekali")
    has_tls = database_server.ask("SHOW ssl" if database_server.engine == "postgresql" else "SELECT @@have_ssl")
    if has_tls in ("on", "YES"):
        pytest.skip("platform: this server speaks TLS")
    reader = SqlSource(address.render_as_string(hide_password=False), {}, Path(), 5, access=Access(tls="require"))
    with pytest.raises(SourceAuth) as missing:
        await read(reader)
    assert missing.value.code == "TLS_MISSING"
    await reader.aclose()


# -- texts ------------------------------------------------------------------------------------------------------------


async def test_texts_of_a_database_without_encoding_are_read() -> None:
    with database_on("postgresql") as server:
        name = f"{server.address.database}_ascii"
        server.execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        there = Server("postgresql", server.address.set(database=name))
        try:
            there.execute(
                "CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(9), c char(4))",
                r"INSERT INTO t VALUES (1, convert_from('d\351sa', 'SQL_ASCII'), convert_from('\200', 'SQL_ASCII'), 'x')",
                "INSERT INTO t VALUES (2, 'désa', 'b', 'c')",
            )
            plain, told = (SqlSource(there.url, {}, Path(), 5, access=Access(encoding=e)) for e in (None, "cp1252"))
            assert await read(plain) == [(1, "d\ufffdsa", "\ufffd", "x   "), (2, "désa", "b", "c   ")]
            assert (await read(told))[0] == (1, "désa", "€", "x   ")
            await plain.aclose()
            await told.aclose()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_texts_of_latin1_tables_are_read_as_they_were_written() -> None:
    with database_on("mariadb") as server:
        server.execute(
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(40), b text) CHARSET latin1",
            "INSERT INTO t VALUES (1, CONVERT(CAST('désa “x” 北' AS BINARY) USING latin1), 'jalan'), (2, 'désa €', 'ä')",
        )
        plain, told = (SqlSource(server.url, {}, Path(), 5, access=Access(encoding=e)) for e in (None, "utf-8"))
        assert (await read(plain))[1] == (2, "désa €", "ä")
        assert (await read(plain))[0][1] != "désa “x” 北"
        assert await read(told) == [(1, "désa “x” 北", "jalan"), (2, "désa €", "ä")]  # what can't be UTF-8 stays
        await plain.aclose()
        await told.aclose()


@pytest.mark.parametrize("text", ["désa", "€ “x” 北京", "\x81\x8d\x8f\x90\x9d ß", "", "5.1.02"])
def test_every_byte_survives_a_latin1_table(text: str) -> None:
    table = {byte: sign for sign, byte in LATIN1.items()}
    seen = "".join(table.get(byte, chr(byte)) for byte in text.encode())
    assert reread(seen, "utf-8") == (text or None)


def test_a_damaged_text_is_shown_as_such() -> None:
    assert b"d\xe9sa \xf0\x9f".decode(LENIENT) == "d\ufffdsa \ufffd"
    assert "désa".encode(LENIENT) == "désa".encode()
