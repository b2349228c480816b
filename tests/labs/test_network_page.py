"""The network laboratory in a browser, from disk: drawings replayed by mouse and finger, keys, files, links."""

import json

import numpy as np
import pytest
from helpers_labs import box, caption, linked, one, opened, settle, stroke, until, write_page
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from cnnlib import checkpoint
from cnnlib.course import drawings
from cnnlib.course._still import call
from cnnlib.course.labs import NetworkLab
from cnnlib.course.reader import network, reader
from cnnlib.interpret import feature_maps
from cnnlib.models import digits_cnn

pytestmark = pytest.mark.browser
DRAWN = drawings.load()
# Reading a canvas back twice makes Chromium complain; a copy of it is read.
COPY = """const copy = (canvas) => {
    const other = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = other.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    return context; };"""


@pytest.fixture(scope="module")
def browser():
    from helpers_book import start_browser

    driver = start_browser(1280, 1000)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("network") / "network.html", NetworkLab())


@pytest.fixture
def lab(browser, path):
    from helpers_book import noise, requests

    noise(browser), requests(browser)
    yield opened(browser, path)
    assert noise(browser) == [] and requests(browser) == []


def points(line):
    return np.array([int(line[k : k + 2], 36) for k in range(0, len(line), 2)]).reshape(-1, 2) / 1295


def draw(browser, strokes, kind="mouse"):
    """Strokes on the pad, every third point of them."""
    left, top, width, height = box(browser, "[data-pad]")
    parts = [np.concatenate([line[:-1:3], line[-1:]]) for line in map(points, strokes)]
    stroke(browser, *[part * [width, height] + [left, top] for part in parts], kind=kind)
    settle(browser)


def pen(browser, width):
    browser.execute_script(
        "const pen = document.querySelector('[data-state=pen]'); pen.value = arguments[0];"
        "pen.dispatchEvent(new Event('input', { bubbles: true }))",
        width,
    )


def pick(browser, digit, hand):
    Select(one(browser, "[data-state=picked]")).select_by_visible_text(f"{digit}, {hand}")


def read(browser):
    """The digit that the page reads, and all probabilities."""
    rows = browser.execute_script("""
        return [...document.querySelectorAll(".course-lab-scores tbody tr")].map((row) =>
          [...row.querySelectorAll("td")].slice(1).map(({ textContent: text }) =>
            ({ "<": 0, ">": 100 })[text[0]] ?? parseFloat(text.replace("−", "-"))))""")
    p, scores = np.transpose(rows)
    return int(np.argmax(scores)), list(p)


@pytest.mark.parametrize("kind", ["mouse", "touch", "pen"])
def test_recorded_drawings_are_read_right_when_they_are_drawn_again(lab, kind):
    """Of mouse and touch, some of every digit and every hand; at least nine of ten are right."""
    right, tried = 0, {"mouse": DRAWN[::3], "touch": DRAWN[1::3], "pen": DRAWN[2::9]}[kind]
    for drawn in tried:
        lab.execute_script("document.querySelector('[data-do=clear]').click()")
        pen(lab, drawn["pen"])
        draw(lab, drawn["strokes"], kind)
        right += read(lab)[0] == drawn["digit"]
    state = json.loads(linked(lab))
    assert len(tried) >= (6 if kind == "pen" else 16) and right >= 0.9 * len(tried)
    # What was drawn is what the page holds, and what cnnlib makes of it is what the page says.
    assert len(state["strokes"]) == len(drawn["strokes"])
    for line, wanted in zip(state["strokes"], drawn["strokes"], strict=True):
        assert np.abs(points(line)[[0, -1]] - points(wanted)[[0, -1]]).max() < 0.01
    image = call("lab-network-ink", "raster", state["strokes"], 28, {"pen": state["pen"], "centre": True})["data"]
    scores = reader()(np.reshape(image, (1, 1, 28, 28)))[0]
    p = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    np.testing.assert_allclose(read(lab)[1], 100 * p, atol=0.051)


def test_strokes_are_undone_one_by_one_and_the_pad_is_cleared(lab):
    assert "It was drawn as a 3" in caption(lab)
    draw(lab, DRAWN[7]["strokes"])  # a seven with a bar: a drawing that was picked gives way to the first stroke
    assert len(json.loads(linked(lab))["strokes"]) == 2
    one(lab, "[data-do=undo]").click()
    assert len(json.loads(linked(lab))["strokes"]) == 1
    lab.switch_to.active_element.send_keys(Keys.CONTROL, "z")
    assert "It was drawn as a 3" in caption(lab)
    draw(lab, DRAWN[1]["strokes"], "touch")  # the pad itself hears Ctrl+Z
    assert "It was drawn" not in caption(lab)
    assert lab.execute_script("return 'pad' in document.activeElement.dataset")
    lab.switch_to.active_element.send_keys(Keys.CONTROL, "z")
    assert "It was drawn as a 3" in caption(lab)
    one(lab, "[data-do=clear]").click()
    assert caption(lab).startswith("The pad is empty")
    one(lab, "[data-do=reset]").click()
    assert "It was drawn as a 3" in caption(lab)


