// What the pages do beyond what a browser does by itself: find while typing, keys, commands, copying, light and dark.
// Without this script every page works: forms are sent, links lead on.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const said = $("#said");
  const say = (text) => { said.textContent = ""; requestAnimationFrame(() => { said.textContent = text; }); };

  // -- find while typing ------------------------------------------------------------------------------------------------
  const field = $("#q");
  const rows = $("#rows");
  const facets = $("#facets");
  let asking = null;
  let shown = null; // the address that the rows are of, once somebody has typed
  let later = 0;

  async function part(address, name, signal) {
    const answer = await fetch(address, { headers: { "x-fragment": name, accept: "text/html" }, signal });
    return answer.ok ? answer.text() : null;
  }

  async function show(address, push) {
    asking?.abort();
    clearTimeout(later);
    asking = new AbortController();
    const { signal } = asking;
    try {
      const html = await part(address, "rows", signal);
      if (html === null) { location.assign(address); return; }
      rows.innerHTML = html;
      shown = address;
      facets.setAttribute("aria-busy", "true"); // what stands there counts the question before
      if (push) history.pushState(null, "", address); else history.replaceState(null, "", address);
      document.title = `${field.value.trim() || "Find"} · catalog`;
      later = setTimeout(async () => {
        try {
          const beside = await part(address, "facets", signal);
          if (beside !== null) { facets.innerHTML = beside; facets.removeAttribute("aria-busy"); }
        } catch (error) { if (error.name !== "AbortError") throw error; }
      }, 250);
    } catch (error) { if (error.name !== "AbortError") location.assign(address); }
  }

  if (field && rows && facets) {
    let waiting = 0;
    let pushed = false;
    const address = () => {
      const query = new URLSearchParams(new FormData(field.form));
      if (!query.get("q")) query.delete("q");
      const text = query.toString();
      return field.form.getAttribute("action") + (text ? `?${text}` : "");
    };
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { show(address(), !pushed); pushed = true; }, 90);
    });
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = $(".name", rows);
      clearTimeout(waiting);
      if (shown === address() && first && field.value.trim()) first.click(); else show(address(), true);
    });
    field.addEventListener("blur", () => { pushed = false; });
    addEventListener("popstate", () => location.reload());
  }

  // -- keys -------------------------------------------------------------------------------------------------------------
  const names = () => $$("#rows .name, .plain-list a, .graph-list th a");
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [role=application]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing && field) { event.preventDefault(); field.focus(); field.select(); return; }
    if (event.key === "Escape" && event.target === field && field.value && rows) { field.value = ""; field.dispatchEvent(new Event("input")); return; }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (typing && event.target !== field) return;
    const links = names();
    const at = links.indexOf(document.activeElement);
    if (at < 0 && event.target !== field && event.target !== document.body) return;
    const next = event.key === "ArrowDown" ? links[at + 1] : at > 0 ? links[at - 1] : field;
    if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({ block: "nearest" }); }
  });

  // -- copying ----------------------------------------------------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = $("code", button.parentElement).textContent;
    try { await navigator.clipboard.writeText(text); } catch {
      const chosen = getSelection(); // no clipboard here: what is to be copied is chosen, Ctrl C does the rest
      chosen.selectAllChildren($("code", button.parentElement));
      say("Selected; copy it with Ctrl C");
      return;
    }
    button.textContent = "Copied";
    say("Copied");
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });

  // -- light and dark -----------------------------------------------------------------------------------------------------
  function turn() {
    const root = document.documentElement;
    const dark = root.dataset.scheme ? root.dataset.scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.scheme = dark ? "light" : "dark";
    try { localStorage.setItem("catalog-scheme", root.dataset.scheme); } catch { /* for this page only, then */ }
    document.dispatchEvent(new Event("catalog-scheme"));
    say(dark ? "Light" : "Dark");
  }
  $("[data-scheme-button]")?.addEventListener("click", turn);

  // -- commands ---------------------------------------------------------------------------------------------------------
  const palette = $("#palette");
  const typed = $("input", palette);
  const list = $("ul", palette);
  const commands = [
    ...$$(".nav a").map((link) => ({ name: `Go to ${link.textContent.trim()}`, note: "page", run: () => location.assign(link.href) })),
    { name: "Switch between light and dark", note: "look", run: turn },
    ...$$("article :is(details, .side section) > .block > [data-copy]").map((button) => {
      const way = button.closest("details");
      const title = way ? $("summary", way) : $("h2", button.closest("section"));
      return {
        name: `Copy: ${title.textContent.trim()}`, note: "this entry",
        run: () => { if (way) way.open = true; button.focus(); button.click(); },
      };
    }),
    ...$$("#change ~ details > summary").map((summary) => ({
      name: `${summary.textContent}…`, note: "this entry",
      run: () => { summary.parentElement.open = true; $("input:not([type=hidden]), textarea", summary.parentElement)?.focus(); },
    })),
  ];
  let options = [];
  let at = 0;
  let fetching = null;

  function openPalette() {
    if (palette.open) return;
    typed.value = "";
    palette.showModal();
    fill();
  }
  $("[data-open-palette]")?.addEventListener("click", openPalette);

  function draw() {
    list.replaceChildren(...options.map((option, place) => {
      const item = document.createElement("li");
      item.id = `palette-${place}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(place === at));
      const name = document.createElement("span");
      name.textContent = option.name;
      const note = document.createElement("span");
      note.className = "kind";
      note.textContent = option.note;
      item.append(name, note);
      item.addEventListener("click", () => { palette.close(); option.run(); });
      item.addEventListener("mousemove", () => { if (at !== place) { at = place; mark(); } });
      return item;
    }));
    mark();
  }

  function mark() {
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (list.children[at]) typed.setAttribute("aria-activedescendant", `palette-${at}`); else typed.removeAttribute("aria-activedescendant");
  }

  let pause = 0;
  function fill() {
    const text = typed.value.trim();
    const fits = commands.filter((command) => text.toLowerCase().split(/\s+/).every((word) => command.name.toLowerCase().includes(word)));
    options = fits;
    at = 0;
    draw();
    clearTimeout(pause);
    fetching?.abort();
    if (text) pause = setTimeout(() => among(text, fits), 80);
  }

  async function among(text, fits) { // entries, which the server finds
    fetching = new AbortController();
    try {
      const answer = await fetch(`${document.body.dataset.palette}?q=${encodeURIComponent(text)}`, { signal: fetching.signal });
      if (!answer.ok) return;
      const entries = (await answer.json()).map(({ kind, name, href }) => ({ name, note: kind.replaceAll("_", " "), run: () => location.assign(href) }));
      options = [...fits, ...entries];
      draw();
    } catch (error) { if (error.name !== "AbortError") say("Entries can't be found just now"); }
  }

  typed.addEventListener("input", fill);
  typed.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % Math.max(options.length, 1);
      mark();
    } else if (event.key === "Enter" && options[at]) { event.preventDefault(); palette.close(); options[at].run(); }
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
})();
