"""A laboratory on a page of its own, from disk, and what its tests do there: read grids, point, tap, type."""

import json
from urllib.parse import quote, unquote

from helpers_book import media, noise, requests, wait
from helpers_labs import write_page
from selenium.webdriver import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.keys import Keys

# What of the theme matters here: the colours, a column as narrow as the book's, boxes that hold their padding.
THEME = """*, ::before { box-sizing: border-box; } body { margin: 0; font: 16px/1.5 sans-serif; }
body { background: var(--pst-color-background); color: var(--pst-color-text-base); }
main { max-width: 46rem; margin: auto; }
html { --pst-color-background: #fff; --pst-color-text-base: #323232; }
html[data-theme="dark"] { --pst-color-background: #14181e; --pst-color-text-base: #ced6dd; }"""
DARK = "document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"


# Random use: buttons, keys, cells, menus and numbers, also those that make no sense. Returns what went wrong.
MASH = """
const random = ((seed) => () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x80000000)(arguments[0]);
const body = document.querySelector(".course-lab-body"), faults = [];
addEventListener("error", (event) => faults.push(event.message));
const some = (values) => values[Math.floor(random() * values.length)];
const one = (all) => some([...body.querySelectorAll(all)]);
const fire = (element, event) => element?.dispatchEvent(event), input = () => new Event("input", { bubbles: true });
const keys = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", "Escape", "Home", "End", "+", "-", "z"];
const acts = [
  () => one("button").click(),
  () => {
    const key = some(keys);
    fire(one("[data-grid]"), new KeyboardEvent("keydown", { key, bubbles: true, ctrlKey: key === "z" }));
  },
  () => fire(one("[data-cell]"), new MouseEvent("click", { bubbles: true })),
  () => one("[type=radio]:not(:disabled), [type=checkbox]")?.click(),
  () => { const menu = one("select"); menu.selectedIndex = Math.floor(random() * menu.length); fire(menu, input()); },
  () => {
    const box = one("[type=range], [type=text]");
    box.value = some(["-3", "0", "2.5", "", "1e9", "1/3", "0,5"]);
    fire(box, input());
  },
];
for (let n = 0; n < arguments[1]; n++) {
  some(acts)();
  const odd = /NaN|undefined|Infinity/.exec(body.textContent);
  if (odd) faults.push(odd[0]);
}
return faults;"""


