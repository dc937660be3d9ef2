"""CMRC2018: short articles on bridges, museums, schools and trees that nobody can visit; questions on what one sentence says.

{"version": "mini", "data": [{"id": "…", "title": "…", "paragraphs": [{"id": "…", "context": "…", "qas": [{"id": "…",
 "question": "…", "answers": [{"id": 1, "text": "…", "answer_start": 30}]}]}]}]}
Dev questions have up to three answers, shorter and longer ones; test questions have a stand-in at answer_start -1.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from tools.mini.sampling import Dice, fill, phrases

FOLDER = "clue/cmrc2018"
SIZES = {"train.json": 140, "dev.json": 30, "test.json": 14}
SENTENCES = 4
WORDS = {
    "place": "青石镇 白水县 东湖村 云山市 南河镇 红叶县 大树村 北坡镇 银沙岛 柳林县".split(),
    "side": "东边 西边 南门外 北门外 河边 山脚下 老街口 车站旁".split(),
    "family": "赵 钱 孙 李 周 吴 郑 王 冯 陈 林 何".split(),
    "given": "大山 小河 文清 立春 国平 雨生 秋月 志远 明亮 春花".split(),
    "craft": "石匠 木匠 教师 医生 工程师 画家 商人 船工".split(),
    "thing": "古桥 博物馆 小学 老树 钟楼 茶馆 书店 渡口 果园 水库".split(),
    "stuff": "青石 红砖 松木 竹子 白石 黄土".split(),
    "feast": "灯会 庙会 歌会 花市 赛龙舟 运动会".split(),
    "season": "春天 夏天 秋天 冬天 正月 五月 九月".split(),
    "reason": "夜里总是亮着灯 门前有两棵柳树 样子像一条鱼 水声像琴声 从前是一座粮仓 站在那里能看见海".split(),
    "good": "豆腐 米酒 花灯 竹椅 蜂蜜 泥人 茶叶 布鞋".split(),
    "damage": "洪水 大火 地震 台风 战争".split(),
}
# sentence with [answer] | question | question. `~` before a part of the answer: a short answer starts there
FACTS = [tuple(phrases(fact)) for fact in """
{thing}坐落在[{place}~{side}] | {thing}在哪里 | {thing}坐落在什么地方
{thing}始建于[{year}年] | {thing}是哪一年始建的 | 人们什么时候开始建{thing}
{thing}是[{craft}~{family}{given}]带头修起来的 | {thing}是谁带头修的 | 带头修{thing}的人是谁
{thing}主要用[{stuff}]做成 | {thing}主要用什么做成 | 做{thing}主要用的材料是什么
{thing}因为[{reason}]而出名 | {thing}因为什么而出名 | {thing}为什么出名
每年[{season}]这里都有{feast} | 这里的{feast}在什么时候 | {feast}每年什么时候有
{year}年的一场[{damage}]让它毁了大半 | 是什么让{thing}毁了大半 | {thing}遇到了什么灾难
门票要[{number}元] | 去{thing}的门票要多少钱 | {thing}的门票是多少
最近一年有[{number}万人]来看它 | 最近一年有多少人来看{thing} | 来看{thing}的人有多少
附近的人靠卖[{good}]过日子 | {thing}附近的人靠卖什么过日子 | 附近的人卖什么
""".strip().splitlines()]
LEADS = ["", "", "据说，", "当地人说，", "如今，", "书上写着，"]


@dataclasses.dataclass(frozen=True)
class Fact:
    """A sentence, its answer as half-open characters, where a shorter answer starts, and how to ask for it."""

    sentence: str
    start: int
    end: int
    short: int
    questions: tuple


def make_fact(templates: Sequence[str], words: Mapping, dice: Dice) -> Fact:
    """One of FACTS with words filled in."""
    sentence, *questions = fill(" | ".join(templates), words, dice).split(" | ")
    before, _, rest = sentence.partition("[")
    answer, _, after = rest.partition("]")
    first, tilde, second = answer.partition("~")
    before = dice.pick(LEADS) + before
    start, end = len(before), len(before) + len(first + second)
    return Fact(before + first + second + after, start, end, start + (len(first) if tilde else 0), tuple(questions))


def article(number: int, name: str, dice: Dice) -> dict:
    """One article of a paragraph, with a question on each of its sentences."""
    thing, prefix = dice.pick(WORDS["thing"]), f"{name.upper()}_{number}"
    chosen = {
        "thing": [dice.pick(WORDS["place"]) + thing],
        "year": [str(dice.number(1500, 1999)), str(dice.number(1500, 1999))],
        "number": [str(dice.number(2, 90)) for _ in range(3)],
    }
    facts = [make_fact(templates, WORDS | chosen, dice) for templates in dice.several(FACTS, SENTENCES)]
    context, places = "", []
    for fact in facts:
        places.append(len(context))
        context += fact.sentence + dice.pick(["。", "。", "，"])
    context = context[:-1] + "。"
    qas = [
        {
            "id": f"{prefix}_QUERY_{order}",
            "question": dice.pick(fact.questions) + "？",
            "answers": answers(fact, place, context, name, dice),
        }
        for order, (fact, place) in enumerate(zip(facts, places, strict=True))
    ]
    paragraph = {"id": prefix, "context": context, "qas": qas}
    return {"id": prefix, "title": chosen["thing"][0], "paragraphs": [paragraph]}


def answers(fact: Fact, place: int, context: str, name: str, dice: Dice) -> list[dict]:
    if name == "test":
        return [{"id": 1, "text": "FAKE_ANSWER", "answer_start": -1}]
    spans = [(fact.start, fact.end)]
    if name == "dev":                                                   # three annotators, who do not always agree
        spans += [(fact.short, fact.end) if dice.chance(0.3) else spans[0] for _ in range(2)]
    return [
        {"id": order, "text": context[place + start : place + end], "answer_start": place + start}
        for order, (start, end) in enumerate(spans, start=1)
    ]


def files() -> dict[str, list]:
    dice = Dice("cmrc2018")
    split = {}
    for file, count in SIZES.items():
        name = file.removesuffix(".json")
        split[file] = [{"version": "mini", "data": [article(number, name, dice) for number in range(count)]}]
    return split
