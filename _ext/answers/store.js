// What was answered: {"1.1": {text, passed}, …}, in the browser's storage, or as long as the page is open where that is refused.
const PLACE = "from-neuron-to-convnet.answers";
let memory = {};

function stored() {
  const sound = ([, kept]) => kept && typeof kept.text === "string" && typeof kept.passed === "boolean";
  try {
    return Object.fromEntries(Object.entries(JSON.parse(localStorage.getItem(PLACE)) ?? {}).filter(sound));
  } catch {
    return memory;
  }
}

function keeps() {
  try {
    localStorage.setItem(`${PLACE}.try`, "");
    localStorage.removeItem(`${PLACE}.try`);
    return true;
  } catch {
    return false;
  }
}

// Both scripts of the page hear of it as the event "course-answers".
function store(answers) {
  memory = answers;
  try { localStorage.setItem(PLACE, JSON.stringify(answers)); } catch { /* the page remembers, until it is left */ }
  document.dispatchEvent(new CustomEvent("course-answers", { detail: answers }));
}
