"""What a client says it likes decides the form and the language of the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.hub import Language
from simpul.web.accept import JSON, RESPONSE, choose_language, choose_media, prefers_html, read_preferences

OFFERED = (RESPONSE, JSON)


@pytest.mark.parametrize(
    ("header", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, application/json;q=0.9", RESPONSE),
        (f"{RESPONSE};q=0.4, application/json;q=0.9", JSON),
        (f"{RESPONSE}, application/json", RESPONSE),
        (f"{RESPONSE};q=0, */*", JSON),
        ("application/json;q=0, */*;q=0.1", RESPONSE),
        ("text/html, */*;q=0.1", JSON),
        ("text/html", None),
        ("image/png, text/*;q=0.5", None),
        ("application/json;q=0", None),
        ("application/json;q=abc", None),
        (", ,;q=1", JSON),
    ],
)
def test_the_media_type_follows_the_accept_header(header: str, media: str | None) -> None:
    assert choose_media(header, OFFERED, JSON) == media


@pytest.mark.parametrize(
    ("header", "html"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("*/*", False),
        ("", False),
        ("application/json, text/html;q=0.5", False),
        ("text/html;q=0", False),
        ("text/*", False),
    ],
)
def test_only_a_client_that_names_html_gets_the_page(header: str, html: bool) -> None:
    assert prefers_html(header) is html


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("en", "id", "en"),
        ("id", "en", "id"),
        (None, "en-GB,en;q=0.9,id;q=0.8", "en"),
        (None, "fr, en;q=0.3, id;q=0.5", "id"),
        (None, "in", "id"),
        (None, "fr", "id"),
        ("xx", "", "id"),
    ],
)
def test_the_language_is_the_asked_one_then_the_browsers_then_the_hubs(
    asked: str | None, header: str, language: Language
) -> None:
    assert choose_language(asked, header, "id") == language


@given(st.text())
def test_no_header_breaks_the_reading_of_preferences(header: str) -> None:
    preferences = read_preferences(header)

    assert all(0 <= preference.q <= 1 for preference in preferences)
    choose_media(header, OFFERED, JSON)
    choose_language(None, header, "id")
