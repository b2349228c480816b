// What was answered: {"1.1": {text, passed}, …}, in the browser's storage, or as long as the page is open where that is refused.
const PLACE = "from-neuron-to-convnet.answers";
let memory = {};

function stored() {
  try { return JSON.parse(localStorage.getItem(PLACE)) || {}; } catch { return memory; }
}

// Whether it was kept; scripts on the page hear of it as the event "course-answers".
function store(answers) {
  memory = answers;
  let kept = true;
  try { localStorage.setItem(PLACE, JSON.stringify(answers)); } catch { kept = false; }
  document.dispatchEvent(new CustomEvent("course-answers", { detail: answers }));
  return kept;
}
