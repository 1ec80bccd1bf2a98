// Search from disk, by the same words as the catalog's own: split, folded and stemmed as catalog/entry/words.py does.
(() => {
  "use strict";
  const script = document.currentScript;
  const top = script.dataset.top;
  const base = new URL("../index/", script.src).href;
  const parts = { words: new Map(), entries: new Map(), about: new Map() };
  const waiting = new Map();

  globalThis.catalogIndex = (form, number, data) => {
    parts[form].set(number, data);
    waiting.get(form + number)?.(data);
  };

  function part(form, number) {
    if (parts[form].has(number)) return Promise.resolve(parts[form].get(number));
    const key = form + number;
    const made = new Promise((resolve) => {
      const before = waiting.get(key);
      waiting.set(key, (data) => { before?.(data); resolve(data); });
      if (before) return;
      const added = document.createElement("script");
      added.src = `${base}${form === "about" ? "about" : `${form}-${number}`}.js`;
      added.onerror = () => { parts[form].set(number, form === "entries" ? [] : {}); resolve(parts[form].get(number)); };
      document.head.append(added);
    });
    return made;
  }

  // -- words ----------------------------------------------------------------------------------------------------------
  const LETTER = "(?:[\\p{L}\\p{N}]|[\\u0591-\\u05c7\\u064b-\\u065f\\u0900-\\u0963\\u0966-\\u0dff\\u0e31\\u0e34-\\u0e3a\\u0e47-\\u0e4e])";
  const IDENTIFIER = new RegExp(`${LETTER}+(?:_+${LETTER}+)*`, "gu");
  const PIECES = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g;
  const JOINED = /(?<![\p{L}\p{N}])[\p{L}\p{N}]+(?:[_\-./:][\p{L}\p{N}]+)+/gu;
  const UNSPACED = /([\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+)/u;
  const ACCENTS = /(?<![\u0418\u0438])\u0306|[\u0300-\u0305\u0307-\u036f]/gu;
  const ASCII = /^[\x00-\x7f]*$/;
  const stemmers = new Map();

  function stem(word, language = "English") {
    const letters = [...word].length;
    if (letters < 3 || !/^\p{L}+$/u.test(word)) return word;
    if (language === "English" && "abfhjkopquvwxz".includes(word.at(-1))) return word;
    if (!stemmers.has(language)) stemmers.set(language, catalogStemmer(language));
    return stemmers.get(language).stemWord(word);
  }

  function ofScript(word) {
    if (/^[\u0400-\u04ff]+$/.test(word)) return [stem(word, "Russian")];
    const found = [word];
    if (word.length > 2 && /^[\uac00-\ud7a3]+$/.test(word)) for (let i = 0; i < word.length - 1; i++) found.push(word.slice(i, i + 2));
    return found;
  }

  function ofChunk(chunk) {
    if (ASCII.test(chunk)) {
      const pieces = chunk.match(PIECES) ?? [];
      const found = pieces.map((piece) => stem(piece.toLowerCase()));
      if (pieces.length > 1) found.push(chunk.replaceAll("_", "").toLowerCase());
      return found;
    }
    const found = [];
    for (const piece of chunk.split(UNSPACED)) {
      if (!piece) continue;
      if (UNSPACED.test(piece) && piece.replace(UNSPACED, "") === "") {
        const letters = [...piece];
        for (let i = 0; i < Math.max(1, letters.length - 1); i++) found.push(letters.slice(i, i + 2).join(""));
      } else if (ASCII.test(piece)) found.push(...ofChunk(piece));
      else for (const each of piece.split("_")) if (each) found.push(...ofScript(each.toLowerCase().replaceAll("ß", "ss")));
    }
    return found;
  }

  function words(text, whole = false) {
    if (!ASCII.test(text)) text = text.normalize("NFKD").replace(ACCENTS, "").normalize("NFC");
    const found = [];
    for (const [run] of text.matchAll(IDENTIFIER)) {
      const chunk = [...run].slice(0, 200).join("");
      if (/^[a-z]+$/.test(chunk)) found.push(stem(chunk));
      else found.push(...ofChunk(chunk));
    }
    if (whole) {
      const known = new Set(found);
      for (const [run] of text.matchAll(JOINED)) {
        const joined = run.slice(0, 200).replace(/[^\p{L}\p{N}]+/gu, "").toLowerCase();
        if (!known.has(joined)) { known.add(joined); found.push(joined); }
      }
    }
    return found;
  }

  function germanWords(text) {
    const spaced = text.normalize("NFC").replace(/(?<=[a-zäöüß])(?=[A-ZÄÖÜ])/g, " ");
    return [...spaced.matchAll(/\p{L}{3,200}/gu)].map(([word]) => "§" + stem(word.toLowerCase(), "German"));
  }
  globalThis.catalogWords = words;

  function partOf(word, count) {
    let value = 0;
    for (const char of [...word].slice(0, 2)) value = (value * 31 + char.codePointAt(0)) % 65521;
    return value % count;
  }

  // -- finding --------------------------------------------------------------------------------------------------------
  async function find(text) {
    const about = await part("about", 0);
    const small = new Set(about.small);
    let wanted = [...new Set(words(text, true))];
    const telling = wanted.filter((word) => !small.has(word));
    if (telling.length) wanted = telling;
    if (about.german) wanted.push(...new Set(germanWords(text)));
    const last = /[\p{L}\p{N}]$/u.test(text) ? (text.match(IDENTIFIER)?.at(-1) ?? "").toLowerCase() : "";
    const points = new Map();
    const matched = new Map();
    const marked = new Set(wanted);
    const give = (list, word, share) => {
      let number = 0;
      for (let i = 0; i < list.length; i += 2) {
        number += list[i];
        points.set(number, (points.get(number) ?? 0) + list[i + 1] * share);
        if (!matched.has(number)) matched.set(number, new Set());
        matched.get(number).add(word);
      }
    };
    for (const word of wanted) {
      const held = await part("words", partOf(word, about.parts));
      if (Object.hasOwn(held, word)) give(held[word], word, 1);
    }
    if ([...last].length > 1) {
      const held = await part("words", partOf(last, about.parts));
      const known = new Set(wanted);
      for (const word of Object.keys(held)) {
        if (word.startsWith(last) && !known.has(word)) { give(held[word], words(text, true).at(-1) ?? last, 0.5); marked.add(word); }
      }
    }
    const terms = Math.max(1, wanted.filter((word) => !word.startsWith("§")).length);
    const ranked = [...points].map(([number, value]) => [number, value * (0.4 + 0.6 * Math.min(1, matched.get(number).size / terms))]);
    ranked.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return { ranked, marked, last, about };
  }

  async function row(number, about) {
    return (await part("entries", Math.floor(number / about.per)))[number % about.per];
  }

  // -- showing --------------------------------------------------------------------------------------------------------
  const MOST = 60;
  const field = document.getElementById("q");
  const results = document.getElementById("results");
  const page = document.getElementById("page");
  let asked = 0;

  function element(name, classes, ...children) {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    made.append(...children);
    return made;
  }

  function highlighted(text, marked, last) {
    return text.split(/([\p{L}\p{N}_]+)/u).map((piece, place) => {
      const hit = place % 2 && (words(piece, true).some((word) => marked.has(word)) || (last.length > 1 && piece.toLowerCase().startsWith(last)));
      return hit ? element("mark", "", piece) : piece;
    });
  }

  async function show() {
    const text = field.value.trim().slice(0, 400);
    const mine = ++asked;
    const address = new URL(location.href);
    if (text) address.searchParams.set("q", text); else address.searchParams.delete("q");
    try { history.replaceState(null, "", address); } catch { /* some browsers keep addresses of files as they are */ }
    if (!text) { results.hidden = true; page.hidden = false; return; }
    const { ranked, marked, last, about } = await find(text);
    const shown = [];
    for (const [number] of ranked.slice(0, MOST)) shown.push(await row(number, about));
    if (mine !== asked) return;
    const list = element("ul", "rows");
    for (const [kind, name, description, href, state] of shown) {
      const link = element("a", "name", ...highlighted(name, marked, last));
      link.href = top + href;
      const named = element("div", "row-name", link, element("span", "kind", kind.replaceAll("_", " ")));
      if (state) named.append(element("span", `state ${state.replace(/[^a-z]+/g, "-")}`, state));
      list.append(element("li", "", element("div", "row", named, element("div", "row-text", ...highlighted(description, marked, last)))));
    }
    const count = ranked.length === 1 ? "1 entry" : `${ranked.length.toLocaleString("en")} entries`;
    const more = ranked.length > MOST ? `, the best ${MOST} of them` : "";
    const head = ranked.length ? `${count} for “${text}”${more}` : `Nothing has a word of “${text}”. Try another word for it.`;
    results.replaceChildren(element("h1", "found", head), ...(shown.length ? [list] : []));
    results.hidden = false;
    page.hidden = true;
  }

  field.closest("form").hidden = false;
  field.closest("form").addEventListener("submit", (event) => { event.preventDefault(); results.querySelector("a")?.click(); });
  field.addEventListener("input", show);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); field.focus(); field.select(); return; }
    if (event.key === "Escape" && event.target === field) { field.value = ""; show(); return; }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...document.querySelectorAll("#results:not([hidden]) .name, #page:not([hidden]) .rows .name")];
    const at = links.indexOf(document.activeElement);
    if (!links.length || (typing && event.target !== field)) return;
    const next = event.key === "ArrowDown" ? links[at + 1] : at > 0 ? links[at - 1] : field;
    if (next) { event.preventDefault(); next.focus(); }
  });
  const given = new URL(location.href).searchParams.get("q");
  if (given) { field.value = given; show(); }
})();
