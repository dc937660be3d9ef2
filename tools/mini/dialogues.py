"""C3: texts (m) and dialogues (d) with a question and two to four answers, of which the text makes one true.

[[["男：…", "女：…"], [{"question": "…", "choice": ["…", "…"], "answer": "…"}], "d-17"], …]
Test questions have an `id`, counted from 0 over the file, in place of the answer.
"""

from collections.abc import Iterable

from tools.mini.sampling import Dice, distinct, fill, phrases

FOLDER = "clue/c3"
SIZES = {"m-train.json": 260, "d-train.json": 340, "m-dev.json": 50, "d-dev.json": 60, "test1.0.json": 40, "test1.1.json": 40}
WORDS = {
    "who": "小张 老李 王老师 刘阿姨 陈先生 小美 大伟 周经理".split(),
    "day": "今天 昨天 前天 上周末 这几天 刚才".split(),
    "open": "你听说了吗， 跟你说件事， 真没想到， 我正想告诉你， 你看，".split(),
}
REPLIES = phrases("""
是吗，我还不知道呢 | 原来是这样 | 难怪没看见人 | 那可真巧 | 谢谢你告诉我 | 我也听别人说了 | 真的吗 | 好，我明白了
""")
QUESTIONS = {
    "mood": phrases("{who}的心情怎么样 | {who}现在是什么心情 | 根据这段话，{who}觉得怎么样"),
    "place": phrases("{who}在什么地方 | 这件事发生在哪里 | {who}去了哪儿"),
    "job": phrases("{who}是做什么工作的 | {who}的职业是什么 | {who}最可能是什么人"),
    "weather": phrases("天气怎么样 | 那里是什么天气 | 关于天气，可以知道什么"),
    "plan": phrases("{who}打算做什么 | {who}接下来会做什么 | {who}想做什么"),
}
ANSWERS = {
    "mood": """
高兴：{who}{day}笑得合不上嘴 | {who}一路唱着歌回了家 | {who}得了第一名，跳了起来
难过：{who}{day}一个人偷偷哭了 | {who}红着眼睛，一句话也不说 | {who}丢了小猫，饭都吃不下
生气：{who}{day}把门摔得很响 | {who}大声骂了起来，脸都红了 | {who}拍着桌子，谁劝也不听
""",
    "place": """
医院：{who}{day}打了针，护士让多休息 | {who}挂了号，等着大夫看病 | {who}拿着药，病房里很安静
银行：{who}{day}取了钱，又办了一张存折 | {who}排队存款，填了一张汇款单 | {who}问了贷款的利息
学校：{who}{day}听完课，交了作业 | {who}在操场上做操，铃声响了 | {who}在教室里考试
""",
    "job": """
司机：{who}{day}开了十个小时的车 | {who}每天握着方向盘跑长途 | {who}的出租车刚换了轮胎
厨师：{who}{day}炒了一百多个菜 | {who}整天在锅边，切菜很快 | {who}做的红烧肉，客人都说香
警察：{who}{day}抓住了小偷 | {who}穿着制服指挥交通 | {who}破了一件大案
""",
    "weather": """
下雨：{day}路上全是水，{who}的伞坏了 | {who}浑身湿透，衣服没地方晒 | 屋檐滴着水，{who}穿着雨衣
下雪：{day}外面一片白，{who}堆了个人 | {who}的脚印深深的，树枝都压弯了 | 路上结了冰，{who}滑了一下
晴天：{day}太阳很好，{who}晒了被子 | 天蓝得没有一片云，{who}戴上了墨镜 | 阳光照进来，{who}出去散步
""",
    "plan": """
搬家：{who}{day}租好了新房子，正在装箱子 | {who}请了一辆货车，要把家具运走 | {who}嫌现在的房子小，看好了另一套
旅游：{who}{day}买好了车票，订了海边的房间 | {who}查了景点，准备带上相机 | {who}想趁放假看看名山
减肥：{who}{day}只吃了一个苹果，称了三次体重 | {who}办了健身卡，不再吃甜的 | {who}觉得裤子紧了，开始每天跑步
""",
}
FACTS = {
    topic: {answer: phrases(texts) for answer, texts in (line.split("：") for line in lines.strip().splitlines())}
    for topic, lines in ANSWERS.items()
}


def document(kind: str, dice: Dice) -> list:
    """[texts, questions without an id] of one document."""
    topic = dice.pick(FACTS)
    answer = dice.pick(FACTS[topic])
    fact = dice.pick(FACTS[topic][answer])
    slots = fill(f"{fact}\n{dice.pick(QUESTIONS[topic])}", WORDS, dice).split("\n")
    if kind == "d":
        first, second = dice.shuffled(["男", "女"])
        texts = [f"{first}：{dice.pick(WORDS['open'])}{slots[0]}。", f"{second}：{dice.pick(REPLIES)}。"]
    else:
        other = fill(dice.pick(["那是{who}亲眼看见的", "邻居们都这么说", "大家后来常常提起这件事", "{who}当时也在"]), WORDS, dice)
        texts = ["，".join(dice.shuffled([slots[0], other])) + "。"]
    strange = [each for other in FACTS if other != topic for each in FACTS[other]]
    count = dice.weighted({3: 6, 2: 2, 1: 1})
    close = dice.several((each for each in FACTS[topic] if each != answer), min(count, dice.weighted({0: 1, 1: 2, 2: 1})))
    others = close + dice.several(strange, count - len(close))
    return [texts, [{"question": slots[1] + "？", "choice": dice.shuffled([answer, *others]), "answer": answer}]]


def without_answers(documents: Iterable) -> list:
    """Documents of a test file: questions have an id, counted over the file."""
    return [
        [texts, [{"question": each["question"], "choice": each["choice"], "id": number} for each in questions], id]
        for number, (texts, questions, id) in enumerate(documents)
    ]


def files() -> dict[str, list]:
    dice, split, seen = Dice("c3"), {}, {"m": [], "d": []}
    for kind in seen:
        count = sum(size for name, size in SIZES.items() if name.startswith((kind, "test")))
        seen[kind] = distinct(lambda kind=kind: document(kind, dice), count, key=lambda row: row[0][0])
    for name, size in SIZES.items():
        kinds = ["m", "d"] * (size // 2) if name.startswith("test") else [name[0]] * size
        documents = [[*seen[kind].pop(0), f"{kind}-{len(seen[kind])}"] for kind in kinds]
        split[name] = [without_answers(documents) if name.startswith("test") else documents]
    return split
