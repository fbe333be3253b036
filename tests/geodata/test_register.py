"""Who is who: rows of several deliveries become one register."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geodata.errors import InputError
from geodata.fields import fields
from geodata.identifiers import check_character
from geodata.model import Conformed, Delivery, Key
from geodata.register import Register, register

HERE = Key("enterprise", "2024", "在地")
TAX = "tax_vat_10k_yuan"
LETTERS = "BCDEFGHJKLMNPQRTUWXY"


def code(number: int) -> str:
    """Make a valid credit code of an enterprise that does not exist."""
    body = f"91430903MA4{number:06d}"
    return body + check_character(body)


A, B, C = code(1), code(2), code(3)


def delivery(name: str, rows: list[dict[str, Any]], **declared: Any) -> Delivery:
    """Make a delivery whose row n stands in row n + 2 of the sheet 表."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    kinds = {"number": "float64", "flag": "boolean", "date": "datetime64[us]"}
    frame = pd.DataFrame(
        {
            column: pd.Series(
                [row.get(column) for row in rows], dtype=kinds.get(fields()[column].type, "str")
            )
            for column in columns
        }
    )
    cells = pd.DataFrame(
        {
            column: [f"{LETTERS[place]}{row + 2}" for row in range(len(rows))]
            for place, column in enumerate(columns)
        }
    )
    declared = {"periods": ("2024",), "scope": "在地", "department": "税务局"} | declared
    return Delivery(
        id=name,
        table="enterprises",
        conformed=Conformed(file=f"{name}.xlsx", sheet="表", frame=frame, cells=cells, issues=()),
        **declared,
    )


def registered(*deliveries: Delivery, aliases: dict[str, str] | None = None) -> Register:
    """Register deliveries with the decisions given as written name → enterprise."""
    decided = aliases or {}
    frame = pd.DataFrame({"written_name": list(decided), "enterprise": list(decided.values())})
    return register(deliveries, aliases=frame)


def codes(found: Register) -> list[str]:
    """List the codes of the issues."""
    return [one.code for one in found.issues]


def test_rows_meet_by_code() -> None:
    """Figures of two departments meet under the code, however it is written."""
    tax = delivery("税收", [{"credit_code": A, "enterprise_name": "甲公司", TAX: 100.0}])
    power = delivery("用电", [{"credit_code": f" {A.lower()}", "electricity_10k_kwh": 7.0}])

    found = registered(tax, power)

    assert list(found.enterprises.index) == [A]
    assert found.amounts[HERE].values.loc[A].to_dict() == {TAX: 100.0, "electricity_10k_kwh": 7.0}
    assert found.amounts[HERE].cells.loc[A].to_dict() == {
        TAX: "税收.xlsx!表!D2",
        "electricity_10k_kwh": "用电.xlsx!表!C2",
    }
    assert codes(found) == []


def test_uncoded_row_finds_its_code_in_a_later_file() -> None:
    """A row without a code is recognised by name though the code stands in a later delivery."""
    power = delivery("用电", [{"enterprise_name": "甲（集团）公司", "electricity_10k_kwh": 7.0}])
    tax = delivery("税收", [{"credit_code": A, "enterprise_name": "甲(集团) 公司", TAX: 100.0}])

    found = registered(power, tax)

    assert list(found.enterprises.index) == [A]
    assert codes(found) == ["matched-by-name"]
    assert found.resolve(None, "甲(集团)公司") == A
    assert found.resolve("", "乙公司") is None


def test_rename_and_decision() -> None:
    """A former name and a decision lead to the enterprise; its own name is the one shown."""
    rows = [
        {"enterprise_name": "老甲厂", "electricity_10k_kwh": 1.0},
        {"enterprise_name": "乙", "electricity_10k_kwh": 2.0},
    ]
    tax = delivery(
        "税收",
        [
            {"credit_code": A, "enterprise_name": "甲公司", "former_name": "老甲厂"},
            {"credit_code": B, "enterprise_name": "乙公司", "former_name": None},
        ],
    )

    found = registered(delivery("用电", rows), tax, aliases={"乙": "乙公司"})

    power = found.amounts[HERE].values["electricity_10k_kwh"]
    assert power.to_dict() == {A: 1.0, B: 2.0}
    assert found.enterprises["enterprise_name"].to_dict() == {A: "甲公司", B: "乙公司"}
    assert codes(found) == ["matched-by-rename"]


