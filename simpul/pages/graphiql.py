"""The page on which a question is written: GraphiQL where its files were built in (`make web`), else a plain form."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from config.hub import HubConfig, Language
from config.messages import Messages
from simpul.pages.questions import suggest_questions
from simpul.pages.render import STATIC, Pages
from simpul.web.guard import SECURITY_HEADERS

FOLDER = STATIC / "graphiql"
FILES = (
    "react.production.min.js",
    "react-dom.production.min.js",
    "graphiql.min.js",
    "graphiql.min.css",
    "explorer.js",
    "explorer.css",
)
"""What `make web` brings; without one of them GraphiQL does not start."""

CONTENT_SECURITY_POLICY = SECURITY_HEADERS["Content-Security-Policy"] + "; img-src 'self' data:; font-src 'self' data:"
"""As everywhere, and what GraphiQL's own style sheet needs: it carries its fonts and signs as data: URLs."""


def is_built(folder: Path = FOLDER) -> bool:
    """Whether every file of GraphiQL is there."""
    return all((folder / name).is_file() for name in FILES)


def query_page(
    pages: Pages, config: HubConfig, messages: Messages, request: Request, language: Language, *, graphiql: bool
) -> Response:
    """`?query=` and `?variables=` fill the page in, nothing runs by itself; `?plain` asks for the form in any case."""
    questions = suggest_questions(config.catalogue, messages, language)
    given = request.query_params
    context = {
        "query": given.get("query") or questions[0].query,
        "variables": given.get("variables", ""),
    }
    title = f"{messages.render('QUERY_HEAD', {}, language)} · {config.display_name}"
    if not graphiql or "plain" in given:
        return pages.draw("query", request, language, title, {**context, "questions": questions})
    context["plain_url"] = request.url.path + "?" + urlencode({**given, "lang": language, "plain": "1"})
    page = pages.draw("graphiql", request, language, title, {**context, "asked": bool(given.get("query"))})
    page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return page
