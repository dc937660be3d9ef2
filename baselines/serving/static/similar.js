// The page of a SimBERT run: similarity of texts, search in an index, paraphrases, and text generation.
import { sendOnEnter } from "./entering.js";
import { ask, bindKey, element, events, recall, remember, Refusal } from "./server.js";
import { fillWords, words } from "./words.js";

const MEMORY = "baselines.similar";
const FIELDS = { compare: ["others"], search: ["index", "by", "rerank", "count"], paraphrase: ["count", "seed"], write: ["seed"] };
const $ = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[data-kind]")];
const state = recall(MEMORY, { kind: "compare", text: "", others: "" });
let runs = [], indexes = [], working = null, loaded;

function show(message) {
  $("notice").textContent = message;
  $("notice").hidden = !message;
}

function selectedRun() {
  return runs.find((run) => run.id === $("run").value);
}

// An index is searched with the run that embedded it; paraphrases need a run that generates text.
function isAvailable(kind) {
  const run = selectedRun();
  if (!run) return false;
  return kind === "compare" || (kind === "search" ? indexesOf(run).length > 0 : run.kind !== "embedding");
}

function indexesOf(run) {
  return indexes.filter((index) => index.model === run?.id);
}

function fill(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, name]) => new Option(name, value)));
  if (options.some(([value]) => value === before)) select.value = before;
}

function draw() {
  if (!isAvailable(state.kind)) state.kind = "compare";
  for (const tab of tabs) {
    tab.disabled = Boolean(working) || !isAvailable(tab.dataset.kind);
    tab.setAttribute("aria-selected", String(tab.dataset.kind === state.kind));
  }
  fill($("index"), indexesOf(selectedRun()).map((index) => [index.id, `${index.id} (${index.size})`]));
  const { rerankers = [], ways = [] } = indexes.find((index) => index.id === $("index").value) ?? {};
  fill($("by"), ways.map((name) => [name, words.ways[name]]));
  fill($("rerank"), [["", words.none], ...rerankers.map((name) => [name, name_of(name)])]);
  for (const name of ["others", "index", "by", "rerank", "count", "seed"]) $(`${name}-field`).hidden = !FIELDS[state.kind].includes(name);
  $("by-field").hidden ||= ways.length < 2;
  $("rerank-field").hidden ||= !rerankers.length;
  $("text-name").textContent = state.kind === "search" ? words.names.question : words.names.text;
  $("go").textContent = words[state.kind];
  $("go").disabled = Boolean(working) || !selectedRun();
  $("stop").hidden = !working;
}

/** Rows of a value and texts, with a bar for each value; `full` is the value of a full bar. */
function table(rows, full = 1) {
  const made = document.createElement("table");
  for (const [value, ...cells] of rows) {
    const row = made.insertRow(), bar = row.insertCell().appendChild(document.createElement("progress"));
    bar.value = Math.max(0, value / full);
    row.insertCell().textContent = value.toFixed(4);
    row.lastChild.className = "number";
    for (const cell of cells) row.insertCell().textContent = cell;
  }
  return made;
}

function name_of(reranker) {
  return reranker === "run" ? words.rerank_run : reranker.toUpperCase();
}

function dot(one, other) {
  return one.reduce((sum, value, place) => sum + value * other[place], 0);
}

async function post(path, body) {
  return (await ask(path, body, working.signal)).json();
}

/** The fields of a search result, except the text itself, which is shown beside them. */
function describeFields({ text, metadata }) {
  const format = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.entries(metadata).filter(([, value]) => value !== text).map(([name, value]) => `${name}: ${format(value)}`).join(" · ");
}

const DO = {
  async compare(model, text) {
    const others = $("others").value.split("\n").map((line) => line.trim()).filter(Boolean);
    const { data } = await post("/v1/embeddings", { model, input: [text, ...others] });
    const [first, ...rest] = data.map((each) => each.embedding);
    const rows = others.map((other, place) => [dot(first, rest[place]), other]).sort((one, other) => other[0] - one[0]);
    const details = document.createElement("details");
    details.append(element("summary", "faint", words.vector(first.length)), element("p", "passage", first.map((value) => value.toFixed(4)).join(" ")));
    return [table(rows), details];
  },
  async search(model, query, count) {
    const rerank = $("rerank").value, by = $("by").value || "vectors";
    const { data } = await post("/search", { index: $("index").value, query, k: count, by, ...(rerank && { rerank }) });
    const full = by === "vectors" ? 1 : Math.max(...data.map((item) => item.score));
    const reranked = ({ distance = null, relevance = distance }) => (relevance === null ? [] : [`${name_of(rerank)} ${relevance.toFixed(4)}`]);
    return data.length ? [table(data.map((item) => [item.score, item.text, ...reranked(item), describeFields(item)]), full)] : [element("p", "faint", words.nothing)];
  },
  async paraphrase(model, text, count, seed) {
    const { data } = await post("/paraphrase", { model, text, num: count, ...seed });
    return data.length ? [table(data.map((each) => [each.similarity, each.text]))] : [element("p", "faint", words.nothing)];
  },
  async write(model, text, count, seed) {
    const written = $("result").appendChild(element("p", "passage label", ""));
    const response = await ask("/v1/completions", { model, prompt: text, stream: true, ...seed }, working.signal);
    for await (const event of events(response)) written.textContent += event.choices[0]?.text ?? "";
    return written.textContent.trim() ? [written] : [element("p", "faint", words.nothing)];
  },
};

async function go() {
  await loaded;                                                         // who types at once does not type in vain
  const text = $("text").value.trim(), run = selectedRun();
  if (!text || working || !run) return;
  working = new AbortController();
  show("");
  $("result").replaceChildren();
  draw();
  try {
    for (const input of [$("count"), $("seed")]) if (!input.closest("label").hidden && !input.checkValidity()) throw new Refusal(words.wrong);
    const seed = $("seed").value === "" ? {} : { seed: Number($("seed").value) };
    $("result").replaceChildren(...(await DO[state.kind](run.id, text, Number($("count").value || 10), seed)));
  } catch (error) {
    show(error.name === "AbortError" ? words.stopped : error instanceof Refusal ? error.message : words.broken);
  }
  working = null;
  draw();
}

async function load() {
  try {
    const [models, found] = await Promise.all(["/v1/models", "/search"].map(async (path) => (await (await ask(path)).json()).data));
    runs = models.filter((model) => model.dimensions);
    indexes = found;
    fill($("run"), runs.map((run) => [run.id, run.id]));
    show(runs.length ? "" : words.no_embedders);
  } catch (error) {
    show(error.message);
    if (error.status === 401) document.querySelector(".key").hidden = false;
  }
  draw();
}

function choose(kind) {
  state.kind = kind;
  remember(MEMORY, state);
  $("result").replaceChildren();
  show("");
  draw();
}

fillWords();
bindKey($("key"), () => (loaded = load()));
for (const name of ["text", "others"]) {
  $(name).value = state[name];
  $(name).addEventListener("input", () => {
    state[name] = $(name).value;
    remember(MEMORY, state);
  });
}
sendOnEnter($("text"), go);
for (const tab of tabs) tab.addEventListener("click", () => choose(tab.dataset.kind));
for (const name of ["run", "index"]) $(name).addEventListener("change", draw);
$("stop").addEventListener("click", () => working?.abort());
$("asking").addEventListener("submit", (event) => {
  event.preventDefault();
  go();
});
loaded = load();
