"""Mailboxes in hub.yaml: files or a server, in one address or by its parts; what is missing or of no use is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.load import load_config
from config.problems import ConfigError
from schema.catalogue import describe

HUB = """\
name: Kabupaten Contoh
sources:
  surat:
    kind: mailbox
{options}
entities:
  Complaint:
    from: surat
    fields:
      trackingId: trackingId
      title: {title}
"""


def load(folder: Path, options: str, title: str = "subject") -> Any:
    indented = "\n".join(f"    {line}" for line in options.splitlines())
    (folder / "hub.yaml").write_text(HUB.format(options=indented, title=title), encoding="utf-8")
    return load_config(folder / "hub.yaml", describe(), {"SURAT": "p@ss/kata"}).sources["surat"].options


def told(folder: Path, options: str, title: str = "subject") -> list[tuple[str, object]]:
    with pytest.raises(ConfigError) as error:
        load(folder, options, title)
    return [(problem.code, problem.params.get("name")) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("options", "host", "port", "encryption"),
    [
        ("host: mail.kab.example\nuser: a\npassword: ${SURAT}", "mail.kab.example", 993, "tls"),
        ("host: 10.1.2.3\nport: '1993'\nuser: a\npassword: ${SURAT}", "10.1.2.3", 1993, "tls"),
        ("host: mail\nencryption: starttls\nuser: a\npassword: ${SURAT}", "mail", 143, "starttls"),
        ("host: mail\nencryption: none\nuser: a\npassword: ${SURAT}", "mail", 143, "none"),
        ("url: imaps://a@mail.kab.example\npassword: ${SURAT}", "mail.kab.example", 993, "tls"),
        ("url: imap://a@mail.kab.example/\npassword: ${SURAT}", "mail.kab.example", 143, "starttls"),
        ("url: imap://a@127.0.0.1:1143\npassword: ${SURAT}", "127.0.0.1", 1143, "none"),
        ("url: imap://a@[::1]\npassword: ${SURAT}", "::1", 143, "none"),
        ("url: imap://a@10.1.2.3\nencryption: none\npassword: ${SURAT}", "10.1.2.3", 143, "none"),
        ("url: imaps://a:${SURAT}@mail", "mail", 993, "tls"),
    ],
)
def test_where_a_mailbox_is(tmp_path: Path, options: str, host: str, port: int, encryption: str) -> None:
    found = load(tmp_path, options)

    assert (found["host"], found["port"], found["encryption"]) == (host, port, encryption)
    assert (found["user"], found["password"]) == ("a", "p@ss/kata")


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ("folders: INBOX", [("MISSING_OPTION", "path")]),
        ("path: a.mbox\nuser: a\nfolders: INBOX", [("OPTION_UNUSED", "user"), ("OPTION_UNUSED", "folders")]),
        ("host: mail", [("MISSING_OPTION", "user"), ("MISSING_OPTION", "password")]),
        ("url: imaps://mail\npassword: ${SURAT}", [("MISSING_OPTION", "user")]),
        ("url: imaps://a@mail\nhost: mail\npassword: ${SURAT}", [("OPTION_UNUSED", "host")]),
        ("url: imaps://a@mail\nencryption: starttls\npassword: ${SURAT}", [("OPTION_UNUSED", "encryption")]),
        ("host: mail\nuser: a\npassword: rahasia", [("SECRET_IN_FILE", "SURAT_PASSWORD")]),
        ("url: imaps://a:rahasia@mail", [("SECRET_IN_FILE", "SURAT_URL")]),
        ("url: https://mail\npassword: ${SURAT}", [("WRONG_VALUE", None)]),
        ("url: imaps://a@mail/INBOX\npassword: ${SURAT}", [("WRONG_VALUE", None)]),
        ("host: mail example\nuser: a\npassword: ${SURAT}", [("WRONG_VALUE", None)]),
        ("host: mail\nencryption: ssl\nuser: a\npassword: ${SURAT}", [("WRONG_VALUE", None)]),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, options: str, problems: list[tuple[str, object]]) -> None:
    assert told(tmp_path, options) == problems


OAUTH = """\
host: mail
user: a
oauth:
  tokenUrl: https://masuk.example/token
  clientId: hub
  clientSecret: ${SURAT}
  refreshToken: """


def test_a_mailbox_may_be_opened_with_tokens(tmp_path: Path) -> None:
    assert load(tmp_path, OAUTH + "${SURAT}")["oauth"]["refresh_token"] == "p@ss/kata"
    assert told(tmp_path, OAUTH + "segar") == [("SECRET_IN_FILE", "SURAT_REFRESHTOKEN")]
    assert told(tmp_path, OAUTH + "${SURAT}\npassword: ${SURAT}") == [("OPTION_UNUSED", "password")]


def test_mails_on_a_server_stand_in_no_file(tmp_path: Path) -> None:
    assert load(tmp_path, "path: a.mbox", "$file")["path"] == ["a.mbox"]
    assert told(tmp_path, "host: mail\nuser: a\npassword: ${SURAT}", "$file") == [("PSEUDO_NOWHERE", "$file")]
