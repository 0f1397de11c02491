"""What a terminal of 80 columns and a pipe show: whole names and places, one line for each finding."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from simpul.commands.rejects import Finding, show_findings
from simpul.console import Terminal
from simpul.messages import MESSAGES

PLACE = "usulan-kecamatan-alas-barat-2027.xlsx › Usulan 2027 › 1204"
FINDING = Finding(
    *("issue", "planning", "Proposal", PLACE, "D1204", "estimatedCost", "1,5\nM", "X", "Two ways. Write it out."),
    *("hub.yaml:7", "Write D1204 out."),
)


def terminal_of(width: int, *, tty: bool) -> tuple[Terminal, io.StringIO]:
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=tty, color_system=None)
    return Terminal(MESSAGES, "en", console, console), written


@pytest.mark.parametrize(("width", "tty"), [(80, False), (80, True), (200, False)])
def test_a_finding_is_one_line_in_a_pipe_and_where_a_table_has_no_room(width: int, tty: bool) -> None:
    terminal, written = terminal_of(width, tty=tty)

    show_findings(terminal, [FINDING])

    assert written.getvalue() == f'{PLACE} (D1204) "1,5 M": Two ways. Write it out.\n'


def test_a_table_of_findings_keeps_places_whole() -> None:
    terminal, written = terminal_of(120, tty=True)

    show_findings(terminal, [FINDING])

    assert written.getvalue().split()[:4] == ["Where", "Cell", "Value", "What"]
    assert f"{PLACE}  D1204" in written.getvalue()


def test_a_table_of_numbers_is_as_wide_as_its_names_in_a_pipe() -> None:
    terminal, written = terminal_of(40, tty=False)

    terminal.show_table(["Source", "Entity", "Read"], [["perencanaan", "CashFlowMonth", "12"], ["a", "", ""]], names=2)

    assert written.getvalue() == ("Source       Entity         Read\nperencanaan  CashFlowMonth    12\na\n")


def test_a_table_of_numbers_is_one_line_for_each_row_in_a_narrow_terminal() -> None:
    terminal, written = terminal_of(30, tty=True)

    terminal.show_table(["Source", "Entity", "Read"], [["perencanaan", "CashFlowMonth", "12"], ["a", "", ""]], names=2)

    assert written.getvalue() == "perencanaan: CashFlowMonth; Read 12\na\n"