def test_a_link_brings_drawing_view_and_unit_back(lab, path):
    draw(lab, DRAWN[12]["strokes"])
    one(lab, "[data-state=centre]").click()
    one(lab, "[data-state=view][value='\"backward\"']").click()
    one(lab, '[data-grid="3"]').send_keys(Keys.DOWN, Keys.DOWN, Keys.ENTER)
    said = caption(lab)
    linked(lab)
    here = lab.current_url
    opened(lab, path, here[here.index("#") :])
    assert caption(lab) == said and "Selected: max pooling 2 × 2, map 0, row 1, column 0" in said
    assert not one(lab, "[data-state=centre]").is_selected()


@pytest.mark.parametrize(
    "state",
    [
        {"picked": 50},
        {"picked": -1},
        {"strokes": ["x"]},
        {"pen": 9},
        {"weights": "loaded"},
        {"off": [[1, 0]]},
        {"off": [[0, 8]]},
        {"covered": [[0, 28]]},
        {"view": "sideways"},
        {"target": 10},
        {"cell": ["0", 28, 0]},
        {"cell": ["7", 0, 0]},
        {"cell": ["x", 0, 0]},
        {"cell": ["8", 0, 10]},
        {"covered": [5]},
        {"cell": {"0": 1}},
    ],
    ids=str,
)
def test_a_link_that_makes_no_sense_is_ignored(lab, path, state):
    opened(lab, path, f"#lab=network:{json.dumps(state)}")
    assert caption(lab) == "Read as 3 with over 99.9 %. It was drawn as a 3."


def test_the_gradients_are_those_of_the_answer_until_the_reader_picks_a_score(lab, path):
    one(lab, "[data-state=view][value='\"backward\"']").click()
    menu = Select(one(lab, "[data-state=target]"))
    for digit in (7, 1):
        pick(lab, digit, "slanted, large")
        head = one(lab, "[data-region=head]").text
        assert f"Read as {digit} with" in caption(lab) and f"how the score of {digit} changes" in caption(lab)
        assert head == f"The gradient of score {digit} here" and menu.first_selected_option.text == "top"
    one(lab, '[data-grid="4"]').send_keys(Keys.DOWN)
    assert "the score of 1 changes with slope" in one(lab, "[data-panel]").text.replace("\u00a0", " ")
    menu.select_by_visible_text("3")
    pick(lab, 7, "slanted, large")
    assert "Read as 7 with" in caption(lab) and "how the score of 3 changes" in caption(lab)
    menu.select_by_visible_text("top")
    assert "how the score of 7 changes" in caption(lab)


def test_everything_can_be_reached_by_keys(lab):
    pick(lab, 9, "slanted, large")
    assert "It was drawn as a 9" in caption(lab)
    grid = one(lab, '[data-grid="4"]')
    for keys, where in (
        ([Keys.RIGHT], "map 0, row 0, column 0"),
        ([Keys.PAGE_DOWN], "map 1, row 0, column 0"),
        ([Keys.DOWN, Keys.RIGHT], "map 1, row 1, column 1"),
        ([Keys.END], "map 15, row 1, column 13"),
        ([Keys.PAGE_DOWN], "map 15, row 1, column 13"),
        ([Keys.PAGE_UP], "map 14, row 1, column 13"),
    ):
        grid.send_keys(*keys)
        assert f"Selected: convolution 5 × 5, {where}" in caption(lab), keys
    panel = one(lab, "[data-panel]")
    assert panel.is_displayed() and "map 14, row 1, column 13" in panel.text.replace("\u00a0", " ")
    grid.send_keys(Keys.ESCAPE)
    assert panel.text.startswith("Point at a map: ") and "Selected" not in caption(lab)
    # Scores stand one below the other.
    for keys, digit in (([Keys.DOWN, Keys.END], 9), ([Keys.UP], 8), ([Keys.DOWN], 9), ([Keys.DOWN], 9),
                        ([Keys.LEFT], 8), ([Keys.HOME, Keys.UP], 0), ([Keys.PAGE_DOWN], 0)):
        for key in keys:  # the table is another one after each
            one(lab, '[data-grid="8"]').send_keys(key)
        assert f"Selected: score of {digit}: " in caption(lab)
        assert panel.text.replace("\u00a0", " ").startswith(f"score of {digit}: ")


