"""Small files for `train segment --demo`: made-up sentences, cut into words with their parts of speech (as jieba names them).

记者/n 昨日/t 从/p 青禾科技/nt 获悉/v ，/w 许知秋/nr 将/d 出任/v 总监/n
"""

from tools.mini.names import COMPANY_ENDS, COMPANY_WORDS, PLACES, POSITIONS, TITLE_ENDS, TITLE_WORDS, person
from tools.mini.sampling import SLOT, Dice, cut, distinct, phrases

FOLDER = "segment"
SIZES = {"train.txt": 400, "dev.txt": 80, "test.txt": 30}
MAKERS = {
    "name": lambda dice: f"{person(dice)}/nr",
    "company": lambda dice: f"{dice.pick(COMPANY_WORDS)}{dice.pick(COMPANY_ENDS)}/nt",
    "place": lambda dice: f"{dice.pick(PLACES)}{dice.pick(['', '市', '县', '镇'])}/ns",
    "post": lambda dice: f"{dice.pick(POSITIONS)}/n",
    "work": lambda dice: f"{dice.pick(TITLE_WORDS)}{dice.pick(TITLE_ENDS)}/nz",
    "number": lambda dice: f"{dice.pick(['', '1', '3'])}{dice.number(2, 99)}/m",
    "day": lambda dice: dice.pick(phrases("昨天/t | 今天/t | 上周五/t | 三月/t 六日/t | 去年底/t | 本月初/t | 前天/t 晚上/t")),
    "how": lambda dice: dice.pick(phrases("很/d | 十分/d | 格外/d | 不太/d | 比较/d | 越来越/d")),
    "feel": lambda dice: dice.pick(phrases("热闹/a | 安静/a | 忙碌/a | 清闲/a | 干净/a | 拥挤/a | 凉快/a | 方便/a")),
    "thing": lambda dice: dice.pick(phrases("图书馆/n | 菜市场/n | 火车站/n | 体育场/n | 会议室/n | 小吃街/n | 电影院/n")),
}
TEMPLATES = phrases("""
记者/n 昨日/t 从/p {company} 获悉/v ，/w {name} 将/d 出任/v {post}
{name} 出生/v 于/p {place} ，/w 现任/v {company} {post}
{day} ，/w {place} 的/u {thing} {how} {feel}
{company} {day} 宣布/v 裁员/v {number} 人/n
我/r 和/c {name} 在/p {thing} 门口/s 等/v 了/u {number} 分钟/q
《/w {work} 》/w 是/v {name} 写/v 的/u 小说/n ，/w 读/v 起来/v {how} 有意思/a
从/p {place} 到/v {place2} 的/u 火车/n {day} 晚点/v 了/u
{name} 说/v 他/r 没有/d 看/v 过/u 《/w {work} 》/w
{thing} 离/p 学校/n 不/d 远/a ，/w 走路/v 只要/v {number} 分钟/q
{name} 把/p 钥匙/n 忘/v 在/p {thing} 里/f 了/u ，/w 只好/d 回去/v 取/v
他们/r 计划/v {day} 从/p {place} 出发/v
{company} 的/u {post} {name} 回答/v 了/u 大家/r 的/u 问题/n
雨/n 下/v 得/u {how} 大/a ，/w {thing} 前/f 积/v 了/u 水/n
{place} 的/u 天气/n {how} {feel} 吗/y ？/w
{name} 买/v 了/u {number} 本/q 书/n ，/w 都/d 送给/v 了/u {name2}
{thing} {day} 开始/v 维修/v ，/w 请/v 大家/r 绕行/v
""")


def sentence(dice: Dice) -> str:
    """A line of words with their parts of speech."""
    return SLOT.sub(lambda slot: MAKERS[slot[1]](dice), dice.pick(TEMPLATES)) + "\n"


def files() -> dict[str, list]:
    dice = Dice("segment")
    split = cut(distinct(lambda: sentence(dice), sum(SIZES.values()), key=str), SIZES)
    split["test.txt"] = ["".join(word.rpartition("/")[0] for word in line.split()) + "\n" for line in split["test.txt"]]
    return split
