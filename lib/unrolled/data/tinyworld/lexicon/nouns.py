"""Nouns by class, with Chinese measure word and German gender, plural and weak form."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CLASSES", "NOUNS", "NOUN_OF", "PLACES", "THINGS", "Noun"]


@dataclass(frozen=True)
class Noun:
    """A noun in three languages.

    Attributes:
        singular, plural: the English forms.
        kind: the class, a key of ``CLASSES``, or ``"place"``.
        chinese, measure: the Chinese noun, and the measure word between a count and it (no place
            is counted: theirs is empty).
        gender: of the German noun: ``m``, ``f`` or ``n``.
        german, german_plural: nominatives.
        weak: the German singular in every other case, where it differs (``den Studenten``).
        prepositions: for a place, in which English prepositions it is used.
    """

    singular: str
    plural: str
    kind: str
    chinese: str
    measure: str
    gender: str
    german: str
    german_plural: str
    weak: str = ""
    prepositions: tuple[str, ...] = ()

    def german_form(self, plural: bool, case: str) -> str:
        """Return ``Lehrer``, ``Lehrern``, ``Studenten``, ...; ``case`` is nom, acc or dat."""
        if not plural:
            return self.weak if self.weak and case != "nom" else self.german
        ends_well = self.german_plural[-1] in "ns"
        return self.german_plural + ("n" if case == "dat" and not ends_well else "")


# English singular, plural | Chinese, measure word | German gender, singular, plural, weak form
_TABLES = {
    "person": """
        teacher teachers       | 老师 位   | m Lehrer Lehrer
        doctor doctors         | 医生 位   | m Arzt Ärzte
        painter painters       | 画家 位   | m Maler Maler
        student students       | 学生 个   | m Student Studenten Studenten
        farmer farmers         | 农民 位   | m Bauer Bauern Bauern
        neighbour neighbours   | 邻居 位   | m Nachbar Nachbarn Nachbarn
        driver drivers         | 司机 位   | m Fahrer Fahrer
        baker bakers           | 面包师 位 | m Bäcker Bäcker
        singer singers         | 歌手 位   | m Sänger Sänger
        writer writers         | 作家 位   | m Schriftsteller Schriftsteller
        pilot pilots           | 飞行员 位 | m Pilot Piloten Piloten
        lawyer lawyers         | 律师 位   | m Anwalt Anwälte
        judge judges           | 法官 位   | m Richter Richter
        gardener gardeners     | 园丁 位   | m Gärtner Gärtner
        scientist scientists   | 科学家 位 | m Wissenschaftler Wissenschaftler
        tourist tourists       | 游客 位   | m Tourist Touristen Touristen
        guest guests           | 客人 位   | m Gast Gäste
        nurse nurses           | 护士 位   | f Krankenschwester Krankenschwestern
        king kings             | 国王 位   | m König Könige
        queen queens           | 女王 位   | f Königin Königinnen
        prince princes         | 王子 位   | m Prinz Prinzen Prinzen
        princess princesses    | 公主 位   | f Prinzessin Prinzessinnen
        man men                | 男人 个   | m Mann Männer
        woman women            | 女人 个   | f Frau Frauen
        boy boys               | 男孩 个   | m Junge Jungen Jungen
        girl girls             | 女孩 个   | n Mädchen Mädchen
        child children         | 孩子 个   | n Kind Kinder
        """,
    "animal": """
        dog dogs               | 狗 只     | m Hund Hunde
        cat cats               | 猫 只     | f Katze Katzen
        bird birds             | 鸟 只     | m Vogel Vögel
        rabbit rabbits         | 兔子 只   | n Kaninchen Kaninchen
        horse horses           | 马 匹     | n Pferd Pferde
        cow cows               | 奶牛 头   | f Kuh Kühe
        pig pigs               | 猪 头     | n Schwein Schweine
        goat goats             | 山羊 只   | f Ziege Ziegen
        duck ducks             | 鸭子 只   | f Ente Enten
        mouse mice             | 老鼠 只   | f Maus Mäuse
        fox foxes              | 狐狸 只   | m Fuchs Füchse
        wolf wolves            | 狼 只     | m Wolf Wölfe
        bear bears             | 熊 头     | m Bär Bären Bären
        lion lions             | 狮子 头   | m Löwe Löwen Löwen
        monkey monkeys         | 猴子 只   | m Affe Affen Affen
        elephant elephants     | 大象 头   | m Elefant Elefanten Elefanten
        """,
    "text": """
        book books             | 书 本     | n Buch Bücher
        letter letters         | 信 封     | m Brief Briefe
        newspaper newspapers   | 报纸 份   | f Zeitung Zeitungen
        magazine magazines     | 杂志 本   | f Zeitschrift Zeitschriften
        novel novels           | 小说 本   | m Roman Romane
        report reports         | 报告 份   | m Bericht Berichte
        diary diaries          | 日记 本   | n Tagebuch Tagebücher
        dictionary dictionaries| 词典 本   | n Wörterbuch Wörterbücher
        menu menus             | 菜单 份   | f Speisekarte Speisekarten
        contract contracts     | 合同 份   | m Vertrag Verträge
        """,
    "food": """
        apple apples           | 苹果 个   | m Apfel Äpfel
        egg eggs               | 鸡蛋 个   | n Ei Eier
        cake cakes             | 蛋糕 个   | m Kuchen Kuchen
        tomato tomatoes        | 西红柿 个 | f Tomate Tomaten
        potato potatoes        | 土豆 个   | f Kartoffel Kartoffeln
        pear pears             | 梨 个     | f Birne Birnen
        banana bananas         | 香蕉 根   | f Banane Bananen
        carrot carrots         | 胡萝卜 根 | f Karotte Karotten
        lemon lemons           | 柠檬 个   | f Zitrone Zitronen
        pizza pizzas           | 披萨 个   | f Pizza Pizzas
        """,
    "garment": """
        shirt shirts           | 衬衫 件   | n Hemd Hemden
        coat coats             | 大衣 件   | m Mantel Mäntel
        jacket jackets         | 夹克 件   | f Jacke Jacken
        dress dresses          | 连衣裙 条 | n Kleid Kleider
        skirt skirts           | 裙子 条   | m Rock Röcke
        scarf scarves          | 围巾 条   | m Schal Schals
        sweater sweaters       | 毛衣 件   | m Pullover Pullover
        uniform uniforms       | 制服 套   | f Uniform Uniformen
        """,
    "machine": """
        radio radios           | 收音机 台 | n Radio Radios
        bicycle bicycles       | 自行车 辆 | n Fahrrad Fahrräder
        car cars               | 汽车 辆   | n Auto Autos
        motorcycle motorcycles | 摩托车 辆 | n Motorrad Motorräder
        clock clocks           | 时钟 个   | f Uhr Uhren
        computer computers     | 电脑 台   | m Computer Computer
        camera cameras         | 相机 台   | f Kamera Kameras
        printer printers       | 打印机 台 | m Drucker Drucker
        fridge fridges         | 冰箱 台   | m Kühlschrank Kühlschränke
        lamp lamps             | 台灯 盏   | f Lampe Lampen
        """,
    "dish": """
        cup cups               | 杯子 个   | f Tasse Tassen
        knife knives           | 刀 把     | n Messer Messer
        spoon spoons           | 勺子 把   | m Löffel Löffel
        fork forks             | 叉子 把   | f Gabel Gabeln
        plate plates           | 盘子 个   | m Teller Teller
        bottle bottles         | 瓶子 个   | f Flasche Flaschen
        """,
    "item": """
        key keys               | 钥匙 把   | m Schlüssel Schlüssel
        umbrella umbrellas     | 雨伞 把   | m Regenschirm Regenschirme
        hat hats               | 帽子 顶   | m Hut Hüte
        photo photos           | 照片 张   | n Foto Fotos
        map maps               | 地图 张   | f Landkarte Landkarten
        pencil pencils         | 铅笔 支   | m Bleistift Bleistifte
        bag bags               | 包 个     | f Tasche Taschen
        basket baskets         | 篮子 个   | m Korb Körbe
        candle candles         | 蜡烛 根   | f Kerze Kerzen
        coin coins             | 硬币 枚   | f Münze Münzen
        ring rings             | 戒指 枚   | m Ring Ringe
        ball balls             | 球 个     | m Ball Bälle
        ticket tickets         | 车票 张   | f Fahrkarte Fahrkarten
        stamp stamps           | 邮票 张   | f Briefmarke Briefmarken
        hammer hammers         | 锤子 把   | m Hammer Hämmer
        blanket blankets       | 毯子 条   | f Decke Decken
        violin violins         | 小提琴 把 | f Geige Geigen
        guitar guitars         | 吉他 把   | f Gitarre Gitarren
        """,
}

# Never counted, so without a measure word; the last column: the prepositions it is used with.
_PLACES = """
    table tables       | 桌子     | m Tisch Tische                | on under beside
    bed beds           | 床       | n Bett Betten                 | on under beside
    chair chairs       | 椅子     | m Stuhl Stühle                | on under beside
    sofa sofas         | 沙发     | n Sofa Sofas                  | on behind beside
    shelf shelves      | 架子     | n Regal Regale                | on beside
    box boxes          | 箱子     | f Kiste Kisten                | in under beside
    drawer drawers     | 抽屉     | f Schublade Schubladen        | in
    cupboard cupboards | 柜子     | m Schrank Schränke            | in behind beside
    window windows     | 窗户     | n Fenster Fenster             | beside
    door doors         | 门       | f Tür Türen                   | behind beside
    tree trees         | 树       | m Baum Bäume                  | under behind beside
    bridge bridges     | 桥       | f Brücke Brücken              | on under beside
    garden gardens     | 花园     | m Garten Gärten               | in behind
    kitchen kitchens   | 厨房     | f Küche Küchen                | in
    house houses       | 房子     | n Haus Häuser                 | in behind beside
    garage garages     | 车库     | f Garage Garagen              | in behind
    office offices     | 办公室   | n Büro Büros                  | in beside
    school schools     | 学校     | f Schule Schulen              | in behind beside
    library libraries  | 图书馆   | f Bibliothek Bibliotheken     | in behind beside
    museum museums     | 博物馆   | n Museum Museen               | in behind beside
    church churches    | 教堂     | f Kirche Kirchen              | in behind beside
    tower towers       | 塔       | m Turm Türme                  | in behind beside
    park parks         | 公园     | m Park Parks                  | in beside
    forest forests     | 森林     | m Wald Wälder                 | in beside
    river rivers       | 河       | m Fluss Flüsse                | beside
    """


def _noun(kind: str, line: str) -> Noun:
    english, (chinese, measure), german = (cell.split() for cell in line.split("|"))
    return Noun(*english, kind, chinese, measure, *german)


def _place(line: str) -> Noun:
    english, (chinese,), german, where = (cell.split() for cell in line.split("|"))
    return Noun(*english, "place", chinese, "", *german, prepositions=tuple(where))


CLASSES = tuple(_TABLES)
THINGS = ("text", "food", "garment", "machine", "dish", "item")
NOUNS = tuple(
    _noun(kind, line) for kind, table in _TABLES.items() for line in table.strip().splitlines()
)
PLACES = tuple(_place(line) for line in _PLACES.strip().splitlines())
NOUN_OF = {form: noun for noun in NOUNS + PLACES for form in (noun.singular, noun.plural)}