def test_a_unit_is_taken_apart_where_the_mouse_points_and_stays_where_a_finger_taps(lab):
    lab.execute_script("document.body.style.paddingBottom = '100vh'")  # as in the book, where the page goes on
    left, top, width, height = box(lab, '[data-grid="4"] canvas[data-map="3"]')
    at = (left + width * 5.5 / 14, top + height * 4.5 / 14)
    lab.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": at[0], "y": at[1]})
    settle(lab)
    assert (
        "map 3, row 4, column 5" in caption(lab)
        and len(lab.find_elements("css selector", ".course-lab-mark.read")) == 8
    )
    left, top, width, height = box(lab, '[data-grid="2"] canvas[data-map="2"]')
    stroke(lab, [(left + width / 2, top + height * 0.1)], kind="touch")
    settle(lab)
    assert "ReLU, map 2, row 2" in caption(lab) and json.loads(linked(lab))["pinned"]


def test_the_panel_says_what_cnnlib_computes(lab):
    one(lab, "[data-state=view][value='\"backward\"']").click()
    one(lab, '[data-grid="4"]').send_keys(*[Keys.DOWN] * 7, *[Keys.RIGHT] * 5, *[Keys.PAGE_DOWN] * 9)
    drawn = DRAWN[3]
    image = np.reshape(
        call("lab-network-ink", "raster", drawn["strokes"], 28, {"pen": drawn["pen"]})["data"], (1, 1, 28, 28)
    )
    maps = [y for _, y in feature_maps(reader(), image)]
    text = one(lab, "[data-panel]").text.replace("\u00a0", " ").replace("−", "-")
    assert f"map 9, row 6, column 5: {maps[3][0, 9, 6, 5]:.4f}".rstrip("0") in text
    weight = reader()[3].weight.data[9]
    sums = [np.sum(np.pad(plane, 2)[6:11, 5:10] * part) for plane, part in zip(maps[2][0], weight, strict=True)]
    for c, wanted in enumerate(sums):
        assert f"map {c}: {wanted:.3f}".rstrip("0").rstrip(".") in text
    assert "They agree." in text


def test_maps_are_painted_as_strong_as_their_numbers(lab):
    drawn = DRAWN[3]
    image = np.reshape(
        call("lab-network-ink", "raster", drawn["strokes"], 28, {"pen": drawn["pen"]})["data"], (1, 1, 28, 28)
    )
    y = feature_maps(reader(), image)[3][1][0]
    pixels = np.reshape(
        lab.execute_script(
            COPY
            + """
        const c = document.querySelector('[data-grid="4"] canvas[data-map="6"]');
        return [...copy(c).getImageData(0, 0, c.width, c.height).data]"""
        ),
        (14, 14, 4),
    )
    np.testing.assert_allclose(pixels[..., 3], 255 * np.abs(y[6]) / np.abs(y).max(), atol=1)
    strong = pixels[..., 3] > 60
    assert ((pixels[..., 2] > pixels[..., 0]) == (y[6] > 0))[strong].all() and strong.any()


def test_the_brush_covers_what_it_touches(lab):
    whole = one(lab, ".course-lab-scores tbody").text
    one(lab, "[data-state=brush]").click()
    left, top, width, height = box(lab, '[data-map="0"]')
    line = [(left + width * x, top + height * 0.52) for x in np.linspace(0.2, 0.8, 12)]
    stroke(lab, line)
    settle(lab)
    covered = json.loads(linked(lab))["covered"]
    assert len(covered) >= 10 and {i for i, _ in covered} == {12}
    assert one(lab, ".course-lab-scores tbody").text != whole
    one(lab, "[data-do=undo]").click()
    assert "covered" not in json.loads(linked(lab))
    assert one(lab, ".course-lab-scores tbody").text == whole
    grid = one(lab, '[data-grid="0"]')
    grid.send_keys(Keys.ESCAPE, Keys.DOWN, Keys.ENTER)
    settle(lab)
    assert json.loads(linked(lab))["covered"] == [[0, 0]]
    grid.send_keys(Keys.RIGHT, Keys.RIGHT, Keys.RIGHT)
    one(lab, "[data-do=cover]").click()
    settle(lab)
    assert json.loads(linked(lab))["covered"] == [[0, 0], [0, 1]]
    one(lab, "[data-state=brush]").click()
    one(lab, "[data-do=uncover]").click()
    assert "covered" not in json.loads(linked(lab))
    assert lab.execute_script("return document.activeElement.dataset.state") == "brush"  # the button has gone