class Page:
    """The page of one laboratory in a browser."""

    def __init__(self, browser, lab, folder):
        self.browser, self.lab, self.path = browser, lab, folder / f"{lab.name}.html"
        write_page(self.path, lab)
        page = self.path.read_text(encoding="utf-8")
        self.path.write_text(page.replace("<style>", f"<script>{DARK}</script><style>{THEME}", 1), encoding="utf-8")

    def open(self, width=1280, mode="light", address=None, **state):
        """At a state, in a window of some width and in some colours."""
        noise(self.browser), requests(self.browser)
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
        media(self.browser, mode)
        self.browser.get("about:blank")
        fragment = f"#lab={self.lab.name.removeprefix('lab-')}:{quote(json.dumps(state))}" if state else ""
        self.browser.get(address or self.path.as_uri() + fragment)
        assert wait(self.browser, "return document.querySelector('[data-grid]')")
        return self

    def narrow(self, wide=700):
        """In a column of so many pixels, as the book's is beside its margins in a window of 1280."""
        self.browser.execute_script("document.querySelector('main').style.maxWidth = `${arguments[0]}px`", wide)
        return self

    def tops(self, *selectors):
        """Where the first line of text in each of these elements stands."""
        return self.browser.execute_script("""
            return arguments[0].map((selector) => {
              const part = document.querySelector(selector), range = document.createRange();
              const words = document.createTreeWalker(part, NodeFilter.SHOW_TEXT).nextNode();
              range.selectNodeContents(words);
              return range.getBoundingClientRect().top; });""", selectors)

    def unfold(self):
        """With all that is folded open."""
        self.browser.execute_script("for (const fold of document.querySelectorAll('details')) fold.open = true")
        return self

    def in_sight(self, selector):
        """Whether all of an element is in the window, and nothing lies over its middle."""
        return self.browser.execute_script("""
            const part = document.querySelector(arguments[0]);
            const { left, top, width, height } = part.getBoundingClientRect();
            const over = document.elementFromPoint(left + width / 2, top + height / 2);
            return width > 0 && top >= 0 && top + height <= innerHeight + 1 && part.contains(over);""", selector)

    def find(self, selector):
        return self.browser.find_element("css selector", selector)

    def text(self, selector):
        return self.find(selector).text

    @property
    def caption(self):
        return self.find("[data-region=caption]").get_attribute("textContent").replace("\u00a0", " ")

    def cell(self, grid, i, j):
        return self.find(f'[data-grid="{grid}"] [data-cell="{i},{j}"] rect')

    def grid(self, name, line=0):
        """The numbers of a grid as they are shown; `line` 1 are the smaller ones below, without their letter."""
        return self.browser.execute_script("""
            const rows = [];
            for (const cell of document.querySelectorAll(`[data-grid="${arguments[0]}"] [data-cell]`)) {
              const shown = cell.querySelectorAll("text")[arguments[1]].textContent;
              const value = Number(shown.replace(/^[xyw] /, "").replace("−", "-"));
              (rows[cell.dataset.cell.split(",")[0]] ??= []).push(value);
            }
            return rows;""", name, line)

    def press(self, selector, *keys):
        for key in keys:  # the element may be another one after each key
            self.find(selector).send_keys(key)

    def point(self, element):
        ActionChains(self.browser, duration=50).move_to_element(element).perform()

    def tap(self, element):
        x, y = self.browser.execute_script("""
            arguments[0].scrollIntoView({block: "center", behavior: "instant"});
            const { left, top, width, height } = arguments[0].getBoundingClientRect();
            return [Math.round(left + width / 2), Math.round(top + height / 2)];""", element)
        finger = ActionBuilder(self.browser, mouse=PointerInput(POINTER_TOUCH, "finger"), duration=50)
        # By place: while a laboratory plays, the element is soon another one.
        finger.pointer_action.move_to_location(x, y).pointer_down().pointer_up()
        finger.perform()

    def type(self, selector, words):
        self.press(selector, Keys.CONTROL + "a", words)

    @property
    def state(self):
        """What the address holds: all that differs from the start."""
        wait(self.browser, "return new Promise((done) => setTimeout(() => done(true), 350))")
        fragment = self.browser.execute_script("return location.hash")
        return json.loads(unquote(fragment.split(":", 1)[1])) if fragment else {}

    def quiet(self):
        """Nothing was said in the console, and nothing was asked for outside the disk."""
        heard = [*noise(self.browser), *requests(self.browser)]
        assert heard == [], heard
        return True

    def mash(self, seed, times):
        """Use it at random; what went wrong. A link must then bring everything back."""
        faults, said, state = self.browser.execute_script(MASH, seed, times), self.caption, self.state
        self.open(address=self.browser.current_url)
        return faults if (self.caption, self.state) == (said, state) else [*faults, state]

    def smallest_text(self):
        """The height in pixels of the smallest letters in a drawing."""
        return self.browser.execute_script("""
            const texts = [...document.querySelectorAll(".course-lab svg text")];
            return Math.min(...texts.filter((t) => t.textContent.trim()).map((t) =>
              parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a));""")

    def scrolls_sideways(self, width):
        return self.browser.execute_script("return document.documentElement.scrollWidth") > width

    def focus_stops(self, most=60):
        """Every element that Tab reaches, and whether its focus can be seen."""
        self.browser.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
        found = []
        for _ in range(most):
            ActionChains(self.browser, duration=0).send_keys(Keys.TAB).perform()
            name, seen = self.browser.execute_script("""
                const e = document.activeElement, box = e.closest(".course-lab-w-choice label") ?? e;
                const style = getComputedStyle(box);
                return [e === document.body ? "" : e.dataset.grid || e.dataset.do || e.name || e.localName,
                  style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];""")
            if not name and found:
                break
            found.append((name, seen))
        return found
