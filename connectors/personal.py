"""Masks personal data inside free text: NIK and KK, NIP, NPWP, telephone, e-mail, bank account.

Digits are looked at in chains: groups joined by up to three blanks, dots, dashes, slashes or parentheses. What has
the shape of an amount, a date, a code or a document number stays; of the rest, ten digits or more are personal (a
bare 1250000000 is more often an account than money, `Rp 1250000000` is money), and fewer after words such as `rek.`
or `HP`. Names and addresses have no shape and are not found here: their fields must be `sensitive`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_BLANK = "[ \t\u00a0\u2000-\u200b\u202f\u205f\u3000]"
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212_", "-"))
_CHAIN = re.compile(rf"\(?\+?\d+(?:(?:[./()_\u2010-\u2015\u2212-]|{_BLANK}){{1,3}}\d+)*")
_WORD = re.compile(rf"(?:\+\d{{1,3}}(?:[-.(]|{_BLANK}){{1,3}})?\+?\d+(?:[./-]{{1,3}}\d+)*")
_SOME_DIGITS = re.compile(r"\d(?:[\W_]{0,3}\d){4}")  # found wherever a chain has enough of them
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3}){5,}(?!\d)")  # a NIK that a spreadsheet took for a number
_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'-]++(?:@|\uff20|%40|=40| ?[\[(] ?at ?[\])] ?)[\w-]++(?:\.[\w-]++)+",
    re.IGNORECASE,
)

_AT = re.compile(r"[@\uff20]|[%=]40|[\[(] ?at", re.IGNORECASE)  # without one of these there is no address

_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = rf"(?:0000-00-00|\d{{4}}-{_MONTH}-{_DAY}|\d{{4}}/{_MONTH}/{_DAY}|{_DAY}[-/.]{_MONTH}[-/.](?:19|20)\d\d)"
_AMOUNT = r"[1-9]\d{0,2}(?:\.\d{3}){1,4}"  # up to 13 digits: no regency's budget is larger
_CODE = r"[1-9](?:\.\d{1,2}){2,8}(?:\.\d{3}\.\d{5}|\.\d{4})?"
_PLACE = r"\d\d(?:\.\d\d){1,2}(?:\.[12]\d{3})?"
_DECREE = r"\d{3}(?:\.\d{1,2}){0,4}-\d{1,4}/(?:19|20)\d\d"
_TREASURY = r"\d\d\.\d\d/\d\d\.0/\d{6}"
_DEGREES = r"(?:\d|1[01]|9[5-9]|1[0-3]\d|14[01])\.\d{4,}"
_HARMLESS = re.compile(rf"{_DATE}(?:-{_DATE})?|{_AMOUNT}(?:-{_AMOUNT})?|{_PLACE}|{_DECREE}|{_TREASURY}|{_DEGREES}")
_YEARS = re.compile(r"(?:19|20)\d\d(?:[/-](?:19|20)\d\d)*")
_DOCUMENT = re.compile(r"[\d./-]+/(?:19|20)\d\d")
_ONE_CODE = re.compile(_CODE)
_TWO_CODES = re.compile(rf"{_CODE}\.{_CODE}")  # the key of a budget line: sub_kegiatan, then account
_MOST_CODE_DIGITS = 15
_TWO_DIGITS = re.compile(r"\.\d\d(?=\.)")
_RUPIAH = re.compile(rf"(?:\brp\.?|\bidr){_BLANK}*$", re.IGNORECASE)
_RUPIAH_AFTER = re.compile(rf",(?:-|=|\d\d\b)|{_BLANK}?rupiah", re.IGNORECASE)
_RUPIAH_WORD = re.compile(r"\d{1,15}|\d{1,3}(?:\.\d{3}){1,4}")
_NEIGHBOURHOOD = re.compile(rf"\b(?:rt|rw)(?:[.:/]|{_BLANK})*$", re.IGNORECASE)
_ACCOUNT = re.compile(
    rf"\b(?:(?:no|nomor)?\.?{_BLANK}*rek(?:ening)?|norek|a/?c|acc|account|va|bri|bni|btn|bca|bsi|bpd|mandiri|bank(?:{_BLANK}[a-z]+){{0,3}})"
    rf"(?:{_BLANK}*(?:no|nomor)\b)?(?:[.:=#]|{_BLANK})*$",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(
    rf"\b(?:telp?|tlp|telepon|telpon|hp|wa|whatsapp|phone|fax|faks|cp)(?:{_BLANK}*(?:no|nomor)\b)?(?:[.:=#(+]|{_BLANK})*$",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    rf"\b(?:nik|ktp|kk|nip|npwp|paspor)(?:{_BLANK}*(?:no|nomor)\b)?(?:[.:=#]|{_BLANK})*$", re.IGNORECASE
)
_CUE = re.compile(  # in small letters, stands in whatever one of the three above finds
    r"rek|a/?c|va|b(?:ri|ni|tn|ca|si|pd|ank)|mandiri|t(?:el|lp)|hp|w(?:a|hatsapp)|phone|fa[xk]|cp|nik|k(?:tp|k)|nip|npwp|paspor"
)
_LANDLINE = re.compile(r"0[2-9]\d{1,2}-?\d{5,8}")
_MOBILE = re.compile(r"\+?(?:62|0)8\d{7,}|\+62\d{6,}")
_NPWP = re.compile(r"\d\d\.?\d{3}\.?\d{3}\.?\d-?\d{3}\.?\d{3}")
_CONTEXT = 40  # characters before a chain that are looked at
_MANY, _SOME = 10, 5  # digits that are personal anywhere, and after a word that says so


_NAMED = re.compile(
    r"nik|nip|npwp|no\W*(?:kk|hp|wa|telp?|rek)|(?:nomor|no)\W*(?:ktp|telepon|telpon|rekening|handphone|kartu keluarga)|ktp|kk|hp"
    r"|telp?|tlp|telepon|telpon|phone|mobile|whatsapp|wa|e-?mail|surel|rekening|alamat|address"
    r"|(?:tgl|tanggal|tempat)\W*(?:dan\W*tanggal\W*)?lahir|(?:from|sender|reporter)\W*(?:name|address)"
    r"|nama\W*(?:lengkap|pelapor|pengusul|pemohon|pengirim|penerima|warga|kepala keluarga|ibu\W*kandung)|pelapor|pengirim|pemohon",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_named_personal(column: str) -> bool:
    """Whether a column is called by what is personal data whatever its cells look like: `Nama Pelapor`, `fromAddress`, `No. HP`."""
    words = " ".join(re.split(r"[\W_]+", _HUMP.sub(" ", column))).strip()
    return re.search(rf"(?<!\w)(?:{_NAMED.pattern})(?!\w)", words, re.IGNORECASE) is not None


def mask_personal(text: str) -> str:
    """The text with personal numbers and addresses replaced by [NIK], [NIP], [NPWP], [telepon], [surel],
    [rekening]."""
    if ("@" in text or "(" in text or "[" in text or "40" in text or "\uff20" in text) and _AT.search(text):
        text = _EMAIL.sub("[surel]", text)
    if not _SOME_DIGITS.search(text):
        return text
    return _CHAIN.sub(_mask_chain, _GROUPED.sub("[NIK]", text) if "," in text else text)


def _mask_chain(chain: re.Match[str]) -> str:
    is_number = chain[0].isdecimal()
    if (len(chain[0]) if is_number else sum(map(str.isdecimal, chain[0]))) < _SOME:
        return chain[0]
    start, text = chain.start(), chain.string
    before = text[max(0, start - _CONTEXT) : start] + ("(" if chain[0][0] == "(" else "")
    is_short = is_number and len(chain[0]) < _MANY and chain[0][0] in "123456789"
    if is_short and before.isascii() and not _CUE.search(before.lower()):
        return chain[0]  # one number, too short to be personal unless a word before it says so
    pieces: list[str] = []
    position = 0
    for first, last in _personal_runs(chain[0].translate(_DASHES), before, text[chain.end() : chain.end() + 8]):
        if first and chain[0][first - 1] == "(" and ")" in chain[0][first:last]:
            first -= 1
        pieces += [chain[0][position:first], _label(chain[0][first:last], before)]
        position = last
    return "".join([*pieces, chain[0][position:]])


def _personal_runs(chain: str, before: str, after: str) -> Iterator[tuple[int, int]]:
    """Where in a chain personal numbers stand: neighbouring words (groups without blanks between) that are harmless
    neither alone nor together."""
    words = list(_WORD.finditer(chain))
    run: list[re.Match[str]] = []
    for index, word in enumerate(words):
        money = (index == 0 and _RUPIAH.search(before)) or (word is words[-1] and _RUPIAH_AFTER.match(after))
        if _is_harmless(word[0]) or (money and _RUPIAH_WORD.fullmatch(word[0])):
            yield from _judge(run, words, before)
            run = []
        else:
            run.append(word)
    yield from _judge(run, words, before)


def _judge(run: list[re.Match[str]], words: list[re.Match[str]], before: str) -> Iterator[tuple[int, int]]:
    if not run:
        return
    if run[0] is words[0] and _NEIGHBOURHOOD.search(before) and _is_list_of_neighbourhoods(run[0][0]):
        run = run[1:]
    alone = [index for index, word in enumerate(run) if _is_personal(word[0])]
    if alone:  # a number that is personal by itself does not take its neighbours along, unless they are many too
        for index, previous in zip(alone, [-1, *alone], strict=False):
            yield from _judge(run[previous + 1 : index], words, before)
            yield run[index].span()
        yield from _judge(run[alone[-1] + 1 :], words, before)
    elif run and _together(run, run[0] is words[0], before):
        yield run[0].start(), run[-1].end()


def _together(run: list[re.Match[str]], first: bool, before: str) -> bool:
    """Whether words that are not personal one by one are so as a whole."""
    groups = [group for word in run for group in re.findall(r"\d+", word[0])]
    count = sum(map(len, groups))
    if first and count >= _SOME and any(shape.search(before) for shape in (_ACCOUNT, _TELEPHONE, _IDENTITY)):
        return True
    if all(_YEARS.fullmatch(word[0]) for word in run):
        return False
    numbers = list(map(int, groups))
    counting = len(numbers) > 2 and all(later - earlier == 1 for earlier, later in pairwise(numbers))
    return (count >= _MANY and not counting) or _LANDLINE.fullmatch("-".join(groups)) is not None


def _is_personal(word: str) -> bool:
    digits = sum(map(str.isdecimal, word))
    plain = re.sub(r"[./-]", "", word)
    return digits >= _MANY or _MOBILE.fullmatch(plain) is not None or _LANDLINE.fullmatch(word) is not None


def _is_list_of_neighbourhoods(word: str) -> bool:
    """RT 001/002/003/004."""
    return re.fullmatch(r"0?\d\d(?:[/-]0?\d\d)*", word) is not None


def _is_harmless(word: str) -> bool:
    if _HARMLESS.fullmatch(word):
        return True
    if _DOCUMENT.fullmatch(word) and not _YEARS.fullmatch(word):
        return not any(map(_is_personal, word.split("/")))
    digits, pairs = sum(map(str.isdecimal, word)), len(_TWO_DIGITS.findall(word))
    if _ONE_CODE.fullmatch(word) and digits <= _MOST_CODE_DIGITS:
        return digits < _MANY or pairs >= 2
    return _TWO_CODES.fullmatch(word) is not None and pairs >= 4


def _label(found: str, before: str) -> str:
    digits = re.sub(r"\D", "", found)
    if len(digits) == 18 and _ACCOUNT.search(before) is None:
        return "[NIP]"
    if _NPWP.fullmatch(found) and (not found.isdecimal() or re.search("npwp", before, re.IGNORECASE)):
        return "[NPWP]"
    if len(digits) == 16:
        return "[NIK]"
    called = _TELEPHONE.search(before) and len(digits) <= 14
    if called or _MOBILE.fullmatch(re.sub(r"[^\d+]", "", found)) or _LANDLINE.fullmatch(digits):
        return "[telepon]"
    return "[rekening]"
