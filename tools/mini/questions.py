"""AFQMC: do two customers ask the same thing? The same card and the same request: "1".

{"sentence1": "怎么开通借书证", "sentence2": "请问图书证要怎么办理", "label": "1"}
The "0" are another card, another request, or, more often, a question about something else altogether.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter

from tools.mini.sampling import Dice, cut, distinct, fill, phrases, unlabelled

FOLDER = "clue/afqmc"
SIZES = {"train.json": 760, "dev.json": 180, "test.json": 50}
SAME_RATE = 0.46
OFF_TOPIC_RATE = 0.6
THINGS = [names.split() for names in phrases("""
会员卡 VIP卡 | 借书证 图书证 | 校园卡 一卡通 | 公交卡 交通卡 | 饭卡 食堂卡 | 停车卡 车位卡 | 电话卡 手机卡
健身卡 健身房的卡
""")]
REQUESTS = [phrases(request) for request in """
怎么开通{thing} | 如何开通{thing} | 在哪里可以开通{thing} | {thing}要怎么申请开通
怎么注销{thing} | 不想用{thing}了，如何注销 | {thing}可以注销吗 | 注销{thing}在哪里操作
{thing}怎么续费 | 如何给{thing}续费 | {thing}快到期了，在哪续费 | 给{thing}续费一年怎么弄
{thing}密码忘了怎么办 | 如何找回{thing}的密码 | 忘记{thing}密码了 | {thing}的密码想重新设置
{thing}丢了怎么挂失 | 如何挂失{thing} | {thing}找不到了，要挂失 | 挂失{thing}需要什么
{thing}收费多少钱 | {thing}是怎么收费的 | 办{thing}要收多少费用 | 想知道{thing}的收费标准
{thing}能转让给别人吗 | 怎么把{thing}转让给朋友 | {thing}可不可以转让 | 想转让{thing}，怎么操作
{thing}怎么绑定手机号 | 如何把手机号绑定到{thing} | {thing}绑定手机在哪里设置 | 给{thing}绑定新的手机号
""".strip().splitlines()]
OFF_TOPIC = phrases("""
明天{city}会下雨吗 | {city}周末有什么好玩的 | 从{city1}到{city2}坐什么车快 | {dish}炖多久才好吃 | 做{dish}放不放糖
{pet}不爱吃饭怎么办 | 多久给{pet}洗一次澡 | {show}几点开演 | {show}都有谁参加 | {city}冬天冷不冷 | {dish}和米饭配吗
""")
WORDS = {
    "city": "杭州 昆明 大连 西安 桂林 青岛 长沙".split(),
    "dish": "红烧鱼 排骨汤 番茄牛肉 萝卜羊肉 土豆鸡块".split(),
    "pet": "小猫 小狗 兔子 仓鼠 乌龟".split(),
    "show": "白蛇传 牡丹亭 新年晚会 民歌专场".split(),
}
LEADS = ["", "", "", "你好，", "请问，", "麻烦问下，", "挺急的，"]
TAILS = ["", "", "？", "，谢谢"]


def ask(templates: Sequence[str], words: Mapping, dice: Dice) -> str:
    return dice.pick(LEADS) + fill(dice.pick(templates), words, dice) + dice.pick(TAILS)


def question_pair(dice: Dice) -> dict:
    """One labelled line."""
    thing, request = dice.pick(THINGS), dice.pick(REQUESTS)
    same = dice.chance(SAME_RATE)
    thing2, request2 = thing, request
    while not same and (thing2, request2) == (thing, request):
        kind = dice.weighted({"thing": 3, "request": 3, "both": 2})
        thing2 = thing if kind == "request" else dice.pick(THINGS)
        request2 = request if kind == "thing" else dice.pick(REQUESTS)
    first = second = ask(request, {"thing": thing}, dice)
    while second == first:
        second = ask(request2, {"thing": thing2}, dice)
    if not same and dice.chance(OFF_TOPIC_RATE):
        first, second = dice.shuffled([first, ask(OFF_TOPIC, WORDS, dice)])
    return {"sentence1": first, "sentence2": second, "label": str(int(same))}


def files() -> dict[str, list]:
    dice = Dice("afqmc")
    pair = itemgetter("sentence1", "sentence2")
    split = cut(distinct(lambda: question_pair(dice), sum(SIZES.values()), key=lambda row: frozenset(pair(row))), SIZES)
    split["test.json"] = [unlabelled(row, i, "sentence1", "sentence2") for i, row in enumerate(split["test.json"])]
    return split
