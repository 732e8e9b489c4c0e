"""Adjectives: what they can be said of, and whether that is praise."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.data.tinyworld.lexicon.nouns import CLASSES, THINGS

__all__ = ["ADJECTIVES", "ADJECTIVE_OF", "DEGREES", "NEGATIVE", "POSITIVE", "Adjective"]

POSITIVE, NEGATIVE = 1, -1

# English: Chinese, German. Without one, Chinese says 很.
DEGREES = {"very": ("非常", "sehr"), "quite": ("相当", "ziemlich")}


@dataclass(frozen=True)
class Adjective:
    """A quality in three languages.

    Attributes:
        english: it does not change.
        kinds: the classes of nouns it describes.
        chinese: after the subject, with 很 or its negator before it.
        before_noun: the Chinese words before a noun, 的 included where it takes one.
        german: after a verb, where it does not change.
        stem: German, before a noun, without the ending (``teur-e``).
        polarity: ``POSITIVE``, ``NEGATIVE`` or 0.
        is_colour: Chinese says 是 红色 的 and English no "very".
    """

    english: str
    kinds: tuple[str, ...]
    chinese: str
    before_noun: tuple[str, ...]
    german: str
    stem: str
    polarity: int = 0
    is_colour: bool = False

    @property
    def negator(self) -> str:
        """What Chinese puts before it for "not": 不, but 没 before 有 (没 有用)."""
        return "没" if self.chinese.startswith("有") else "不"


# English | Chinese after the subject, before a noun | German, stem | classes | praise or blame
_DEGREE = """
    new         | 新 新             | neu           | things                                   |
    old         | 旧 旧             | alt           | text garment machine dish item           |
    big         | 大 大             | groß          | animal food garment machine dish item    |
    small       | 小 小             | klein         | animal food garment machine dish item    |
    heavy       | 重 很_重_的       | schwer        | text machine dish item                   |
    light       | 轻 很_轻_的       | leicht        | text garment dish item                   |
    expensive   | 贵 昂贵_的        | teuer teur    | things                                   |
    cheap       | 便宜 便宜_的      | billig        | things                                   |
    clean       | 干净 干净_的      | sauber        | garment dish                             | +
    dirty       | 脏 很_脏_的       | schmutzig     | garment dish                             | -
    wet         | 湿 很_湿_的       | nass          | garment dish                             |
    thick       | 厚 很_厚_的       | dick          | text garment                             |
    thin        | 薄 很_薄_的       | dünn          | text garment                             |
    long        | 长 很_长_的       | lang          | text garment                             |
    short       | 短 很_短_的       | kurz          | text garment                             |
    beautiful   | 漂亮 漂亮_的      | schön         | animal garment dish item                 | +
    ugly        | 难看 难看_的      | hässlich      | animal garment dish item                 | -
    elegant     | 优雅 优雅_的      | elegant       | garment                                  | +
    comfortable | 舒服 舒服_的      | bequem        | garment                                  | +
    shabby      | 破旧 破旧_的      | schäbig       | garment item                             | -
    warm        | 暖和 暖和_的      | warm          | garment                                  |
    useful      | 有用 有用_的      | nützlich      | text machine dish item                   | +
    practical   | 实用 实用_的      | praktisch     | garment machine dish item                | +
    valuable    | 珍贵 珍贵_的      | wertvoll      | text item                                | +
    fragile     | 易碎 易碎_的      | zerbrechlich  | dish                                     |
    reliable    | 可靠 可靠_的      | zuverlässig   | person machine                           | +
    loud        | 吵 吵闹_的        | laut          | person machine                           | -
    slow        | 慢 很_慢_的       | langsam       | machine                                  | -
    fast        | 快 很_快_的       | schnell       | machine                                  | +
    interesting | 有意思 有意思_的  | interessant   | text                                     | +
    funny       | 好笑 好笑_的      | lustig        | text                                     | +
    wonderful   | 精彩 精彩_的      | wunderbar     | text                                     | +
    boring      | 无聊 无聊_的      | langweilig    | text                                     | -
    awful       | 糟糕 糟糕_的      | furchtbar     | text food                                | -
    delicious   | 好吃 好吃_的      | lecker        | food                                     | +
    fresh       | 新鲜 新鲜_的      | frisch        | food                                     | +
    disgusting  | 恶心 恶心_的      | widerlich     | food                                     | -
    salty       | 咸 很_咸_的       | salzig        | food                                     |
    hungry      | 饿 饥饿_的        | hungrig       | person animal                            |
    thirsty     | 渴 口渴_的        | durstig       | person animal                            |
    tired       | 累 疲惫_的        | müde müd      | person animal                            |
    healthy     | 健康 健康_的      | gesund        | person animal                            |
    quiet       | 安静 安静_的      | ruhig         | person animal                            |
    curious     | 好奇 好奇_的      | neugierig     | person animal                            |
    strong      | 强壮 强壮_的      | stark         | person animal                            |
    shy         | 害羞 害羞_的      | schüchtern    | person animal                            |
    clever      | 聪明 聪明_的      | klug          | person animal                            | +
    brave       | 勇敢 勇敢_的      | mutig         | person animal                            | +
    lazy        | 懒 懒惰_的        | faul          | person animal                            | -
    cute        | 可爱 可爱_的      | niedlich      | animal                                   | +
    dangerous   | 危险 危险_的      | gefährlich    | animal                                   | -
    rare        | 罕见 罕见_的      | selten        | animal item                              |
    young       | 年轻 年轻_的      | jung          | person                                   |
    busy        | 忙 忙碌_的        | beschäftigt   | person                                   |
    happy       | 快乐 快乐_的      | glücklich     | person                                   |
    sad         | 伤心 伤心_的      | traurig       | person                                   |
    angry       | 生气 生气_的      | wütend        | person                                   |
    nervous     | 紧张 紧张_的      | nervös        | person                                   |
    lonely      | 孤独 孤独_的      | einsam        | person                                   |
    proud       | 骄傲 骄傲_的      | stolz         | person                                   |
    famous      | 出名 出名_的      | berühmt       | person                                   |
    rich        | 富有 富有_的      | reich         | person                                   |
    poor        | 贫穷 贫穷_的      | arm           | person                                   |
    strict      | 严厉 严厉_的      | streng        | person                                   |
    kind        | 善良 善良_的      | gütig         | person                                   | +
    friendly    | 友好 友好_的      | freundlich    | person                                   | +
    polite      | 礼貌 礼貌_的      | höflich       | person                                   | +
    honest      | 诚实 诚实_的      | ehrlich       | person                                   | +
    patient     | 耐心 耐心_的      | geduldig      | person                                   | +
    rude        | 粗鲁 粗鲁_的      | unhöflich     | person                                   | -
    cruel       | 残忍 残忍_的      | grausam       | person                                   | -
    foolish     | 愚蠢 愚蠢_的      | töricht       | person                                   | -
    """

_COLOURS = """
    red    | 红色 | rot     | garment machine dish item
    blue   | 蓝色 | blau    | garment machine dish item
    green  | 绿色 | grün    | garment machine dish item
    yellow | 黄色 | gelb    | garment machine dish item
    black  | 黑色 | schwarz | animal garment machine dish item
    white  | 白色 | weiß    | animal garment machine dish item
    brown  | 棕色 | braun   | animal garment machine dish item
    grey   | 灰色 | grau    | animal garment machine dish item
    """


def _kinds(cell: str) -> tuple[str, ...]:
    wanted = {c for name in cell.split() for c in (THINGS if name == "things" else (name,))}
    return tuple(c for c in CLASSES if c in wanted)


def _degree(line: str) -> Adjective:
    english, chinese, german, kinds, sign = (cell.strip() for cell in line.split("|"))
    after_subject, before_noun = chinese.split()
    whole, *stem = german.split()
    polarity = {"+": POSITIVE, "-": NEGATIVE, "": 0}[sign]
    words = tuple(before_noun.split("_"))
    return Adjective(
        english, _kinds(kinds), after_subject, words, whole, (stem or [whole])[0], polarity
    )


def _colour(line: str) -> Adjective:
    english, chinese, german, kinds = (cell.strip() for cell in line.split("|"))
    words = (chinese, "的")
    return Adjective(english, _kinds(kinds), chinese, words, german, german, is_colour=True)


ADJECTIVES = tuple(_degree(line) for line in _DEGREE.strip().splitlines()) + tuple(
    _colour(line) for line in _COLOURS.strip().splitlines()
)
ADJECTIVE_OF = {adjective.english: adjective for adjective in ADJECTIVES}
