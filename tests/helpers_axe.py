"""axe-core in the page that is open: all its rules, with the contrast of each kind of text judged once."""

import functools
import importlib.util
import os
import pathlib

COLOURS = ["color-contrast", "link-in-text-block"]
# Contrast is nine tenths of axe's time, and a code listing asks it the same question a thousand times. So: one element
# of each look, which is its letters' colour, size and weight, every background behind them, and whether it is a link.
RUN = """
    const [where, options] = arguments, done = arguments[arguments.length - 1];
    const behind = new Map([[null, ""]]);
    const backgrounds = (element) => {
      if (!behind.has(element)) {
        const s = getComputedStyle(element);
        const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode].join();
        const clear = own === "rgba(0, 0, 0, 0),none,1,none,normal";
        behind.set(element, backgrounds(element.parentElement) + (clear ? "" : "/" + own));
      }
      return behind.get(element);
    };
    const looks = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; !where && (text = walker.nextNode());) {
      const element = text.parentElement;
      if (!text.data.trim() || !element.getClientRects().length) continue;
      const s = getComputedStyle(element);
      const link = element.closest("a") ? "link" : "text";
      const look = [link, s.color, s.fill, s.fontSize, s.fontWeight, s.textShadow,
        backgrounds(element)].join("|");
      if (!looks.has(look)) looks.set(look, element);
    }
    axe.run(where || { include: [...looks.values()] }, { preload: false, resultTypes: ["violations"], ...options })
      .then((found) => done(found.violations), (error) => done([{ id: "axe", help: String(error), nodes: [] }]));"""


@functools.cache
def source() -> str:
    """axe-core's source: the copy in selenium-axe-python, or the file named by CNNLIB_AXE."""
    named = os.environ.get("CNNLIB_AXE")
    if not named:
        package = importlib.util.find_spec("selenium_axe_python").submodule_search_locations[0]
        named = pathlib.Path(package) / "axe-core" / "axe.min.js"
    return pathlib.Path(named).read_text(encoding="utf-8")


def violations(browser, only_colours=False):
    """Violations of every rule, those on colours at one element of each look; or of the rules on colours alone."""
    colours = _run(browser, None, {"runOnly": COLOURS})
    if only_colours:
        return colours
    return colours + _run(browser, "html", {"rules": {name: {"enabled": False} for name in COLOURS}})


def all_violations(browser, where="html"):
    """Violations of every rule at every element of the page, or of the parts that a selector names."""
    return _run(browser, where, {})


def _run(browser, where, options):
    if not browser.execute_script("return 'axe' in window"):
        browser.execute_script(source())
    found = browser.execute_async_script(RUN, where, options)
    return [f"{v['id']}: {v['help']} {[n['html'][:150] for n in v['nodes'][:3]]}" for v in found]
