"""CLUENER: names of ten categories in made-up news. No person, company, book, film, game or place in it is meant to be real.

{"text": "记者昨日从青禾科技获悉，许知秋将出任总监", "label": {"company": {"青禾科技": [[5, 8]]}, …}}        ends inclusive
Names are put together from parts, so that most of dev's do not occur in train; what stands around them tells the category:
云岭 alone is an address, in 云岭银行 part of a company, in 云岭市教育局 of a government office.
"""

import re

from tools.mini.sampling import Dice, cut, distinct, phrases

FOLDER = "clue/cluener"
SIZES = {"train.json": 600, "dev.json": 150, "test.json": 50}
SLOT = re.compile(r"\{([a-z]+)\}")

PLACES = "云岭 青浦 临川 南屏 白河 石门 长乐 东山 西坪 海宁 沙田 枫桥 柳江 雁滩 梅溪 龙泉 安和 宁川 曲水 丰台".split()
SURNAMES = list("赵钱孙李周吴郑王冯陈许何吕张孔曹严金魏陶姜谢邹苏潘范彭鲁韦马方任袁柳史唐")
GIVEN = list("知秋明远子涵思齐文博雨桐晓岚志强建国海燕佳宁若水一鸣小满春生冬梅安然立群")
COMPANY_WORDS = "青禾 恒信 远航 蓝湖 天启 百川 九州 金穗 新元 和顺 飞云 汇通 星辰 大业 中泰".split()
COMPANY_ENDS = "科技 集团 银行 证券 地产 保险 汽车 电器 传媒 公司".split()
OFFICES = "教育局 公安局 财政局 卫生局 税务局 法院 检察院 政府 气象局 环保局".split()
TEAM_ENDS = "队 俱乐部 协会 大学 乐团 研究会 基金会 青年队".split()
POSITIONS = "总监 教授 记者 主教练 董事长 分析师 局长 导演 秘书长 经理 队长 总经理 发言人 院长 律师 编辑".split()
TITLE_WORDS = "长夜 灯火 归途 旧城 风雪 少年 远山 孤岛 星河 暗流 春潮 纸船 钟声 迷雾 边城 盛夏".split()
TITLE_ENDS = "往事 之歌 传说 日记 来信 手记 纪事 密码 奇缘 物语".split()
GAME_WORDS = "魔域 龙魂 幻剑 战神 星际 三国 仙侠 机甲 王者 帝国".split()
GAME_ENDS = "争霸 世界 战纪 online 守卫战 大作战 无双 2 3".split()
SCENE_ENDS = "公园 古镇 瀑布 博物馆 草原 湿地 峡谷 寺 温泉 大桥".split()
ADDRESS_ENDS = ["", "市", "县", "区", "镇", "市中山路", "新区", "路18号"]

TEMPLATES = phrases("""
记者昨日从{company}获悉，{name}将出任{position} | {company}{position}{name}表示，明年将在{address}开设分店
{government}{position}{name}昨天到{address}调研 | 据{government}介绍，{address}今年新建了三所学校
{name}的新书{book}上周在{address}首发 | 读完{book}，{name}写了一篇很长的书评 | 由{name}执导的{movie}将于下月上映
影评人{name}认为{movie}比{movie}更动人 | {game}今天开启公测，玩家可以领取礼包 | {company}代理的{game}宣布停止运营
{organization}{position}{name}赛后说，球队踢得很努力 | {organization}二比一战胜{organization}，提前晋级
周末去{scene}玩的人很多，{address}的酒店都满了 | {address}的{scene}从明天起免费开放 | {name}说他最喜欢的是{scene}
{organization}和{company}在{address}签订协议 | {government}对{company}开出罚单，{position}{name}致歉 | {name}退出{organization}
看过{movie}的人都想去{scene}走一走 | 曾任{company}{position}的{name}加入了{organization} | {name}一边玩{game}一边听歌
{position}{name}告诉记者，{government}正在核实情况 | 小说{book}被改编成电影{movie}，{name}主演
今天的天气不错，{address}最高气温二十度 | {game}的玩家在{scene}举行聚会，{organization}也来了
{company}股价大涨，{company}却跌了两成 | 本报{address}讯，{position}{name}到任 | 从{address}到{address}的列车增开两班
{scene}门票涨价，{government}回应称会听取意见 | 书店里，{book}和{book}摆在一起 | {movie}票房过亿，{company}是出品方
""")


def person(dice: Dice) -> str:
    return dice.pick(SURNAMES) + "".join(dice.several(GIVEN, dice.number(1, 2)))


def title(dice: Dice) -> str:
    name = dice.pick(TITLE_WORDS) + dice.pick(["", *TITLE_ENDS])
    return f"《{name}》"


NAMES = {
    "address": lambda dice: dice.pick(PLACES) + dice.pick(ADDRESS_ENDS),
    "book": title,
    "company": lambda dice: dice.pick(PLACES + 2 * COMPANY_WORDS) + dice.pick(COMPANY_ENDS),
    "game": lambda dice: dice.pick(GAME_WORDS) + dice.pick(GAME_ENDS),
    "government": lambda dice: dice.pick(PLACES) + dice.pick(["市", "县", "省"]) + dice.pick(OFFICES),
    "movie": title,
    "name": person,
    "organization": lambda dice: dice.pick(PLACES) + dice.pick(TEAM_ENDS),
    "position": lambda dice: dice.pick(POSITIONS),
    "scene": lambda dice: dice.pick(PLACES) + dice.pick(SCENE_ENDS),
}
"""{category: how to make one of its names}."""


def news(dice: Dice) -> dict:
    """A labelled line of one sentence or two."""
    template = dice.pick(TEMPLATES) + (f"；{dice.pick(TEMPLATES)}" if dice.chance(0.3) else "") + "。"
    text, label, end = "", {}, 0
    for slot in SLOT.finditer(template):
        name = NAMES[slot[1]](dice)
        text += template[end : slot.start()]
        label.setdefault(slot[1], {}).setdefault(name, []).append([len(text), len(text) + len(name) - 1])
        text, end = text + name, slot.end()
    return {"text": text + template[end:], "label": label}


def files() -> dict[str, list]:
    dice = Dice("cluener")
    split = cut(distinct(lambda: news(dice), sum(SIZES.values()), key=lambda row: row["text"]), SIZES)
    split["test.json"] = [{"id": number, "text": row["text"]} for number, row in enumerate(split["test.json"])]
    return split
