"""Small files for `train classify|match|tag|read|choose --demo`: sentences as in the CLUE files, in the formats that users bring.

classify/train.csv  text,label          match/train.csv  text,text_pair,label          tag/train.txt  character and tag per line
read/train.json  SQuAD's layout         choose/train.jsonl  {"passage": "…", "question": "…", "choices": ["…"], "answer": "…"}
extraction/dureader/train.json  as read
"""

import csv
import io
from collections.abc import Callable, Sequence

from tools.mini.apps import description
from tools.mini.dialogues import document
from tools.mini.names import news
from tools.mini.passages import article
from tools.mini.questions import question_pair
from tools.mini.sampling import Dice, cut, distinct

FOLDER = ""
CLASSES = ("打车", "新闻", "音乐", "租房", "小说", "英语")
CATEGORIES = {"name": "NAME", "company": "ORG", "address": "LOC"}
SPLITS = ("train", "dev", "test")


def files() -> dict[str, list]:
    return {
        **{f"classify/{split}.csv": [table(rows)] for split, rows in zip(SPLITS, descriptions(), strict=True)},
        **{f"match/{split}.csv": [table(rows)] for split, rows in zip(SPLITS, pairs(), strict=True)},
        **{f"tag/{split}.txt": [columns(row) for row in rows] for split, rows in zip(SPLITS, tagged(), strict=True)},
        **{f"read/{split}.json": [{"data": articles}] for split, articles in zip(SPLITS, reading(), strict=True)},
        **{f"extraction/dureader/{file}.json": [{"data": articles}] for file, articles in web_reading().items()},
        **{f"choose/{split}.jsonl": rows for split, rows in zip(SPLITS, questions(), strict=True)},
    }


def split(make: Callable, sizes: Sequence[int], key: Callable) -> tuple[list[dict], list[dict], list[dict]]:
    """Rows of train, dev and test, so many each, without repetition; those of test lose `label` and `answer`."""
    train, dev, test = cut(distinct(make, sum(sizes), key), dict(zip(SPLITS, sizes, strict=True))).values()
    return train, dev, [{name: value for name, value in row.items() if name not in ("label", "answer")} for row in test]


def descriptions() -> tuple:
    """Descriptions of apps of six classes, with the class' name."""
    dice = Dice("classify")

    def make():
        while True:
            row = description(dice)
            if row["label_des"] in CLASSES:
                return {"text": row["sentence"], "label": row["label_des"]}

    return split(make, (240, 60, 20), key=lambda row: row["text"])


def pairs() -> tuple:
    """Pairs of customers' questions: with the same meaning (1) or not (0)."""
    dice = Dice("match")

    def make():
        row = question_pair(dice)
        return {"text": row["sentence1"], "text_pair": row["sentence2"], "label": row["label"]}

    return split(make, (480, 90, 20), key=lambda row: frozenset((row["text"], row["text_pair"])))


def tagged() -> tuple:
    """News with persons, companies and places."""
    dice = Dice("tag")
    return split(lambda: news(dice), (240, 60, 20), key=lambda row: row["text"])


def columns(row: dict) -> str:
    """A sentence as lines of a character and its BIO tag, and an empty line; of the test file without tags."""
    text = row["text"]
    if "label" not in row:
        return "".join(f"{character}\n" for character in text) + "\n"
    tags = ["O"] * len(text)
    for category, mentions in row["label"].items():
        for start, end in (place for places in mentions.values() for place in places if category in CATEGORIES):
            tags[start : end + 1] = [f"{'B' if place == start else 'I'}-{CATEGORIES[category]}" for place in range(start, end + 1)]
    return "".join(f"{character} {tag}\n" for character, tag in zip(text, tags, strict=True)) + "\n"


def reading() -> list[list[dict]]:
    """Articles with questions."""
    dice = Dice("read")
    return [[article(number, name, dice) for number in range(count)] for name, count in zip(SPLITS, (90, 15, 5), strict=True)]


def web_reading() -> dict[str, list[dict]]:
    """{file: articles} with DuReader-robust's two test files."""
    dice, counts = Dice("dureader"), {"train": 60, "dev": 12, "test1": 4, "test2": 4}
    return {file: [article(number, file.rstrip("12"), dice) for number in range(count)] for file, count in counts.items()}


def questions() -> tuple:
    """A text of one or two sentences, a question, and two to four answers."""
    dice = Dice("choose")

    def make():
        texts, (question,) = document("m", dice)
        return {"passage": texts[0], "question": question["question"], "choices": question["choice"], "answer": question["answer"]}

    return split(make, (300, 60, 20), key=lambda row: row["passage"])


def table(rows: Sequence[dict]) -> str:
    """Rows as the text of a .csv file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
