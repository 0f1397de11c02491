"""Draws the pages from templates; every text of theirs is a message in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from config.hub import HubConfig, Language
from config.messages import Messages

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


class Pages:
    """The templates, with what every page shows of its hub."""

    def __init__(self, config: HubConfig, messages: Messages) -> None:
        self._config = config
        self._messages = messages
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def draw(
        self, name: str, request: Request, language: Language, title: str, context: Mapping[str, object]
    ) -> HTMLResponse:
        """The page `name`.html in a language."""
        other: Language = "en" if language == "id" else "id"
        given = [(key, text) for key, text in request.query_params.multi_items() if key != "lang"]
        html = self._templates.get_template(f"{name}.html").render(
            **context,
            t=partial(self._text, language),
            here=name,
            title=title,
            hub=self._config.display_name,
            notice=self._config.notice,
            language=language,
            other=other,
            other_url=request.url.path + "?" + urlencode([*given, ("lang", other)]),
        )
        headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept, Accept-Language"}
        return HTMLResponse(html, headers=headers)

    def _text(self, language: Language, code: str, **params: object) -> str:
        return self._messages.render(code, params, language)
