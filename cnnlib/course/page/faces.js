// The two faces. What an explorer shows comes from frames drawn beforehand, from the numbers of a module, or from Python.
import { keepKeys } from "./keys.js";
import { play } from "./player.js";

const PATIENCE = 1500;  // milliseconds, for a kernel that is busy, was restarted or is gone

// What a module draws of its controls' values and of the numbers that belong to them.
const drawn = (module, values, numbers, config) => module.draw({ ...values, ...numbers }, config);

// What lies in a file of its own, since it is long: a classic script, because a page on a disk may load nothing else.
function fetched(root) {
  return new Promise((done) => {
    const script = document.createElement("script");
    script.src = root.dataset.at;
    script.onload = () => done(document.courseData[root.id]);
    document.head.append(script);
  });
}

// In a page: all frames, or a module's data, stand in an attribute, or in a file that is loaded when the explorer is near
// or used first.
export function page(modules) {
  for (const root of document.querySelectorAll(".course-explorer:is([data-script], [data-frames], [data-at])")) {
    const module = modules[root.dataset.script];
    let data = root.dataset.at ? null : {
      config: JSON.parse(root.dataset.config ?? "null"), frames: JSON.parse(root.dataset.frames ?? "null"),
    };
    let wanted = false, coming = null, asked = null;

    const draw = (places) => {
      const { config, frames } = data;
      if (module) {
        const values = player.values(places);
        return player.show(drawn(module, values, module.numbers(values, config), config));
      }
      const [html, caption, limits, off] = frames[Object.values(places).join("-")];
      player.show({ html, caption, limits, off });
    };
    const bring = () => coming ??= fetched(root).then((found) => {
      data = found;
      draw(asked);
      root.dataset.ready = "";
    });
    const player = play(root, (places) => {
      asked = places;
      if (data) draw(places);
      else if (wanted) bring();
    }, module?.follow);
    player.update();
    wanted = true;  // from now on, a change is a reader's
    if (data) {
      root.dataset.ready = "";
      continue;
    }
    new IntersectionObserver(([{ isIntersecting }], observer) => {
      if (!isIntersecting) return;
      observer.disconnect();
      bring();
    }, { rootMargin: "900px" }).observe(root);
  }
}

// In Jupyter: a change asks Python, as the traitlet "asked", and Python's "answer" is drawn. While no answer comes, a
// module's own numbers step in.
export const jupyter = (modules) => ({
  render({ model, el }) {
    el.innerHTML = model.get("page");
    const root = el.querySelector(".course-explorer"), module = modules[root.dataset.script];
    keepKeys(root);
    const config = JSON.parse(root.dataset.config ?? "null");
    let latest = 0, late = null;  // the serial number of the last question, and the timer that waits for its answer
    let alone = 0;  // the question at which the kernel was given up, or 0

    const stepIn = (places) => {
      alone = latest;
      root.dataset.from = "page";
      const values = player.values(places);
      if (module) player.show(drawn(module, values, module.numbers(values, config), config));
      else root.querySelector(".course-caption").textContent =
        "No answer from Python yet: it is busy, or its kernel was restarted and this cell must be run again.";
    };

    const player = play(root, (places) => {
      clearTimeout(late);
      late = setTimeout(stepIn, module && alone ? 0 : PATIENCE, places);
      latest = Math.max(latest, model.get("asked").serial, model.get("answer").serial) + 1;
      model.set("asked", { serial: latest, places });
      model.save_changes();
    }, module?.follow);

    const arrived = () => {
      const { serial, places, shown, numbers } = model.get("answer");
      if (serial < alone) return;
      if (serial >= latest) {
        clearTimeout(late);
        alone = 0;
        if (serial > latest) player.move(places);  // asked by another view of the same explorer
        latest = serial;
      }
      root.dataset.from = "kernel";
      player.show(shown ?? drawn(module, player.values(places), numbers, config), serial < latest);
      keepKeys(root);
    };
    model.on("change:answer", arrived);
    arrived();
    return () => {
      clearTimeout(late);
      model.off("change:answer", arrived);
    };
  },
});
