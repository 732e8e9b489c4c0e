// The search page. Served over http it asks Pagefind, whose index comes in small pieces; opened as a
// file, where a page may fetch nothing, it loads Sphinx's own search and index instead.
"use strict";

(() => {
  const AT_ONCE = 15;
  const HAN = /\p{Script=Han}/u;
  const list = document.querySelector("#search-results ol");
  const status = document.getElementById("search-status");
  const more = document.getElementById("search-more");
  const field = document.querySelector(".search-page input[name=q]");
  const say = (sentence) => { status.textContent = sentence; };

  // The index has spaces around Chinese characters: _ext/passages.py. A reader sees none.
  const apart = (text) => text.replace(/\p{Script=Han}/gu, " $& ");
  const together = (text) =>
    text.replace(/(\p{Script=Han}(?:<\/mark>)?) (?=(?:<mark>)?[\p{Script=Han}，。、；：？！）」』])/gu, "$1");

  function make(name, text, kind) {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    if (HAN.test(text) && !/[a-z]/i.test(text)) node.lang = "zh";
    node.textContent = text;
    return node;
  }

  // Marks become elements; whatever else looks like markup is text, whose brackets Pagefind escapes.
  function excerpt(marked) {
    const node = document.createElement("p");
    const pieces = together(marked).replaceAll("</mark><mark>", "").split(/<mark>(.*?)<\/mark>/su);
    pieces.forEach((piece, i) => {
      const text = piece.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
      node.append(i % 2 ? make("mark", text) : text);
    });
    return node;
  }

  const titled = ({ meta }) => together(meta.title ?? meta.name ?? meta.term);

  function entry(passage) {
    const item = document.createElement("li");
    const title = titled(passage);
    const link = make("a", title);
    link.href = passage.raw_url.slice("/".length, -".html".length); // a passage is a file to Pagefind
    item.append(link);
    const page = together(passage.meta.page);
    if (title !== page) item.append(make("span", page, "search-place"));
    item.append(excerpt(passage.excerpt));
    return item;
  }

  // For a word that it does not know Pagefind takes the longest one that begins it, "a" for
  // "attenshun", or drops it. So each word has to begin one that was found, or to be known itself.
  const words = (text) => apart(text.toLowerCase()).match(/[\p{L}\p{N}_]+/gu) ?? [];

  function found(passage) {
    const all = passage.content.split(/\s+/u);
    return words([titled(passage), ...passage.locations.map((place) => all[place])].join(" "));
  }

  async function meant(pagefind, query, passages) {
    const seen = passages.flatMap(found);
    const unseen = words(query).filter((word) => !seen.some((other) => other.startsWith(word)));
    const exact = await Promise.all(unseen.map((word) => pagefind.search(`"${word}"`)));
    return exact.every(({ results }) => results.length);
  }

  // The index is asked once; what is shown is fetched, a paragraph or so for each result.
  const fetched = (results) => Promise.all(results.slice(0, AT_ONCE).map((result) => result.data()));

  function append(passages, rest) {
    list.append(...passages.map(entry));
    more.hidden = !rest.length;
    more.onclick = async () => {
      const first = list.children.length;
      append(await fetched(rest), rest.slice(AT_ONCE));
      list.children[first].querySelector("a").focus();
    };
  }

  function sentence(query, count) {
    if (!query) return "Type a word, in English or Chinese.";
    if (!count) return `Nothing found for “${query}”. Fewer words, or another spelling, may help.`;
    return `${count} ${count === 1 ? "place" : "places"} found for “${query}”.`;
  }

  // Fifteen are fetched of what may be hundreds. Terms of the glossary are few and always among them;
  // names are long words, in which a search finds several, and count less than titles.
  const RANKING = { metaWeights: { title: 5, name: 1, term: 1000 } };

  // What has the very name that was asked for comes first, the glossary's other terms last.
  function sorted(passages, query) {
    const names = (passage) => titled(passage).toLowerCase().split(" · ");
    const rank = (passage) =>
      names(passage).includes(query.toLowerCase()) ? 0 : passage.meta.term ? 2 : 1;
    return [...passages].sort((a, b) => rank(a) - rank(b));
  }

  let latest = 0;
  async function search(pagefind, query) {
    const mine = ++latest;
    let results = query ? (await pagefind.search(words(query).join(" "))).results : [];
    const passages = await fetched(results);
    if (!(await meant(pagefind, query, passages))) results = [];
    if (mine !== latest) return; // the reader has typed on
    list.replaceChildren();
    append(results.length ? sorted(passages, query) : [], results.slice(AT_ONCE));
    say(sentence(query, results.length));
  }

  const asked = () => new URLSearchParams(location.search).get("q")?.trim() ?? "";

  async function withPagefind(pagefind) {
    // No worker: a search takes milliseconds, the worker 40 kB.
    await pagefind.options({ noWorker: true, ranking: RANKING });
    let waiting;
    function again() {
      clearTimeout(waiting);
      const query = field.value.trim();
      history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
      search(pagefind, query).catch(apologise);
    }
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(again, 250);
    });
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      again();
    });
    await search(pagefind, asked());
  }

  function load(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: name, onload: resolve, onerror: reject });
      document.head.append(script);
    });
  }

  // Sphinx calls each term by the title of the glossary.
  function call(result) {
    const [page, title, place, , score] = result;
    const { docnames, titles, indexentries } = Search._index;
    const number = docnames.indexOf(page);
    const here = ([file, id]) => file === number && place === `#${id}`;
    const term = Object.entries(indexentries).find(([, places]) => places.some(here))?.[0];
    if (term && title === titles[number]) result[1] = `${term} · ${title}`;
    return score;
  }

  async function withSphinx() {
    say("");
    if (!asked()) return say(sentence(""));
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false; // it would fetch the pages
    await load("_static/language_data.js");
    await load("_static/searchtools.js");
    Search.status.setAttribute("role", "status");
    Scorer.score = call;
    await load("searchindex.js");
    localStorage.removeItem("sphinx_highlight_terms"); // it would take formulas and figures apart
  }

  function apologise(error) {
    say("The search could not be loaded. Is there a connection? Loading the page again may help.");
    throw error;
  }

  field.value = asked();
  field.focus();
  say("Searching …");
  const pagefind = location.protocol === "file:" ? Promise.reject() : import("../pagefind/pagefind.js");
  pagefind.then(withPagefind, withSphinx).catch(apologise);
})();
