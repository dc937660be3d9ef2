"""WSC: does the pronoun (span2) mean the noun (span1)? Characters are counted from 0 in `text`.

{"target": {"span2_index": 9, "span1_index": 0, "span1_text": "爸爸", "span2_text": "他"}, "idx": 0, "label": "true",
 "text": "爸爸在门口等妈妈，他手里拿着一把伞。"}
Most texts are decided by gender, number or life; one in five only by what happens, as in Winograd's schemas. Far more
often than not the pronoun means the subject.
"""

from collections.abc import Mapping

from tools.mini.sampling import SLOT, Dice, cut, distinct, phrases, unlabelled

FOLDER = "clue/wsc"
SIZES = {"train.json": 560, "dev.json": 140, "test1.0.json": 30, "test.json": 30}
TRUE_RATE = 0.47
FIRST_RATE = 0.85
"""How often the pronoun means {a}, the subject: real texts prefer it too, and a small model can find that out."""
MEN = "爸爸 爷爷 叔叔 哥哥 弟弟 舅舅 外公 小伙子 老王 孙子".split()
WOMEN = "妈妈 奶奶 阿姨 姐姐 妹妹 舅妈 外婆 小姑娘 李婶 孙女".split()
THINGS = "书包 台灯 风筝 茶壶 小狗 花猫 木箱 闹钟 毛笔 金鱼".split()
GROUPS = "孩子们 客人们 队员们 同学们 邻居们 工人们".split()
PRONOUNS = [(MEN, "他"), (WOMEN, "她"), (THINGS, "它"), (GROUPS, "他们")]
# {a} and {b}: a man and a woman in any order. {p} may be either: its gender decides.
GENDER = phrases("""
{a}和{b}一起去买菜，最后是{p}付的钱。 | {a}在门口等{b}，{p}手里拿着一把伞。 | {a}正陪{b}散步，忽然{p}停了下来。
{day}，{a}给{b}打电话，{p}说了很久。 | {a}坐在{b}旁边，{p}一直在看报纸。 | {a}教{b}包饺子，{p}笑得很开心。
{a}送{b}去车站，{p}有点舍不得。 | {a}跟着{b}学唱戏，{p}的嗓子真好。 | {day}，{a}遇见了{b}，{p}刚从医院出来。
{a}帮{b}修好了门，晚上{p}做了一桌菜。
""")
# {a} a person, {b} a thing or a group.
LIFE = phrases("""
{day}，{a}带着{b}回到家，{p}身上都是雨水。 | {a}又想起了{b}，{p}已经好久不在家了。
{a}看见了{b}，{p}就在窗户旁边。
{a}和{b}半天没露面，原来{p}在楼下。 | {a}站在{b}前面，{p}挡住了别人。 | {day}，{a}和{b}的照片登了报，{p}一下子出了名。
院子里只有{a}和{b}，{p}一动也不动。 | {a}旁边是{b}，照片里{p}占了一大半。 | 大家围着{a}和{b}，都说{p}很特别。
""")
# {a} and {b} share the pronoun. The first list means {a}, the second {b}.
SCHEMA_FIRST = phrases("""
{a}向{b}借了一把伞，因为{p}忘了带伞。 | {a}请{b}帮忙搬家，因为{p}一个人搬不动。 | {a}输给了{b}，{p}决定回去多练习。
{a}问{b}怎么走，因为{p}第一次来这里。 | {a}把座位让给{b}，{p}愿意站一会儿。 | {a}没听懂{b}的话，{p}只好再问一遍。
""")
SCHEMA_SECOND = phrases("""
{a}把伞借给{b}，因为{p}忘了带伞。 | {a}帮{b}搬家，因为{p}一个人搬不动。 | {a}赢了{b}，{p}决定回去多练习。
{a}给{b}指路，因为{p}第一次来这里。 | {a}把座位让给{b}，{p}连声道谢。 | {a}又讲了一遍，因为{b}说{p}没听懂。
""")
DAYS = "昨天 周末 前天下午 那天早上 晚饭以后 国庆节".split()


def situation(dice: Dice) -> tuple[str, dict[str, str], str]:
    """(template, {slot: word}, the slot that the pronoun means)"""
    kind = dice.weighted({"life": 55, "gender": 27, "schema": 18})
    meant = "a" if dice.chance(FIRST_RATE) else "b"
    if kind == "schema":
        nouns, pronoun = dice.pick(PRONOUNS[:2])
        templates = SCHEMA_FIRST if meant == "a" else SCHEMA_SECOND
        first, second = dice.several(nouns, 2)
    else:
        templates = GENDER if kind == "gender" else LIFE
        sides = dice.shuffled(PRONOUNS[:2]) if kind == "gender" else [dice.pick(PRONOUNS[:2]), dice.pick(PRONOUNS[2:])]
        first, second = (dice.pick(nouns) for nouns, _ in sides)
        pronoun = sides["ab".index(meant)][1]
    return dice.pick(templates), {"a": first, "b": second, "p": pronoun, "day": dice.pick(DAYS)}, meant


def assemble(template: str, words: Mapping) -> tuple[str, dict[str, int]]:
    """The text and {slot: index of its first character}."""
    text, starts = "", {}
    for i, part in enumerate(SLOT.split(template)):
        if i % 2:
            starts[part] = len(text)
        text += words[part] if i % 2 else part
    return text, starts


def coreference(dice: Dice) -> dict:
    """One labelled line without its number."""
    template, words, meant = situation(dice)
    text, starts = assemble(template, words)
    true = dice.chance(TRUE_RATE)
    noun = meant if true else {"a": "b", "b": "a"}[meant]
    target = {"span2_index": starts["p"], "span1_index": starts[noun]}
    target |= {"span1_text": words[noun], "span2_text": words["p"]}
    return {"target": target, "label": str(true).lower(), "text": text}


def files() -> dict[str, list]:
    dice = Dice("wsc")
    split = cut(distinct(lambda: coreference(dice), sum(SIZES.values()), key=lambda row: row["text"]), SIZES)
    for name in ("train.json", "dev.json"):
        split[name] = [{"target": row["target"], "idx": i} | row for i, row in enumerate(split[name])]
    for name in ("test1.0.json", "test.json"):
        split[name] = [unlabelled(row, i, "target", "text") for i, row in enumerate(split[name])]
    return split
