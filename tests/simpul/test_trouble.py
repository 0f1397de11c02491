"""What the operating system refuses is told in the reader's language, with what to do."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from config.sentences import TROUBLE
from config.trouble import trouble_of
from connectors.messages import SENTENCES
from connectors.opening import translate_os
from simpul.commands.serve import listen_or_say
from simpul.console import open_terminal
from simpul.messages import MESSAGES
from tests.hubs import RunSimpul

ERRNOS = (errno.EACCES, errno.EISDIR, errno.ENOENT, errno.EADDRINUSE, errno.ENOSPC, errno.EIO)


@pytest.mark.parametrize("number", ERRNOS)
def test_no_sentence_repeats_the_words_of_the_system(number: int) -> None:
    error = OSError(number, os.strerror(number))

    said, source = trouble_of(error), translate_os(error, "a.xlsx")

    assert said.code in TROUBLE
    assert (said.code == "OS_OTHER") == (number == errno.EIO)
    for language in ("en", "id"):
        assert os.strerror(number) not in MESSAGES.render(said.code, said.params, language)
    assert source.code in SENTENCES
    assert os.strerror(number) not in str(source.params)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "--config", "data"], "data: tidak dapat dibaca: ini folder; sebutkan sebuah berkas."),
        (["query", "data"], "data tidak bisa dibaca: ini folder; sebutkan sebuah berkas."),
        (["query", "none.graphql"], "none.graphql tidak bisa dibaca: tidak ada; periksa namanya."),
    ],
)
def test_a_folder_in_the_place_of_a_file(
    simpul: RunSimpul, hub_folder: Path, arguments: list[str], sentence: str
) -> None:
    ended = simpul(hub_folder, *arguments, "--lang", "id")

    assert ended.err.splitlines()[0] == sentence


def test_secrets_env_that_is_a_folder(simpul: RunSimpul, hub_folder: Path) -> None:
    (hub_folder / "secrets.env").mkdir()

    ended = simpul(hub_folder, "check", "--lang", "en")

    assert ended.err == "secrets.env: can't be read: it is a folder; name a file.\nProblems: 1.\n"


def test_an_address_that_this_machine_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = open_terminal(MESSAGES, "id")

    assert listen_or_say(terminal, "192.0.2.1", 0) is None
    assert re.search("tidak punya alamat itu; periksa alamatnya. Pilih --host", capsys.readouterr().err)
