"""Verbs: who does them to what, how each language says and negates them."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.data.tinyworld.lexicon.nouns import CLASSES, THINGS

__all__ = ["ACTS", "DEEDS", "STATES", "VERBS", "VERB_OF", "Verb"]


@dataclass(frozen=True)
class Verb:
    """A verb in three languages.

    Attributes:
        forms: English: third person and base form of a state, the participle of an action.
        subjects, objects: the classes of nouns it takes; no objects if it is intransitive.
        indefinite: whether "a ..." or "three ..." is natural as its object.
        chinese: in a main clause.
        relative: Chinese, in "... that the teacher has", where it differs.
        negator: what Chinese puts before it to negate it.
        german: third person singular and plural.
        case: of the German object: acc or dat.
        preposition: German, before the object, if it takes one.
    """

    forms: tuple[str, ...]
    subjects: tuple[str, ...]
    objects: tuple[str, ...]
    indefinite: bool
    chinese: str
    negator: str
    german: tuple[str, str]
    case: str = "acc"
    preposition: str = ""
    relative: str = ""

    @property
    def is_state(self) -> bool:
        """States stand in the simple present ("has"), actions in the progressive ("is reading")."""
        return len(self.forms) == 2


# English | Chinese, negator | German singular, plural, case | objects | "a": indefinite objects
_STATES = """
    has have               | 有 没     | hat haben                   | things animal        | a
    needs need             | 需要 不   | braucht brauchen            | things               | a
    wants want             | 想要 不   | möchte möchten              | things animal        | a
    likes like             | 喜欢 不   | mag mögen                   | things animal person |
    loves love             | 爱 不     | liebt lieben                | animal person        |
    hates hate             | 讨厌 不   | hasst hassen                | animal person        |
    misses miss            | 想念 不   | vermisst vermissen          | animal person        |
    fears fear             | 害怕 不   | fürchtet fürchten           | animal               |
    knows know             | 认识 不   | kennt kennen                | person               |
    trusts trust           | 信任 不   | vertraut vertrauen dat      | person               |
    believes believe       | 相信 不   | glaubt glauben dat          | person               |
    respects respect       | 尊敬 不   | respektiert respektieren    | person               |
    admires admire         | 钦佩 不   | bewundert bewundern         | person               |
    envies envy            | 羡慕 不   | beneidet beneiden           | person               |
    understands understand | 理解 不   | versteht verstehen          | person               |
    """

# English | Chinese | German singular, plural, case, preposition | subjects | objects | "a"
_DEEDS = """
    reading      | 读   | liest lesen                  | person        | text                 | a
    translating  | 翻译 | übersetzt übersetzen         | person        | text                 | a
    eating       | 吃   | isst essen                   | person animal | food                 | a
    cutting      | 切   | schneidet schneiden          | person        | food                 | a
    washing      | 洗   | wäscht waschen               | person        | food garment dish    | a
    ironing      | 熨   | bügelt bügeln                | person        | garment              | a
    sewing       | 缝   | näht nähen                   | person        | garment              | a
    repairing    | 修理 | repariert reparieren         | person        | machine              | a
    testing      | 测试 | testet testen                | person        | machine              | a
    buying       | 买   | kauft kaufen                 | person        | things animal        | a
    selling      | 卖   | verkauft verkaufen           | person        | things animal        | a
    stealing     | 偷   | stiehlt stehlen              | person        | things               | a
    drawing      | 画   | zeichnet zeichnen            | person        | things animal person | a
    describing   | 描述 | beschreibt beschreiben       | person        | things animal person | a
    looking for  | 找   | sucht suchen                 | person        | things animal person | a
    watching     | 观察 | beobachtet beobachten        | person animal | animal person        | a
    chasing      | 追   | jagt jagen                   | person animal | animal               | a
    feeding      | 喂   | füttert füttern              | person        | animal               | a
    helping      | 帮助 | hilft helfen dat             | person        | person               | a
    thanking     | 感谢 | dankt danken dat             | person        | person               | a
    visiting     | 拜访 | besucht besuchen             | person        | person               | a
    praising     | 表扬 | lobt loben                   | person        | person               | a
    teaching     | 教   | unterrichtet unterrichten    | person        | person               | a
    comforting   | 安慰 | tröstet trösten              | person        | person               | a
    interviewing | 采访 | interviewt interviewen       | person        | person               | a
    waiting for  | 等   | wartet warten acc auf        | person        | person               |
    """

# English | Chinese | German | subjects
_ACTS = """
    sleeping   | 睡觉 | schläft schlafen   | person animal
    swimming   | 游泳 | schwimmt schwimmen | person animal
    running    | 跑   | rennt rennen       | person animal
    jumping    | 跳   | springt springen   | person animal
    playing    | 玩   | spielt spielen     | person animal
    drinking   | 喝水 | trinkt trinken     | person animal
    dreaming   | 做梦 | träumt träumen     | person
    laughing   | 笑   | lacht lachen       | person
    crying     | 哭   | weint weinen       | person
    singing    | 唱歌 | singt singen       | person
    dancing    | 跳舞 | tanzt tanzen       | person
    working    | 工作 | arbeitet arbeiten  | person
    smiling    | 微笑 | lächelt lächeln    | person
    cooking    | 做饭 | kocht kochen       | person
    travelling | 旅行 | reist reisen       | person
    shouting   | 大喊 | schreit schreien   | person
    """


def _classes(cell: str) -> tuple[str, ...]:
    wanted = {c for name in cell.split() for c in (THINGS if name == "things" else (name,))}
    return tuple(c for c in CLASSES if c in wanted)


def _state(line: str) -> Verb:
    english, chinese, german, objects, indefinite = (cell.strip() for cell in line.split("|"))
    word, negator = chinese.split()
    singular, plural, *case = german.split()
    return Verb(
        tuple(english.split()),
        ("person",),
        _classes(objects),
        indefinite == "a",
        word,
        negator,
        (singular, plural),
        *case,
        relative="拥有" if word == "有" else "",
    )


def _deed(line: str) -> Verb:
    english, chinese, german, subjects, objects, indefinite = (c.strip() for c in line.split("|"))
    singular, plural, *case = german.split()
    who, what = _classes(subjects), _classes(objects)
    return Verb((english,), who, what, indefinite == "a", chinese, "没", (singular, plural), *case)


def _act(line: str) -> Verb:
    english, chinese, german, subjects = (cell.strip() for cell in line.split("|"))
    singular, plural = german.split()
    return Verb((english,), _classes(subjects), (), False, chinese, "没", (singular, plural))


STATES = tuple(_state(line) for line in _STATES.strip().splitlines())
DEEDS = tuple(_deed(line) for line in _DEEDS.strip().splitlines())
ACTS = tuple(_act(line) for line in _ACTS.strip().splitlines())
VERBS = STATES + DEEDS + ACTS
VERB_OF = {form: verb for verb in VERBS for form in verb.forms}
