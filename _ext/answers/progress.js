// How many answers of each chapter are right: in the contents, and at the chapter's head.
const chapterOf = (address) => String(Number((/(\d\d)_\w+\.html/.exec(address) || [])[1] || 0));

function show(answers) {
  const right = {};
  for (const [label, { passed }] of Object.entries(answers)) {
    const chapter = label.split(".")[0];
    if (passed) right[chapter] = (right[chapter] || 0) + 1;
  }
  for (const link of document.querySelectorAll("nav.bd-links a, .chapter-map a")) {
    const address = link.getAttribute("href"), chapter = chapterOf(address === "#" ? location.pathname : address);
    const done = Math.min(right[chapter] || 0, TOTALS[chapter] || 0);
    link.querySelector(".course-progress")?.remove();
    if (done) link.append(badge(done, TOTALS[chapter]));
  }
  const head = document.querySelector(".course-score [data-chapter]");
  if (head) {
    const done = Math.min(right[head.dataset.chapter] || 0, TOTALS[head.dataset.chapter]);
    head.textContent = done ? `: ${done} of ${TOTALS[head.dataset.chapter]} right` : "";
  }
}

function badge(done, total) {
  const mark = document.createElement("span"), words = document.createElement("span"), digits = document.createElement("span");
  mark.className = `course-progress${done === total ? " all" : ""}`;
  digits.setAttribute("aria-hidden", "true");
  digits.textContent = `${done === total ? "✓ " : ""}${done}/${total}`;
  words.className = "course-progress-words";
  words.textContent = ` ${done} of ${total} answers right`;
  mark.append(digits, words);
  return mark;
}

document.addEventListener("course-answers", (event) => show(event.detail));
addEventListener("storage", () => show(stored()));
show(stored());
