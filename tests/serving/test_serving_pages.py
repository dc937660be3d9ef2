"""The pages in headless Chromium: type, stream, stop, reset, reload, input methods, small screens, no text taken for HTML."""

import contextlib
import re
import shutil
import time

import pytest
from parrot import make_app, serving

from baselines.serving.limits import Access, Limits

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -r requirements-dev.txt")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH: apt-get install chromium")
expect = playwright.expect
expect.set_options(timeout=60_000)                                      # how long a busy machine may take
PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def addresses():
    """Of two servers of parrots, one in no hurry."""
    with serving(make_app(Limits(max_tokens=40))) as quick, serving(make_app(Limits(max_tokens=40), pause=0.3)) as slow:
        yield {"quick": quick, "slow": slow}


@pytest.fixture
def open_page(browser, addresses):
    """Call it with a path, an application or "slow", and what the browser is like: a page, nothing remembered."""
    contexts, servers = [], contextlib.ExitStack()

    def open_page(path="/", app="quick", locale="en-US", **like):
        context = browser.new_context(locale=locale, **like)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(error))
        page.set_default_timeout(60_000)
        page.goto((addresses[app] if isinstance(app, str) else servers.enter_context(serving(app))) + path)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            assert page.errors == []
        context.close()
    servers.close()


def messages(page, who):
    return page.locator(f".message.{who}")


def say(page, text):
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def test_a_conversation_is_streamed_kept_over_a_reload_and_reset(open_page):
    page = open_page()
    expect(page.locator("#model")).to_have_value("chat/parrot")
    say(page, "你好")
    expect(messages(page, "assistant")).to_have_text("你好")
    say(page, "今天天气")
    expect(messages(page, "assistant")).to_have_text(["你好", "今天天气"])
    expect(page.locator("#text")).to_have_value("")
    page.locator("#text").fill("还没")
    page.reload()
    expect(messages(page, "user")).to_have_text(["你好", "今天天气"])
    expect(messages(page, "assistant")).to_have_text(["你好", "今天天气"])
    expect(page.locator("#text")).to_have_value("还没")
    page.locator("#reset").click()
    expect(page.locator(".message")).to_have_count(0)
    page.reload()
    expect(page.locator("#greeting")).to_be_visible()
    expect(page.locator(".message")).to_have_count(0)


def test_what_is_sent_before_the_list_of_runs_has_come_is_not_lost(open_page):
    def late(route):
        time.sleep(0.5)
        route.continue_()

    page = open_page()
    page.route("**/v1/models", late)
    page.reload(wait_until="domcontentloaded")
    say(page, "你好")
    expect(messages(page, "assistant")).to_have_text("你好")
    page = open_page("/similar", app=make_app(Limits(max_tokens=16), similar=True))
    page.route("**/v1/models", late)
    page.reload(wait_until="domcontentloaded")
    page.locator("#text").fill("你好")
    page.locator("#others").fill("你好\n再见")
    page.locator("#text").press("Enter")
    expect(page.locator("#result tr")).to_have_count(2)


def test_a_reply_shows_while_it_is_written_and_can_be_stopped(open_page):
    page = open_page(app="slow")
    say(page, "永远")
    expect(messages(page, "assistant")).to_have_text(re.compile("^永远永"))
    expect(page.locator("#send")).to_be_hidden()
    page.locator("#stop").click()
    expect(page.locator(".remark")).to_have_text("Stopped.")
    stopped = messages(page, "assistant").inner_text()
    assert 3 <= len(stopped) < 30
    expect(page.locator("#send")).to_be_visible()
    page.reload()
    expect(messages(page, "assistant")).to_have_text(stopped)
    say(page, "你好")
    expect(messages(page, "assistant").last).to_have_text("你好")


def test_a_reset_while_writing_leaves_nothing(open_page):
    page = open_page(app="slow")
    say(page, "永远")
    expect(messages(page, "assistant")).to_have_text(re.compile("^永"))
    page.locator("#reset").click()
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator(".message")).to_have_count(0)
    say(page, "再见")
    expect(messages(page, "assistant")).to_have_text(["再见"])


def test_enter_in_an_input_method_does_not_send(open_page):
    page = open_page()
    page.locator("#text").focus()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "ni'hao", "selectionStart": 6, "selectionEnd": 6})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "nativeVirtualKeyCode": 13}
    seen = page.evaluate_handle("""() => {
        const seen = [];
        addEventListener("keydown", (event) => seen.push(event.isComposing), true);
        return seen;
    }""")
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    assert seen.json_value() == [True]
    keyboard.send("Input.insertText", {"text": "你好"})
    expect(page.locator("#text")).to_have_value("你好")
    expect(page.locator(".message")).to_have_count(0)
    page.evaluate("""() => document.querySelector("#text").dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }))""")  # as Safari tells it
    expect(page.locator(".message")).to_have_count(0)
    page.locator("#text").press("Shift+Enter")
    expect(page.locator("#text")).to_have_value("你好\n")
    page.locator("#text").press("Enter")
    expect(messages(page, "assistant")).to_have_text("你好")


