"""Small files for `train chat --demo`: everyday dialogues of two people, two to six utterances, a JSON list per line.

["周末有空吗", "有啊，怎么了", "一起去爬山吧", "好啊，几点出发？"]

A script has a line per utterance, with several ways to say it; what was named before is taken up again.
"""

from tools.mini.sampling import Dice, cut, distinct, fill, phrases

FOLDER = "chat"
SIZES = {"train.jsonl": 160, "dev.jsonl": 30, "test.jsonl": 10}
SHORTEST, LONGEST = 2, 6
WORDS = {
    "food": phrases("面条 | 饺子 | 火锅 | 炒饭 | 包子 | 烤鱼 | 米线 | 麻辣烫"),
    "fruit": phrases("苹果 | 西瓜 | 草莓 | 橘子 | 葡萄 | 桃子"),
    "city": phrases("成都 | 西安 | 青岛 | 昆明 | 南京 | 桂林 | 厦门 | 大理"),
    "sport": phrases("爬山 | 打羽毛球 | 游泳 | 骑车 | 跑步 | 打篮球"),
    "film": phrases("喜剧片 | 动画片 | 科幻片 | 悬疑片 | 纪录片"),
    "pet": phrases("小猫 | 小狗 | 兔子 | 仓鼠 | 鹦鹉"),
    "skill": phrases("吉他 | 游泳 | 画画 | 做饭 | 英语 | 摄影"),
    "thing": phrases("雨伞 | 手机 | 耳机 | 钱包 | 钥匙 | 书包"),
    "place": phrases("超市 | 图书馆 | 公园 | 食堂 | 电影院 | 书店"),
    "day": phrases("今天 | 明天 | 周六 | 周日 | 下周"),
    "hour": phrases("八点 | 九点半 | 两点 | 三点 | 六点半 | 七点"),
    "name": phrases("小林 | 阿杰 | 小雨 | 老周 | 小陈 | 阿梅"),
}
SCRIPTS = [[phrases(line) for line in script.strip().splitlines()] for script in """
吃饭了吗？ | 你吃了没？ | 中午吃的什么？
吃了，吃的{food}。 | 刚吃完{food}。 | 还没呢，想吃{food}。
{food}好吃吗？ | 我也想吃{food}了。 | 哪家的{food}？
挺好吃的，下次带你去。 | 就楼下那家，味道不错。
好啊，{day}就去吧。 | 那说定了！
没问题，{hour}见。 | 行，我请客。
---
{day}天气怎么样？ | 你看{day}的天气预报了吗？
说是要下雨。 | 听说会降温。 | 好像是晴天。
那还去{sport}吗？ | 那我得多穿点。
看情况吧，不行就在家看{film}。 | 去啊，早点出门就行。
也行，听你的。 | 好，到时候再说。
---
周末有空吗？ | {day}你忙不忙？ | {day}有什么安排？
有啊，怎么了？ | 没什么安排，你呢？ | 上午有事，下午有空。
一起去{sport}吧。 | 想找你去{sport}。 | 陪我去{place}好不好？
好啊，几点出发？ | 太好了，我正想出去走走。
{hour}怎么样？ | {hour}在门口见。
没问题，不见不散。 | 好的，我准时到。
---
我想去{city}玩。 | 你去过{city}吗？ | 假期打算去{city}。
去过一次，很喜欢那里。 | 没去过，听说很美。 | {city}好啊，东西也好吃。
有什么推荐的吗？ | 几月去最好？ | 我还在看车票呢。
秋天去最舒服。 | 一定要尝尝当地的{food}。 | 提前订好住的地方就行。
谢谢，我记下了。 | 好，那就这么定了。
记得多拍点照片。 | 回来给我讲讲。
---
我的{thing}不见了。 | 你看到我的{thing}了吗？
别急，最后一次用是在哪儿？ | 没看到，是不是落在{place}了？
好像是在{place}。 | 我想想，可能是落在{place}了。
那快回去找找。 | 打个电话问问吧。
找到了，谢谢你！ | 还好有人捡到了。
太好了，下次小心点。 | 找到就好。
---
我养了一只{pet}。 | 我家的{pet}今天特别调皮。
真可爱，叫什么名字？ | 多大了？ | 我也想养{pet}。
刚三个月，叫豆豆。 | 叫豆豆，特别黏人。
能去看看它吗？ | 平时好养吗？
当然，随时来。 | 还行，就是有点淘气。
---
最近在忙什么？ | 好久不见，最近怎么样？
在学{skill}，有点难。 | 还是老样子，天天加班。 | 在准备考试。
加油，慢慢来。 | 别太累了，注意休息。 | 坚持下去会好的。
谢谢，我会努力的。 | 嗯，忙完这阵就好了。
有空一起吃{food}。 | 需要帮忙就说。
好，一言为定。 | 你真好。
---
你喜欢看{film}吗？ | 最近有什么好看的{film}？
喜欢，每周都看。 | 不太喜欢，我更爱看书。 | 上周看了一部，挺感人的。
那{day}一起去看吧。 | 那你平时喜欢做什么？
好啊，我来买票。 | 一般在家听音乐，或者去{sport}。
那就{hour}的那一场。 | 听起来不错。
---
我感冒了，好难受。 | 今天头有点疼。
多喝点热水，早点睡。 | 吃药了吗？ | 要不要去医院看看？
吃过药了，好多了。 | 不用，睡一觉就好。
那好好休息，别熬夜。 | {day}的课我帮你记笔记。
谢谢你关心我。 | 有你真好。
客气什么，快睡吧。
---
请问{place}怎么走？ | 你好，去{place}往哪边走？
一直往前，到路口左转。 | 过了桥右边就是。
远吗？ | 走路要多久？
不远，十分钟就到。 | 大概五百米。
太谢谢了！ | 好的，谢谢你。
不客气。 | 慢走。
---
{fruit}怎么卖？ | 这个{fruit}甜吗？
五块钱一斤，很甜的。 | 保证甜，你尝一个。
来两斤吧。 | 能便宜点吗？
好，还要别的吗？ | 买三斤就算你四块五。
再拿点{fruit2}。 | 不用了，一共多少钱？
一共十五块，慢走啊。
---
{name}生日快到了，送什么好？ | 明天是{name}的生日。
送本书怎么样？ | 我们一起做个蛋糕吧。 | {name}在学{skill}，送点用得上的。
好主意，{day}去买。 | 可是我不会做啊。
我陪你去{place}看看。 | 没关系，我教你。
那就靠你了！ | 太好了。
---
晚安。 | 不早了，我先睡了。
晚安，做个好梦。 | 这么早？明天有事吗？
明天{hour}要起床。 | 嗯，{day}要去{city}。
那快睡吧，一路顺风。 | 记得定闹钟。
定好了，明天见。
---
谢谢你上次帮我。 | 上次的事多亏了你。
不用谢，小事一桩。 | 朋友之间客气什么。
改天请你吃{food}。 | 这是给你带的{fruit}。
那我就不客气了。 | 你太客气了。
---
作业写完了吗？ | 报告你交了吗？
还差一点。 | 早就写完了。 | 没有，不知道怎么写。
要我帮你看看吗？ | {day}就要交了，抓紧啊。
好，先谢谢了。 | 知道了，今晚就写完。
---
你在哪儿？ | 到了吗？
在{place}门口。 | 路上堵车，快到了。 | 还有五分钟。
我也快到了，等我一下。 | 不急，慢慢来。
好，我在这儿等你。 | 嗯，一会儿见。
""".split("---")]


def talk(dice: Dice) -> list[str]:
    """A dialogue: the beginning of a script."""
    script = dice.pick(SCRIPTS)
    length = dice.number(SHORTEST, min(len(script), LONGEST))
    return fill("\n".join(dice.pick(ways) for ways in script[:length]), WORDS, dice).split("\n")


def files() -> dict[str, list]:
    dice = Dice("chat")
    return cut(distinct(lambda: talk(dice), sum(SIZES.values()), key=tuple), SIZES)
