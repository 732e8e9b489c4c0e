"""TinyWorld's Chinese and German: whole sentences, every rule of inflection, true alignments."""

import re

import pytest

from unrolled.data import tinyworld as tw
from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.german_forms import article, ending, relative_pronoun

words_of = str.split
SENTENCES = tw.generate(3000, seed=6)
MEASURES = {noun.chinese: noun.measure for noun in lex.NOUNS}

# English | German | Chinese
TRANSLATIONS = """
the keys that the teacher has are new .
    | die Schlüssel , die der Lehrer hat , sind neu . | 老师 拥有 的 那 些 钥匙 很 新 。
the key that the girls that Anna knows need is not red .
    | der Schlüssel , den die Mädchen brauchen , die Anna kennt , ist nicht rot .
    | 安娜 认识 的 女孩们 需要 的 那 把 钥匙 不 是 红色 的 。
Anna does not have a dog . | Anna hat keinen Hund . | 安娜 没 有 狗 。
Tom does not need an old book . | Tom braucht kein altes Buch . | 汤姆 不 需要 旧 书 。
Tom needs an old book . | Tom braucht ein altes Buch . | 汤姆 需要 一 本 旧 书 。
Lily has three old books . | Lily hat drei alte Bücher . | 莉莉 有 三 本 旧 书 。
these three old books are expensive .
    | diese drei alten Bücher sind teuer . | 这 三 本 旧 书 很 贵 。
the expensive coat is on the chair .
    | der teure Mantel ist auf dem Stuhl . | 那 件 昂贵 的 大衣 在 椅子 上 。
the cats are not in the garden . | die Katzen sind nicht im Garten . | 那 些 猫 不 在 花园 里 。
this cat is in the kitchens . | diese Katze ist in den Küchen . | 这 只 猫 在 厨房 里 。
the teachers are helping a student .
    | die Lehrer helfen einem Studenten . | 那 些 老师 在 帮助 一 个 学生 。
the teacher is not helping the student .
    | der Lehrer hilft dem Studenten nicht . | 那 位 老师 没 在 帮助 那 个 学生 。
the students that Anna is helping are tired .
    | die Studenten , denen Anna hilft , sind müde . | 安娜 在 帮助 的 那 些 学生 很 累 。
the nurse that Paul does not trust lives in Vienna .
    | die Krankenschwester , der Paul nicht vertraut , wohnt in Wien .
    | 保罗 不 信任 的 那 位 护士 住 在 维也纳 。
the boy that the girl is waiting for is crying .
    | der Junge , auf den das Mädchen wartet , weint . | 女孩 在 等 的 那 个 男孩 在 哭 。
Ms Novak is not waiting for the boy .
    | Frau Novak wartet nicht auf den Jungen . | 诺瓦克 女士 没 在 等 那 个 男孩 。
Anna is thanking Mr Novak . | Anna dankt Herrn Novak . | 安娜 在 感谢 诺瓦克 先生 。
Mr Novak is very busy . | Herr Novak ist sehr beschäftigt . | 诺瓦克 先生 非常 忙 。
Anna Novak works for Kepler Motors .
    | Anna Novak arbeitet bei Kepler Motors . | 安娜 · 诺瓦克 在 开普勒 汽车 工作 。
Anna does not come from New York .
    | Anna kommt nicht aus New York . | 安娜 不 是 来自 纽约 。
the pilots from Rome are dancing .
    | die Piloten aus Rom tanzen . | 来自 罗马 的 那 些 飞行员 在 跳舞 。
Paul is not polite . | Paul ist nicht höflich . | 保罗 不 礼貌 。
this book is not useful . | dieses Buch ist nicht nützlich . | 这 本 书 没 有用 。
these interesting books are useful .
    | diese interessanten Bücher sind nützlich . | 这 些 有意思 的 书 很 有用 。
today the dog that Eva has is eating an apple .
    | heute isst der Hund , den Eva hat , einen Apfel .
    | 今天 伊娃 拥有 的 那 只 狗 在 吃 一 个 苹果 。
tonight the children are not sleeping .
    | heute Abend schlafen die Kinder nicht . | 今晚 那 些 孩子 没 在 睡觉 。
the man that is not sleeping knows the queen that the king admires .
    | der Mann , der nicht schläft , kennt die Königin , die der König bewundert .
    | 没 在 睡觉 的 那 个 男人 认识 国王 钦佩 的 那 位 女王 。
the woman that has the horse that the boys like is rich .
    | die Frau , die das Pferd hat , das die Jungen mögen , ist reich .
    | 有 男孩们 喜欢 的 那 匹 马 的 那 个 女人 很 富有 。
the bear that the dogs are chasing is quite dangerous .
    | der Bär , den die Hunde jagen , ist ziemlich gefährlich .
    | 那 些 狗 在 追 的 那 头 熊 相当 危险 。
the umbrella that Anna does not have is blue .
    | der Regenschirm , den Anna nicht hat , ist blau . | 安娜 没 有 的 那 把 雨伞 是 蓝色 的 。
"""


