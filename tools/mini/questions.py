"""AFQMC: do two customers ask the same thing? Same card and same request: "1". Another card, or another request: "0".

{"sentence1": "怎么开通借书证", "sentence2": "请问图书证要怎么办理", "label": "1"}
"""

from tools.mini.sampling import Dice, cut, distinct, phrases, unlabelled

FOLDER = "clue/afqmc"
SIZES = {"train.json": 800, "dev.json": 200, "test.json": 60}
SAME_RATE = 0.42
THINGS = [names.split() for names in phrases("""
会员卡 VIP卡 | 借书证 图书证 | 校园卡 一卡通 | 公交卡 交通卡 | 饭卡 食堂卡 | 停车卡 车位卡 | 电话卡 手机卡 | 健身卡 健身房的卡
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
LEADS = ["", "", "", "你好，", "请问", "麻烦问下，", "挺急的，"]
TAILS = ["", "", "？", "，谢谢"]


def ask(thing, request, dice):
    return dice.pick(LEADS) + dice.pick(request).replace("{thing}", dice.pick(thing)) + dice.pick(TAILS)


def question_pair(dice):
    """One labelled line."""
    thing, request = dice.pick(THINGS), dice.pick(REQUESTS)
    same = dice.chance(SAME_RATE)
    thing2, request2 = thing, request
    while not same and (thing2, request2) == (thing, request):
        kind = dice.weighted({"thing": 3, "request": 3, "both": 2})
        thing2 = thing if kind == "request" else dice.pick(THINGS)
        request2 = request if kind == "thing" else dice.pick(REQUESTS)
    return {"sentence1": ask(thing, request, dice), "sentence2": ask(thing2, request2, dice), "label": str(int(same))}


def both_ways(row):
    return frozenset((row["sentence1"], row["sentence2"]))


def files():
    dice = Dice("afqmc")
    rows = distinct(lambda: question_pair(dice), 2 * sum(SIZES.values()), key=both_ways)
    split = cut((row for row in rows if len(both_ways(row)) == 2), SIZES)
    split["test.json"] = [unlabelled(row, i, "sentence1", "sentence2") for i, row in enumerate(split["test.json"])]
    return split
