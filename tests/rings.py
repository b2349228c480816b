"""Whether what has the focus shows it: the scripts that measure the ring around it, from computed styles."""

CONTRAST = """
    const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = (text) => {
      const [r, g, b] = parse(text).map((v) => linear(v / 255));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    const behind = (e) => {
      for (; e; e = e.parentElement) {
        const colour = getComputedStyle(e).backgroundColor, parts = parse(colour);
        if (parts.length < 4 ? parts.length : parts[3] > 0.9) return colour;
      }
      return "rgb(255, 255, 255)";
    };
"""
# What is wrong with the ring around an element that has the focus: it must be drawn, differ from its ground and not be
# cut off, and be gone without the focus.
FAULTS = CONTRAST + """
    const ringFaults = (e) => {
      // A choice that is drawn by its label shows the focus there.
      const choice = e.matches("input:is([type=radio], [type=checkbox], [type=file])");
      const clear = choice && getComputedStyle(e).opacity === "0";
      const drawnBy = clear ? e.closest("label") ?? e : e;
      const style = getComputedStyle(drawnBy), faults = [];
      const width = parseFloat(style.outlineWidth), offset = parseFloat(style.outlineOffset);
      if (style.outlineStyle === "none" || width < 2) faults.push("no ring");
      const ground = behind(offset < 0 ? drawnBy : drawnBy.parentElement), value = contrast(style.outlineColor, ground);
      if (value < 3) faults.push(`contrast ${value.toFixed(2)} of ${style.outlineColor} on ${ground}`);
      let opacity = 1;
      for (let p = drawnBy; p; p = p.parentElement) opacity *= getComputedStyle(p).opacity;
      if (opacity < 0.9) faults.push(`opacity ${opacity}`);
      const box = drawnBy.getBoundingClientRect(), reach = Math.max(0, width + offset);
      const inline = style.display === "inline";
      for (let p = drawnBy.parentElement; !inline && p && p !== document.body; p = p.parentElement) {
        const around = getComputedStyle(p), clip = p.getBoundingClientRect();
        if (around.overflowX === "visible") continue;
        if (box.left - reach < clip.left - 1 || box.right + reach > clip.right + 1) {
          faults.push(`cut off at the side by ${p.tagName}.${p.className}`);
        }
      }
      const name = `${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 30)}"`, drawn = style.outlineWidth;
      e.blur();
      const rest = getComputedStyle(drawnBy);
      if (rest.outlineStyle !== "none" && rest.outlineWidth === drawn) faults.push("the same without focus");
      return [name, faults];
    };
"""
RING = FAULTS + """
    const e = document.activeElement;
    return e && e !== document.body ? ringFaults(e) : null;
"""
# All stops of the Tab key in a page, without pressing it.
STOPS = FAULTS + """
    const KINDS = "a[href], button, input, select, textarea, summary, [tabindex], audio[controls]";
    const stops = [...document.querySelectorAll(KINDS)].filter((e) => e.tabIndex >= 0 && !e.disabled &&
      !e.closest("fieldset:disabled, [inert]") &&
      e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }));
    return stops.map((e) => {
      e.focus({ focusVisible: true, preventScroll: true });
      return document.activeElement === e ? ringFaults(e) : [e.outerHTML.slice(0, 60), ["cannot take the focus"]];
    });
"""
