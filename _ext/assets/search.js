// Search, from disk as from a server: sections with excerpts, below every search field. The library and the index are
// classic scripts, since a page on a disk may not fetch, and are loaded when a field is used first.
(() => {
  const root = document.documentElement.dataset.content_root ?? "./", folder = `${root}_static/course/search/`;
  const MOST = 20, ROOM = 170;  // results, and letters of an excerpt

  const load = (name) => new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: folder + name, onload: done, onerror: failed }));
  });

  // Words, and sizes as one word each, however they are written: "3 × 3", "3x3".
  const SIZE = /(?<![\p{L}\p{N}])(\d+) ?[×x*] ?(?=(\d+)(?!\p{L}))/giu;
  // The point of "Figure 9.3" and of "0.05" parts no words.
  const SPLIT = /(?:(?!(?<=\d)\.(?=\d))[\n\r\p{Z}\p{P}])+/u;
  const sizes = (text) => [...text.matchAll(SIZE)].map(([, rows, columns]) => `${rows}×${columns}`);
  const indexed = (text) => [...text.split(SPLIT), ...sizes(text)];
  const tidy = (text) => text.replaceAll("^", "").replace(/(?<=\d) ?[×x*] ?(?=\d)/gi, "×");
  const asked = (text) => tidy(text).split(SPLIT)
    .flatMap((word) => (sizes(word).length ? sizes(word) : word));
  // Greek letters are found by their names, too.
  const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eta: "η", theta: "θ", kappa: "κ",
    lambda: "λ", mu: "μ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", omega: "ω" };
  const named = (term) => {
    const word = term.toLowerCase(), found = Object.entries(GREEK).filter(([, letter]) => word.includes(letter));
    return [...new Set([word, word.normalize("NFKC"), ...found.flat()])];  // "w₁" is found by w1
  };
  // What a term looks like in a text.
  const form = (term) => {
    const plain = term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/(?<=\d)×(?=\d)/, " ?[×x*] ?");
    return Object.hasOwn(GREEK, term) ? `${plain}|${GREEK[term]}` : plain;
  };
  const word = (term) => !/[×.]/.test(term);
  // The beginning that "dilated" and "dilation", "gradients" and "gradient" share.
  const stem = (term) => term.toLowerCase().replace(/(?<=\p{L}{4})(?:ations?|ions?|ings?|ed|es|e|s)$/u, "");

  const apart = (words) => words.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, " ");  // "BatchNorm"

  const RECORDS = /^(?:api\/|speed|verification|sheet|laboratories\/how_they_compute)/;

  let ready = null;
  const engine = () => ready ??= Promise.all([load("minisearch.js"), load("index.js")]).then(() => {
    const search = new MiniSearch({
      fields: ["heading", "text"], tokenize: indexed, processTerm: named, storeFields: ["title", "heading", "address", "text"],
      searchOptions: {
        tokenize: asked, processTerm: (term) => term.toLowerCase(), boost: { heading: 4 },
        prefix: (term) => term.length > 2 && word(term),
        // The reference and the records name everything many times, an exercise asks, and what another wrote leads away:
        // what teaches comes first.
        boostDocument: (id, term, { address, heading }) => (RECORDS.test(address) ? 0.2
          : /^Exercise /.test(heading) || /^references/.test(address) ? 0.5 : 1),
      },
    });
    search.addAll(bookIndex.map(([title, heading, address, text], id) => ({ id, title, heading, address, text })));
    return search;
  });

  // The small words of a question say little: left out unless nothing else is left.
  const SMALL = new Set(`a an the this that these those there is are was were be been being am do does did done has have had
    can could should would will must may might i me my we us our you your it its they them their what which who whose why how
    when where whether and or not no nor but if than then so as of to in on at by for from with without into between vs versus
    use used uses using need needs work works happens get go much many compute calculate explain difference instead
    `.trim().split(/\s+/));
  // In capitals they are names, "AND gate", unless all is.
  const small = (word, shouted) => {
    const bare = word.replace(/^\P{L}+|(?:n?['’]\p{L}+)?\P{L}*$/gu, "");
    return SMALL.has(shouted ? bare.toLowerCase() : bare.replace(/^\p{Lu}/u, (letter) => letter.toLowerCase()));
  };
  function wordsOf(query) {
    const all = query.split(/\s+/).filter((word) => asked(word).some(Boolean));
    const large = all.filter((word) => !small(word, query === query.toUpperCase()));
    // "What does stride mean?" asks for no mean.
    if (large.length > 1 && /^what do(?:es)? .* means?\W*$/i.test(query)) large.pop();
    return large.length ? large : all;
  }

  // What is meant by a word that no section has, nor one like it: the nearest word, and of these the one most have.
  function meant(search, term) {
    if (!word(term) || apart(term) !== term || search.search(stem(term)).length) return term;
    for (const fuzzy of [1, 2].slice(0, (term.length > 4) + (term.length > 6))) {  // letters that may differ
      const found = new Map();
      for (const { terms } of search.search(term, { fuzzy, prefix: false })) {
        for (const one of terms) found.set(one, (found.get(one) ?? 0) + 1);
      }
      if (found.size) return [...found].sort(([, a], [, b]) => b - a)[0][0];
    }
    return null;
  }

  // Sections with all words; then, where these are few, with words alike; then with some of the words, most words first.
  // A word of parts, "cross-correlation", is found where all its parts are.
  const AND = { combineWith: "AND" }, OR = { combineWith: "OR" }, FEW = 5;
  const WAYS = [AND, { processTerm: stem, ...AND }, { processTerm: stem, ...OR }];
  async function find(query) {
    const search = await engine(), changes = [], joined = (words) => words.join("").replaceAll("-", "");
    let words = wordsOf(tidy(query));
    if (!search.search(joined(words)).length) {
      words = words.map((word) => asked(word).filter(Boolean).reduce((written, part) => {
        const right = meant(search, part);
        if (right !== part) changes.push([part, right]);
        return right ? written.replace(part, right) : "";
      }, word)).filter(Boolean);
    }
    const written = words.join(" "), together = joined(words), hits = new Map();
    const names = [query, written, together].map((name) => name.toLowerCase());
    const has = ({ queryTerms }) => words.filter((word) => asked(word).every((part) => queryTerms.includes(stem(part)))).length;
    let all = 0;
    for (const way of words.length ? WAYS : []) {
      // Written together as well ("back propagation"), or apart.
      const each = (text) => ({ queries: text.split(" ").map((word) => ({ queries: [word], ...AND })), ...way });
      const queries = [...new Set([written, apart(written)])].map(each), some = way.combineWith === "OR";
      const found = search.search({ queries: together === written ? queries : [...queries, together], ...OR });
      const count = new Map(found.map((hit) => [hit, some ? has(hit) : 0]));
      found.sort((a, b) => count.get(b) - count.get(a) || rank(b, names) - rank(a, names));
      for (const hit of found) if (!hits.has(hit.id)) hits.set(hit.id, hit);
      if (!some) all = hits.size;
      if (hits.size >= FEW) break;
    }
    return { hits: [...hits.values()], all, changes };
  }

  // A title that is the very words comes before longer ones, and that of a chapter first.
  const called = (heading) => heading.toLowerCase().replace(/^\d+\. /, "");
  const rank = ({ heading, title, address }, names) => (!names.includes(called(heading)) || RECORDS.test(address) ? 0
    : heading === title ? 2 : 1);

  // A text in which the words that were found are marked.
  function marked(text, found) {
    const parts = document.createDocumentFragment();
    let end = 0;
    for (const { 0: word, index } of text.matchAll(found)) {
      const mark = document.createElement("mark");
      mark.textContent = word;
      parts.append(text.slice(end, index), mark);
      end = index + word.length;
    }
    parts.append(text.slice(end));
    return parts;
  }

  // A piece of a text around the first word that was found, cut between words.
  function excerpt(text, found) {
    const place = Math.max(text.search(found), 0);
    let from = place > 60 ? text.indexOf(" ", place - 60) + 1 : 0;
    if (from > place) from = place;
    const cut = text.length - from > ROOM ? text.lastIndexOf(" ", from + ROOM) : text.length;
    const to = cut > place ? cut : from + ROOM;
    return (from ? "… " : "") + text.slice(from, to) + (to < text.length ? " …" : "");
  }

  function result({ title, heading, address, text, terms }) {
    const words = terms.map(form).sort((a, b) => b.length - a.length);
    const found = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})`, "giu");
    const item = document.createElement("li"), link = document.createElement("a");
    const head = document.createElement("span"), page = document.createElement("span"), body = document.createElement("span");
    link.href = root + address;
    head.className = "search-heading";
    head.append(marked(heading, found));
    page.className = "search-page";
    page.textContent = title === heading ? "" : title;
    body.className = "search-excerpt";
    body.append(marked(excerpt(text, found), found));
    link.append(head, " ", page, body);
    item.append(link);
    return item;
  }

  // What was searched for, and how many sections were found.
  function said({ hits, all, changes }) {
    if (!hits.length) return "No sections found. ";
    const counted = (count) => (count === 1 ? "1 section" : `${count} sections`);
    const notes = changes.map(([word, right]) => `No section has “${word}”: `
      + `${right ? `searched for “${right}” instead` : "left out"}. `);
    const count = all === hits.length ? counted(all)
      : all ? `${counted(all)} with all these words, then ${hits.length - all} with some of them`
        : `No section has all these words. Some of them: ${counted(hits.length)}`;
    return `${notes.join("")}${count}${hits.length > MOST ? `; the first ${MOST}` : ""}:`;
  }

  const glossary = () => Object.assign(document.createElement("a"), { href: `${root}glossary.html`, textContent: "the glossary" });

  function serve(form) {
    const field = form.querySelector("input[type=search]");
    const status = Object.assign(document.createElement("p"), { className: "search-status" });
    const list = Object.assign(document.createElement("ol"), { className: "search-results" });
    const more = Object.assign(document.createElement("button"), { className: "search-more", type: "button" });
    status.setAttribute("role", "status");
    form.after(status, list, more);

    let rest = [];  // what was found and is not shown yet
    more.hidden = true;
    const lengthen = () => {
      list.append(...rest.splice(0, MOST).map(result));
      more.hidden = !rest.length;
      more.textContent = `Show ${Math.min(MOST, rest.length)} more of ${rest.length}`;
    };
    more.addEventListener("click", () => {
      const next = list.children.length;
      lengthen();
      list.children[next].firstChild.focus();
    });

    const show = async () => {
      const query = field.value.trim();
      let found = { hits: [], all: 0, changes: [] };
      try {
        if (query) found = await find(query);
      } catch {
        status.textContent = "The index of the book could not be loaded.";
        return;
      }
      if (query !== field.value.trim()) return;  // typed on, meanwhile
      rest = found.hits;
      list.replaceChildren();
      status.textContent = query && said(found);
      if (query && !rest.length) status.append("Try fewer words, or other ones: ", glossary(), " has those of this book.");
      lengthen();
    };
    field.addEventListener("focus", () => engine().catch(() => {}), { once: true });
    field.addEventListener("input", show);

    // Enter opens the first result; the chosen one is a link.
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await show();
      list.querySelector("a")?.click();
    });

    // Arrows go through the results, and back up to the field.
    form.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const stops = [field, ...list.querySelectorAll("a"), ...(more.hidden ? [] : [more])];
      const at = stops.indexOf(document.activeElement);
      if (!step || at < 0 || !stops[at + step]) return;
      stops[at + step].focus();
      event.preventDefault();
    });
    // A result on this very page would stay behind the dialog.
    list.addEventListener("click", (event) => { if (event.target.closest("a")) form.closest("dialog")?.close(); });

    const linked = new URLSearchParams(location.search).get("q");
    if (linked && !form.closest("dialog")) {
      field.value = linked;
      show();
    }
  }
  // The page of the search starts in its field, which alone loads nothing.
  document.querySelector(".bd-search-container input[type=search]")?.focus();
  document.querySelectorAll("form.bd-search").forEach(serve);
})();
