"""Small files for `train extract`, `extraction/duie` and `extraction/duee` with --demo: made-up news with relations and events.

{"text": "《远山》由许知秋执导", "entities": [[1, 3, "作品"], [5, 8, "人物"]],
 "relations": [{"predicate": "导演", "subject": [1, 3, "作品"], "object": [5, 8, "人物"]}]}

A template names its slots; a fact below it names two slots and a predicate, or an event and the roles of slots.
"""

import re

from tools.mini.names import COMPANY_ENDS, COMPANY_WORDS, PLACES, TEAM_ENDS, TITLE_ENDS, TITLE_WORDS, person
from tools.mini.sampling import Dice, cut, distinct, phrases

FOLDER = ""
SIZES = {"train": 360, "dev": 80, "test": 30}
SLOT = re.compile(r"\{([a-z]+)\d?\}")
TYPES = {"person": "人物", "work": "作品", "company": "企业", "place": "地点", "day": "时间", "count": "数量", "team": "球队"}
MAKERS = {
    "person": person,
    "work": lambda dice: dice.pick(TITLE_WORDS) + dice.pick(TITLE_ENDS),
    "company": lambda dice: dice.pick(COMPANY_WORDS) + dice.pick(COMPANY_ENDS),
    "place": lambda dice: dice.pick(PLACES) + dice.pick(["市", "县", "镇"]),
    "team": lambda dice: dice.pick(PLACES) + dice.pick(TEAM_ENDS[:2]),
    "day": lambda dice: dice.pick(phrases("昨天 | 今天 | 上周五 | 三月六日 | 去年底 | 本月初 | 五月 | 前天晚上")),
    "count": lambda dice: f"{dice.number(2, 90)}{dice.pick(['人', '0余人', '名员工', '多人'])}",
}
RELATIONS = {
    "{work}由{person}执导": ["导演 work person"],
    "电影《{work}》今天上映，{person1}导演，{person2}主演": ["导演 work person1", "主演 work person2"],
    "《{work}》的主演{person1}和{person2}出席了首映礼": ["主演 work person1", "主演 work person2"],
    "{person1}主演的《{work}》票房过亿，导演是{person2}": ["主演 work person1", "导演 work person2"],
    "{company}由{person}创办，总部设在{place}": ["创始人 company person", "总部 company place"],
    "位于{place}的{company}公布了年报，创始人{person}没有到场": ["总部 company place", "创始人 company person"],
    "{person}出生于{place}，后来创立了{company}": ["出生地 person place", "创始人 company person"],
    "{person1}是{place}人，和导演{person2}拍过《{work}》": ["出生地 person1 place", "导演 work person2"],
    "作家{person1}说，他看过{person2}主演的《{work}》": ["主演 work person2"],
    "{person}在{place}逛了一天，没有买到《{work}》的票": [],
}
SLOTS = {
    "《{work}》{day}在{place}上映": ["上映时间 work day inArea=place"],
    "{day}，《{work}》登陆各地影院，{person}是导演": ["上映时间 work day", "导演 work person"],
}
"""Only for DuIE: a predicate whose object has several slots."""
EVENTS = {
    "{company}{day}宣布裁员{count}": ["裁员 裁员方=company 时间=day 裁员人数=count"],
    "{day}，{company}被曝将裁员{count}，{place}的分部也在其中": ["裁员 裁员方=company 时间=day 裁员人数=count"],
    "受订单减少影响，{company}裁掉了{count}": ["裁员 裁员方=company 裁员人数=count"],
    "{team1}{day}击败{team2}，晋级决赛": ["胜负 胜者=team1 败者=team2 时间=day"],
    "{team1}不敌{team2}，主帅{person}说球员尽力了": ["胜负 胜者=team2 败者=team1"],
    "{team1}和{team2}{day}先后赢下了{team3}": ["胜负 胜者=team1 败者=team3 时间=day", "胜负 胜者=team2 败者=team3 时间=day"],
    "{day}，{person}辞去{company}的职务": ["辞职 离职者=person 原所属组织=company 时间=day"],
    "{company}证实{person}已经离职，此前该公司裁员{count}": [
        "辞职 离职者=person 原所属组织=company", "裁员 裁员方=company 裁员人数=count",
    ],
    "{company}{day}在{place}开了一家新店，{person}到场": [],
}  # fmt: skip


def report(dice: Dice, templates: dict) -> tuple[str, dict, list[str]]:
    """(text, {slot: (type, start, end)}, facts) of a template."""
    template, chosen, text, position = dice.pick(templates), {}, "", 0
    for slot in SLOT.finditer(template):
        text, position = text + template[position : slot.start()], slot.end()
        name = next(name for name in (MAKERS[slot[1]](dice) for _ in range(99)) if name not in text)
        chosen[slot[0][1:-1]] = TYPES[slot[1]], len(text), len(text) + len(name)
        text += name
    return text + template[position:], chosen, templates[template]


