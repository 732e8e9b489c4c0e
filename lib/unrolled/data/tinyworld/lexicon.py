"""TinyWorld's words: each row is one meaning, with its form in every language.

Another language is another column. ``kind`` and ``traits`` say what may be combined with what, so
that sentences stay sensible: nobody reads a cup.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ADJECTIVES",
    "NOUNS",
    "NUMBERS",
    "PLACES",
    "PREPOSITIONS",
    "VERBS",
    "Adjective",
    "Noun",
    "Place",
    "Verb",
]


@dataclass(frozen=True)
class Noun:
    """A noun or a name; ``measure`` is the Chinese measure word, empty for a name."""

    singular: str
    plural: str
    chinese: str
    measure: str
    kind: str  # person, animal, thing
    traits: frozenset[str] = frozenset()

    @property
    def is_name(self) -> bool:
        """Names take no article, no number and no adjective."""
        return not self.measure


@dataclass(frozen=True)
class Verb:
    """A verb whose subject is a person.

    Attributes:
        english: third person, base form; for an action the participle alone.
        chinese: in a main clause.
        objects: kinds and traits of nouns it takes.
        negator: what Chinese puts before it to negate it.
        indefinite: whether "a ..." or "three ..." is natural as its object.
        is_action: whether it stands in the progressive ("is reading"), the natural form of acts.
        relative: the Chinese form in "... that the teacher has", where it differs.
    """

    english: tuple[str, ...]
    chinese: str
    objects: frozenset[str]
    negator: str
    indefinite: bool
    is_action: bool = False
    relative: str = ""


@dataclass(frozen=True)
class Adjective:
    """A quality; Chinese says 很新 of a degree and 是红色的 of a class."""

    english: str
    chinese: str
    kinds: frozenset[str]
    before_noun: str  # "" next to the noun, "的" with this particle, "-" never before it
    is_class: bool = False


@dataclass(frozen=True)
class Place:
    """A noun that something can be at, by which prepositions, and whether a horse fits."""

    singular: str
    plural: str
    chinese: str
    prepositions: tuple[str, ...]
    is_roomy: bool = False


def _person(singular: str, plural: str, chinese: str, measure: str = "个") -> Noun:
    return Noun(singular, plural, chinese, measure, "person")


def _name(english: str, chinese: str) -> Noun:
    return Noun(english, english, chinese, "", "person")


def _animal(singular: str, plural: str, chinese: str, measure: str = "只") -> Noun:
    return Noun(singular, plural, chinese, measure, "animal")


def _thing(singular: str, plural: str, chinese: str, measure: str, traits: str = "") -> Noun:
    return Noun(singular, plural, chinese, measure, "thing", frozenset(traits.split()))


def _state(
    english: str, chinese: str, objects: str, negator: str = "不", indefinite: bool = False
) -> Verb:
    third, base = english.split()
    return Verb((third, base), chinese, frozenset(objects.split()), negator, indefinite)


def _action(english: str, chinese: str, objects: str) -> Verb:
    return Verb(tuple(english.split()), chinese, frozenset(objects.split()), "没", True, True)


def _degree(english: str, chinese: str, kinds: str, before_noun: str = "的") -> Adjective:
    return Adjective(english, chinese, frozenset(kinds.split()), before_noun)


def _colour(english: str, chinese: str, kinds: str = "thing") -> Adjective:
    return Adjective(english, chinese, frozenset(kinds.split()), "的", is_class=True)


NOUNS = (
    _person("teacher", "teachers", "老师", "位"),
    _person("doctor", "doctors", "医生", "位"),
    _person("painter", "painters", "画家", "位"),
    _person("student", "students", "学生"),
    _person("farmer", "farmers", "农民"),
    _person("neighbour", "neighbours", "邻居"),
    _person("driver", "drivers", "司机"),
    _person("girl", "girls", "女孩"),
    _person("boy", "boys", "男孩"),
    _person("child", "children", "孩子"),
    _name("Anna", "安娜"),
    _name("Tom", "汤姆"),
    _name("Lily", "莉莉"),
    _name("Peter", "彼得"),
    _name("Lucy", "露西"),
    _animal("dog", "dogs", "狗"),
    _animal("cat", "cats", "猫"),
    _animal("bird", "birds", "鸟"),
    _animal("rabbit", "rabbits", "兔子"),
    _animal("horse", "horses", "马", "匹"),
    _animal("cow", "cows", "牛", "头"),
    _thing("key", "keys", "钥匙", "把", "small"),
    _thing("book", "books", "书", "本", "small readable"),
    _thing("letter", "letters", "信", "封", "small readable"),
    _thing("newspaper", "newspapers", "报纸", "份", "small readable"),
    _thing("cup", "cups", "杯子", "个", "small washable"),
    _thing("knife", "knives", "刀", "把", "small washable"),
    _thing("umbrella", "umbrellas", "雨伞", "把", "small"),
    _thing("hat", "hats", "帽子", "顶", "small washable"),
    _thing("shirt", "shirts", "衬衫", "件", "small washable"),
    _thing("photo", "photos", "照片", "张", "small"),
    _thing("map", "maps", "地图", "张", "small readable"),
    _thing("radio", "radios", "收音机", "台", "small machine"),
    _thing("bicycle", "bicycles", "自行车", "辆", "machine washable"),
    _thing("chair", "chairs", "椅子", "把"),
)

VERBS = (
    Verb(("has", "have"), "有", frozenset({"thing", "animal"}), "没", True, relative="拥有"),
    _state("needs need", "需要", "thing", indefinite=True),
    _state("wants want", "想要", "thing animal", indefinite=True),
    _state("likes like", "喜欢", "thing animal person"),
    _state("remembers remember", "记得", "thing animal person"),
    _state("hates hate", "讨厌", "animal person"),
    _state("misses miss", "想念", "animal person"),
    _state("knows know", "认识", "person"),
    _state("trusts trust", "信任", "person"),
    _state("respects respect", "尊敬", "person"),
    _action("reading", "读", "readable"),
    _action("washing", "洗", "washable"),
    _action("repairing", "修", "machine"),
    _action("buying", "买", "thing"),
    _action("selling", "卖", "thing"),
    _action("drawing", "画", "thing animal person"),
    _action("looking for", "找", "thing animal person"),
    _action("waiting for", "等", "person"),
    _action("helping", "帮助", "person"),
)

ADJECTIVES = (
    _degree("new", "新", "thing", ""),
    _degree("old", "旧", "thing", ""),
    _degree("big", "大", "thing animal", ""),
    _degree("small", "小", "thing animal", ""),
    _degree("heavy", "重", "thing", "-"),
    _degree("light", "轻", "thing", "-"),
    _degree("expensive", "贵", "thing", "-"),
    _degree("cheap", "便宜", "thing"),
    _degree("beautiful", "漂亮", "thing animal"),
    _degree("clean", "干净", "thing"),
    _degree("hungry", "饿", "animal person", "-"),
    _degree("tired", "累", "animal person", "-"),
    _degree("busy", "忙", "person", "-"),
    _degree("happy", "高兴", "person", "-"),
    _degree("quiet", "安静", "animal person"),
    _degree("clever", "聪明", "animal person"),
    _degree("young", "年轻", "person"),
    _degree("kind", "善良", "person"),
    _degree("famous", "有名", "person"),
    _colour("red", "红色"),
    _colour("blue", "蓝色"),
    _colour("black", "黑色", "thing animal"),
    _colour("white", "白色", "thing animal"),
)

PREPOSITIONS = {"on": "上", "in": "里", "under": "下面", "near": "旁边"}

PLACES = (
    Place("table", "tables", "桌子", ("on", "under", "near")),
    Place("bed", "beds", "床", ("on", "under", "near")),
    Place("shelf", "shelves", "书架", ("on", "near")),
    Place("box", "boxes", "箱子", ("in", "near")),
    Place("window", "windows", "窗户", ("near",)),
    Place("door", "doors", "门", ("near",)),
    Place("tree", "trees", "树", ("under", "near"), True),
    Place("river", "rivers", "河", ("near",)),
    Place("garden", "gardens", "花园", ("in", "near"), True),
    Place("kitchen", "kitchens", "厨房", ("in", "near"), True),
)

NUMBERS = {"two": "两", "three": "三", "four": "四", "five": "五"}
