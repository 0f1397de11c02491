"""What the account of a database may do besides reading, and the statements that make one which may do nothing else.

A read-only session can be left by whoever owns the tables (faults.md §0.11), so the rights themselves are looked at: in the
server's catalogue, and by asking it to EXPLAIN writing to the tables that are read. EXPLAIN checks the rights and runs nothing.
`nextval`, COPY TO PROGRAM and pg_read_file are never tried, since trying them would do it; their rights are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from connectors.sqlreading import Place

SHOWN = 4  # objects of one right that are named
_NAMES = ("simpul_baca", "simpul_read")


@dataclass(frozen=True, slots=True)
class Account:
    """`more` are the rights beyond reading, in SQL's words: `OWNER public.ta_rincian`; `lacking` the tables it may not read;
    `grants` the statements for an account that may read exactly the tables used, `granting` those for this one."""

    where: str
    user: str
    more: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    granting: tuple[str, ...] = ()


_PART = r"""(?:"[^"]+"|`[^`]+`|[\w$]+)"""
_FROM = re.compile(rf"(?:\b(?:FROM|JOIN)\b|,)[\s(]*({_PART}(?:\s*\.\s*{_PART})*)", re.IGNORECASE)


def names_in(query: str, hidden: re.Pattern[str]) -> list[str]:
    """What may be a table in a SELECT: the names after FROM, JOIN and commas, as they are written and in small letters."""
    bare = hidden.sub(lambda found: found.group() if found.group()[0] in '"`' else " ", query)
    written = [re.sub(r"\s*\.\s*", ".", re.sub(r"[\"`]", "", found)) for found in _FROM.findall(bare)]
    return list(dict.fromkeys(name for one in written for name in (one, one.lower())))


# -- PostgreSQL -------------------------------------------------------------------------------------------------------

_POSTGRES_RIGHTS = """
WITH here AS (
    SELECT c.oid, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), other AS (SELECT * FROM here WHERE NOT pg_has_role(relowner, 'MEMBER'))
SELECT 10, 'SUPERUSER', '' FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL SELECT 11, kind, CASE WHEN rolname = current_user THEN '' ELSE rolname END
    FROM pg_catalog.pg_roles, unnest(
        ARRAY['CREATEDB', 'CREATEROLE', 'REPLICATION'], ARRAY[rolcreatedb, rolcreaterole, rolreplication]) AS k (kind, may)
    WHERE may AND pg_has_role(oid, 'MEMBER')
UNION ALL SELECT 12, 'SET ROLE', rolname FROM pg_catalog.pg_roles
    WHERE rolname <> current_user AND pg_has_role(oid, 'MEMBER') AND NOT pg_has_role(oid, 'USAGE')
UNION ALL SELECT 20, 'OWNER', name FROM here WHERE pg_has_role(relowner, 'MEMBER')
UNION ALL SELECT 21, 'OWNER', 'DATABASE ' || datname FROM pg_catalog.pg_database
    WHERE datname = current_database() AND pg_has_role(datdba, 'MEMBER')
UNION ALL SELECT 30, kind, name FROM other, unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS kind
    WHERE relkind <> 'S' AND has_any_column_privilege(oid, kind)
UNION ALL SELECT 31, kind, name FROM other, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS kind
    WHERE relkind <> 'S' AND has_table_privilege(oid, kind)
UNION ALL SELECT 32, 'FOR UPDATE', name FROM other WHERE relkind IN ('r', 'p') AND has_any_column_privilege(oid, 'UPDATE')
UNION ALL SELECT 33, 'nextval', name FROM other
    WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege(oid, 'USAGE, UPDATE') ELSE false END
UNION ALL SELECT 40, 'CREATE', 'SCHEMA ' || quote_ident(nspname) FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND has_schema_privilege(oid, 'CREATE')
UNION ALL SELECT 41, 'CREATE', 'DATABASE ' || current_database()
    WHERE has_database_privilege(current_database(), 'CREATE')
UNION ALL SELECT 50, kind, '' FROM unnest(
        ARRAY['COPY TO PROGRAM', 'COPY FROM FILE', 'COPY TO FILE'],
        ARRAY['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files']) AS k (kind, role)
    WHERE pg_has_role(role, 'MEMBER')
UNION ALL SELECT DISTINCT 51, proname::text, '' FROM pg_catalog.pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege(oid, 'EXECUTE')
    AND proname IN ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'lo_import', 'lo_export')
UNION ALL SELECT 60, 'SECURITY DEFINER', oid::regprocedure::text FROM pg_catalog.pg_proc
    WHERE prosecdef AND NOT pg_has_role(proowner, 'MEMBER') AND has_function_privilege(oid, 'EXECUTE')
    AND pronamespace NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
ORDER BY 1, 2, 3
"""
_POSTGRES_READABLE = """
    SELECT has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relname = :table
"""
_POSTGRES_OPEN = """
    SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', nspname) FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND has_schema_privilege('public', oid, 'CREATE') ORDER BY 1
"""


