// The answer boxes of a page: what is typed is judged, said and kept.
const decoded = (base64) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))));
const boxes = [...document.querySelectorAll(".course-answer")];

function say(form, passed, text) {
  const said = form.querySelector(".course-answer-said"), input = form.querySelector("input");
  const mark = document.createElement("span"), word = document.createElement("span");
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = passed ? "✓" : "✗";
  word.className = "course-answer-word";
  word.textContent = passed ? " Right:" : " Wrong:";
  said.replaceChildren(...(text ? [mark, word, ` ${text}`] : []));
  said.className = `course-answer-said${text ? ` course-verdict ${passed ? "passed" : "failed"}` : ""}`;
  if (text && !passed) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
}

function check(form) {
  const text = form.querySelector("input").value;
  if (!text.trim()) {
    say(form, false, "");
    return undefined;
  }
  const { passed, say: words } = judge(decoded(form.dataset.table), text);
  say(form, passed, words);
  return { text, passed };
}

// Fill in what is kept; it is checked again, since a new edition of the book may judge otherwise.
function restore() {
  const answers = stored();
  for (const form of boxes) {
    const kept = answers[form.dataset.label];
    form.querySelector("input").value = kept ? kept.text : "";
    check(form);
  }
}

for (const form of boxes) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { [form.dataset.label]: before, ...others } = stored(), now = check(form);
    store(now ? { ...others, [form.dataset.label]: now } : others);
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
    const answers = forgotten || {};
    forgotten = forgotten ? null : stored();
    store(answers);
    restore();
    label();
    status.textContent = forgotten ? " Forgotten, on every page." : "";
  });
}

restore();
// From now on what is said is read aloud; what was kept is not, when the page opens.
for (const form of boxes) form.querySelector(".course-answer-said").setAttribute("role", "status");
