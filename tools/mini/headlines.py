"""TNEWS: which of 15 sections does a headline belong to? Some name a second section only to turn away from it.

{"label": "103", "label_desc": "news_sports", "sentence": "不聊新能源车了，来聊聊女排联赛", "keywords": "女排联赛"}
"""

from tools.mini.headline_words import SECTIONS
from tools.mini.sampling import Dice, cut, distinct, fill, phrases, unlabelled

FOLDER = "clue/tnews"
SIZES = {"train.json": 660, "dev.json": 165, "test1.0.json": 45, "test.json": 45}
CONTRAST_RATE = 0.4

CONTRASTS = """
不聊{other}了，来聊聊{topic} | {other}先放一放，大家都在问{topic} | 说好要写{other}，结果整篇都在讲{topic}
比起{other}，他更在意{topic} | 今天的主角是{topic}，而不是{other} | 别只盯着{other}，{topic}也值得一看
{topic}和{other}撞到一起，编辑选了前者 | {other}和{topic}撞到一起，编辑选了后者 | 本来想看{other}，却被{topic}吸引住了
标题像在说{other}，内容其实是{topic} | 不是{other}，而是{topic} | 是{topic}，不是{other}
今天专门讲{topic}，{other}改天再说 | {topic}刷屏了，连{other}都没人提
"""
LEADS = ["", "", "", "", "刚刚，", "早报：", "话题：", "收藏！", "一图看懂：", "记者手记：", "周末闲谈："]
TAILS = ["", "", "", "", "", "，你怎么看", "，网友点赞", "，评论区热闹了", "！", "，建议收藏", "，看完心里有数"]


def headline(dice: Dice) -> tuple[str, dict]:
    """A labelled line, and what makes it different from others: its words without lead and tail."""
    label = dice.weighted({label: section["weight"] for label, section in SECTIONS.items()})
    section = SECTIONS[label]
    topic = dice.pick(section["topics"].split())
    keywords = [topic]
    if dice.chance(CONTRAST_RATE):
        other = dice.pick(SECTIONS[dice.pick(name for name in SECTIONS if name != label)]["topics"].split())
        core = sentence = fill(dice.pick(phrases(CONTRASTS)), {"topic": [topic], "other": [other]}, dice)
        keywords = dice.shuffled([topic, other])
    else:
        core = fill(dice.pick(phrases(section["events"])), {"topic": [topic]}, dice)
        sentence = dice.pick(LEADS) + core + dice.pick(TAILS)
    if dice.chance(0.15):
        keywords = []
    row = {"label": label, "label_desc": section["name"], "sentence": sentence, "keywords": ",".join(keywords)}
    return core, row


def files() -> dict[str, list]:
    dice = Dice("tnews")
    rows = distinct(lambda: headline(dice), sum(SIZES.values()), key=lambda pair: pair[0])
    split = cut((row for _, row in rows), SIZES)
    for name in ("test1.0.json", "test.json"):
        split[name] = [unlabelled(row, i, "sentence", "keywords") for i, row in enumerate(split[name])]
    return split