def blocks():
    for block in re.split(r"\n(?=\S)", TRANSLATIONS.strip()):
        english, *others = (cell.split() for cell in block.split("|"))
        yield pytest.param(english, *others, id=" ".join(english))


@pytest.mark.parametrize(("english", "german", "chinese"), list(blocks()))
def test_whole_sentences(english, german, chinese):
    sentence = tw.parse(english)
    assert list(sentence.german) == german
    assert list(sentence.chinese) == chinese


def test_alignments_of_one_sentence_word_by_word():
    sentence = tw.parse(words_of("the keys that the teacher has are new ."))
    # die Schlüssel , die der Lehrer hat , sind neu .
    assert sentence.german_alignment == (
        (0, 0), (1, 1), (2, 2), (2, 3), (2, 7), (3, 4), (4, 5), (5, 6), (6, 8), (7, 9), (8, 10),
    )  # fmt: skip
    # 老师 拥有 的 那 些 钥匙 很 新 。
    assert sentence.chinese_alignment == (
        (0, 3), (0, 4), (1, 5), (2, 2), (3, 0), (4, 0), (5, 1), (6, 6), (7, 7), (8, 8),
    )  # fmt: skip


def test_not_a_is_one_german_word_and_doing_is_none():
    sentence = tw.parse(words_of("Anna is not reading a book ."))
    assert sentence.german == ("Anna", "liest", "kein", "Buch", ".")
    assert sentence.german_alignment == ((0, 0), (1, 1), (2, 2), (3, 1), (4, 2), (5, 3), (6, 4))
    assert sentence.chinese == ("安娜", "没", "在", "读", "书", "。")
    assert sentence.chinese_alignment == ((0, 0), (1, 2), (2, 1), (3, 3), (4, 4), (5, 4), (6, 5))


def test_alignments_are_sorted_in_range_and_leave_no_word_out():
    for sentence in SENTENCES:
        for other, links in (
            (sentence.chinese, sentence.chinese_alignment),
            (sentence.german, sentence.german_alignment),
        ):
            assert list(links) == sorted(set(links))
            assert {i for i, _ in links} == set(range(len(sentence.english))), sentence
            assert {j for _, j in links} == set(range(len(other))), sentence


def test_aligned_nouns_translate_each_other():
    for sentence in SENTENCES:
        for i, word in enumerate(sentence.english):
            if word not in lex.NOUN_OF:
                continue
            noun = lex.NOUN_OF[word]
            chinese = [sentence.chinese[j] for k, j in sentence.chinese_alignment if k == i]
            german = [sentence.german[j] for k, j in sentence.german_alignment if k == i]
            assert [w.removesuffix("们") for w in chinese] == [noun.chinese], sentence
            is_plural = word == noun.plural
            forms = {noun.german_form(is_plural, case) for case in ("nom", "acc", "dat")}
            assert len(german) == 1, sentence
            assert german[0] in forms, sentence


def test_a_counted_noun_has_its_own_measure_word():
    counted = 0
    numbers = {"一", *(chinese for chinese, _ in lex.NUMBERS.values())}
    for sentence in SENTENCES:
        words = sentence.chinese
        for at, word in enumerate(words):
            if word in numbers:
                noun = next(w for w in words[at + 1 :] if w in MEASURES)
                assert words[at + 1] == MEASURES[noun], sentence.chinese_text
                counted += 1
    assert counted > 100


def test_german_commas_stand_in_pairs_around_clauses():
    for sentence in SENTENCES:
        text = " ".join(sentence.german)
        assert ", ," not in text, sentence
        assert ", ." not in text, sentence
        assert text.count(",") >= sentence.english.count("that"), sentence
        assert (text.count(",") == 0) == ("that" not in sentence.english), sentence


GERMAN_VERBS = {form for verb in lex.VERBS for form in verb.german}
PRONOUNS = {"der", "die", "das", "den", "dem", "denen"}
GERMAN_VERBS |= {"ist", "sind", "wohnt", "wohnen", "kommt", "kommen", "arbeitet", "arbeiten"}


def test_german_relative_clauses_begin_with_a_pronoun_and_end_with_their_verb():
    relative = 0
    for sentence in SENTENCES:
        if sentence.meaning.has("time"):  # there the object may follow a comma
            continue
        for clause in words_of(" ".join(sentence.german).removesuffix(" ."), " , ")[1:]:
            words = clause.split()
            if words[0] in GERMAN_VERBS:  # the main clause goes on
                continue
            assert words[words[0] == "auf"] in PRONOUNS, sentence.german_text
            assert words[-1] in GERMAN_VERBS, sentence.german_text
            relative += 1
    assert relative > 500


def test_german_articles_agree_with_their_nouns():
    """Right after a definite article stands a noun of that gender, number and case."""
    wanted = {"der": {"m", "f"}, "die": {"f", "p"}, "das": {"n"}, "den": {"m", "p"}}
    wanted["dem"] = {"m", "n"}
    genders = {}
    for noun in lex.NOUNS + lex.PLACES:
        for case in ("nom", "acc", "dat"):
            genders.setdefault(noun.german_form(False, case), set()).add(noun.gender)
            genders.setdefault(noun.german_form(True, case), set()).add("p")
    for sentence in SENTENCES:
        for i, word in enumerate(sentence.german):
            following = sentence.german[i + 1 : i + 2]
            if sentence.german[i - 1] != "," and word in wanted and following[0] in genders:
                assert wanted[word] & genders[following[0]], sentence.german_text