def test_all_drawings_are_read_and_the_misread_ones_are_named(lab):
    one(lab, "[data-do=all]").click()
    wrong = lab.find_elements("css selector", ".misread")
    assert f"{50 - len(wrong)} of 50 drawings are read right" in one(lab, ".course-lab-drawings p").text.replace(
        "\u00a0", " "
    )
    assert len(wrong) <= 5
    wrong[0].click()
    assert ": misread." in caption(lab)
    one(lab, "[data-state=centre]").click()
    assert len(lab.find_elements("css selector", ".misread")) > len(wrong)


def test_a_filter_can_be_switched_off_and_on(lab):
    one(lab, '[data-grid="1"]').send_keys(Keys.DOWN, Keys.PAGE_DOWN)
    before = read(lab)
    button = '[data-panel] [data-focus="off"]'
    assert one(lab, button).text == "Switch filter 1 off"
    one(lab, button).click()
    assert (
        one(lab, button).text == "Switch filter 1 on"
        and len(lab.find_elements("css selector", ".course-lab-map.off")) == 1
    )
    assert "column 0: 0." in caption(lab)
    one(lab, button).click()
    assert read(lab) == before


def test_the_untrained_network_is_one_click_away(lab):
    one(lab, "[data-state=weights][value='\"random\"']").click()
    assert "The network is untrained." in caption(lab) and max(read(lab)[1]) < 40


# --- Files -----------------------------------------------------------------------------------------------------------


def message(browser, file):
    one(browser, "[data-file]").send_keys(str(file))
    until(browser, "return document.querySelector('[data-message]').textContent.includes(arguments[0])", file.name)
    return one(browser, "[data-message]").text


def test_weights_that_a_reader_saved_are_loaded_and_computed_with(lab, tmp_path):
    model = network(seed=3, dtype=np.float64)
    checkpoint.save(tmp_path / "mine.safetensors", model.state_dict())
    assert message(lab, tmp_path / "mine.safetensors") == "mine.safetensors is loaded: the network shown here."
    image = np.reshape(
        call("lab-network-ink", "raster", DRAWN[3]["strokes"], 28, {"pen": DRAWN[3]["pen"]})["data"], (1, 1, 28, 28)
    )
    p = np.exp(model(image)[0]) / np.exp(model(image)[0]).sum()
    np.testing.assert_allclose(read(lab)[1], 100 * p, atol=0.051)
    assert one(lab, "[data-state=weights][value='\"loaded\"']").is_selected()
    one(lab, "[data-state=weights][value='\"trained\"']").click()
    assert read(lab)[1][3] >= 99.9
    small = digits_cnn(rng=np.random.default_rng(0))
    checkpoint.save(tmp_path / "small.safetensors", small.state_dict())
    assert message(lab, tmp_path / "small.safetensors") == "small.safetensors is loaded: digits_cnn()."
    assert "16 maps of 8 × 8" in one(lab, '[data-grid="1"]').text.replace("\u00a0", " ")
    one(lab, "[data-do=undo]").click()
    assert "8 maps of 28 × 28" in one(lab, '[data-grid="1"]').text.replace("\u00a0", " ")
    assert one(lab, "[data-message]").text == ""  # of weights that are no longer shown


def test_what_is_said_of_a_file_goes_with_reset_and_the_same_file_can_be_opened_again(lab, tmp_path):
    file = tmp_path / "mine.safetensors"
    file.write_bytes(b"nothing")
    assert "mine.safetensors is not loaded" in message(lab, file)
    checkpoint.save(file, network(seed=3).state_dict())
    one(lab, "[data-do=reset]").click()
    assert one(lab, "[data-message]").text == ""
    assert message(lab, file) == "mine.safetensors is loaded: the network shown here."
    one(lab, '[data-grid="1"]').send_keys(Keys.DOWN)
    assert one(lab, "[data-message]").text  # nothing but the weights takes it away
    one(lab, "[data-do=reset]").click()
    assert one(lab, "[data-message]").text == "" and caption(lab).startswith("Read as 3 with over 99.9 %")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content[:-3], "cut short"),
        (lambda content: b"GIF89a" + content, "no safetensors file"),
        (lambda content: content.replace(b'"3.bias"', b'"4.bias"'), "3.bias is missing"),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_changes(lab, tmp_path, change, reason):
    checkpoint.save(tmp_path / "wrong.safetensors", network().state_dict())
    (tmp_path / "wrong.safetensors").write_bytes(change((tmp_path / "wrong.safetensors").read_bytes()))
    before = read(lab)
    said = message(lab, tmp_path / "wrong.safetensors")
    assert said.startswith("wrong.safetensors is not loaded: ") and reason in said and read(lab) == before


