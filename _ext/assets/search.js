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
  const asked = (text) => text.replaceAll("^", "").replace(/(?<=\d) ?[×x*] ?(?=\d)/gi, "×").split(SPLIT)
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

  const RECORDS = /^(?:api\/|speed|verification|sheet|laboratories\/how_they_compute)/;

  let ready = null;
  const engine = () => ready ??= Promise.all([load("minisearch.js"), load("index.js")]).then(() => {
    const search = new MiniSearch({
      fields: ["heading", "text"], tokenize: indexed, processTerm: named, storeFields: ["title", "heading", "address", "text"],
      searchOptions: {
        tokenize: asked, processTerm: (term) => term.toLowerCase(), boost: { heading: 4 },
        prefix: (term) => term.length > 2 && word(term),
        fuzzy: (term) => (word(term) ? (term.length > 4) + (term.length > 9) : 0),  // letters that may differ
        // The reference and the records name everything many times, and an exercise asks: what teaches comes first.
        boostDocument: (id, term, { address, heading }) => (RECORDS.test(address) ? 0.2 : /^Exercise /.test(heading) ? 0.5 : 1),
      },
    });
    search.addAll(bookIndex.map(([title, heading, address, text], id) => ({ id, title, heading, address, text })));
    return search;
  });

  // Sections with all words, written together as well ("back propagation") or apart ("BatchNorm"); or with words alike; or with some of them.
  const WAYS = [{ combineWith: "AND" }, { processTerm: stem, combineWith: "AND" }, { processTerm: stem, combineWith: "OR" }];
  async function find(query) {
    const search = await engine(), together = query.replace(/\s+/g, ""), apart = query.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, " ");
    for (const way of WAYS) {
      const queries = [{ queries: [query], ...way }, { queries: [together], fuzzy: false }, { queries: [apart], ...way }];
      const hits = search.search({ combineWith: "OR", queries: queries.filter(({ queries: [words] }, k) => !k || words !== query) });
      if (hits.length) return { hits: sorted(hits, [query, together, apart].map((name) => name.toLowerCase())), some: way.combineWith === "OR" };
    }
    return { hits: [], some: false };
  }

  // A title that is the very words comes before longer ones, and that of a chapter first.
  const called = (heading) => heading.toLowerCase().replace(/^\d+\. /, "");
  const rank = ({ heading, title, address }, names) => (!names.includes(called(heading)) || RECORDS.test(address) ? 0
    : heading === title ? 2 : 1);
  const sorted = (hits, names) => hits.sort((a, b) => rank(b, names) - rank(a, names));

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

  const glossary = () => Object.assign(document.createElement("a"), { href: `${root}glossary.html`, textContent: "the glossary" });

  function serve(form) {
    const field = form.querySelector("input[type=search]");
    const status = Object.assign(document.createElement("p"), { className: "search-status" });
    const list = Object.assign(document.createElement("ol"), { className: "search-results" });
    status.setAttribute("role", "status");
    form.after(status, list);

    const show = async () => {
      const query = field.value.trim();
      let hits = [], some = false;
      try {
        if (query) ({ hits, some } = await find(query));
      } catch {
        status.textContent = "The index of the book could not be loaded.";
        return;
      }
      if (query !== field.value.trim()) return;  // typed on, meanwhile
      list.replaceChildren(...hits.slice(0, MOST).map(result));
      const count = hits.length === 1 ? "1 section" : `${hits.length || "No"} sections`;
      status.textContent = query && (some ? "No section has all these words. Some of them: " : "") + count + (hits.length > MOST ? `; the first ${MOST}:` : hits.length ? ":" : " found. ");
      if (query && !hits.length) status.append("Try fewer words, or other ones: ", glossary(), " has those of this book.");
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
      const stops = [field, ...list.querySelectorAll("a")], at = stops.indexOf(document.activeElement);
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
