"""IFLYTEK: what is an app for, by its description? Of the 119 official classes, 16 that are easily mistaken.

{"label": "108", "label_des": "外卖", "sentence": "山鹿是一款为上班族准备的应用，……"}
Half of the descriptions name functions of another class in order to deny them.
"""

from tools.mini.app_words import CLASSES
from tools.mini.sampling import Dice, cut, distinct, fill, phrases, unlabelled

FOLDER = "clue/iflytek"
SIZES = {"train.json": 464, "dev.json": 128, "test.json": 48}
CONTRAST_RATE = 0.55
NAMES = "小云 青柚 山鹿 半夏 好好 蓝鲸 松果 米粒 橙子 北斗星 慢慢 一叶 知了 石榴 飞鱼".split()
USERS = "上班族 大学生 年轻人 新手 全家人 忙碌的你 细心的人 北方朋友 小城居民 退休教师".split()
OPENINGS = phrases("""
{name}是一款为{user}准备的应用。 | {name}全新上线啦！ | 还在发愁吗？试试{name}。 | {name}，{user}的随身小帮手。
{user}都在用{name}。 | 打开{name}，生活轻松一点。 | 大家好，这里是{name}。 | 百万人的选择，{name}。
""")
CLOSINGS = [
    "", "", "没有广告，永久免费。", "欢迎留言提建议。", "注册就送七天体验。", "界面简洁，老人也会用。", "快来下载吧！"
]
PLAIN = phrases("""
在这里你可以{own1}，{own2}，还能{own3}。 | 主要功能：{own1}；{own2}；{own3}。 | 想{own1}？想{own2}？一个应用就够了。
{own1}，{own2}，每天都用得上。新版本还支持{own3}。 | 一键{own1}，随时{own2}。
""")
CONTRAST = phrases("""
它不能{other1}，也不会{other2}，只帮你{own1}，顺便{own2}。 | 别人教你{other1}，我们只想让你{own1}。
想{other1}请找别家，想{own1}就来这里，还可以{own2}。 | 不是用来{other1}的，而是用来{own1}的。
本应用专心{own1}，请不要问怎么{other1}，也不要问怎么{other2}。 | 从前你忙着{other1}，现在不用了，{own1}就好。
新版本去掉了{other1}和{other2}，留下{own1}和{own2}。
""")


def description(dice: Dice) -> dict:
    """One labelled line."""
    label = dice.weighted({label: 5 + len(name) for label, (name, _) in CLASSES.items()})
    name, functions = CLASSES[label]
    other = dice.pick(key for key in CLASSES if key != label)
    words = {"name": NAMES, "user": USERS, "own": phrases(functions), "other": phrases(CLASSES[other][1])}
    body = dice.pick(CONTRAST if dice.chance(CONTRAST_RATE) else PLAIN)
    sentence = fill(dice.pick(OPENINGS) + body + dice.pick(CLOSINGS), words, dice)
    return {"label": label, "label_des": name, "sentence": sentence}


def files() -> dict[str, list]:
    dice = Dice("iflytek")
    split = cut(distinct(lambda: description(dice), sum(SIZES.values()), key=lambda row: row["sentence"]), SIZES)
    split["test.json"] = [unlabelled(row, i, "sentence") for i, row in enumerate(split["test.json"])]
    return split
