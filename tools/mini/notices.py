"""Small files for `train seq2seq --demo`: notices of places that do not exist, and their titles.

{"source": "各位居民：本周六上午九点，青禾社区将在中心花园举办跳蚤市场……", "target": "青禾社区本周六举办跳蚤市场"}

A title says who, when and what: that something takes place, is cancelled or is moved to another day. The text also has a place,
an hour, a reason and advice, which the title leaves out, and of two days that it names one counts.
"""

from tools.mini.sampling import Dice, cut, distinct, fill, phrases

FOLDER = "seq2seq"
SIZES = {"train.jsonl": 240, "dev.jsonl": 40, "test.jsonl": 20}
WORDS = {
    "who": phrases("""青禾社区 | 望江小学 | 梧桐图书馆 | 石桥中学 | 北岭体育馆 | 云溪博物馆 | 南湖公园 | 松林医院
        星河剧院 | 枫叶幼儿园 | 东渡菜市场 | 长亭街道"""),
    "event": phrases("""跳蚤市场 | 读书会 | 篮球比赛 | 健康讲座 | 亲子运动会 | 书法展览 | 露天电影 | 合唱排练
        防火演习 | 植树活动 | 摄影展 | 象棋比赛 | 旧书交换 | 急救培训"""),
    "day": phrases("本周六 | 本周日 | 下周一 | 下周二 | 下周三 | 下周四 | 下周五 | 十五日 | 二十日 | 月底 | 国庆当天 | 元旦当天"),
    "hour": phrases("上午九点 | 上午十点 | 下午两点 | 下午三点半 | 晚上七点 | 早上八点"),
    "where": phrases("中心花园 | 东门广场 | 一楼大厅 | 二楼会议室 | 西侧操场 | 多功能厅 | 南门空地 | 三号展厅"),
    "reason": phrases("天气预报有大雨 | 场地正在维修 | 报名人数不足 | 主讲人临时有事 | 附近道路施工 | 设备出现故障"),
    "greeting": phrases("各位居民 | 各位朋友 | 各位家长 | 大家好 | 通知 | 各位来宾"),
    "advice": phrases("""请提前十分钟到场。 | 请自带水杯。 | 名额有限，先到先得。 | 欢迎带家人一起来。
        如有疑问，请拨打服务台电话。 | 停车位不多，建议乘公交前来。 | 请互相转告。 | 请爱护场内设施。"""),
}
KINDS = {
    "{who}{day}举办{event}": phrases("""
{greeting}：{day}{hour}，{who}将在{where}举办{event}。{advice}
{greeting}：{who}定于{day}{hour}在{where}举办{event}，{advice}
{greeting}：期待已久的{event}来了！时间是{day}{hour}，地点在{who}{where}。{advice}
{greeting}：报名截止到{day2}，{event}则在{day}{hour}开始，由{who}主办，地点为{where}。{advice}
"""),
    "{who}取消{day}的{event}": phrases("""
{greeting}：因{reason}，{who}原定{day}{hour}的{event}取消。{advice}
{greeting}：很遗憾，由于{reason}，{day}在{where}的{event}不再举行。{who}向大家致歉。
{greeting}：{who}接到消息，{reason}，{day}{hour}的{event}只好取消，给您带来不便，敬请谅解。
"""),
    "{who}{event}改到{day}": phrases("""
{greeting}：因{reason}，{who}的{event}由{day2}改到{day}{hour}，地点仍在{where}。{advice}
{greeting}：原定{day2}的{event}推迟，新的时间是{day}{hour}。{who}感谢您的理解。{advice}
{greeting}：考虑到{reason}，{who}决定把{event}改在{day}举行，不再是{day2}。{advice}
"""),
}


def notice(dice: Dice) -> dict:
    """A pair: the text and its title."""
    title = dice.pick(KINDS)
    source, target = fill(f"{dice.pick(KINDS[title])}\n{title}", WORDS, dice).split("\n")
    return {"source": source, "target": target}


def files() -> dict[str, list]:
    dice = Dice("seq2seq")
    split = cut(distinct(lambda: notice(dice), sum(SIZES.values()), key=lambda row: row["target"]), SIZES)
    split["test.jsonl"] = [{"source": row["source"]} for row in split["test.jsonl"]]
    return split