def relations(text: str, slots: dict, facts: list[str]) -> list[tuple]:
    """(predicate, subject, object) with slots as (type, start, end)."""
    return [(predicate, slots[subject], slots[thing]) for predicate, subject, thing, *_ in map(str.split, facts)]


def events(text: str, slots: dict, facts: list[str]) -> list[tuple]:
    """(event type, [(role, start, end)])."""
    found = []
    for kind, *roles in map(str.split, facts):
        arguments = [(role, *slots[slot][1:]) for role, slot in (pair.split("=") for pair in roles)]
        found.append((kind, sorted(arguments, key=lambda argument: argument[1])))
    return found


def own(text: str, slots: dict, facts: list[str]) -> dict:
    """A line of `train extract`."""
    def span(slot):
        return [slot[1], slot[2], slot[0]]

    is_event = any("=" in fact for fact in facts)
    joined = [] if is_event else relations(text, slots, facts)
    happened = events(text, slots, facts) if is_event else []
    return {
        "text": text,
        "entities": [span(slot) for slot in slots.values()],
        "relations": [{"predicate": name, "subject": span(one), "object": span(other)} for name, one, other in joined],
        "events": [{"type": kind, "arguments": [[start, end, role] for role, start, end in roles]} for kind, roles in happened],
    }


def duie(text: str, slots: dict, facts: list[str]) -> dict:
    """A line of DuIE 2.0."""
    triples = []
    for predicate, subject, thing, *others in map(str.split, facts):
        objects = {"@value": slots[thing]} | {name: slots[slot] for name, slot in (other.split("=") for other in others)}
        kind, start, end = slots[subject]
        triples.append({
            "predicate": predicate, "subject": text[start:end], "subject_type": kind,
            "object": {name: text[start:end] for name, (_, start, end) in objects.items()},
            "object_type": {name: kind for name, (kind, _, _) in objects.items()},
        })  # fmt: skip
    return {"text": text, "spo_list": triples}


def duee(text: str, slots: dict, facts: list[str]) -> dict:
    """A line of DuEE 1.0."""
    return {"text": text, "event_list": [
        {"event_type": kind, "arguments": [
            {"role": role, "argument": text[start:end], "argument_start_index": start, "alias": []} for role, start, end in roles
        ]} for kind, roles in events(text, slots, facts)
    ]}  # fmt: skip


def split_rows(seed: str, make, templates: dict, *fields: str) -> dict[str, list]:
    """{split: rows}; those of test have only `fields`, and an id."""
    dice = Dice(seed)
    rows = cut(distinct(lambda: make(*report(dice, templates)), sum(SIZES.values()), key=lambda row: row["text"]), SIZES)
    rows["test"] = [{"id": f"{seed}-{number}"} | {field: row[field] for field in fields} for number, row in enumerate(rows["test"])]
    return rows


def relation_schema() -> list[dict]:
    """Lines of DuIE's schema.json."""
    known = {}
    for facts in (RELATIONS | SLOTS).values():
        for predicate, subject, thing, *others in map(str.split, facts):
            objects = {"@value": thing} | dict(other.split("=") for other in others)
            schema = known.setdefault(predicate, {"predicate": predicate, "subject_type": kind_of(subject), "object_type": {}})
            schema["object_type"] |= {name: kind_of(slot) for name, slot in objects.items()}
    return [known[predicate] for predicate in sorted(known)]


def kind_of(slot: str) -> str:
    return TYPES[slot.rstrip("123")]


def event_schema() -> list[dict]:
    """Lines of DuEE's event_schema.json."""
    roles = {}
    for facts in EVENTS.values():
        for kind, *pairs in map(str.split, facts):
            roles.setdefault(kind, set()).update(pair.split("=")[0] for pair in pairs)
    return [{"event_type": kind, "role_list": [{"role": role} for role in sorted(names)]} for kind, names in sorted(roles.items())]


def files() -> dict[str, list]:
    result = {f"extract/{name}.jsonl": rows for name, rows in split_rows("extract", own, RELATIONS | EVENTS, "text").items()}
    for name, rows in split_rows("duie", duie, RELATIONS | SLOTS, "text").items():
        result[f"extraction/duie/duie_{name}{'2' if name == 'test' else ''}.json"] = rows
    for name, rows in split_rows("duee", duee, EVENTS, "text").items():
        result[f"extraction/duee/duee_{name}{'1' if name == 'test' else ''}.json"] = rows
    result["extraction/duie/duie_schema.json"] = relation_schema()
    result["extraction/duee/duee_event_schema.json"] = event_schema()
    return result