def test_text_is_never_taken_for_html(open_page):
    page = open_page()
    evil = "<b>你好<img src=x onerror=\"document.title='bad'\"><script>document.title='bad'</script>"
    say(page, evil)
    expect(messages(page, "assistant")).to_contain_text("<b>")
    expect(page.locator(".writing")).to_have_count(0)
    expect(messages(page, "user")).to_have_text(evil)
    page.reload()
    expect(messages(page, "user")).to_have_text(evil)
    assert page.title() == "Chat" and page.locator("#log img, #log script, #log b").count() == 0


def test_settings_are_sent_checked_and_kept(open_page):
    page = open_page()
    page.locator("#show-settings").click()
    expect(page.locator("[name=top_k]")).to_have_attribute("placeholder", "5")
    page.locator("[name=max_tokens]").fill("2")
    page.locator("[name=seed]").fill("7")
    with page.expect_request("**/v1/chat/completions") as asked:
        say(page, "今天天气")
    sent = asked.value.post_data_json
    assert {name: value for name, value in sent.items() if name != "messages"} == {
        "model": "chat/parrot", "stream": True, "max_tokens": 2, "seed": 7,
    }  # fmt: skip
    expect(messages(page, "assistant")).to_have_text("今天")
    expect(page.locator(".remark")).to_have_text("Stopped at the token limit.")
    page.locator("[name=temperature]").fill("9")
    say(page, "你好")
    expect(page.locator("#notice")).to_contain_text("Correct the highlighted settings.")
    expect(page.locator("#text")).to_have_value("你好")
    page.locator("[name=temperature]").fill("0.5")
    page.reload()
    page.locator("#show-settings").click()
    expect(page.locator("[name=temperature]")).to_have_value("0.5")
    expect(page.locator("[name=seed]")).to_have_value("7")


