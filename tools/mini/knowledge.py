"""KgCLUE: a knowledge base of towns, people, books and rivers that do not exist, and questions of one hop to it.

Knowledge.txt    沙田镇（柳江下游的古镇）<TAB>人口<TAB>三万二千
train.json       {"id": 0, "question": "请问沙田镇有多少人？", "answer": "沙田镇（柳江下游的古镇） ||| 人口 ||| 三万二千"}

What the official files have is here too: several things of one name, told apart by what stands in brackets; one of them without
brackets, so that its key begins those of the others; several objects of a key, of which questions want the first; a subject with a
character that no vocabulary holds (㵐); predicates that begin alike (主要…, 主讲…).
"""

from tools.mini.sampling import Dice, phrases

FOLDER = "kgclue"
SIZES = {"train.json": 320, "dev.json": 40, "test.json": 20}
DIGITS = "一二三四五六七八九"
STARTS = phrases("请问 | 你知道 | 我想知道 | 谁知道 | 麻烦问一下， | 我很好奇 | | |")
TOWNS = phrases("沙田镇 | 雁滩镇 | 石门镇 | 枫桥镇 | 青浦镇 | 南屏镇 | 西坪镇 | 安和镇 | 梅溪镇 | 宁川镇")
PEOPLE = phrases("陶知秋 | 许明远 | 潘若水 | 袁一鸣 | 严冬梅 | 唐子涵 | 薛文博 | 郑春生 | 邹小满 | 方海燕")
BOOKS = phrases("灯火归途 | 旧城日记 | 远山来信 | 纸船手记 | 边城往事 | 春潮纪事 | 迷雾密码 | 钟声传说 | 盛夏物语 | 孤岛奇缘")
RIVERS = phrases("白河 | 长溪 | 蓝水 | 曲江 | 龙川河 | 㵐水")
SHARED = {"沙田镇": phrases("柳江下游的古镇 | 白河北岸的集镇"), "灯火归途": phrases("严冬梅写的小说 | 唐子涵唱的歌曲"),
          "白河": phrases("曲江的支流 | 石门镇的一条街"), "许明远": phrases("临川大学教授 | 围棋选手")}  # fmt: skip
QUALIFIED_ONLY = {"许明远", "灯火归途"}
KINDS = {
    "town": (TOWNS, ("人口", "面积", "特产", "主要景点", "主要河流", "气候", "邮政编码", "所属地区")),
    "person": (PEOPLE, ("职业", "出生地", "主讲课程", "主要成就", "毕业院校", "爱好", "代表作品", "生日")),
    "book": (BOOKS, ("作者", "出版社", "页数", "主要人物", "体裁", "出版时间", "定价")),
    "river": (RIVERS, ("长度", "源头", "主要支流", "流经地区", "汛期")),
}
ASKED = {
    "人口": "{s}有多少人？|{s}的人口是多少？",
    "面积": "{s}有多大？|{s}的面积是多少？",
    "特产": "{s}出产什么？|{s}有什么特产？",
    "主要景点": "去{s}可以看什么？|{s}的主要景点是哪里？",
    "主要河流": "{s}有什么大河？|{s}主要的河流叫什么？",
    "气候": "{s}的天气怎么样？|{s}是什么气候？",
    "邮政编码": "寄信到{s}写什么邮编？|{s}的邮政编码是多少？",
    "所属地区": "{s}归哪里管？|{s}属于哪个地区？",
    "职业": "{s}是做什么的？|{s}的职业是什么？",
    "出生地": "{s}生在哪里？|{s}的出生地是哪儿？",
    "主讲课程": "{s}主要讲什么课？|{s}教哪门课程？",
    "主要成就": "{s}做成了什么大事？|{s}的主要成就有哪些？",
    "毕业院校": "{s}是哪所学校毕业的？|{s}在哪里念的大学？",
    "爱好": "{s}喜欢什么？|{s}有什么爱好？",
    "代表作品": "{s}写过什么？|{s}的代表作品是什么？",
    "生日": "{s}哪天过生日？|{s}的生日是几号？",
    "作者": "{s}是谁写的？|{s}的作者是谁？",
    "出版社": "{s}是哪家出的？|{s}由哪个出版社出版？",
    "页数": "{s}有多厚？|{s}一共多少页？",
    "主要人物": "{s}里有谁？|{s}的主要人物是谁？",
    "体裁": "{s}算什么体裁？|{s}是哪一类书？",
    "出版时间": "{s}是哪年出的？|{s}什么时候出版？",
    "定价": "{s}卖多少钱？|{s}的定价是多少？",
    "长度": "{s}有多长？|{s}的长度是多少？",
    "源头": "{s}从哪里流出来？|{s}的源头在哪？",
    "主要支流": "{s}有哪些支流？|{s}的主要支流叫什么？",
    "流经地区": "{s}流过哪些地方？|{s}流经什么地区？",
    "汛期": "{s}什么时候涨水？|{s}的汛期是几月？",
}


