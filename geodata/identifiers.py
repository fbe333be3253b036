"""Who something is about (标识): credit codes, names, industry codes, and whom they mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Rung = Literal["code", "alias", "name", "rename"]

CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100-2015; I, O, S, V and Z are left out."""

CODE_LENGTH = 18

NAME_PREFIX = "NAME:"
"""Marks the identifier of an enterprise that is known by its name only."""

_MODULUS = len(CODE_CHARACTERS)
_VALUES = {character: value for value, character in enumerate(CODE_CHARACTERS)}
_WEIGHTS = tuple(pow(3, place, _MODULUS) for place in range(CODE_LENGTH - 1))

_LAST_DIVISIONS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRST",
        (5, 12, 43, 46, 50, 52, 60, 62, 65, 69, 70, 72, 75, 79, 82, 83, 85, 90, 96, 97),
        strict=True,
    )
)
"""GB/T 4754-2017: last division of each section; a section begins where the one before ends."""

_INDUSTRY = frozenset("BCD")
_INDUSTRY_CODE = re.compile(r"(?P<section>[A-T])?(?P<number>[0-9]{2,4})?")
_SEVERAL = re.compile(r"[、；;]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCheck:
    """What is to be said of a text that should be a credit code (统一社会信用代码).

    Attributes:
        code: the code in capitals without spaces, None when the format is wrong.
        valid_format: 18 characters of the permitted set.
        valid_check: the last character is the one that the first 17 demand.
        expected: the check character demanded, empty when the format is wrong.
        cause: what is wrong, in Chinese, empty when nothing is.
    """

    code: str | None
    valid_format: bool
    valid_check: bool
    expected: str
    cause: str


def credit_code(text: object) -> CodeCheck:
    """Check a unified social credit code by GB 32100-2015.

    Case, character width, spaces and invisible characters are folded. A wrong check character
    is a doubt only: such codes are in real use, so `code` is still given.

    >>> credit_code("91430903 ma4000 0050").code
    '91430903MA40000050'
    >>> credit_code("91350211M0000XUF46").expected
    'R'
    """
    folded = _fold_code(text)
    cause = _format_fault(folded)
    if cause:
        return CodeCheck(code=None, valid_format=False, valid_check=False, expected="", cause=cause)
    expected = check_character(folded[:-1])
    valid = expected == folded[-1]
    cause = "" if valid else f"校验位应为 {expected}"
    return CodeCheck(
        code=folded, valid_format=True, valid_check=valid, expected=expected, cause=cause
    )


def check_character(body: str) -> str:
    """Check character for the first 17 characters of a credit code (GB 32100-2015).

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(_VALUES[one] * weight for one, weight in zip(body, _WEIGHTS, strict=True))
    return CODE_CHARACTERS[(_MODULUS - total % _MODULUS) % _MODULUS]


def fold_name(name: object) -> str:
    """Name reduced to what matters when names are compared: width, case and spaces folded.

    Nothing else: 有限责任公司 and 有限公司 stay different. What is no text gives an empty name.

    >>> fold_name("甲 化工（集团）有限公司 ") == fold_name("甲化工(集团)有限公司")
    True
    """
    text = name if isinstance(name, str) else ""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def several(text: object) -> tuple[str, ...]:
    """Names written in one text with 、 or ； between them, as written.

    >>> several("甲公司、乙公司；")
    ('甲公司', '乙公司')
    """
    parts = _SEVERAL.split(text) if isinstance(text, str) else []
    return tuple(part.strip() for part in parts if part.strip())


def division(code: object) -> str | None:
    """Division (大类, two digits) of a GB/T 4754-2017 code with or without its letter.

    >>> division("C2621"), division("2621"), division("26"), division("化工")
    ('26', '26', '26', None)
    """
    return _industry(code)[1]


def section(code: object) -> str | None:
    """Section (门类, a letter) of a GB/T 4754-2017 code, by the range its division lies in.

    None when there is no code, or when the letter written contradicts the division (the 2011
    edition has other letters from O on).

    >>> section("2621"), section("0610"), section("C"), section("A26")
    ('C', 'B', 'C', None)
    """
    return _industry(code)[0]


def is_industrial(code: object) -> bool | None:
    """Whether a GB/T 4754-2017 code is industry (工业: sections B, C and D), None if unknown.

    >>> is_industrial("C2621"), is_industrial("5211"), is_industrial("")
    (True, False, None)
    """
    letter = section(code)
    return None if letter is None else letter in _INDUSTRY


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Whom a written code and name mean.

    Attributes:
        id: enterprise, None when nobody or more than one fits.
        rung: how it was found, None when it was not: by `code`, by `alias` (a decision), by
            `name` (the same after folding), by `rename` (a former name).
        candidates: when several fit equally: all of them, sorted.
    """

    id: str | None = None
    rung: Rung | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who is known under which code and name (名录).

    Attributes:
        codes: credit codes known.
        current: folded name → codes that bear it.
        former: folded former name → codes that bore it.
        uncoded: folded names of enterprises without a code.
        aliases: folded written name → credit code or full name, as people decided.
    """

    codes: frozenset[str] = frozenset()
    current: Mapping[str, frozenset[str]] = field(default_factory=dict)
    former: Mapping[str, frozenset[str]] = field(default_factory=dict)
    uncoded: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def match(self, code: object, name: object, *, former: object = "") -> Match:
        """Find the one enterprise meant: by code, then decision, then name, then former name.

        A valid code that nobody here has contradicts every enterprise with another code, so
        that its name is then looked for among those without a code only. Nothing is guessed.
        """
        check = credit_code(code)
        if check.code is not None and check.code in self.codes:
            return Match(id=check.code, rung="code")
        folded = fold_name(name)
        if folded in self.aliases:
            return self._decided(self.aliases[folded])
        if check.valid_check:
            return self._among_uncoded(folded)
        return self._named(folded, [fold_name(one) for one in several(former)])

    def _decided(self, enterprise: str) -> Match:
        """Take a decision at its word; the enterprise need not be in the directory yet."""
        code = credit_code(enterprise).code
        if code is not None:
            return Match(id=code, rung="alias")
        folded = fold_name(enterprise)
        found = self._named(folded, [])
        if found.candidates:
            return found
        return Match(id=found.id or NAME_PREFIX + folded, rung="alias")

    def _named(self, folded: str, former: list[str]) -> Match:
        current = self.current.get(folded, frozenset())
        found = current | self.former.get(folded, frozenset())
        if not found:
            found = frozenset[str]().union(*(self._bearers(one) for one in former))
        if len(found) > 1:
            return Match(candidates=tuple(sorted(found)))
        for one in found:
            return Match(id=one, rung="name" if current else "rename")
        return self._among_uncoded(folded)

    def _bearers(self, folded: str) -> frozenset[str]:
        return self.current.get(folded, frozenset()) | self.former.get(folded, frozenset())

    def _among_uncoded(self, folded: str) -> Match:
        known = folded in self.uncoded
        return Match(id=NAME_PREFIX + folded, rung="name") if known else Match()


def _fold_code(text: object) -> str:
    if isinstance(text, str) and text.isascii() and text.isalnum():
        return text.upper()
    wide = unicodedata.normalize("NFKC", text).upper() if isinstance(text, str) else ""
    return "".join(one for one in wide if unicodedata.category(one) != "Cf" and not one.isspace())


def _format_fault(code: str) -> str:
    if not code:
        return "没有填写"
    if "E+" in code:
        return "已被表格软件改成科学计数法，原代码已丢失"
    if len(code) != CODE_LENGTH:
        return f"共 {len(code)} 位"
    wrong = dict.fromkeys(one for one in code if one not in CODE_CHARACTERS)
    return f"含有代码中不用的字符 {'、'.join(wrong)}" if wrong else ""


def _industry(code: object) -> tuple[str | None, str | None]:
    """Section and division of an industry code, each None when unknown."""
    found = _INDUSTRY_CODE.fullmatch(_fold_code(code))
    if found is None:
        return None, None
    written, number = found["section"], found["number"]
    if number is None:
        return written, None
    two = int(number[:2])
    letter = next((one for one, last in _LAST_DIVISIONS.items() if 0 < two <= last), None)
    if letter is None:
        return None, None
    return (letter if written in {None, letter} else None), number[:2]