def test_decision_may_name_a_code_that_no_file_has() -> None:
    """A decision gives an enterprise its code; the name written is then all we know."""
    found = registered(
        delivery("用电", [{"enterprise_name": "乙厂", "electricity_10k_kwh": 2.0}]),
        aliases={"乙厂": B},
    )

    assert found.enterprises["enterprise_name"].to_dict() == {B: "乙厂"}
    assert found.resolve(B, "") == B


def test_contradictory_decisions_are_not_used() -> None:
    """Two decisions about one name are severe, and neither counts."""
    aliases = pd.DataFrame({"written_name": ["乙", "乙"], "enterprise": [A, B]})
    found = register([delivery("用电", [{"enterprise_name": "乙", TAX: 1.0}])], aliases=aliases)

    assert codes(found) == ["alias-conflict", "enterprise-without-code"]
    assert list(found.enterprises.index) == ["NAME:乙"]


def test_uncoded_rows_of_one_name_are_one_enterprise() -> None:
    """Without any code the folded name is the identifier, and one warning is enough."""
    first = delivery("税收", [{"credit_code": "123", "enterprise_name": "丙厂", TAX: 1.0}])
    second = delivery("用电", [{"enterprise_name": " 丙 厂", "electricity_10k_kwh": 2.0}])

    found = registered(first, second)

    assert list(found.enterprises.index) == ["NAME:丙厂"]
    assert found.enterprises["credit_code"].isna().all()
    assert codes(found) == ["credit-code-format", "enterprise-without-code"]
    assert found.amounts[HERE].values.notna().all(axis=None)
    assert found.resolve("", "丙厂") == "NAME:丙厂"


def test_ambiguous_name_is_used_nowhere() -> None:
    """A name of two codes is listed with both, and its figures go to nobody."""
    coded = [{"credit_code": one, "enterprise_name": "同名公司"} for one in (A, B)]
    power = [{"enterprise_name": "同名公司", "electricity_10k_kwh": 9.0, "park_tag": "东园"}]

    found = registered(delivery("税收", coded), delivery("用电", power))

    assert found.amounts[HERE].values.empty
    assert found.unlinked[["period", "kind", "name", "tag"]].to_numpy().tolist() == [
        ["2024", "row", "同名公司", "东园"]
    ]
    assert codes(found) == ["name-ambiguous"]
    assert A in found.unlinked["reason"][0]
    assert B in found.unlinked["reason"][0]


def test_row_without_code_and_name_is_listed() -> None:
    """A row about nobody is a warning and stands in the list."""
    found = registered(delivery("税收", [{"credit_code": None, "enterprise_name": None, TAX: 1.0}]))

    assert codes(found) == ["row-without-key"]
    assert len(found.unlinked) == 1


def test_wrong_check_character_is_a_warning() -> None:
    """A code with a wrong check character still identifies, once warned of."""
    odd = "91350211M0000XUF46"
    found = registered(*(delivery(f"表{n}", [{"credit_code": odd, TAX: 1.0}]) for n in (1, 2)))

    assert list(found.enterprises.index) == [odd]
    assert codes(found) == ["credit-code-check"]


def test_first_delivery_names_the_enterprise() -> None:
    """The first delivery that states a name gives it; another name is told."""
    found = registered(
        delivery("税收", [{"credit_code": A, "enterprise_name": "新名"}]),
        delivery("用电", [{"credit_code": A, "enterprise_name": "旧名"}]),
    )

    assert found.enterprises["enterprise_name"].to_dict() == {A: "新名"}
    assert [one.message() for one in found.issues] == [f"{A} 在各来源中的名称不同：新名、旧名"]


