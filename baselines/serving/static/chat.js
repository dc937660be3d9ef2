// The chat. It stores complete turns, user and assistant in turn; the text of a failed turn returns to the input box.
import { sendOnEnter } from "./entering.js";
import { ask, bindKey, element, events, recall, remember, Refusal } from "./server.js";
import { fillWords, words } from "./words.js";

const MEMORY = "baselines.chat";
const $ = (id) => document.getElementById(id);
const [log, text, settings, notice] = ["log", "text", "settings", "notice"].map($);
const state = recall(MEMORY, { model: "", messages: [], settings: {}, draft: "" });
let models = {}, writing = null, loaded;

function save() {
  remember(MEMORY, state);
}

function show(message) {
  notice.textContent = message;
  notice.hidden = !message;
}

function add(className, content) {
  const followed = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const made = log.appendChild(element("div", className, content));
  if (followed) log.scrollTop = log.scrollHeight;
  return made;
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

function compose(content) {
  text.value = state.draft = content;
  grow();
}

function refresh() {
  $("greeting").hidden = log.childElementCount > 1;
  $("stop").hidden = !writing;
  $("send").hidden = Boolean(writing);
  $("again").disabled = Boolean(writing) || state.messages.length < 2;
  $("send").disabled = !(state.model in models);
}

function parameters() {
  const found = {};
  for (const input of settings.querySelectorAll("input[name]")) {
    if (!input.checkValidity()) {
      settings.hidden = false;
      throw new Refusal(words.wrong);
    }
    if (input.value !== "") found[input.name] = Number(input.value);
  }
  return found;
}

async function reply(content) {
  const conversation = state.messages, rewrites = models[state.model].kind !== "chat", signal = (writing = new AbortController()).signal;
  const message = { role: "user", content }, shown = [add("message user", content), add("message assistant writing", "")];
  let written = "", remark = "", problem = "";
  compose("");
  state.draft = content;                                                // so that a reload does not lose it
  show("");
  refresh();
  save();
  try {
    const asked = { model: state.model, messages: [...(rewrites ? [] : conversation), message], stream: true, ...parameters() };
    for await (const event of events(await ask("/v1/chat/completions", asked, signal))) {
      const choice = event.choices[0];
      if (choice?.delta.content) {
        const followed = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
        shown[1].textContent = written += choice.delta.content;
        if (followed) log.scrollTop = log.scrollHeight;
      }
      if (event.dropped_messages) remark = words.dropped(event.dropped_messages);
      if (choice?.finish_reason === "length") remark = words.cut;
    }
    if (!written.trim()) problem = words.silent;
  } catch (error) {
    if (error.name === "AbortError") remark = words.stopped;
    else problem = error instanceof Refusal ? error.message : words.broken;
  }
  writing = null;
  shown[1].classList.remove("writing");
  if (state.messages !== conversation) return refresh();                // reset meanwhile
  if (written.trim()) {
    conversation.push(message, { role: "assistant", content: written });
    state.draft = text.value;
    if (remark) add("remark", remark);
  } else {
    for (const each of shown) each.remove();
    compose(text.value || content);
  }
  show(problem);
  refresh();
  save();
}

async function send() {
  await loaded;                                                         // who types at once does not type in vain
  const content = text.value.trim();
  if (content && !writing && state.model in models) reply(content);
}

function again() {
  const [message] = state.messages.splice(-2);
  draw();
  reply(message.content);
}

function draw() {
  while (log.childElementCount > 1) log.lastChild.remove();
  for (const { role, content } of state.messages) add(`message ${role}`, content);
  log.scrollTop = log.scrollHeight;
  refresh();
}

async function loadModels() {
  try {
    const data = (await (await ask("/v1/models")).json()).data.filter((model) => model.kind !== "embedding");
    models = Object.fromEntries(data.map((model) => [model.id, model]));
    $("model").replaceChildren(...data.map((model) => new Option(model.id, model.id)));
    show(data.length ? "" : words.no_writers);
    choose(state.model in models ? state.model : data[0]?.id ?? "");
  } catch (error) {
    show(error.message);
    if (error.status === 401) settings.hidden = false;
  }
  refresh();
}

function choose(name) {
  $("model").value = state.model = name;
  const { kind, defaults, most_tokens } = models[name] ?? { defaults: {} };
  $("greeting").textContent = kind === "seq2seq" ? words.rewrite : words.greeting;
  for (const input of settings.querySelectorAll("input[name]")) input.placeholder = defaults[input.name] ?? words.random;
  settings.elements.max_tokens.max = most_tokens ?? "";
}

fillWords();
for (const input of settings.querySelectorAll("input[name]")) {
  input.value = state.settings[input.name] ?? input.value;
  input.addEventListener("input", () => {
    state.settings[input.name] = input.value;
    save();
  });
}
bindKey($("key"), () => (loaded = loadModels()));
compose(state.draft);
draw();
loaded = loadModels();

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
settings.addEventListener("submit", (event) => event.preventDefault());
sendOnEnter(text, send);
text.addEventListener("input", () => {
  grow();
  if (!writing) state.draft = text.value;
  save();
});
$("stop").addEventListener("click", () => writing?.abort());
$("again").addEventListener("click", again);
$("reset").addEventListener("click", () => {
  writing?.abort();
  state.messages = [];
  state.draft = text.value;
  show("");
  draw();
  save();
  text.focus();
});
$("show-settings").addEventListener("click", (event) => {
  settings.hidden = !settings.hidden;
  event.currentTarget.setAttribute("aria-expanded", String(!settings.hidden));
});
$("model").addEventListener("change", (event) => {
  choose(event.target.value);
  save();
});