def of_postgres(connection: Connection, where: str, places: Sequence[Place]) -> Account:
    """What the account may do in its database, whoever gave it the right: itself, its roles or PUBLIC."""
    user = str(connection.exec_driver_sql("SELECT current_user").scalar())
    rights = [(kind, name) for _, kind, name in connection.exec_driver_sql(_POSTGRES_RIGHTS)]
    names = {place: f"{_double(place.schema or '')}.{_double(place.table)}" for place in places}
    for place, name in names.items():
        tries = {"INSERT": f"INSERT INTO {name} DEFAULT VALUES", "DELETE": f"DELETE FROM {name}"}
        tries["FOR UPDATE"] = f"SELECT 1 FROM {name} FOR UPDATE"
        known = {kind for kind, of in rights if of.replace('"', "") == f"{place.schema}.{place.table}"}
        for kind, statement in tries.items():
            if not known & {kind, "OWNER"} and ("SUPERUSER", "") not in rights and _may(connection, statement):
                rights.append((kind, name))
    readable = {
        place: connection.execute(text(_POSTGRES_READABLE), {"schema": place.schema, "table": place.table}).scalar()
        for place in places
    }
    lacking = [place for place in places if not readable[place]]
    to = next(name for name in _NAMES if name != user)
    grants = [f"CREATE ROLE {to} LOGIN PASSWORD 'A-LONG-PASSWORD';", *_granted(places, names, to)]
    grants += connection.exec_driver_sql(_POSTGRES_OPEN).scalars()
    granting = _granted(lacking, names, _double(user))
    return Account(where, user, _joined(rights), tuple(names[one] for one in lacking), tuple(grants), tuple(granting))


def _granted(places: Sequence[Place], names: dict[Place, str], user: str) -> list[str]:
    schemas = dict.fromkeys(_double(place.schema or "") for place in places)
    usage = [f"GRANT USAGE ON SCHEMA {schema} TO {user};" for schema in schemas]
    return usage + [f"GRANT SELECT ON {names[place]} TO {user};" for place in places]


# -- MariaDB and MySQL ------------------------------------------------------------------------------------------------

_READING = ("USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES")
_GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?P<on>.+?) TO .*?(?P<option> WITH GRANT OPTION)?$")
_ROLE = re.compile(r"GRANT (?P<role>[`'\"].+?) TO ")


def of_mysql(connection: Connection, where: str, places: Sequence[Place]) -> Account:
    """What the account may do on the whole server: by SHOW GRANTS of it and its roles, and by EXPLAIN, which also sees what
    everybody may do."""
    user = str(connection.exec_driver_sql("SELECT current_user()").scalar())
    before = connection.exec_driver_sql("SELECT current_role()").scalar() if _has_roles(connection) else None
    rights: list[tuple[str, str]] = []
    roles: list[str] = [""]
    for role in roles:  # each that is found may bring others
        if role:
            connection.exec_driver_sql(f"SET ROLE {role}")
        for line in map(str, connection.exec_driver_sql("SHOW GRANTS").scalars()):
            if (found := _GRANT.match(line)) is not None:
                rights += _beyond(found)
            elif (given := _ROLE.match(line)) is not None:
                roles += [one for one in re.split(r",\s*(?=[`'\"])", given["role"]) if one not in roles]
    if len(roles) > 1:
        connection.exec_driver_sql(
            "SET ROLE " + ("NONE" if before is None else before if "`" in before else _back(before))
        )
    connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql(
        "START TRANSACTION"
    )  # in one that only reads, EXPLAIN is refused whatever the rights are
    names = {place: f"{_back(place.schema or '')}.{_back(place.table)}" for place in places}
    for place, name in names.items():
        columns = text("SELECT column_name FROM information_schema.columns WHERE table_schema = :s AND table_name = :t")
        column = connection.execute(columns, {"s": place.schema, "t": place.table}).scalars().first()
        tries = {"INSERT": f"INSERT INTO {name} SELECT * FROM {name}", "DELETE": f"DELETE FROM {name}"}
        if column is not None:
            tries["UPDATE"] = f"UPDATE {name} SET {_back(column)} = {_back(column)}"
        everywhere = ("*.*", f"{_back(place.schema or '')}.*", name)
        for kind, statement in tries.items():
            known = any(which in (kind, "ALL PRIVILEGES") and of in everywhere for which, of in rights)
            if not known and _may(connection, statement):
                rights.append((kind, name))
    connection.exec_driver_sql("ROLLBACK")
    to = f"'{next(name for name in _NAMES if name != user.partition('@')[0])}'@'%'"
    grants = [f"CREATE USER {to} IDENTIFIED BY 'A-LONG-PASSWORD';"]
    grants += [f"GRANT SELECT ON {name} TO {to};" for name in names.values()]
    return Account(where, user, _joined(rights), (), tuple(grants))


def _has_roles(connection: Connection) -> bool:
    version = connection.dialect.server_version_info or ()
    return version >= ((10, 0, 5) if getattr(connection.dialect, "is_mariadb", False) else (8,))


def _beyond(grant: re.Match[str]) -> list[tuple[str, str]]:
    """What of one line of SHOW GRANTS is no reading."""
    kinds = re.split(r",\s*(?![^(]*\))", grant["rights"])
    found = [re.sub(r"\s*\(.*", "", kind).strip() for kind in kinds]
    found += ["GRANT OPTION"] if grant["option"] else []
    return [(kind, grant["on"]) for kind in found if kind not in _READING]


# -- both -------------------------------------------------------------------------------------------------------------


def _may(connection: Connection, statement: str) -> bool:
    """Whether the server would let this account do it."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"EXPLAIN {statement}").close()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    return True


def _joined(rights: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """One phrase for each right: `INSERT a.b, a.c`."""
    of: dict[str, list[str]] = {}
    for kind, name in rights:
        of.setdefault(kind, []).append(name)
    return tuple(
        f"{kind} {', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''}".strip()
        for kind, names in ((kind, sorted(dict.fromkeys(filter(None, names)))) for kind, names in of.items())
    )


def _double(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _back(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
