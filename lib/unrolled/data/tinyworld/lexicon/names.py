"""Names of people, cities and organisations, and the small words: numbers, prepositions, times."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "CITIES",
    "FAMILY_NAMES",
    "FIRST_NAMES",
    "NAME_OF",
    "NUMBERS",
    "ORGANISATIONS",
    "PREPOSITIONS",
    "TIMES",
    "TITLES",
    "Name",
]


class Name(NamedTuple):
    """A name: its words in English, Chinese and German."""

    english: str
    chinese: str
    german: str


# English | Chinese | German where it differs
_FIRST = """
    Anna | 安娜
    Tom | 汤姆
    Lily | 莉莉
    Peter | 彼得
    Lucy | 露西
    David | 大卫
    Maria | 玛丽亚
    Paul | 保罗
    Emma | 艾玛
    Daniel | 丹尼尔
    Laura | 劳拉
    Simon | 西蒙
    Julia | 朱莉娅
    Oscar | 奥斯卡
    Nina | 妮娜
    Felix | 菲利克斯
    Clara | 克拉拉
    Leo | 利奥
    Eva | 伊娃
    Robert | 罗伯特
    """

_FAMILY = """
    Novak | 诺瓦克
    Meyer | 迈尔
    Rossi | 罗西
    Olsen | 奥尔森
    Schmidt | 施密特
    Silva | 席尔瓦
    Dubois | 杜布瓦
    Garcia | 加西亚
    Larsen | 拉森
    Weber | 韦伯
    Moreau | 莫罗
    Brandt | 勃兰特
    Costa | 科斯塔
    Fischer | 费舍尔
    Jensen | 延森
    Keller | 凯勒
    """

_CITIES = """
    Paris | 巴黎
    Berlin | 柏林
    London | 伦敦
    Rome | 罗马 | Rom
    Vienna | 维也纳 | Wien
    Prague | 布拉格 | Prag
    Madrid | 马德里
    Lisbon | 里斯本 | Lissabon
    Athens | 雅典 | Athen
    Warsaw | 华沙 | Warschau
    Moscow | 莫斯科 | Moskau
    Cairo | 开罗 | Kairo
    Beijing | 北京 | Peking
    Tokyo | 东京 | Tokio
    Sydney | 悉尼
    Munich | 慕尼黑 | München
    Geneva | 日内瓦 | Genf
    New York | 纽约
    San Francisco | 旧金山
    Hong Kong | 香港 | Hongkong
    """

# Of our own making.
_ORGANISATIONS = """
    Nordwind | 北风 公司
    Solaria | 索拉里亚 公司
    Kepler Motors | 开普勒 汽车
    Orion Media | 猎户座 传媒
    Atlas Film | 阿特拉斯 影业
    Aurora Energy | 极光 能源
    Delphin Software | 海豚 软件
    Quarz Optics | 石英 光学
    """


def _names(table: str) -> tuple[Name, ...]:
    names = []
    for line in table.strip().splitlines():
        english, chinese, *german = (cell.strip() for cell in line.split("|"))
        names.append(Name(english, chinese, (german or [english])[0]))
    return tuple(names)


FIRST_NAMES = _names(_FIRST)
FAMILY_NAMES = _names(_FAMILY)
CITIES = _names(_CITIES)
ORGANISATIONS = _names(_ORGANISATIONS)
NAME_OF = {n.english: n for n in FIRST_NAMES + FAMILY_NAMES + CITIES + ORGANISATIONS}

# English: Chinese, German (nominative, other cases)
TITLES = {"Mr": ("先生", "Herr", "Herrn"), "Ms": ("女士", "Frau", "Frau")}

# English: Chinese, German
TIMES = {
    "today": ("今天", "heute"),
    "now": ("现在", "jetzt"),
    "tonight": ("今晚", "heute Abend"),
}
NUMBERS = {
    "two": ("两", "zwei"),
    "three": ("三", "drei"),
    "four": ("四", "vier"),
    "five": ("五", "fünf"),
    "six": ("六", "sechs"),
    "seven": ("七", "sieben"),
    "eight": ("八", "acht"),
    "nine": ("九", "neun"),
    "ten": ("十", "zehn"),
    "eleven": ("十一", "elf"),
    "twelve": ("十二", "zwölf"),
}

# English: Chinese (after the place), German (before it, with the dative)
PREPOSITIONS = {
    "on": ("上", "auf"),
    "in": ("里", "in"),
    "under": ("下面", "unter"),
    "beside": ("旁边", "neben"),
    "behind": ("后面", "hinter"),
}