def test_duplicate_rows() -> None:
    """Rows that agree are one; rows that differ make only the field in question unknown."""
    rows = [
        {"credit_code": A, TAX: 1.0, "tax_income_10k_yuan": 5.0},
        {"credit_code": A, TAX: 1.0, "tax_income_10k_yuan": None},
        {"credit_code": B, TAX: 1.0, "tax_income_10k_yuan": 5.0},
        {"credit_code": B, TAX: 2.0, "tax_income_10k_yuan": 5.0},
    ]

    found = registered(delivery("税收", rows))

    values = found.amounts[HERE].values
    assert values.T[A].tolist() == [1.0, 5.0]
    assert values.T[B].isna().tolist() == [True, False]
    assert found.amounts[HERE].cells.T[B].tolist() == ["", "税收.xlsx!表!D4"]
    assert [(one.code, one.subject, one.cell) for one in found.issues] == [
        ("duplicate-conflict", B, "C4、C5"),
        ("duplicate-row", A, "C2、C3"),
    ]
    assert "1、2" in found.issues[0].message()


def test_first_of_two_sources_wins() -> None:
    """Two sources that differ are reported; a difference by rounding alone is none."""
    first = delivery("税收", [{"credit_code": A, TAX: 100.0}, {"credit_code": B, TAX: 0.3}])
    second = delivery("财政", [{"credit_code": A, TAX: 90.0}, {"credit_code": B, TAX: 0.1 + 0.2}])

    found = registered(first, second)

    assert found.amounts[HERE].values[TAX].to_dict() == {A: 100.0, B: 0.3}
    assert found.amounts[HERE].cells[TAX].to_dict() == {A: "税收.xlsx!表!C2", B: "税收.xlsx!表!C3"}
    assert [(one.code, one.file, one.cell) for one in found.issues] == [
        ("source-conflict", "财政.xlsx", "C2")
    ]
    assert "采用 100，未采用 90" in found.issues[0].message()


def test_scopes_and_periods_stay_apart() -> None:
    """The same figure of another scope or period is another figure."""
    rows = [{"credit_code": A, TAX: 1.0}]
    found = registered(
        delivery("一", rows),
        delivery("二", [{"credit_code": A, TAX: 2.0}], scope="法人"),
        delivery("三", [{"credit_code": A, TAX: 3.0}], periods=("2023",)),
    )

    assert {key[1:]: one.values.loc[A, TAX] for key, one in found.amounts.items()} == {
        ("2023", "在地"): 3.0,
        ("2024", "在地"): 1.0,
        ("2024", "法人"): 2.0,
    }
    assert codes(found) == []


def test_complete_list_says_no_of_the_others() -> None:
    """Who is not on a complete list is not; of whom an unclear row may speak stays unknown."""
    tax = delivery(
        "税收",
        [
            {"credit_code": one, "enterprise_name": name, TAX: 1.0}
            for one, name in ((A, "甲"), (B, "乙"), (C, "同名"), (code(4), "同名"))
        ],
    )
    lists = [{"enterprise_name": name, "is_hightech": True} for name in ("甲", "同名")]
    listed = delivery("高企", lists, complete=("is_hightech",))
    before = delivery("去年", [{"credit_code": code(5), TAX: 1.0}], periods=("2023",))

    found = registered(tax, listed, before)

    flags = found.attributes["2024"]["is_hightech"]
    assert flags.dtype == "boolean"
    assert list(flags.index) == sorted([A, B, C, code(4)])
    assert flags[A]
    assert not flags[B]
    assert flags[[C, code(4)]].isna().all()
    assert "is_hightech" not in found.attributes["2023"]
    assert found.present == {"2023": (code(5),), "2024": tuple(sorted([A, B, C, code(4)]))}


def test_complete_list_must_state_its_flag() -> None:
    """A list declared complete for a flag that it does not have cannot be used."""
    with pytest.raises(InputError, match="is_hightech"):
        registered(delivery("高企", [{"credit_code": A}], complete=("is_hightech",)))