def number(dice: Dice) -> str:
    return f"{dice.pick(DIGITS)}{dice.pick('十百千')}{dice.pick(DIGITS)}"


OBJECTS = {
    "人口": lambda dice: f"{dice.pick(DIGITS)}万{dice.pick(DIGITS)}千",
    "面积": lambda dice: f"{number(dice)}亩",
    "特产": lambda dice: dice.pick(phrases("蜜柚 | 莲藕 | 红茶 | 竹编 | 米酒 | 豆腐干")),
    "主要景点": lambda dice: dice.pick(TOWNS) + dice.pick(("钟楼", "石桥", "戏台")),
    "主要河流": lambda dice: dice.pick(RIVERS[:-1]),
    "气候": lambda dice: dice.pick(("四季温和", "冬冷夏热", "多雨")),
    "邮政编码": lambda dice: f"{dice.number(100000, 899999)}",
    "所属地区": lambda dice: dice.pick(("临川", "南屏", "海宁")) + "地区",
    "职业": lambda dice: dice.pick(("教师", "画家", "医生", "作家")),
    "出生地": lambda dice: dice.pick(TOWNS),
    "主讲课程": lambda dice: dice.pick(("水利学", "民间文学", "植物学", "声乐")),
    "主要成就": lambda dice: f"{number(dice)}幅壁画",
    "毕业院校": lambda dice: dice.pick(("临川", "海宁", "云岭")) + "大学",
    "爱好": lambda dice: dice.pick(("钓鱼", "登山", "集邮", "下棋")),
    "代表作品": lambda dice: f"《{dice.pick(BOOKS)}》",
    "生日": lambda dice: f"{dice.pick(DIGITS)}月{dice.pick(DIGITS)}日",
    "作者": lambda dice: dice.pick(PEOPLE),
    "出版社": lambda dice: dice.pick(("青禾", "长亭", "星河")) + "书局",
    "页数": lambda dice: f"{number(dice)}页",
    "主要人物": lambda dice: dice.pick(PEOPLE),
    "体裁": lambda dice: dice.pick(("小说", "散文", "书信集")),
    "出版时间": lambda dice: f"{dice.number(1950, 2020)}年",
    "定价": lambda dice: f"{dice.pick(DIGITS)}十{dice.pick(DIGITS)}元",
    "长度": lambda dice: f"{number(dice)}里",
    "源头": lambda dice: dice.pick(TOWNS) + "后山",
    "主要支流": lambda dice: dice.pick(RIVERS[:-1]),
    "流经地区": lambda dice: dice.pick(TOWNS),
    "汛期": lambda dice: f"{dice.pick(DIGITS)}月",
}
"""{predicate: what makes an object of it}"""


def triples(dice: Dice) -> list[tuple[str, str, str]]:
    """[(name, predicate, object)], in the order of the file."""
    found = []
    for subjects, predicates in KINDS.values():
        for subject in subjects:
            names = [] if subject in QUALIFIED_ONLY else [subject]
            for name in names + [f"{subject}（{meaning}）" for meaning in SHARED.get(subject, ())]:
                for predicate in predicates:
                    found.append((name, predicate, OBJECTS[predicate](dice)))
                    if predicate in ("特产", "主要支流") and dice.chance(0.4):
                        found.append((name, predicate, OBJECTS[predicate](dice)))
    return found


def question(name: str, predicate: str, dice: Dice) -> str:
    """A question for a key. Where several things share the subject, the meaning stands in front."""
    subject, _, meaning = name.removesuffix("）").partition("（")
    asked = dice.pick(ASKED[predicate].split("|")).replace("{s}", f"{meaning}{subject}" if meaning else subject)
    return dice.pick(STARTS) + asked


def files() -> dict[str, list]:
    dice = Dice("kgclue")
    facts = triples(dice)
    first = {}
    for name, predicate, object_ in facts:
        first.setdefault((name, predicate), object_)
    rows, seen = [], set()
    while len(rows) < sum(SIZES.values()):
        key = dice.pick(first)
        asked = question(*key, dice)
        if asked not in seen:
            seen.add(asked)
            rows.append({"question": asked, "answer": " ||| ".join((*key, first[key]))})
    rows, texts = iter(rows), {"Knowledge.txt": ["\t".join(fact) + "\n" for fact in facts]}
    for file, size in SIZES.items():
        some = [{"id": number} | next(rows) for number in range(size)]
        texts[file] = [{"id": row["id"], "question": row["question"]} for row in some] if file == "test.json" else some
    return texts