def test_refusals_are_told_and_the_message_is_given_back(open_page):
    page = open_page(app=make_app(Limits(max_tokens=40), access=Access(api_key="sesam")))
    expect(page.locator("#notice")).to_contain_text("API key")
    page.locator("#key").fill("sesam")
    page.locator("#key").blur()
    expect(page.locator("#model")).to_have_value("chat/parrot")
    say(page, "砸")
    expect(page.locator("#notice")).to_contain_text("could not generate this reply")
    expect(page.locator("#text")).to_have_value("砸")
    expect(page.locator(".message")).to_have_count(0)
    page.context.set_offline(True)
    say(page, "你好")
    expect(page.locator("#notice")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    page.locator("#send").click()
    expect(messages(page, "assistant")).to_have_text("你好")


def test_another_model_may_be_chosen_and_long_histories_are_told(open_page):
    page = open_page()
    for text in ("一二三四五六七八九十" * 2, "今天天气怎样", "你好"):
        say(page, text)
        expect(messages(page, "assistant").last).to_have_text(text)
    expect(page.locator(".remark").last).to_contain_text("exceeds the context: the first")
    page.locator("#model").select_option("seq2seq/parrot")
    say(page, "再见")
    expect(messages(page, "assistant").last).to_have_text("再见")
    page.locator("#again").click()
    expect(messages(page, "assistant")).to_have_count(4)
    expect(messages(page, "assistant").last).to_have_text("再见")


@pytest.mark.parametrize("path", ["/", "/try"])
def test_nothing_is_wider_than_a_phone(open_page, path):
    page = open_page(path, locale="zh-CN", **PHONE)
    if path == "/":
        say(page, "你好" + "x" * 300)
        expect(messages(page, "user")).to_be_visible()
        page.locator("#show-settings").click()
        expect(page.locator("#send")).to_have_text("发送")
        expect(page.locator("#send")).to_be_in_viewport()
    else:
        expect(page.locator("#predict")).to_have_text("预测")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_colours_follow_the_system(open_page):
    ground = "getComputedStyle(document.body).backgroundColor"
    assert open_page(color_scheme="light").evaluate(ground) == "rgb(255, 255, 255)"
    assert open_page(color_scheme="dark").evaluate(ground) == "rgb(20, 22, 26)"


def test_runs_that_do_not_write_can_be_tried(open_page):
    page = open_page("/try")
    page.locator("[name=text]").fill("今天天气不错")
    page.locator("#predict").click()
    expect(page.locator(".label")).to_have_text("长")
    expect(page.locator(".confidence")).to_contain_text("75.0 %")
    assert page.locator("progress").evaluate("bar => bar.value") == 0.75

    page.locator("#run").select_option("tag")
    page.locator("[name=text]").fill("😀你好<b>，你好")
    page.locator("#predict").click()
    expect(page.locator("mark")).to_have_text(["你好GREETING", "你好GREETING"])
    expect(page.locator(".passage")).to_have_text("😀你好GREETING<b>，你好GREETING")

    page.locator("#run").select_option("read")
    page.locator("[name=question]").fill("哪一年？")
    page.locator("[name=passage]").fill("😀柳桥建于1923年。")
    page.locator("#predict").click()
    expect(page.locator("mark")).to_have_text("1923年")
    expect(page.locator(".label")).to_have_text("1923年")
    page.locator("[name=question]").fill(" ")
    page.locator("#predict").click()
    expect(page.locator("#notice")).to_contain_text("texts[0]")


def test_what_is_extracted_is_marked_and_listed(open_page):
    page = open_page("/try")
    page.locator("#run").select_option("extract")
    page.locator("[name=text]").fill("李雷，你好<b>")
    page.locator("#predict").click()
    expect(page.locator("mark")).to_have_text(["李雷人物", "你好问候 · 内容"])
    expect(page.locator(".passage")).to_contain_text("<b>")
    tables = [[row.locator("td").all_inner_texts() for row in table.locator("tr").all()] for table in page.locator("table").all()]
    assert tables == [
        [["李雷", "人物", "80.0 %"], ["你好", "问候", "90.0 %"]],
        [["你好", "— 对象 →", "李雷", "80.0 %"]],
        [["说话", "内容", "你好", "90.0 %"]],
    ]
    colors = page.locator("mark").evaluate_all("marks => marks.map(mark => getComputedStyle(mark).backgroundColor)")
    assert colors[0] != colors[1]
    page.locator("#run").select_option("segment")
    page.locator("[name=text]").fill("青禾裁员<b>")
    page.locator("#predict").click()
    expect(page.locator("mark")).to_have_text(["青禾n", "裁员n", "<bn", ">n"])


def rows(page):
    """The texts of the table of results, from the second column on."""
    return [[cell.inner_text() for cell in row.locator("td").all()[1:]] for row in page.locator("#result tr").all()]


def tab(page, kind):
    page.locator(f"[data-kind={kind}]").click()


def test_one_run_compares_searches_paraphrases_and_writes(open_page):
    page = open_page("/similar", app=make_app(similar=True))
    page.locator("#text").fill("今天天气")
    page.locator("#others").fill("你好\n\n今天天气不错<b>\n明天")
    page.locator("#text").press("Enter")
    expect(page.locator("#result tr")).to_have_count(3)
    found = rows(page)
    assert [text for _, text in found] == ["今天天气不错<b>", "明天", "你好"] and float(found[0][0]) > float(found[1][0]) > 0
    page.locator("summary").click()
    expect(page.locator("details .passage")).to_contain_text("0.8165 0.4082")

    tab(page, "search")
    expect(page.locator("#others")).to_be_hidden()
    expect(page.locator("#index")).to_have_value("faq")
    page.locator("#count").fill("2")
    page.locator("#go").click()
    expect(page.locator("#result tr")).to_have_count(2)
    assert sorted(cells for _, *cells in rows(page)) == [
        ["今天天气不错", "topic: 不错 · place: 0"],                         # the text itself is not told twice
        ["今天天气怎样", "topic: 怎样 · place: 1"],
    ]
    page.locator("#rerank").select_option("length")
    page.locator("#count").fill("5")
    page.locator("#go").click()
    expect(page.locator("#result tr")).to_have_count(5)
    assert rows(page)[0][1] == "你好"

    tab(page, "paraphrase")
    page.locator("#text").fill("掷骰子")
    page.locator("#count").fill("3")
    page.locator("#seed").fill("1")
    page.locator("#go").click()
    expect(page.locator("#result tr")).to_have_count(3)
    page.locator("#count").fill("0")
    page.locator("#go").click()
    expect(page.locator("#notice")).to_contain_text("Correct the highlighted settings.")

    tab(page, "write")
    page.locator("#text").fill("你好吗")
    page.locator("#go").click()
    expect(page.locator("#result .passage")).to_have_text("你好吗")
    page.reload()
    expect(page.locator("#text")).to_have_value("你好吗")


def test_what_a_page_of_similar_texts_cannot_do_is_told(open_page):
    expect(open_page("/similar").locator("#notice")).to_have_text("No run on this server embeds texts.")
    page = open_page("/similar", app=make_app(Limits(max_tokens=16), pause=0.5, similar=True), locale="zh-CN", **PHONE)
    page.locator("#text").fill("砸")
    page.locator("#go").click()
    expect(page.locator("#notice")).to_contain_text("The server had an error")
    expect(page.locator("#go")).to_have_text("比较")
    tab(page, "write")
    page.locator("#text").fill("永远" + "x" * 200)
    page.locator("#go").click()
    expect(page.locator("#result .passage")).to_have_text(re.compile("^永远"))
    page.locator("#stop").click()
    expect(page.locator("#notice")).to_have_text("已停止。")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
