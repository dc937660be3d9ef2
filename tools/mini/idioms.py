"""CHID: which idiom belongs in a blank? Ten candidates serve all blanks of a line, each at most once.

{"content": ["他做事#idiom000007#，…", "…"], "candidates": ["一心一意", …]}        train_answer.json: {"#idiom000007#": 3, …}
"""

from tools.mini.sampling import Dice, distinct, fill, phrases

FOLDER = "clue/chid"
SIZES = {"train": 240, "dev": 80, "test1.0": 30, "test1.1": 30}
CANDIDATES = 10
WORDS = {
    "who": "小张 老李 表哥 邻居 班长 师傅 队长 姐姐 同事 校长".split(),
    "when": "去年 昨天 有一次 前不久 小时候 上个月 那几天".split(),
    "lead": "说起来， 大家都记得， 我后来才知道， 不用说， 书上写过，".split(),
}
# idiom: sentences with _ for the blank
CONTEXTS = {
    idiom: phrases(texts)
    for idiom, texts in (line.split("：") for line in """
井底之蛙：{who}从没出过村，以为天只有井口大，真是_ | 见识太少的人就像_，不知道世界有多大 | 多去外面看看，别做一只_
画蛇添足：图已经很好了，{who}又添了几笔，反而_ | 文章写完了还要加一段，这是_ | 多余的装饰只会_，不如不加
守株待兔：{who}不种地，天天等着兔子自己撞上来，这叫_ | 不去努力，只想_，机会不会自己来 | 靠运气等着捡便宜，就是_
对牛弹琴：{who}给外行讲了半天乐理，简直是_ | 他听不懂，你说再多也是_ | 跟不懂的人讲道理，等于_
亡羊补牢：丢了东西才把门修好，{who}说这是_，还不算晚 | 出了事故马上改正，_，还来得及 | 成绩下降后赶紧补课，算是_
半途而废：{who}学琴学到一半就不学了，_很可惜 | 山爬到一半就下来，_ | 坚持到底，千万不要_
一举两得：{who}走路上班，锻炼了身体又省了车费，_ | 又能学习又能赚钱，真是_ | 这样做有两个好处，可以说_
雪中送炭：{who}最困难的时候，有人送来了钱，真是_ | 灾区缺水缺粮，救援队_ | 在别人需要时帮一把，就是_
车水马龙：节日的大街上_，十分热闹 | 市中心_，{who}开车走了一个小时 | 天黑了，路上还是_
鸦雀无声：老师走进来，教室里立刻_ | 考场上_，只听见写字的声音 | 台下几百人_，等着结果
粗心大意：{who}又把小数点写错了，太_ | 出门忘了带钥匙，都怪自己_ | 检查两遍，就不会因为_丢分
专心致志：{who}在灯下看书，_，没听见敲门 | 科学家_地做实验，忘了吃饭 | 上课要_，不能东看西看
依依不舍：毕业那天，同学们_地告别 | 火车要开了，{who}_地拉着妈妈的手 | 离开住了十年的家，心里_
""".strip().splitlines())
}


def passage(idiom: str, dice: Dice) -> str:
    """A text with _ for the idiom."""
    text = fill(dice.pick(CONTEXTS[idiom]), WORDS, dice)
    lead = dice.weighted({"{lead}": 2, "{when}，": 2, "": 1})
    tail = dice.pick(["。", "。", "。这话没错。", "。你觉得呢？", "，{who}也这样想。"])
    return fill(lead, WORDS, dice) + text + fill(tail, WORDS, dice)


def line(dice: Dice) -> tuple[list[str], list[str], list[str]]:
    """(texts with _ for their blanks, idioms of the blanks, candidates): two blanks may stand in one text."""
    count = dice.weighted({1: 8, 2: 3, 3: 1})
    candidates = dice.several(CONTEXTS, CANDIDATES)
    answers = dice.several(candidates, count)
    texts = [passage(idiom, dice) for idiom in answers]
    if count > 1 and dice.chance(0.5):
        texts = ["".join(texts[:2]), *texts[2:]]
    return texts, answers, candidates


def files() -> dict[str, list]:
    dice, split, number = Dice("chid"), {}, 0
    lines = iter(distinct(lambda: line(dice), sum(SIZES.values()), key=lambda found: found[0][0]))
    for name, size in SIZES.items():
        rows, numbers = [], {}
        for texts, answers, candidates in (next(lines) for _ in range(size)):
            text = "\n".join(texts)
            for answer in answers:
                blank = f"#idiom{number:06d}#"
                text, number = text.replace("_", blank, 1), number + 1
                numbers[blank] = candidates.index(answer)
            rows.append({"content": text.split("\n"), "candidates": candidates})
        split[f"{name}.json"] = rows
        if not name.startswith("test"):
            split[f"{name}_answer.json"] = [numbers]
    return split
