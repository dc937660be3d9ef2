"""FewCLUE: fold 0 of its nine tasks, a few lines each. Reviews and papers are written here, the other lines as for CLUE.

{"id": 0, "sentence": "耳机收到了，声音很清楚，值得买", "label": "Positive"}        eprstmt
{"content": "本文研究朗读对阅读兴趣的影响。……", "label": "教育学", "id": 3}         csldcp
"""

from collections.abc import Callable

from tools.mini.abstracts import FIELDS, abstract
from tools.mini.apps import description
from tools.mini.headlines import headline
from tools.mini.idioms import line as idiom_line
from tools.mini.pronouns import coreference
from tools.mini.questions import question_pair
from tools.mini.sampling import Dice, cut, distinct, fill, phrases, unlabelled
from tools.mini.statements import line as statement_line
from tools.mini.statements import statement_pair

FOLDER = "fewclue"
SIZES = {"train_0.json": 32, "dev_0.json": 32, "test.json": 12}
LARGER = {"csldcp": 72, "iflytek": 128, "tnews": 60}
"""Training rows of tasks with many classes."""
THINGS = "耳机 台灯 书包 水杯 键盘 雨伞 毛巾 充电器 拖鞋 闹钟 锅铲 枕头".split()
REVIEWS = {
    "Positive": phrases("""
{thing}收到了，做工很细，值得买 | 用了一个月，{thing}还像新的一样，很满意 | 第二次买这款{thing}了，家里人都说好用
物流很快，{thing}的颜色也好看 | {thing}比想的还要好，给客服点赞 | 价格不高，{thing}的质量却不错
"""),
    "Negative": phrases("""
{thing}才用三天就坏了，很失望 | 收到的{thing}有划痕，客服也不理人 | {thing}和图片差得太远，不会再来
等了半个月，{thing}还是错的 | {thing}味道很大，只好退货 | 别买这款{thing}，又贵又不好用
"""),
}
REVIEW_TAILS = ["", "。", "！", "，送给同事的", "，活动时下单的"]
DISCIPLINES = (
    "环境科学与工程 图书馆、情报与档案管理 园艺学 食品科学与工程 基础医学/临床医学 交通运输工程 社会学 农业工程 计算机科学与技术 "
    "教育学 作物学 土木工程"
).split()
"""Official classes of the fields of abstracts, in the order of FIELDS."""
CANDIDATES = 7


def review(dice: Dice) -> dict:
    label = dice.pick(REVIEWS)
    return {"sentence": fill(dice.pick(REVIEWS[label]), {"thing": THINGS}, dice) + dice.pick(REVIEW_TAILS), "label": label}


def paper(dice: Dice) -> dict:
    """An abstract whose field is that of the most terms in it."""
    text = abstract(dice)["abst"]
    counts = [sum(term in text for term in field) for field in FIELDS]
    return {"content": text, "label": DISCIPLINES[counts.index(max(counts))]}


def statement(dice: Dice) -> dict:
    row = statement_pair(dice)
    return statement_line(row | {"premise": 0}, 0, [None] * 5)


def pronoun(dice: Dice) -> dict:
    row = coreference(dice)
    return {"target": row["target"], "label": row["label"], "text": row["text"]}


def cloze(dice: Dice) -> dict:
    """A text with one blank, and the first seven candidates, the answer among them."""
    texts, answers, candidates = idiom_line(dice)
    others = [idiom for idiom in candidates if idiom not in answers][: CANDIDATES - 1]
    choices, text = dice.shuffled([answers[0], *others]), texts[0].replace("_", "#idiom#", 1).replace("_", "这样")
    return {"candidates": choices, "content": text, "answer": choices.index(answers[0])}


KINDS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "eprstmt": (review, ("sentence",)),
    "csldcp": (paper, ("content",)),
    "tnews": (lambda dice: headline(dice)[1], ("sentence",)),
    "iflytek": (description, ("sentence",)),
    "ocnli": (statement, ("sentence1", "sentence2")),
    "bustm": (question_pair, ("sentence1", "sentence2")),
    "chid": (cloze, ("candidates", "content")),
    "csl": (abstract, ("abst", "keyword")),
    "cluewsc": (pronoun, ("target", "text")),
}
"""task: (maker of a labelled line without its number, fields of a test line)"""


def files() -> dict[str, list]:
    return {f"{task}/{name}": rows for task in KINDS for name, rows in split_of(task).items()}


def split_of(task: str) -> dict[str, list]:
    """{file: its lines}; `idx` numbers those of cluewsc, `id` all others."""
    make, fields = KINDS[task]
    sizes, dice = SIZES | {"train_0.json": LARGER.get(task, SIZES["train_0.json"])}, Dice(f"fewclue/{task}")
    key = lambda row: str([row[field] for field in fields])             # noqa: E731
    split = cut(distinct(lambda: make(dice), sum(sizes.values()), key), sizes)
    number = "idx" if task == "cluewsc" else "id"
    for name, rows in split.items():
        split[name] = [{**row, number: i} for i, row in enumerate(rows)]
    split["test.json"] = [unlabelled(row, i, *fields) for i, row in enumerate(split["test.json"])]
    return split
