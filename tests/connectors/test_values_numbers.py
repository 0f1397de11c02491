"""Numbers: what is written comes back exactly, and what has two meanings is refused."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.connector import Cell, CellError
from connectors.values import DecimalSign, Sign, Unreadable, multiply, read_decimal, read_int, round_to


def read(cell: Cell, sign: Sign | None = None) -> Decimal | str | None:
    """The number, or the code of the refusal."""
    try:
        return read_decimal(cell, sign)
    except Unreadable as unreadable:
        return unreadable.code


ONE_WAY = {
    "1.250.000": "1250000",
    "1.250.000,75": "1250000.75",
    "513.425.170.766": "513425170766",
    "467.998.630.663,83": "467998630663.83",
    "10.701.893.800,00": "10701893800.00",
    "1,250.75": "1250.75",
    "1500.50": "1500.50",
    "12,5": "12.5",
    "661,3": "661.3",
    "1.5": "1.5",
    "0.500": "0.500",
    "0,00": "0.00",
    "-5": "-5",
    "5-": "-5",
    "\u22125": "-5",
    "-12,3": "-12.3",
    "(12,3)": "-12.3",
    "(1.000.000)": "-1000000",
    "Rp (1.000.000)": "-1000000",
    "(Rp 1.000.000)": "-1000000",
    "-Rp1.000.000": "-1000000",
    "Rp -1.000.000": "-1000000",
    "Rp. 150.000.000,-": "150000000",
    "Rp 150.000,-": "150000",
    "Rp150.000,=": "150000",
    "IDR 1.250.000": "1250000",
    "rp 1000": "1000",
    "1000 rupiah": "1000",
    "750 jt": "750000000",
    "Rp.100 jt": "100000000",
    "Rp 750 juta": "750000000",
    "1,5 juta": "1500000",
    "1.5 juta": "1500000",
    "1,5 Miliar": "1500000000",
    "2 milyar": "2000000000",
    "3 triliun": "3000000000000",
    "25 rb": "25000",
    "25 RIBU": "25000",
    "\u00a01.250.000\u202f": "1250000",
    "\u20091.250.000\n": "1250000",
    "Rp\u00a01.250.000": "1250000",
    "007": "7",
    "9" * 40: "9" * 40,
    "1" * 40 + ",25": "1" * 40 + ".25",
    "-" + "1" * 40: "-" + "1" * 40,
    "1" * 40 + " jt": "1" * 40 + "000000",
}

TWO_WAYS = {
    "2.200": ("2200", "2.200"),
    "1.250": ("1250", "1.250"),
    "-7.642": ("-7642", "-7.642"),
    "2,200": ("2.200", "2200"),
}

NOT_NUMBERS = [
    "4paket", "10x5", "60 x 5", "`5", "tong sampah", "1 250 000", "1.2.3", "1.25.000", "1,", ",5", ".5", "1..000", "+5", "++5", "--5",
    "-(5)", "(5", "5)", "-5-", "Rp", "Rp.", "Rp Rp 5", "Rp 5 IDR", "1e9", "1,9E+09", "0x10", "NaN", "inf", "-inf", "Infinity", "1_000",
    "12,5%", "\u0661\u0662\u0663", "\uff11\uff12\uff13", "\u0967\u0968", "\u00bd", "5\u00b2", "1.000.000,00,00", "150.000.-", "jt",
    "5 juta 500 ribu", "5 jt,-", "1.250.000 s.d. 2.000.000", "Rp 5 km", "TRUE", "\u2460", "9" * 401,
]  # fmt: skip

EMPTY: list[Cell] = [None, "", " ", "-", "--", "–", "—", "\u00a0", "\u200b", "Rp -", "Rp. -", "Rp-", "IDR –", ()]


@pytest.mark.parametrize(("text", "number"), ONE_WAY.items())
def test_a_number_that_reads_one_way_is_read_without_evidence(text: str, number: str) -> None:
    assert str(read(text)) == number


@pytest.mark.parametrize(("text", "numbers"), TWO_WAYS.items())
def test_a_number_that_reads_two_ways_needs_the_sign_of_its_column(text: str, numbers: tuple[str, str]) -> None:
    assert (str(read(text)), str(read(text, ",")), str(read(text, "."))) == ("AMBIGUOUS_NUMBER", *numbers)


@pytest.mark.parametrize("text", NOT_NUMBERS)
@pytest.mark.parametrize("sign", [None, ",", "."])
def test_what_is_no_number_is_refused(text: str, sign: Sign | None) -> None:
    assert read(text, sign) == "NOT_A_NUMBER"


@pytest.mark.parametrize("text", ["1,5 M", "1 M", "Rp 1,5 M", "10 m", "2 T", "1.500 t"])
@pytest.mark.parametrize("sign", [None, ",", "."])
def test_m_is_milyar_or_meter_and_never_guessed(text: str, sign: Sign | None) -> None:
    assert read(text, sign) == "AMBIGUOUS_NUMBER"


@pytest.mark.parametrize("cell", EMPTY)
def test_an_empty_cell_is_none_and_not_zero(cell: Cell) -> None:
    assert read(cell) is None


@pytest.mark.parametrize("text", ["12.5", "1,250.75", "0.500"])
def test_a_number_that_contradicts_a_pinned_sign_is_refused(text: str) -> None:
    assert read(text, ",") == "NOT_A_NUMBER"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (80000000.0, "80000000.0"),
        (1.1, "1.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1.9e22, "19000000000000000000000"),
        (-0.0, "0.0"),
        (5, "5"),
        (10**40, str(10**40)),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+3"), "1000"),
        (float("nan"), "NOT_A_NUMBER"),
        (float("inf"), "NOT_A_NUMBER"),
        (Decimal("NaN"), "NOT_A_NUMBER"),
        (Decimal("1E+999"), "OUT_OF_RANGE"),
        (10**450, "OUT_OF_RANGE"),
        (True, "NOT_A_NUMBER"),
        (date(2026, 1, 7), "NOT_A_NUMBER"),
        (time(8), "NOT_A_NUMBER"),
        (("1",), "NOT_A_NUMBER"),
        (CellError("#DIV/0!"), "CELL_ERROR"),
    ],
)
def test_typed_cells_are_read_by_what_they_hold(cell: Cell, number: str) -> None:
    assert str(read(cell)) == number


def test_a_cell_error_is_named() -> None:
    with pytest.raises(Unreadable) as caught:
        read_decimal(CellError("#DIV/0!"))

    assert (caught.value.code, caught.value.params) == ("CELL_ERROR", {"error": "#DIV/0!"})


# -- the sign of a column ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "has_two"),
    [("2.200", True), ("1,250", True), ("12,5", False), ("1.250.000", False), ("Rp 5000", False), ("5,0", False),
     ("x", False), ("-", False), ("1,5 M", False), ("5000", False), (2.2, False), (None, False)],
)  # fmt: skip
def test_which_cells_only_their_column_can_tell(cell: Cell, has_two: bool) -> None:
    assert DecimalSign().observe(cell) == has_two


def decide(*cells: Cell) -> Sign | None:
    sign = DecimalSign()
    for cell in cells:
        sign.observe(cell)
    return sign.decide()


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["2.200", "7.642.000"], ","),
        (["2.200", "661,3"], ","),
        (["2.200", "Rp 500,-"], ","),
        (["2.200", "1,5 juta"], ","),
        (["2.200", "1500.50"], "."),
        (["2.200", "1,250,000"], "."),
        (["2.200"], None),
        (["2.200", 2.5, None, "-", "tidak ada", CellError("#N/A"), "1,5 M"], None),
        (["2.200", "1.250.000", "1500.50"], None),
        ([], None),
    ],
)
def test_cells_that_read_one_way_decide_for_their_column(cells: list[Cell], sign: Sign | None) -> None:
    assert decide(*cells) == sign


# -- independent oracle: format a known number, read it back ----------------------------------------------------------

AMOUNTS = st.decimals(-(10**30), 10**30, places=2, allow_nan=False, allow_infinity=False)
PLACES = st.integers(0, 4)


def written(number: Decimal, places: int, sign: Sign, grouped: bool) -> str:
    """The number as a clerk writes it, made with nothing of ours."""
    point = f"{abs(number):,.{places}f}" if grouped else f"{abs(number):.{places}f}"
    return point if sign == "." else point.translate(str.maketrans(",.", ".,"))


def exact(number: Decimal, places: int) -> Decimal:
    text = f"{number:.{places}f}"
    return Decimal(text)


@given(
    AMOUNTS,
    PLACES,
    st.sampled_from([",", "."]),
    st.booleans(),
    st.sampled_from(["{}", "Rp {}", "Rp.{}", "IDR {}", " {}\u00a0"]),
)
def test_a_formatted_number_is_read_back_with_its_sign(
    number: Decimal, places: int, sign: Sign, grouped: bool, frame: str
) -> None:
    plain = written(number, places, sign, grouped)
    text = frame.format(plain)
    expected = exact(abs(number), places)

    assert read_decimal(text, sign) == expected
    for negative in (f"-{text.strip()}", f"({text.strip()})", f"{text.strip()}-"):
        assert read_decimal(negative, sign) == expected.copy_negate()


@given(AMOUNTS, PLACES, st.sampled_from([",", "."]), st.booleans())
def test_without_a_sign_a_number_is_read_rightly_or_refused(
    number: Decimal, places: int, sign: Sign, grouped: bool
) -> None:
    assert read(written(number, places, sign, grouped)) in (exact(abs(number), places), "AMBIGUOUS_NUMBER")


@given(st.lists(AMOUNTS, min_size=1, max_size=8), PLACES, st.sampled_from([",", "."]), st.booleans())
def test_a_column_written_one_way_is_never_read_the_other(
    numbers: list[Decimal], places: int, sign: Sign, grouped: bool
) -> None:
    cells = [written(number, places, sign, grouped) for number in numbers]
    decided = decide(*cells)

    assert decided in (sign, None)
    for number, cell in zip(numbers, cells, strict=True):
        assert read(cell, decided) in (exact(abs(number), places), "AMBIGUOUS_NUMBER")


UNITS = {"rb": 1_000, "ribu": 1_000, "jt": 10**6, "juta": 10**6, "miliar": 10**9, "milyar": 10**9, "triliun": 10**12}


@given(
    st.integers(0, 10**6),
    st.integers(0, 9),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from(["{} {}", "{}{}", "Rp {} {}"]),
)
def test_units_multiply_exactly(whole: int, tenth: int, unit: str, frame: str) -> None:
    assert read_decimal(frame.format(f"{whole},{tenth}", unit)) == (whole * 10 + tenth) * UNITS[unit] // 10


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_its_shortest_text(number: float) -> None:
    assert read_decimal(number) == Decimal(repr(number))


@given(st.text())
def test_any_text_gives_a_finite_number_or_a_code(text: str) -> None:
    found = read(text)

    assert (
        found is None
        or found in ("NOT_A_NUMBER", "AMBIGUOUS_NUMBER")
        or (isinstance(found, Decimal) and found.is_finite())
    )
    assert not isinstance(found, Decimal) or any(c in "0123456789" for c in text)


# -- whole numbers, scale, unit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "found"),
    [("1.250.000", 1250000), (3.0, 3), ("-7", -7), ("3,0", 3), (None, None), (2.5, "NOT_AN_INTEGER"), ("12,5", "NOT_AN_INTEGER"),
     (2**31, "OUT_OF_RANGE"), ("9" * 50, "OUT_OF_RANGE"), (1e300, "OUT_OF_RANGE"), ("2.200", "AMBIGUOUS_NUMBER"), (True, "NOT_A_NUMBER")],
)  # fmt: skip
def test_whole_numbers(cell: Cell, found: int | str | None) -> None:
    try:
        read_back: int | str | None = read_int(cell)
    except Unreadable as unreadable:
        read_back = unreadable.code

    assert read_back == found


@pytest.mark.parametrize(
    ("number", "scale", "rounded"),
    [
        ("1.005", 2, ("1.00", True)),
        ("1.015", 2, ("1.02", True)),
        ("1.5", 2, ("1.50", False)),
        ("1.500", 2, ("1.50", False)),
        ("-0.125", 2, ("-0.12", True)),
        ("9" * 60 + ".125", 2, ("9" * 60 + ".12", True)),
    ],
)
def test_rounding_is_half_to_even_and_says_if_digits_were_lost(
    number: str, scale: int, rounded: tuple[str, bool]
) -> None:
    value, lost = round_to(Decimal(number), scale)

    assert (str(value), lost) == rounded


@given(st.decimals(-(10**25), 10**25, places=9), st.integers(0, 9))
def test_rounding_is_within_half_a_unit_and_exact_if_it_says_so(number: Decimal, scale: int) -> None:
    value, lost = round_to(number, scale)
    scaled = int(number.scaleb(9).to_integral_value()) if abs(number) < 10**18 else None
    assume(scaled is not None)

    assert lost == (value != number)
    assert abs(value - number) <= Decimal(5).scaleb(-scale - 1)


def test_a_unit_multiplies_exactly() -> None:
    assert multiply(Decimal("123456789012345678901234567890.12"), Decimal(1000)) == Decimal(
        "123456789012345678901234567890120"
    )
