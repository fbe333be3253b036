"""Survey files are opened, decoded strictly, and read as layers are."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from geodata.conform import conform
from geodata.errors import InputError
from geodata.readers.survey_txt import read_survey, read_survey_table

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=37
[地块坐标]
5,1.0000,甲-1,甲地块,面,,工业用地,0601,@
J1,1,3165000.000,37550000.000
J2,1,3165100.000,37550000.000
J3,1,3165100.000,37550100.000
J4,1,3165000.000,37550100.000
J1,1,3165000.000,37550000.000
"""


def write(folder: Path, content: bytes) -> Path:
    path = folder / "坐标.txt"
    path.write_bytes(content)
    return path


def refused(path: Path, encoding: str | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_survey(path, name="坐标.txt", encoding=encoding)
    return [one.code for one in caught.value.issues]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without mark, GBK and GB18030 give the same layer."""
    layer = read_survey(write(tmp_path, TEXT.encode(encoding)), name="坐标.txt")

    assert () == layer.issues
    assert ["甲地块"] == layer.frame["宗地名称"].tolist()


def test_files_that_cannot_be_opened_or_decoded(tmp_path: Path) -> None:
    """Missing files, folders, other bytes and unknown encodings are told by name."""
    assert ["file-missing"] == refused(tmp_path / "没有.txt")
    assert ["survey-unreadable"] == refused(tmp_path)
    assert ["survey-unreadable"] == refused(write(tmp_path, b"\xff\xff\xff\xff"))
    assert ["survey-unreadable"] == refused(write(tmp_path, TEXT.encode("gbk")), "utf-8")
    assert ["survey-unreadable"] == refused(write(tmp_path, TEXT.encode()), "没有这种")


def test_a_table_conforms_like_any_layer(tmp_path: Path) -> None:
    """Columns are known by their names, hectares become mu, geometry has its system."""
    raw = read_survey_table(write(tmp_path, TEXT.encode()), name="坐标.txt")
    found = conform(raw, "parcels")
    row = found.frame.iloc[0]

    assert () == found.issues
    assert ["甲-1", "甲地块", 15.0] == [
        row[name] for name in ("parcel_id", "parcel_name", "recorded_area_mu")
    ]
    assert ["工业用地", "0601"] == [row["land_use_name"], row["land_use_code"]]
    assert raw.geometry is not None
    assert "EPSG:4525" == str(raw.geometry.crs)
    assert [10000] == raw.geometry.area.tolist()


def test_bytes_of_any_kind_end_in_a_layer_or_a_refusal(tmp_path: Path) -> None:
    """Two hundred seeded files: noise, cut off, bytes changed; no other error."""
    dice = random.Random(7)  # noqa: S311  damage, not secrets
    outcomes = set[str]()
    for number in range(200):
        content = bytearray(TEXT.encode(dice.choice(["utf-8", "gbk"])))
        if number % 4 == 0:
            content = bytearray(dice.randbytes(dice.randrange(400)))
        elif number % 4 == 1:
            del content[dice.randrange(len(content)) :]
        else:
            for _ in range(dice.randrange(1, 6)):
                content[dice.randrange(len(content))] = dice.randrange(256)
        try:
            read_survey_table(write(tmp_path, bytes(content)), name="坐标.txt")
            outcomes.add("read")
        except InputError as error:
            outcomes |= {one.code for one in error.issues}

    assert {"read", "survey-unreadable", "survey-row"} <= outcomes
