// One example for a run that classifies, tags or reads. Offsets are in characters (code points), not in JavaScript's UTF-16 units.
import { ask, bindKey, element } from "./server.js";
import { fillWords, words } from "./words.js";

const $ = (id) => document.getElementById(id);
let runs = [];

function show(message) {
  $("notice").textContent = message;
  $("notice").hidden = !message;
}

function chosen() {
  return runs.find((run) => run.id === $("run").value);
}

function drawFields() {
  const fields = (chosen()?.texts ?? []).map((name, index, all) => {
    const label = element("label", "", words.names[name] ?? name);
    const area = label.appendChild(document.createElement("textarea"));
    area.name = name;
    area.rows = name === "question" ? 1 : index === all.length - 1 ? 5 : 3;
    return label;
  });
  $("texts").replaceChildren(...fields);
  $("result").replaceChildren();
  $("predict").disabled = !fields.length;
}

// Splits the text where a span starts or ends. Each piece is marked with the names of all spans over it, in the color of the first.
function marked(text, spans) {
  const kinds = [...new Set(spans.map((span) => span[2]))];
  const letters = Array.from(text), passage = element("p", "passage", "");
  const cuts = [...new Set([0, letters.length, ...spans.flatMap(([start, end]) => [start, end])])].sort((one, other) => one - other);
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i], cuts[i + 1]];
    const names = spans.filter((span) => span[0] <= start && end <= span[1]).map((span) => span[2]);
    const piece = letters.slice(start, end).join("");
    if (!names.length) {
      passage.append(piece);
      continue;
    }
    const mark = passage.appendChild(element("mark", "", piece));
    mark.style.background = `hsl(${(48 + 137 * kinds.indexOf(names[0])) % 360} 85% 55% / .35)`;
    if (names.some(Boolean)) mark.append(element("small", "", names.join(" · ")));
  }
  return passage;
}

function drawConfidence(value) {
  const line = element("p", "confidence faint", `${words.confidence} `);
  const bar = line.appendChild(document.createElement("progress"));
  bar.value = value;
  line.append(` ${(100 * value).toFixed(1)} %`);
  return line;
}

function tableOf(rows) {
  const table = document.createElement("table");
  for (const cells of rows) {
    const row = table.insertRow();
    for (const text of cells) row.insertCell().textContent = text;
  }
  return table;
}

const percent = (value) => (value === undefined ? "" : `${(100 * value).toFixed(1)} %`);

const DRAW = {
  label: ({ prediction }) => [element("p", "label", prediction)],
  labels: ({ prediction }) => [element("p", "label", prediction.join(" · ") || words.nothing)],
  entities({ prediction }, texts) {
    const table = tableOf(prediction.map(([, , category, name]) => [category, name]));
    return [marked(texts.at(-1), prediction), prediction.length ? table : element("p", "faint", words.nothing)];
  },
  // What `extract` finds, or the triples and events of a task of its own format.
  extraction({ prediction }, texts) {
    if (Array.isArray(prediction)) {
      const rows = prediction.flatMap((each) =>
        each.predicate ? [[each.subject, `— ${each.predicate} →`, typeof each.object === "string" ? each.object : Object.values(each.object).join(" · ")]]
          : each.arguments.map(({ role, argument }) => [each.event_type, role, argument]));
      return [element("p", "passage", texts.at(-1)), rows.length ? tableOf(rows) : element("p", "faint", words.nothing)];
    }
    const { entities, relations, events } = prediction, found = events.flatMap((event) => event.arguments.map((each) => [event, each]));
    const spans = [...entities.map((each) => [each.start, each.end, each.type]), ...found.map(([, each]) => [each.start, each.end, each.role])];
    const tables = [
      entities.map((each) => [each.text, each.type, percent(each.confidence)]),
      relations.map((each) => [each.subject.text, `— ${each.predicate} →`, each.object.text, percent(each.confidence)]),
      found.map(([event, each]) => [event.type, each.role, each.text, percent(each.confidence)]),
    ].filter((rows) => rows.length).map(tableOf);
    return [marked(texts.at(-1), spans), ...(tables.length ? tables : [element("p", "faint", words.nothing)])];
  },
  words({ prediction }) {
    const passage = element("p", "passage", "");
    for (const [word, tag] of prediction.map((each) => [each].flat())) {
      const mark = passage.appendChild(element("mark", "", word));
      if (tag) mark.append(element("small", "", tag));
      passage.append("  ");
    }
    return [passage];
  },
  answer({ prediction, span }, texts) {
    return [element("p", "label", prediction || words.nothing), marked(texts.at(-1), span ? [[...span, ""]] : [])];
  },
  answers({ answers }) {
    const table = document.createElement("table");
    for (const { name, predicate, object, score, why } of answers) {
      const row = table.insertRow();
      for (const text of [name, predicate, object, Math.exp(score).toFixed(4), why.join("; ")]) row.insertCell().textContent = text;
      row.cells[3].className = "number";
    }
    return [element("p", "label", answers.length ? answers[0].object : words.nothing), table];
  },
  other: ({ prediction }) => [element("pre", "passage", JSON.stringify(prediction, null, 2))],
};

async function predict() {
  const run = chosen(), texts = [...$("texts").querySelectorAll("textarea")].map((area) => area.value);
  $("predict").disabled = true;
  show("");
  try {
    const found = await (await ask(`/predict/${run.id.split("/").map(encodeURIComponent).join("/")}`, { texts })).json();
    const drawn = (DRAW[run.kind] ?? DRAW.other)(found, texts);
    if (typeof found.confidence === "number") drawn.splice(1, 0, drawConfidence(found.confidence));
    $("result").replaceChildren(...drawn);
  } catch (error) {
    $("result").replaceChildren();
    show(error.message);
  }
  $("predict").disabled = false;
}

async function loadRuns() {
  try {
    runs = (await (await ask("/predict")).json()).data;
    $("run").replaceChildren(...runs.map((run) => new Option(run.id, run.id)));
    show(runs.length ? "" : words.no_predictors);
  } catch (error) {
    show(error.message);
    if (error.status === 401) document.querySelector(".key").hidden = false;
  }
  drawFields();
}

fillWords();
bindKey($("key"), loadRuns);
loadRuns();
$("run").addEventListener("change", drawFields);
$("example").addEventListener("submit", (event) => {
  event.preventDefault();
  predict();
});
