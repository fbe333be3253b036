"""Credit codes, names, industry codes, and the directory that says whom they mean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.identifiers import (
    CODE_CHARACTERS,
    Directory,
    Match,
    check_character,
    credit_code,
    division,
    fold_name,
    is_industrial,
    section,
    several,
)

A = "91350100M000100Y43"
B = "91110000101623741K"


def full_width(text: str) -> str:
    """Write ASCII in full-width characters."""
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


@pytest.mark.parametrize(
    "code",
    [A, B, "911101066976941872", "11370881004339597L", "91430903MA40000050"],
)
def test_published_codes_are_valid(code: str) -> None:
    """Codes known to be right pass, the one whose sum is a multiple of 31 among them."""
    check = credit_code(code)

    assert (code, True, True, "") == (
        check.code,
        check.valid_format,
        check.valid_check,
        check.cause,
    )


def test_character_outside_the_set_is_no_code() -> None:
    """A code with a character that GB 32100 does not use is not a code, and says which."""
    check = credit_code("91350100M000100Y4Z")

    assert (
        check.code,
        check.valid_format,
        check.valid_check,
        check.expected,
    ) == (None, False, False, "")
    assert "Z" in check.cause


def test_wrong_check_character_is_a_doubt_only() -> None:
    """A code in real use with a wrong check character keeps its code and names the right one."""
    check = credit_code("91350211M0000XUF46")

    assert check.code == "91350211M0000XUF46"
    assert (check.valid_format, check.valid_check, check.expected) == (True, False, "R")
    assert check.cause == "校验位应为 R"


@pytest.mark.parametrize(
    "written",
    [
        "91350100m000100y43",
        full_width("91350100M000100Y43"),
        " 91350100 M000100Y4 3\t",
        "\ufeff91350100M000100Y43\u200b",
    ],
)
def test_code_is_folded(written: str) -> None:
    """Case, width, spaces and invisible characters do not matter."""
    assert credit_code(written).code == A


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("", "没有填写"),
        (float("nan"), "没有填写"),
        ("9135010000010", "共 13 位"),
        ("9.13501E+17", "科学计数法"),
    ],
)
def test_unusable_code_says_why(written: object, cause: str) -> None:
    """What is not a code at all has a cause in Chinese."""
    assert cause in credit_code(written).cause


@settings(max_examples=50, deadline=None)
@given(
    st.text(alphabet=CODE_CHARACTERS, min_size=17, max_size=17),
    st.integers(0, 16),
    st.sampled_from(CODE_CHARACTERS),
)
def test_one_wrong_character_is_always_found(body: str, place: int, other: str) -> None:
    """Any body has exactly one check character, and a single wrong character is detected."""
    code = body + check_character(body)
    changed = code[:place] + other + code[place + 1 :]

    assert credit_code(code).valid_check
    assert (changed == code) == credit_code(changed).valid_check


def test_names_are_folded_and_nothing_more() -> None:
    """Width, case and spaces are folded; different legal forms stay different."""
    assert fold_name("ABC 化工（集团）有限公司") == fold_name(
        full_width("abc") + "化工(集团)有限公司"
    )
    assert fold_name("甲有限责任公司") != fold_name("甲有限公司")
    assert fold_name(float("nan")) == ""


@given(st.text(alphabet="甲乙（）() \u3000Ab\uff2312", max_size=12))
@settings(max_examples=30, deadline=None)
def test_folding_twice_is_folding_once(name: str) -> None:
    """A folded name is its own folded name."""
    assert fold_name(name) == fold_name(fold_name(name))


def test_several_names_in_one_text() -> None:
    """Names are separated by 、 and ； of either width; one name stays one."""
    assert several("甲、乙；丙;") == ("甲", "乙", "丙")
    assert several("甲") == ("甲",)
    assert several(None) == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C2621", ("C", "26", True)),
        ("2621", ("C", "26", True)),
        ("26", ("C", "26", True)),
        ("c262", ("C", "26", True)),
        ("0610", ("B", "06", True)),
        ("12", ("B", "12", True)),
        ("13", ("C", "13", True)),
        ("43", ("C", "43", True)),
        ("D4411", ("D", "44", True)),
        ("46", ("D", "46", True)),
        ("4700", ("E", "47", False)),
        ("05", ("A", "05", False)),
        ("79", ("N", "79", False)),
        ("97", ("T", "97", False)),
        ("C", ("C", None, True)),
        ("00", (None, None, None)),
        ("98", (None, None, None)),
        ("26210", (None, None, None)),
        ("O79", (None, "79", None)),
        ("", (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_industry_codes(code: object, expected: tuple[str | None, str | None, bool | None]) -> None:
    """Section and industry follow from the division; a contradiction is unknown."""
    assert expected == (section(code), division(code), is_industrial(code))


def test_directory_climbs_down_the_rungs() -> None:
    """Code comes before decision, decision before name, name before former name."""
    names = {"甲公司": frozenset({A}), "乙公司": frozenset({B})}
    who = Directory(
        codes=frozenset({A, B}),
        current=names,
        former={"老乙": frozenset({B})},
        uncoded=frozenset({"丙厂"}),
        aliases={"甲公司": B, "小丙": "丙厂", "小甲": "甲公司"},
    )

    assert Match(id=A, rung="code") == who.match(A, "乙公司")
    assert Match(id=B, rung="alias") == who.match("", "甲 公司")
    assert Match(id="NAME:丙厂", rung="alias") == who.match("", "小丙")
    assert Match(id=A, rung="alias") == who.match("", "小甲")
    assert Match(id=B, rung="name") == who.match("坏代码", "乙公司")
    assert Match(id=B, rung="rename") == who.match(None, "老乙")
    assert Match(id=B, rung="rename") == who.match(None, "新名", former="老乙、更老")
    assert Match(id="NAME:丙厂", rung="name") == who.match(None, "丙厂")
    assert Match() == who.match(None, "丁厂")


def test_directory_never_guesses() -> None:
    """A name of two codes is nobody's, and a valid strange code is not overruled by a name."""
    who = Directory(
        codes=frozenset({A}),
        current={"甲公司": frozenset({A}), "同名": frozenset({A, B})},
        uncoded=frozenset({"丙厂"}),
    )

    assert Match(candidates=tuple(sorted((A, B)))) == who.match("", "同名")
    assert Match() == who.match(B, "甲公司")
    assert Match(id="NAME:丙厂", rung="name") == who.match(B, "丙厂")
