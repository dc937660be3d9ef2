// Enter sends, Shift+Enter starts a new line. While an input method is composing, Enter confirms its words (keyCode 229: Safari).
export function sendOnEnter(area, send) {
  area.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !event.shiftKey && !composing) {
      event.preventDefault();
      send();
    }
  });
}
