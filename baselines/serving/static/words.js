// The strings of the pages, in English and Chinese.
const WORDS = {
  en: {
    send: "Send", stop: "Stop", reset: "Reset", again: "Again", settings: "Settings", model: "Model", run: "Run", try: "Try other runs", chat: "Chat",
    message: "Message", predict: "Predict", temperature: "Temperature", top_k: "Top k (0: all)", top_p: "Top p",
    max_tokens: "Max tokens", repetition_penalty: "Repetition penalty", seed: "Seed", api_key: "API key",
    random: "random", greeting: "Write something. Enter sends, Shift+Enter starts a new line.",
    rewrite: "This model rewrites a text: each message is processed on its own.",
    dropped: (n) => `The conversation exceeds the context: the first ${n} message${n === 1 ? "" : "s"} are dropped.`,
    cut: "Stopped at the token limit.", stopped: "Stopped.", silent: "The model returned no text. Your message is back in the input box.",
    broken: "The connection was lost.", unreachable: "The server cannot be reached.", wrong: "Correct the highlighted settings.",
    key: "This server asks for an API key.", no_writers: "No run on this server generates text.",
    no_predictors: "No run on this server classifies, tags or reads.", confidence: "Confidence", nothing: "Nothing found.",
    similar: "Similar texts", compare: "Compare", search: "Search", paraphrase: "Paraphrase", write: "Generate", others: "Other texts, one per line",
    index: "Index", by: "Compare", ways: { vectors: "vectors", lexical: "words", hybrid: "vectors and words" }, rerank: "Rerank", count: "Results", none: "none", rerank_run: "run", vector: (n) => `Vector of the first text (${n} dimensions)`,
    no_embedders: "No run on this server embeds texts.",
    names: { text: "Text", text_pair: "Second text", question: "Question", passage: "Passage" },
  },
  zh: {
    send: "发送", stop: "停止", reset: "清空", again: "重答", settings: "设置", model: "模型", run: "任务", try: "试用其他任务", chat: "聊天",
    message: "说点什么", predict: "预测", temperature: "温度", top_k: "Top k（0 为不限）", top_p: "Top p",
    max_tokens: "最多词元数", repetition_penalty: "重复惩罚", seed: "随机种子", api_key: "API 密钥",
    random: "随机", greeting: "说点什么吧。回车发送，Shift+回车换行。",
    rewrite: "这个模型改写文本，每条消息单独作答。",
    dropped: (n) => `对话过长，模型已看不到最早的 ${n} 条消息。`,
    cut: "已达到最多词元数。", stopped: "已停止。", silent: "模型没有回答，您的消息已放回输入框。",
    broken: "连接中断。", unreachable: "无法连接服务器。", wrong: "请修改标出的设置。",
    key: "服务器需要 API 密钥。", no_writers: "这个服务器上没有生成文本的模型。",
    no_predictors: "这个服务器上没有分类、标注或阅读理解的模型。", confidence: "置信度", nothing: "没有找到。",
    similar: "相似文本", compare: "比较", search: "搜索", paraphrase: "改写", write: "生成", others: "其他文本，每行一条",
    index: "索引", by: "依据", ways: { vectors: "向量", lexical: "词语", hybrid: "向量加词语" }, rerank: "重排", count: "数量", none: "不重排", rerank_run: "重排模型", vector: (n) => `第一个文本的向量（${n} 维）`,
    no_embedders: "这个服务器上没有生成向量的模型。",
    names: { text: "文本", text_pair: "第二个文本", question: "问题", passage: "文章" },
  },
};

const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
export const words = WORDS[language];

export function fillWords() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = words[each.dataset.word];
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", words[each.dataset.label]);
  for (const each of document.querySelectorAll("[data-hint]")) each.placeholder = words[each.dataset.hint];
}
