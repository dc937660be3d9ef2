"""Words for headlines.py: the 15 sections of TNEWS with topics and what is reported about them."""

SECTIONS = {
    "100": dict(
        name="news_story", weight=6,
        topics="""
渡口的老船工 会写信的邮差 巷口的修鞋匠 守灯塔的老人 卖糖人的爷爷 山里的放羊娃 外婆的旧毛衣 捡到怀表的少年
雨夜的敲门声 樟木箱里的照片 迟到十年的道歉 磨坊里的哑巴
""",
        events="""
民间故事：{topic} | 深夜读完{topic}，忽然很想家 | {topic}，一段没人知道的往事 | 短篇连载：{topic}，下回更精彩
听村里人讲{topic}，结局谁也没想到 | 那年冬天，{topic}让全村人落了泪 | 睡前故事讲什么？试试{topic}
有一个秘密，藏在{topic}里
"""),
    "101": dict(
        name="news_culture", weight=7,
        topics="""
书法展 古琴曲谱 青花瓷 剪纸手艺 皮影戏 宋代山水画 竹简 民间刺绣 古籍修复 楹联 昆曲唱段 篆刻 年画
""",
        events="""
博物馆里看{topic}，一站就是半天 | 非遗传承人把{topic}带进社区 | {topic}里的古人审美，今天依然动人
读懂{topic}，也就读懂了传统 | 馆长讲解{topic}，观众排队欣赏 | 诗人笔下的{topic}，雅在哪里
年轻人迷上{topic}，老手艺有了新传人 | 讲座预告：{topic}与中国人的生活
"""),
    "102": dict(
        name="news_entertainment", weight=9,
        topics="""
新剧 综艺首播 演唱会 颁奖礼 女主角 喜剧电影 歌手新专辑 男团舞台 电影票房 红毯造型 古装剧 导演新片 配音演员
""",
        events="""
{topic}官宣，粉丝等了三年 | {topic}口碑逆袭，观众笑着笑着就哭了 | {topic}幕后花絮曝光，演员太拼了
追完{topic}，主题曲循环了一晚上 | {topic}定档暑期，预告片先睹为快 | 明星聊{topic}：紧张到忘词
{topic}上热搜，镜头里全是戏 | 影评人给{topic}打了高分
"""),
    "103": dict(
        name="news_sports", weight=9,
        topics="""
女排联赛 马拉松 乒乓球公开赛 羽毛球决赛 短道速滑 校园足球 篮球季后赛 游泳锦标赛 环城自行车赛 田径邀请赛 跳水比赛
射箭比赛
""",
        events="""
{topic}打进加时，主场球迷喊哑了嗓子 | {topic}夺冠热门出炉，教练很谨慎 | {topic}爆冷，新人连胜三局
{topic}赛程公布，裁判名单同步更新 | 队长伤愈复出，{topic}士气大振 | {topic}刷新赛会纪录
最后一秒绝杀，{topic}太精彩 | {topic}备战日记：每天训练八小时
"""),
    "104": dict(
        name="news_finance", weight=8,
        topics="""
存款利率 消费券 个人所得税 货币政策 小微贷款 养老金账户 银行理财 跨境支付 居民消费 外贸订单 物价指数 财政补贴
保险费率
""",
        events="""
{topic}迎来调整，经济学家怎么解读 | 三组数据看{topic}的新变化 | {topic}下调，普通家庭能省多少钱
央行谈{topic}：稳字当头 | 企业关心的{topic}有了新规定 | {topic}改善，市场信心增强
一季度{topic}同比增长，金融支持加力 | 专家提醒：{topic}不要只看收益
"""),
    "106": dict(
        name="news_house", weight=7,
        topics="""
二手房 学区房 公积金贷款 新楼盘 租金 老旧小区 精装房 物业费 首付比例 户型图 阁楼 购房合同 电梯加装
""",
        events="""
{topic}成交量回升，中介又忙起来了 | 买房前先看{topic}，少走弯路 | {topic}有新规，购房者注意
业主吐槽{topic}：交房和样板间不一样 | 这座城市的{topic}降了，刚需要不要上车 | 开发商回应{topic}问题
装修师傅和中介都在聊{topic} | 楼市观察：{topic}趋于平稳
"""),
    "107": dict(
        name="news_car", weight=9,
        topics="""
新能源车 家用轿车 越野车 混动车型 自动泊车 轮胎 七座商务车 充电桩 变速箱 车载导航 国产皮卡 刹车片 雨刮器
""",
        events="""
{topic}实测：跑完一千公里的真实感受 | 试驾体验：{topic}比想象中好用 | {topic}降价，车主心情复杂
车展上最热闹的是{topic} | 老司机教你检查{topic}，上高速更放心 | {topic}配置曝光，内饰全面升级
十万元预算，{topic}怎么选 | {topic}保养一次要花多少
"""),
    "108": dict(
        name="news_edu", weight=8,
        topics="""
高考志愿 开学第一课 暑假作业 乡村支教 英语听力 作文题 课后延时班 职业学校 研究生复试 家长会 幼儿园招生 奖学金
""",
        events="""
{topic}怎么准备，班主任给出建议 | {topic}有了细则，考生心里更踏实 | 谈谈{topic}：别让孩子太累
大学老师谈{topic}：兴趣最重要 | {topic}有变化，家长要提前了解 | 一堂关于{topic}的公开课
{topic}引热议，教育部门作出回应 | 毕业生回忆{topic}，感谢老师
"""),
    "109": dict(
        name="news_tech", weight=10,
        topics="""
折叠屏手机 人工智能 芯片 操作系统 无人机 语音助手 量子计算 智能手表 云服务器 卫星互联网 扫地机器人 开源软件
数据中心
""",
        events="""
新一代{topic}发布，速度翻了一倍 | 工程师拆解{topic}，散热设计有巧思 | {topic}迎来大更新，界面更简洁
{topic}研发团队公开算法细节 | 科技公司押注{topic} | {topic}进入千家万户还要多久
评测{topic}：反应快，价格也不贵 | {topic}出现漏洞，请尽快升级
"""),
    "110": dict(
        name="news_military", weight=7,
        topics="""
护卫舰 运输机 边防哨所 海上演练 新兵连 舰载直升机 阅兵方队 潜艇 雷达站 野战医院 炮兵营 伞兵训练 航母甲板
""",
        events="""
{topic}完成年度考核，官兵士气高昂 | 直击{topic}：凌晨四点紧急集合 | 部队实拍：{topic}原来是这样
退役老兵讲{topic}，句句都是青春 | 军迷镜头里的{topic}，威武又可爱 | 国防部介绍{topic}有关情况
女兵来到{topic}，首次独立执勤 | 揭秘{topic}的一天
"""),
    "112": dict(
        name="news_travel", weight=7,
        topics="""
古镇 海岛 草原自驾 高山滑雪场 民宿 樱花季 沙漠营地 温泉小城 夜市 国家公园 湖边栈道 景区缆车 梯田
""",
        events="""
周末去哪儿？{topic}人少景美 | {topic}攻略：两天一夜怎么玩 | 游客晒{topic}，风光像油画
第一次去看{topic}，这些坑别踩 | {topic}门票打折，出游趁现在 | 导游推荐{topic}，拍照一定要早起
带爸妈看{topic}，行程慢一点才舒服 | 旅行日记：为了{topic}，我多住了三天
"""),
    "113": dict(
        name="news_world", weight=7,
        topics="""
联合国大会 邻国大选 欧洲峰会 海外撤离 边境口岸 外交部长会谈 国际救援队 和平谈判 气候协定 跨国铁路 难民营
驻外使馆 维和行动
""",
        events="""
{topic}有新进展，多国表态 | 外媒关注{topic}，称影响深远 | 总统就{topic}发表讲话
各方代表谈{topic}，达成初步共识 | 当地时间周一，{topic}传来新消息 | 两国就{topic}交换意见
首相谈{topic}：需要更多耐心 | 国际观察：{topic}走向何方
"""),
    "114": dict(
        name="news_stock", weight=5,
        topics="""
沪指 创业板 白酒板块 蓝筹股 新股申购 北向资金 半导体个股 融资余额 券商股 次新股 股东减持
""",
        events="""
{topic}午后拉升，成交额放大 | {topic}三连阴，散户该补仓吗 | 复盘{topic}：缩量震荡等方向
{topic}涨停潮再现，主力在布局什么 | 收评：{topic}领跌，两市分化 | {topic}突破年线，技术派看多
股民问{topic}：什么时候解套
"""),
    "115": dict(
        name="news_agriculture", weight=7,
        topics="""
冬小麦 大棚草莓 水稻插秧 生猪养殖 果园修剪 有机肥 玉米收割 茶园 蜂农 鱼塘 农机合作社 土豆种薯 黄牛
""",
        events="""
{topic}喜获丰收，村民笑开颜 | {topic}防病虫害，农技员支招 | 返乡青年靠{topic}带富全村
春耕时节看{topic}，田间地头一片忙 | {topic}行情上涨，农户这样说 | 今年雨水多，{topic}管理有窍门
农业部门发放{topic}补助 | 收成又提高了，{topic}有讲究
"""),
    "116": dict(
        name="news_game", weight=8,
        topics="""
战队 打野英雄 手游新版本 排位赛 游戏皮肤 开放世界 电竞选手 副本攻略 像素游戏 赛季通行证 联机地图 解说席 射手出装
""",
        events="""
{topic}更新，玩家连夜上分 | {topic}改动太大，主播直呼看不懂 | {topic}人气榜出炉，玩家吵翻了
新手玩家必看：{topic}怎么选 | 总决赛里的{topic}太亮眼，团战翻盘 | {topic}联动开启，登录就送道具
游戏策划聊{topic}：平衡性会继续调 | 通关之后再看{topic}，满满回忆
"""),
}