# case, then der-words m f n p; ein-words m f n
@pytest.mark.parametrize(
    ("case", "definite", "this", "a"),
    [
        ("nom", "der die das die", "dieser diese dieses diese", "ein eine ein"),
        ("acc", "den die das die", "diesen diese dieses diese", "einen eine ein"),
        ("dat", "dem der dem den", "diesem dieser diesem diesen", "einem einer einem"),
    ],
)
def test_german_articles(case, definite, this, a):
    for gender, the_form, this_form in zip("mfnp", definite.split(), this.split(), strict=True):
        is_plural = gender == "p"
        asked = ("f" if is_plural else gender, is_plural, case)
        assert article("the", False, *asked) == ("weak", the_form)
        assert article("these" if is_plural else "this", False, *asked) == ("weak", this_form)
    for gender, form in zip("mfn", a.split(), strict=True):
        assert article("a", False, gender, False, case) == ("mixed", form)
        assert article("an", True, gender, False, case) == ("mixed", "k" + form)
    assert article("", False, "m", True, case) == ("strong", "")


@pytest.mark.parametrize(
    ("kind", "case", "endings"),
    [
        ("weak", "nom", "e e e en"),
        ("weak", "acc", "en e e en"),
        ("weak", "dat", "en en en en"),
        ("mixed", "nom", "er e es en"),
        ("mixed", "acc", "en e es en"),
        ("mixed", "dat", "en en en en"),
        ("strong", "nom", "er e es e"),
        ("strong", "acc", "en e es e"),
        ("strong", "dat", "em er em en"),
    ],
)
def test_german_adjective_endings(kind, case, endings):
    for gender, wanted in zip("mfnp", endings.split(), strict=True):
        asked = ("n" if gender == "p" else gender, gender == "p", case)
        assert ending(kind, *asked) == wanted


def test_german_relative_pronouns():
    forms = {
        case: [relative_pronoun("m" if g == "p" else g, g == "p", case) for g in "mfnp"]
        for case in ("nom", "acc", "dat")
    }
    assert forms == {
        "nom": ["der", "die", "das", "die"],
        "acc": ["den", "die", "das", "die"],
        "dat": ["dem", "der", "dem", "denen"],
    }


@pytest.mark.parametrize(
    ("english", "forms"),
    [  # nominative, accusative, dative; singular and plural
        ("student", "Student Studenten Studenten Studenten Studenten Studenten"),
        ("bear", "Bär Bären Bären Bären Bären Bären"),
        ("doctor", "Arzt Arzt Arzt Ärzte Ärzte Ärzten"),
        ("car", "Auto Auto Auto Autos Autos Autos"),
        ("girl", "Mädchen Mädchen Mädchen Mädchen Mädchen Mädchen"),
        ("teacher", "Lehrer Lehrer Lehrer Lehrer Lehrer Lehrern"),
    ],
)
def test_german_noun_forms(english, forms):
    noun = lex.NOUN_OF[english]
    found = [noun.german_form(p, case) for p in (False, True) for case in ("nom", "acc", "dat")]
    assert found == forms.split()


def test_articles_fit_the_sound_that_follows():
    vowel_heard = re.compile(r"(?!useful|uniform)[aeiou]|honest")
    found = 0
    for sentence in SENTENCES:
        for word, following in zip(sentence.english, sentence.english[1:], strict=False):
            if word in ("a", "an"):
                assert (word == "an") == bool(vowel_heard.match(following)), sentence
                found += word == "an"
    assert found > 10


def test_texts_are_written_as_people_write_them():
    sentence = tw.parse(words_of("the keys that Tom has are new ."))
    assert sentence.english_text == "The keys that Tom has are new."
    assert sentence.german_text == "Die Schlüssel, die Tom hat, sind neu."
    assert sentence.chinese_text == "汤姆拥有的那些钥匙很新。"
    assert repr(sentence) == "Sentence('The keys that Tom has are new.')"


def test_sentences_are_equal_by_their_words():
    one, same = (tw.parse(words_of("Tom is tired .")) for _ in range(2))
    other = tw.parse(words_of("Tom is happy ."))
    assert one == same
    assert one != other
    assert len({one, same, other}) == 2
    assert one != one.english


def test_meaning_refuses_to_mix_up_words_and_nodes():
    meaning = tw.parse(words_of("Tom is tired .")).meaning
    with pytest.raises(TypeError, match="subject is a node, a word is wanted"):
        meaning.word("subject")
    with pytest.raises(TypeError, match="end is a word, a node is wanted"):
        meaning.node("end")
    assert meaning.word("time") == ""
    assert meaning.node("predicate").key("be", "adj") == ("predicate.be", "predicate.adj")
