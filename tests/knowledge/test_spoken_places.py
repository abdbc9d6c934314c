"""Places in sentences that nobody listed: many ways to say it times names of every kind.

``data/spoken_places.tsv`` has templates. ``A`` is left, or where the card or insurance is; ``B`` is
gone to, or where the matter is handled; ``P`` only says where somebody is from. ``count`` says
which of them are places of the question, ``names`` how they are written (``han``, ``en``, ``py``).
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from knowledge import regions
from knowledge.facts import DATA as RULES
from knowledge.regions.table import Level, Region, table
from knowledge.understand.lexicon import load_lexicon
from knowledge.understand.names import latin_names, names
from knowledge.understand.reader import Preparer

LINES = (Path(__file__).parent / "data" / "spoken_places.tsv").read_text(encoding="utf-8")
TEMPLATES = list(csv.DictReader(LINES.splitlines(), delimiter="\t"))
EACH = 4
"""Sentences made from every template."""
WANTED = 0.97
"""Share that must be exact: a county's name may be part of other words in its neighbourhood."""


CLASSES = {
    "nicknames": """
        铜都那边补卡去哪|>340700
        在月城交了三年社保，现在去果城上班|513401>511300
        从闽西调到闽东，卡要换吗|350800>350900
        凉都的社保局几点开门|>520200
        从甬到榕工作，卡要换吗|330200>350100
        我在药店刷卡，凉都大厦旁边那家|>
        """,
    "prefectures and leagues": """
        博州的社保局电话多少|>652700
        海南州补卡去哪|>632500
        新疆巴州转到四川巴中，养老怎么弄|652800>511900
        在巴中巴州区办社保卡|>511902
        乌盟的医保能转到阿盟吗|150900>152900
        云南红河州个旧市参保，现在去玉溪上班|532501>530400
        """,
    "former names": """
        从哲盟转到昭盟要多久|150500>150400
        老渡口市交的社保要转到成都|510400>510100
        湖南大庸的卡转到长沙|430800>430100
        伊克昭盟的老账户，就是现在的鄂尔多斯，能转到包头吗|150600>150200
        原胶南市发的那张卡，现在并到青岛了还能用吗|370211>
        """,
    "English": """
        I moved from Xishuangbanna to Ordos, what about my card?|532800>150600
        Can I apply in Dali Prefecture in Yunnan?|>532900
        Working in Liyang, Jiangsu since May, no card yet|>320481
        I left Zhuji last month and joined a firm in Hangzhou|330681>330100
        Where is the card office in Linhai?|>331082
        My colleague Xiaoyi lost her card, what should she do?|>
        """,
    "context": """
        福州鼓楼区转到徐州鼓楼区|350102>320302
        北京朝阳区搬到长春朝阳区|110105>220104
        我在绵阳和德阳都交过，都是四川的，要合并吗|510700>510600
        从株洲换到湘潭，都在湖南省内，卡要换吗|430200>430300
        从莱芜调到济南，卡换不换|370116>370100
        我们都在江西，怎么办卡|>360000
        """,
    "roles": """
        岛城领的那张卡磁条坏了|370200>
        在丹东下的岗，失业金怎么领|210600>
        前些年在漳州上过班，那份社保怎么查|350600>
        卡在衢州的柜台放着，怎么代领|>330800
        在榆林打参保证明去哪|>610800
        聊城新参保的员工几天能拿卡|>371500
        果城的社保卡下来了，能邮到异地不|511300>
        钟祥奔天门上班，卡要换吗|420881>429006
        去永安工作社保怎么转|>350481
        东方不亮西方亮，社保卡怎么办|>
        不去青岛了，就在烟台办|>370600
        不考虑东莞了，想在惠州参保|>441300
        老家四川，第一次上班在佛山，卡怎么办|>440600
        临汾那张社保卡我不想要了|141000>
        我这张是靖江发的社保卡，快到期了，咋换|321282>
        我妈在邵武厂里前前后后交了九年养老，能补吗|350781>
        在玉溪的酒店做到下周就走人，减员谁来办|530400>
        大理上过的那三年保险去哪查|532900>
        长治办的社保卡多久能做好|>140400
        弟弟在滁州交的社保卡申请，他问做好没有|>341100
        What do I need to move my medical account out of Ningbo?|330200>
        I contributed in Luoyang. Where do I claim unemployment money?|410300>
        老家四川，人在佛山上班，医保备案怎么办|510000>440600
        在回郑州的火车上卡折了|>
        坐高铁从济南到青岛上班，社保交哪|370100>370200
        """,
    "brands": """
        上海浦东发展银行的卡怎么激活|>
        北京全聚德给我停了社保|>
        四川饭店的员工怎么办社保卡|>
        卡想换成浙江农信的，原来的账户呢|>
        在哈尔滨的一家广东饭店干活，卡怎么办|>230100
        """,
}
"""A question, and the codes of what is left and what is gone to."""


