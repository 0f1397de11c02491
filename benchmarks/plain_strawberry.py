"""The yardstick: the same graph by hand in plain Strawberry with DataLoaders, over the same SQLite file.

It gets what helps it: parser and validation caches, one connection on the loop, one select for each loader, orjson.
Run by first_load.py; the file is named by REPLICA."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from typing import Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

DB = sqlite3.connect(f"file:{os.environ['REPLICA']}?mode=ro", uri=True, isolation_level=None)


def money(scaled: int | None) -> str | None:
    """A stored amount in plain notation, as Simpul writes it."""
    if scaled is None:
        return None
    whole, sen = divmod(abs(scaled), 100)
    text = str(whole) if not sen else f"{whole}.{sen:02d}".rstrip("0")
    return f"-{text}" if scaled < 0 else text


@strawberry.type
class Complaint:
    tracking_id: str
    title: str | None


@strawberry.type
class Project:
    key: strawberry.Private[int]
    name: str | None
    status: str | None

    @strawberry.field
    async def complaints(self, info: strawberry.Info[Any, Any]) -> list[Complaint]:
        found: list[Complaint] = await info.context["complaints"].load(self.key)
        return found


@strawberry.type
class BudgetLine:
    account_code: str | None
    ceiling: str | None
    realised: str | None


@strawberry.type
class Proposal:
    key: strawberry.Private[int]
    number: str
    title: str | None
    estimated_cost: str | None

    @strawberry.field
    async def budget_lines(self, info: strawberry.Info[Any, Any]) -> list[BudgetLine]:
        found: list[BudgetLine] = await info.context["budget_lines"].load(self.key)
        return found

    @strawberry.field
    async def projects(self, info: strawberry.Info[Any, Any]) -> list[Project]:
        found: list[Project] = await info.context["projects"].load(self.key)
        return found


def partners(sql: str, keys: list[int]) -> dict[int, list[Any]]:
    """Rows by their first column, the parent."""
    groups: dict[int, list[Any]] = defaultdict(list)
    for parent, *values in DB.execute(sql, (json.dumps(keys),)):
        groups[parent].append(values)
    return groups


async def load_budget_lines(keys: list[int]) -> list[list[BudgetLine]]:
    rows = partners(
        'SELECT l.a, b."c_accountCode", b.c_ceiling, b.c_realised FROM "l_Proposal.budgetLines" l'
        ' JOIN "e_BudgetLine" b ON b._id = l.b WHERE l.a IN (SELECT value FROM json_each(?))'
        " AND l.status = 'ACCEPTED' AND b._current = 1 ORDER BY b._sort",
        keys,
    )
    return [[BudgetLine(account_code=a, ceiling=money(c), realised=money(r)) for a, c, r in rows[key]] for key in keys]


async def load_projects(keys: list[int]) -> list[list[Project]]:
    rows = partners(
        'SELECT l.a, p._id, p.c_name, p.c_status FROM "l_Proposal.projects" l JOIN "e_Project" p ON p._id = l.b'
        " WHERE l.a IN (SELECT value FROM json_each(?)) AND l.status = 'ACCEPTED' AND p._current = 1 ORDER BY p._sort",
        keys,
    )
    return [[Project(key=i, name=n, status=s) for i, n, s in rows[key]] for key in keys]


async def load_complaints(keys: list[int]) -> list[list[Complaint]]:
    rows = partners(
        'SELECT l.a, c."c_trackingId", c.c_title FROM "l_Project.complaints" l JOIN "e_Complaint" c ON c._id = l.b'
        " WHERE l.a IN (SELECT value FROM json_each(?)) AND l.status = 'ACCEPTED' AND c._current = 1 ORDER BY c._sort",
        keys,
    )
    return [[Complaint(tracking_id=t, title=n) for t, n in rows[key]] for key in keys]


@strawberry.type
class Query:
    @strawberry.field
    def proposals(self, first: int) -> list[Proposal]:
        rows = DB.execute(
            'SELECT _id, c_number, c_title, "c_estimatedCost" FROM "e_Proposal" WHERE _current = 1 ORDER BY _sort LIMIT ?',
            (first,),
        )
        return [Proposal(key=i, number=n, title=t, estimated_cost=money(c)) for i, n, t, c in rows]


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])


async def graphql(request: Request) -> Response:
    body = orjson.loads(await request.body())
    context = {
        "budget_lines": DataLoader(load_budget_lines),
        "projects": DataLoader(load_projects),
        "complaints": DataLoader(load_complaints),
    }
    result = await schema.execute(body["query"], body.get("variables"), context_value=context)
    if result.errors:
        raise result.errors[0]
    return Response(orjson.dumps({"data": result.data}), media_type="application/json")


app = Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])
