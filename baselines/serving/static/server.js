// Requests to the server, and local storage. Text from the server or the user is inserted through textContent only.
import { words } from "./words.js";

export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export async function ask(path, body, signal) {
  const key = sessionStorage.getItem("baselines.key");
  const headers = { ...(body && { "Content-Type": "application/json" }), ...(key && { Authorization: `Bearer ${key}` }) };
  let response;
  try {
    response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refusal(words.unreachable);
  }
  if (response.ok) return response;
  const detail = await response.json().catch(() => null);
  const message = detail?.error?.message ?? `${response.status} ${response.statusText}`;
  throw new Refusal(response.status === 401 ? words.key : message, response.status);
}

export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Refusal(words.broken);
    const blocks = (buffer + value).split("\n\n");
    buffer = blocks.pop();
    for (const block of blocks) {
      const data = block.replace(/^data: /, "");
      if (data === "[DONE]") return;
      const event = JSON.parse(data);
      if (event.error) throw new Refusal(event.error.message);
      yield event;
    }
  }
}

export function recall(name, initial) {
  try {
    return { ...initial, ...JSON.parse(localStorage.getItem(name)) };
  } catch {
    return initial;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage is full or disabled. The page works without it.
  }
}

export function element(kind, className, text) {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

export function bindKey(input, changed) {
  input.value = sessionStorage.getItem("baselines.key") ?? "";
  input.addEventListener("change", () => {
    sessionStorage.setItem("baselines.key", input.value);
    changed();
  });
}
