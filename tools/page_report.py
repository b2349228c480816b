"""Measure every page of the built book, and print one table.

    python tools/page_report.py                           # all pages; Lighthouse too, where it is installed
    python tools/page_report.py intro chapters/09         # pages whose address begins so
    python tools/page_report.py --runs 0                  # without Lighthouse

The book is served from here, compressed beforehand as web servers do it: with brotli (``pip install -e
'.[report]'``), or else with gzip, which is larger. Chromium with ChromeDriver opens the pages. Lighthouse is a program
of its own (``npm install --global lighthouse``, or LIGHTHOUSE=its path): the median of three runs, for a desktop and
for a phone. What misses a limit, and what could not be measured, is said below the table.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import functools
import gzip
import http.server
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

try:
    import brotli
except ImportError:
    brotli = None
METHOD = "br" if brotli else "gzip"
TEXTS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# The limits: least scores; most kilobytes before an explorer is reached (gzip takes a seventh more for the same text);
# largest shift; smallest letters in pixels; milliseconds from a stroke to what the network makes of it.
LEAST = {"desktop": (95, 100, 100, 100), "mobile": (90, 100, 100, 100)}
KILOBYTES = {"br": 250, "gzip": 275}
SHIFT, LETTER, MOMENT = 0.05, 9, 10
# What moves without a reader's doing, as browsers count it; and what the page loads before anything is scrolled.
SHIFTS = """window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });"""
# The smallest letters of the figures and explorers, in pixels of the window.
LETTERS = """
    let least = Infinity;
    for (const text of document.querySelectorAll("article :is(.course-figure, .course-stage) svg :is(text, tspan)")) {
      if (![...text.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
      const owner = text.ownerSVGElement, scale = owner.getScreenCTM().a;
      if (!owner.getBoundingClientRect().width) continue;
      least = Math.min(least, parseFloat(getComputedStyle(text).fontSize) * scale);
    }
    return least === Infinity ? null : least;"""

# Milliseconds of script for each move of a pen: from the event until all that follows from it is in the page.
PEN = """
    const frame = requestAnimationFrame;
    let began = 0, sofar = 0;
    window.spent = [];
    addEventListener("pointermove", () => { began = performance.now(); }, true);
    addEventListener("pointermove", () => { sofar += performance.now() - began; });
    window.requestAnimationFrame = (draw) => frame((now) => {
      const start = performance.now();
      draw(now);
      if (sofar) spent.push(sofar + performance.now() - start);
      sofar = 0;
    });"""


class Page(NamedTuple):
    """What was measured of one page.

    Attributes
    ----------
    kilobytes : float
        All that comes over the network before anything is scrolled.
    outside : list of str
        Addresses elsewhere that were asked for.
    console : list of str
        Errors and warnings.
    shift : float
        Cumulative layout shift with fonts that come late: the larger of a phone's and a desktop's.
    stops : int
        How often Tab halts.
    hidden : list of str
        Stops that do not show that they have the focus, with what is wrong.
    letters : float or None
        Pixels: the smallest text of a figure at 390.
    """

    kilobytes: float
    outside: list
    console: list
    shift: float
    stops: int
    hidden: list
    letters: float | None


@functools.cache
def packed(path):
    """A file as it goes over the network."""
    raw = path.read_bytes()
    return brotli.compress(raw, quality=11) if brotli else gzip.compress(raw, 9)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files of the book, compressed; fonts a little late, as on a slow line, so that what moves is seen."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = pathlib.Path(self.translate_path(self.path))
        kind = TEXTS.get(path.suffix, self.guess_type(str(path)))
        if not path.is_file():
            return self.send_error(404)
        if path.suffix == ".woff2":
            time.sleep(self.server.late)
        body = packed(path) if path.suffix in TEXTS else path.read_bytes()
        self.send_response(200)
        if path.suffix in TEXTS:
            self.send_header("Content-Encoding", METHOD)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Says nothing of a page that was left before all of it had come."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def served(folder, late=0.3):
    """Serve a folder, fonts so many seconds late; gives its address."""
    server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    server.late = late
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def transferred(browser, address):
    """Kilobytes from this address, and addresses elsewhere, since the last call."""
    size, elsewhere = 0, []
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.loadingFinished":
            size += event["params"]["encodedDataLength"]
        elif event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if not url.startswith((address, "data:", "blob:")):
                elsewhere.append(url)
    return size / 1000, elsewhere


def measure(browser, address, page):
    """Open one page as a phone does, and measure it.

    Parameters
    ----------
    browser : selenium WebDriver
    address : str
        Where the book is served.
    page : str

    Returns
    -------
    Page
    """
    from helpers_book import UNROLL, media, noise, resize, wait
    from rings import STOPS

    resize(browser, "phone")
    media(browser)
    browser.get("about:blank")
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SHIFTS})
    transferred(browser, address), noise(browser)
    browser.get(address + page)
    wait(browser, "return document.readyState === 'complete' && document.fonts.status === 'loaded'")
    time.sleep(0.5)  # for what is still on its way
    kilobytes, outside = transferred(browser, address)
    shift = browser.execute_script("return window.shifted")
    letters = browser.execute_script(LETTERS)
    resize(browser, "desk")
    browser.get("about:blank")
    browser.get(address + page)
    wait(browser, "return document.readyState === 'complete' && document.fonts.status === 'loaded'")
    time.sleep(0.3)
    shift = max(shift, browser.execute_script("return window.shifted"))
    browser.execute_script(UNROLL)  # what is far counts as well
    time.sleep(0.1)
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    stops = browser.execute_script(STOPS)
    hidden = [f"{name}: {', '.join(faults)}" for name, faults in stops if faults]
    return Page(kilobytes, outside, noise(browser), shift, len(stops), hidden, letters)


def violations(browser):
    """How many rules of axe the page that is open breaks at any element, light and dark, wide and narrow."""
    from helpers_axe import all_violations
    from helpers_book import resize

    count = 0
    for size in ("desk", "phone"):
        resize(browser, size)
        for theme in ("light", "dark"):
            browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
            time.sleep(0.4)  # colours change gradually
            count += len(all_violations(browser))
    return count


def stroke(browser, address):
    """Milliseconds from a move of the pen in the network laboratory to its probabilities: the median, and how many."""
    from helpers_book import resize, wait
    from selenium.webdriver import ActionChains

    resize(browser, "desk")
    browser.get(address + "laboratories/network.html")
    wait(browser, "return document.querySelector('[data-pad]')")
    pad = browser.find_element("css selector", "[data-pad]")
    browser.execute_script("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", pad)
    browser.execute_script(PEN)
    draw = ActionChains(browser, duration=20).move_to_element_with_offset(pad, -60, -60).click_and_hold()
    for k in range(40):
        draw.move_by_offset(*((3, 0) if k < 20 else (-1, 3)))
    draw.release().perform()
    times = browser.execute_script("return spent")
    return statistics.median(times), len(times)


def find_lighthouse():
    """The command that runs Lighthouse, or None."""
    return os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")


def judged(forms, measure):
    """The scores of each form, measured at the same time; once more alone where that may be why a limit is missed."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        scores = dict(zip(forms, pool.map(measure, forms), strict=True))
    return {form: measure(form) if low(form, found) else found for form, found in scores.items()}


def low(form, scores):
    """Whether any of Lighthouse's four scores is under its limit, or there are none."""
    return scores is None or any(value < least for value, least in zip(scores, LEAST[form], strict=False))


def lighthouse(command, url, runs, chromium, form):
    """The medians of Lighthouse's four scores, and of its layout shift."""
    results = collections.Counter()
    for _ in range(runs):
        done = subprocess.run(
            [command, url, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}",
             "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage",
             *(["--preset=desktop"] if form == "desktop" else [])],
            capture_output=True, text=True, env=os.environ | {"CHROME_PATH": chromium}, timeout=300)
        if done.returncode:
            continue
        result = json.loads(done.stdout)
        scores = [round(100 * (result["categories"][name]["score"] or 0)) for name in CATEGORIES]
        results[*scores, round(result["audits"]["cumulative-layout-shift"]["numericValue"], 3)] += 1
        if max(results.values()) > runs / 2:  # no further run could change a median
            return max(results, key=results.get)
    return tuple(map(statistics.median, zip(*results.elements(), strict=True))) or None


def missed(m, faults=0, scores=None):
    """What of one page misses a limit, in words.

    Parameters
    ----------
    m : Page
    faults : int, optional
        Rules of axe that are broken.
    scores : dict, optional
        For "desktop" and "mobile", what `lighthouse` found, or None.

    Returns
    -------
    list of str
    """
    found = [
        (faults, f"{faults} rules of axe are broken"),
        (m.outside, f"asks for {', '.join(m.outside)}"),
        (m.console, f"console: {'; '.join(map(str, m.console))}"),
        (m.hidden, f"focus not seen: {'; '.join(m.hidden)}"),
        (m.kilobytes > KILOBYTES[METHOD], f"{m.kilobytes:.0f} kB, over {KILOBYTES[METHOD]}"),
        (m.letters is not None and m.letters < LETTER, f"letters of {m.letters or 0:.1f} px, under {LETTER}"),
        (m.shift > SHIFT, f"layout shift {m.shift:.3f}, over {SHIFT}"),
    ]
    for form, values in (scores or {}).items():
        if values is None:
            found.append((True, f"{form}: Lighthouse failed"))
            continue
        *marks, shift = values
        for name, value, least in zip(CATEGORIES, marks, LEAST[form], strict=True):
            found.append((value < least, f"{form}: {name} {value:.0f}, under {least}"))
        found.append((shift > SHIFT, f"{form}: layout shift {shift:.3f}, over {SHIFT}"))
    return [words for wrong, words in found if wrong]


def main(arguments=None) -> int:
    """Measure the pages that are asked for, and print the table row by row."""
    from helpers_book import BROWSERS, HTML, pages, reach, start_browser

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="pages whose address begins so (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="runs of Lighthouse for each form (default 3; 0: none)")
    options = parser.parse_args(arguments)
    chosen = [page for page in pages() if page.startswith(tuple(options.pages) or "")]
    if not chosen:
        print("There is no such page: run `make book` first.")
        return 1
    command = find_lighthouse() if options.runs else None
    chromium = next(path for path in map(shutil.which, BROWSERS) if path)
    forms = ("desktop", "mobile") if command else ()
    print(f"{'page':38} {'kB ' + METHOD:>7} {'axe':>4} {'outside':>8} {'console':>8} {'CLS':>6} {'stops':>6} "
          f"{'hidden':>7} {'letters':>8}" + "".join(f"  {form + ' P/A/B/S, CLS':>26}" for form in forms))
    misses = []
    with served(HTML) as address, served(HTML, late=0) as plain:
        browser = start_browser()
        browser.set_script_timeout(300)
        try:
            for page in chosen:
                m = measure(browser, address, page)
                reach(browser)
                faults = violations(browser)
                row = (f"{page:38} {m.kilobytes:7.0f} {faults:4} {len(m.outside):8} {len(m.console):8} {m.shift:6.3f} "
                       f"{m.stops:6} {len(m.hidden):7} {f'{m.letters:.1f} px' if m.letters else '-':>8}")
                scores = judged(forms, functools.partial(lighthouse, command, plain + page, options.runs, chromium))
                for found in scores.values():
                    said = found and f"{'/'.join(f'{v:.0f}' for v in found[:4])}, {found[4]:.3f}"
                    row += f"  {said or 'failed':>26}"
                print(row, flush=True)
                misses += [f"{page}: {words}" for words in missed(m, faults, scores)]
            if "laboratories/network.html" in chosen:
                drawn, moves = stroke(browser, address)
                words = f"network laboratory: {drawn:.1f} ms from stroke to probabilities, median of {moves} moves"
                print(f"\n{words}")
                misses += [words] if drawn > MOMENT else []
        finally:
            browser.quit()
    print(f"\n{len(chosen)} pages. kB: before anything is scrolled, compressed with {METHOD}, on a phone.\n"
          "CLS: the larger of phone and desktop, with fonts that come 0.3 s late.\n"
          "axe: rules broken, in light and dark, at 1280 and 390 px.\n"
          "stops: halts of the Tab key; hidden: those that do not show the focus.\n"
          "letters: the smallest of the figures at 390 px.")
    if not brotli:
        print("Not measured: kB with brotli, which is not installed (pip install -e '.[report]'); gzip is larger.")
    if not command:
        print(f"Not measured: Lighthouse, which {'is not installed' if options.runs else 'was not asked for'}.")
    print("\n".join(["", "Limits missed:", *misses]) if misses else "\nAll limits that were measured are met.")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
