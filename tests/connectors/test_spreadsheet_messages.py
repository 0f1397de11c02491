"""What is told of files, columns and cells: a sentence in both languages for every code, without a gap."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from config.hub import Language
from config.messages import Messages
from config.sentences import SENTENCES as CONFIG
from connectors import (
    columns,
    csvfile,
    dates,
    numbers,
    ods,
    package,
    sheets,
    sheetxml,
    spreadsheet,
    table,
    values,
    workbook,
    xls,
)
from connectors.columns import find_column
from connectors.connector import Cell, CellError, Column, Reason
from connectors.errors import ColumnMissing, SourceError
from connectors.files import find_files
from connectors.messages import SENTENCES
from connectors.opening import translate_os
from connectors.values import Unreadable, read_decimal

MODULES = [columns, csvfile, dates, numbers, ods, package, sheets, sheetxml, spreadsheet, table, values, workbook, xls]
MESSAGES = Messages(SENTENCES)
NAMES = tuple(Column(name, letter) for name, letter in (("No", "A"), ("Perkiraan  Biaya (Rp)", "B"), ("Status", "C")))


def test_every_code_that_these_modules_raise_has_a_sentence() -> None:
    sources = [Path(str(module.__file__)).read_text() for module in MODULES]
    codes = {code for text in sources for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text)}

    assert len(codes) > 35
    assert codes - MESSAGES.codes - set(get_args(Reason)) == set()


def test_no_sentence_hides_one_of_the_configuration() -> None:
    assert set(SENTENCES) & set(CONFIG) == set()


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_both_languages_fill_the_same_places(code: str) -> None:
    english, indonesian = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in SENTENCES[code])

    assert english == indonesian


def told(error: SourceError, language: Language) -> str:
    return MESSAGES.render(error.code, {"where": error.where, **error.params}, language)


def missing(wanted: str) -> ColumnMissing:
    with pytest.raises(ColumnMissing) as caught:
        find_column(NAMES, wanted, "Alas.xlsx › Usulan")
    return caught.value


def test_a_file_open_in_excel() -> None:
    error = translate_os(PermissionError(13, "Permission denied"), "Alas.xlsx")

    assert (told(error, "en"), told(error, "id")) == (
        "Alas.xlsx is open in Excel, or this user may not read it. Close it there (or allow reading), then sync again.",
        "Alas.xlsx sedang dibuka di Excel, atau pengguna ini tidak boleh membacanya. Tutup dulu di sana (atau beri izin "
        "baca), lalu sinkronkan lagi.",
    )


def test_no_file_matched(tmp_path: Path) -> None:
    (tmp_path / "Alas.docx").touch()
    with pytest.raises(SourceError) as caught:
        find_files(tmp_path, ["*.xlsx"])

    assert (told(caught.value, "en"), told(caught.value, "id")) == (
        "*.xlsx: no file matches. Correct `path` in hub.yaml, or put the file there. That folder holds: Alas.docx.",
        "*.xlsx: tidak ada berkas yang cocok. Betulkan `path` di hub.yaml, atau letakkan berkasnya di sana. Isi folder "
        "itu: Alas.docx.",
    )


@pytest.mark.parametrize("path", [".", "./", "../{name}"])
def test_a_folder_is_no_file(tmp_path: Path, path: str) -> None:
    (tmp_path / "Alas.docx").touch()
    with pytest.raises(SourceError) as caught:
        find_files(tmp_path, [path.format(name=tmp_path.name)])

    assert "Alas.docx" in told(caught.value, "en")


def test_a_column_that_is_not_there_names_the_nearest() -> None:
    error = missing("Perkiraan Biaya (RP.)")

    assert (told(error, "en"), told(error, "id")) == (
        "Alas.xlsx › Usulan: there is no column “Perkiraan Biaya (RP.)”; the nearest is “Perkiraan  Biaya (Rp)”. It has: No, "
        "Perkiraan  Biaya (Rp), Status. Correct the head in the file, or the name in hub.yaml.",
        "Alas.xlsx › Usulan: tidak ada kolom “Perkiraan Biaya (RP.)”; yang paling mirip “Perkiraan  Biaya (Rp)”. Kolomnya: No, "
        "Perkiraan  Biaya (Rp), Status. Betulkan judul kolom di berkas, atau namanya di hub.yaml.",
    )


def test_a_column_like_none_other_names_none() -> None:
    assert (missing("x").code, missing("x").params["nearest"]) == ("COLUMN_UNKNOWN", None)
    assert "None" not in told(missing("x"), "en") + told(missing("x"), "id")


@pytest.mark.parametrize("wanted", ["Perkiraan Biaya (Rp)", " perkiraan\u00a0biaya\n(RP) "])
def test_a_column_is_found_without_case_and_with_white_space_joined(wanted: str) -> None:
    assert find_column(NAMES, wanted, "x") == 1


@pytest.mark.parametrize(
    ("cell", "english", "indonesian"),
    [
        ("2.200", "This amount can be read in two ways", "Angka ini bisa dibaca dua cara"),
        ("1,5 M", "“M” is miliar or meter", "“M” bisa miliar atau meter"),
        (CellError("#DIV/0!"), "The cell shows #DIV/0! instead of a value", "Sel menampilkan #DIV/0!, bukan nilai"),
    ],
)
def test_a_cell_that_is_not_read(cell: Cell, english: str, indonesian: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_decimal(cell)
    sentences = [MESSAGES.render(caught.value.code, caught.value.params, language) for language in ("en", "id")]

    assert english in sentences[0]
    assert indonesian in sentences[1]
    assert "?" not in "".join(sentences)


def test_an_unknown_status() -> None:
    assert MESSAGES.render("UNKNOWN_VALUE", {}, "id") == (
        "Nilai ini tidak dikenal dan dihitung UNKNOWN. Betulkan selnya, atau tambahkan nilainya di `values:` pada hub.yaml."
    )