def owners(name: str) -> Sequence[str]:
    """Codes that a name may mean."""
    return names()[name][0]


def unmistakable() -> list[Region]:
    """Cities and counties whose short name is theirs alone and no everyday word."""
    common = (RULES / "places.yaml").read_text(encoding="utf-8")
    return [
        r
        for r in table().values()
        if len(r.short) == 2 and len(owners(r.short)) == 1 and r.short not in common
        if r.level is Level.CITY or (r.level is Level.COUNTY and r.name[-1] in "市县")
    ]


class Drawer:
    """Draws places and writes their names."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.places = unmistakable()
        self.letters = {
            region.code: typed
            for typed, codes in latin_names().items()
            for region in [table()[codes[0]]]
            if len(codes) == 1 and region.level is Level.CITY and typed.isalpha()
        }

    def draw(self, written: str) -> tuple[str, str]:
        """A name and the code that it means."""
        if written == "han":
            place = self.pick.choice(self.places)
            above = "" if place.parent is None else table()[place.parent].short
            return self.pick.choice([place.short, place.name, above + place.name]), place.code
        code = self.pick.choice(sorted(self.letters))
        typed = self.letters[code]
        return (typed.capitalize() if written == "en" else typed), code


@pytest.fixture(scope="module")
def prepare() -> Preparer:
    """What finds the places."""
    return Preparer(load_lexicon())


@pytest.mark.parametrize("kind", CLASSES)
def test_places_of_every_class_are_exact(kind: str, prepare: Preparer) -> None:
    for line in CLASSES[kind].split("\n"):
        question, _, wanted = line.strip().partition("|")
        if question:
            found = prepare.question(question)[1]
            codes = (place.code if place else "" for place in (found.origin, found.destination))
            assert (question, ">".join(codes)) == (question, wanted)


def test_a_follow_up_names_a_district_of_the_city_spoken_of(prepare: Preparer) -> None:
    places = prepare.pair("换到天心区那个门店，要重新登记吗", "我在长沙芙蓉区上班，社保都在这边")[1]
    assert [p.code if p else None for p in (places.origin, places.destination)] == [
        "430102",
        "430103",
    ]


def test_the_province_of_both_turns_is_no_place(prepare: Preparer) -> None:
    places = prepare.pair("之前在宜昌参的保，都是湖北的，还办手续吗", "公司派我去黄石带徒弟")[1]
    assert [p.code if p else None for p in (places.origin, places.destination)] == [
        "420500",
        "420200",
    ]


def test_places_in_sentences_that_nobody_listed(prepare: Preparer) -> None:
    drawer = Drawer(20261125)
    wrong: list[tuple[str, tuple[str | None, ...]]] = []
    for row in TEMPLATES:
        for _ in range(EACH):
            (a, left), (b, gone_to) = drawer.draw(row["names"]), drawer.draw(row["names"])
            if regions.city_of(left) == regions.city_of(gone_to):
                continue
            if row["count"] == "-":  # a road or a bank bears the short name
                a = table()[left].short
            question = row["template"].format(A=a, B=b, P="河南")
            wanted = (
                left if "A" in row["count"] else None,
                gone_to if "B" in row["count"] else None,
            )
            normal = prepare.normalise(question)
            found = prepare.gazetteer.find(normal.text, normal.english)
            codes = tuple(
                place.code if place else None for place in (found.origin, found.destination)
            )
            if codes != wanted and not (found.loose and codes[::-1] == wanted):
                wrong.append((question, codes))
    assert len(wrong) <= (1 - WANTED) * EACH * len(TEMPLATES), wrong
