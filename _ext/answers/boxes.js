// The answer boxes of a page: what is typed is judged, said and kept. The script that judges and the page's tables come
// when the first box is near, or has something in it.
const { judge: JUDGE, tables: TABLES } = document.currentScript.dataset;
const LOST = "the script that checks answers could not be loaded: check once more.";
const SOLVED = "You solved this one before, and it still counts.";
const boxes = [...document.querySelectorAll(".course-answer")];

const fetched = (src) => new Promise((onload, onerror) => {
  document.head.append(Object.assign(document.createElement("script"), { src, onload, onerror }));
});
let coming = null;
function bring() {
  coming ??= Promise.all([JUDGE, TABLES].map(fetched));
  coming.catch(() => { coming = null; });
  return coming;
}

// What cannot be read, or is right but for its form (`passed` is null), is neither right nor wrong.
function say(form, passed, text) {
  const said = form.querySelector(".course-answer-said"), input = form.querySelector("input");
  const mark = document.createElement("span"), word = document.createElement("span");
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = passed ? "✓" : "✗";
  word.className = "course-answer-word";
  word.textContent = passed ? " Right:" : " Wrong:";
  said.replaceChildren(...(!text ? [] : passed === null ? [text[0].toUpperCase() + text.slice(1)] : [mark, word, ` ${text}`]));
  const look = { true: "course-verdict passed", false: "course-verdict failed", null: "course-verdict" }[passed];
  said.className = `course-answer-said ${text ? look : ""}`;
  if (text && !passed) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
}

// What stands in a box, with the verdict on it, or null where nothing can judge it. An empty box is told only who asks.
async function check(form, asked) {
  const { label } = form.dataset, text = form.querySelector("input").value.trim();
  let found = { passed: null, say: asked ? "Type an answer first." : "" };
  if (text) {
    try {
      await bring();
    } catch {
      form.querySelector(".course-answer-said").textContent = `Not checked: ${LOST}`;
      return null;
    }
    found = document.courseJudge(label, text);
  }
  const solved = found.say && !found.passed && stored()[label]?.passed;
  say(form, found.passed, solved ? `${found.say} ${SOLVED}` : found.say);
  return { text, passed: found.passed === true };
}

// Fill in what is kept; it is checked again, since a new edition of the book may judge otherwise.
function restore() {
  const answers = stored();
  return Promise.all(boxes.map((form) => {
    const kept = answers[form.dataset.label];
    form.querySelector("input").value = kept ? kept.text : "";
    return check(form);
  }));
}

for (const form of boxes) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const now = await check(form, true);
    if (!now) return;
    const { [form.dataset.label]: before, ...others } = stored();
    const kept = before?.passed && !now.passed ? before : now; // solved is solved, until it is forgotten
    store(kept.text ? { ...others, [form.dataset.label]: kept } : others);
  });
}

const note = document.querySelector(".course-answers-note");
if (note) {
  const button = note.querySelector("button"), status = note.querySelector("[role=status]");
  let forgotten = null;
  const label = () => { button.textContent = forgotten ? "Bring them back" : "Forget my answers"; };
  button.hidden = false;
  if (!keeps()) note.querySelector("span").textContent = "On this page you answer in the boxes below the stubs. This browser keeps nothing for it: leave the page, and your answers are gone.";
  button.addEventListener("click", () => {
    const now = stored(), solved = Object.entries(now).filter(([, { passed }]) => passed);
    store(forgotten ? { ...now, ...forgotten, ...Object.fromEntries(solved) } : {});
    forgotten = forgotten ? null : now;
    restore();
    label();
    status.textContent = forgotten ? " Forgotten, on every page." : "";
  });
}

const near = new IntersectionObserver((seen) => {
  if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
  near.disconnect();
  bring();
}, { rootMargin: "900px" });
for (const form of boxes) near.observe(form);

// From now on what is said is read aloud; what was kept is not, when the page opens.
restore().then(() => {
  for (const form of boxes) form.querySelector(".course-answer-said").setAttribute("role", "status");
});