def test_a_file_can_be_dropped(lab, tmp_path):
    checkpoint.save(tmp_path / "x", network(seed=4).state_dict())
    lab.execute_script(
        """
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(arguments[0])], "dropped.safetensors"));
        document.querySelector(".course-lab").dispatchEvent(
          new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    """,
        list((tmp_path / "x").read_bytes()),
    )
    until(
        lab, "return document.querySelector('[data-message]').textContent.startsWith('dropped.safetensors is loaded')"
    )


def test_a_change_of_theme_paints_the_maps_anew(lab):
    colour = (
        COPY
        + """const c = document.querySelector('[data-map="0"]'), d = copy(c).getImageData(0, 0, 28, 28).data;
        const k = d.findIndex((v, n) => n % 4 === 3 && v === 255); return [...d.slice(k - 3, k)]"""
    )
    light = lab.execute_script(colour)
    lab.execute_script("document.documentElement.dataset.theme = 'dark'")
    settle(lab)
    assert light == [0, 114, 178] and lab.execute_script(colour) == [124, 196, 240]


# --- In Jupyter ------------------------------------------------------------------------------------------------------

KERNEL = """
    const model = { data: {}, hands: [], get: (name) => model.data[name],
      on: (name, hand) => model.hands.push([name, hand]),
      off: (name, hand) => { model.hands = model.hands.filter((own) => own[1] !== hand); } };
    // Bytes as Jupyter sends them: somewhere within a message.
    const give = ({ page, config, bytes, serial }) => {
      const message = new Uint8Array(bytes.length + 13);
      message.set(bytes, 13);
      Object.assign(model.data, { page, config, serial, bytes: new DataView(message.buffer, 13) });
    };
    const change = (data) => {
      give(data);
      for (const [name, hand] of model.hands) if (name === "change:serial") hand();
    };
    const show = (data) => {
      give(data);
      return modules["lab-faces"].jupyter(modules).render({ model, el: document.querySelector("main") });
    };
"""


def test_in_jupyter_the_readers_network_is_shown_and_stays_on_the_drawing_when_it_is_trained_on(browser, tmp_path):
    from cnnlib.course import bundle

    path = tmp_path / "jupyter.html"
    path.write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><style>{bundle.labs_style()}</style><main></main>"
        f"<script>{bundle.modules('labs')}{KERNEL}</script>",
        encoding="utf-8",
    )
    model = digits_cnn(rng=np.random.default_rng(0), dtype=np.float64)
    lab = NetworkLab(model)
    view = lab.widget()

    def data():
        return {"page": view.page, "config": view.config, "bytes": list(view.bytes), "serial": view.serial}

    def expected():
        image = call("lab-network-ink", "raster", DRAWN[21]["strokes"], 8, {"pen": DRAWN[21]["pen"]})["data"]
        scores = model(np.reshape(image, (1, 1, 8, 8)))[0]
        return 100 * np.exp(scores) / np.exp(scores).sum()

    opened(browser, path)
    browser.execute_script("window.close = show(arguments[0])", data())
    pick(browser, DRAWN[21]["digit"], DRAWN[21]["hand"])
    np.testing.assert_allclose(read(browser)[1], expected(), atol=0.051)
    before = expected()
    model[7].bias.data[...] += np.arange(10) / 5
    lab.refresh()
    browser.execute_script("change(arguments[0])", data())
    np.testing.assert_allclose(read(browser)[1], expected(), atol=0.051)
    assert np.abs(expected() - before).max() > 1 and "your model" in one(browser, "main").text
    browser.execute_async_script("setTimeout(arguments[0], 500)")
    assert browser.execute_script("return location.hash") == ""  # the address is JupyterLab's own
    assert browser.execute_script("""
        const all = [...document.querySelectorAll("input, select, button, canvas, [tabindex]")];
        return all.every((element) => element.dataset.lmSuppressShortcuts)""")
    browser.execute_script("close()")
    assert browser.execute_script("return model.hands.length") == 0


def test_the_still_picture_stays_where_scripts_are_off(browser, path):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened(browser, path)
        assert "It moves with JavaScript" in browser.page_source or "moves with JavaScript" in browser.page_source
        assert 'class="course-lab-still"><svg' in browser.page_source
        assert "White is 0. The darker a number" in one(browser, ".course-lab-still").text  # the key to its greys
        assert browser.page_source.count("Read as 3") == 1  # in the caption, not in the picture as well
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