def test_attributes_and_industry() -> None:
    """Flags belong to their period, other attributes to the enterprise; industry follows."""
    rows: list[dict[str, Any]] = [
        {"credit_code": A, "is_above_scale": True, "industry_code": "C2621"},
        {"credit_code": B, "is_above_scale": False, "industry_code": "5211"},
        {"credit_code": C, "is_above_scale": None, "industry_code": None},
    ]

    found = registered(delivery("统计", rows))

    assert found.enterprises["is_industrial"].tolist()[:2] == [True, False]
    assert found.enterprises["is_industrial"].isna().tolist() == [False, False, True]
    assert found.attributes["2024"]["is_above_scale"].isna().tolist() == [False, False, True]
    assert found.amounts == {}
    assert found.enterprises["park_tag"].isna().all()


def test_energy_basis_must_not_contradict() -> None:
    """Two bases in one period are severe and leave the basis undeclared."""
    rows = [{"credit_code": A, "energy_tce": 1.0}]
    found = registered(
        delivery("一", rows, energy_basis="等价"),
        delivery("二", rows, energy_basis="当量"),
        delivery("三", rows, energy_basis="等价", periods=("2023",)),
    )

    assert found.energy_basis == {"2023": "等价"}
    assert codes(found) == ["energy-basis-conflict"]


FACTS: list[dict[str, Any]] = [
    {"credit_code": A, "enterprise_name": "甲", TAX: 1.0, "is_hightech": True},
    {"credit_code": A, "enterprise_name": "甲", TAX: 1.0, "is_hightech": True},
    {"credit_code": B, "enterprise_name": "乙", TAX: 2.0, "is_hightech": False},
    {"credit_code": B, "enterprise_name": "乙二", TAX: 3.0, "is_hightech": False},
    {"credit_code": None, "enterprise_name": "甲", TAX: 1.0, "is_hightech": None},
    {"credit_code": None, "enterprise_name": "丙", TAX: 0.1, "is_hightech": True},
    {"credit_code": C, "enterprise_name": "丁", TAX: 0.2, "is_hightech": None},
]


@settings(max_examples=20, deadline=None)
@given(st.permutations(FACTS), st.permutations(FACTS))
def test_row_order_never_matters(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    """Whatever the order of the rows, the register says the same."""
    found, other = (
        registered(delivery("一", rows), delivery("二", FACTS)) for rows in (first, second)
    )

    assert_frame_equal(found.enterprises, other.enterprises)
    assert_frame_equal(found.attributes["2024"], other.attributes["2024"])
    assert_frame_equal(found.amounts[HERE].values, other.amounts[HERE].values)
    assert_frame_equal(found.unlinked, other.unlinked)
    assert sorted((one.code, one.subject) for one in found.issues) == sorted(
        (one.code, one.subject) for one in other.issues
    )


@settings(max_examples=20, deadline=None)
@given(st.permutations(["税收", "用电", "统计"]))
def test_file_order_decides_no_identity(order: list[str]) -> None:
    """Whatever the order of the files, the same enterprises have the same figures."""
    files = {
        "税收": delivery("税收", [{"credit_code": A, "enterprise_name": "甲", TAX: 1.0}]),
        "用电": delivery("用电", [{"enterprise_name": "老甲", "electricity_10k_kwh": 2.0}]),
        "统计": delivery("统计", [{"enterprise_name": "甲", "former_name": "老甲"}]),
    }
    files["底册"] = delivery("底册", [{"credit_code": A, "former_name": "老甲"}])

    found = registered(*(files[name] for name in [*order, "底册"]))

    assert list(found.enterprises.index) == [A]
    assert found.enterprises["enterprise_name"].to_dict() == {A: "甲"}
    assert found.amounts[HERE].values.loc[A].to_dict() == {TAX: 1.0, "electricity_10k_kwh": 2.0}


def test_inputs_stay_as_they_were() -> None:
    """Registering changes nothing in the deliveries."""
    one = delivery("一", FACTS)
    frame, cells = one.conformed.frame.copy(), one.conformed.cells.copy()

    registered(one)

    assert_frame_equal(frame, one.conformed.frame)
    assert_frame_equal(cells, one.conformed.cells)
