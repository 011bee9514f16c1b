// What a page can do beyond reading: filter, sort, go by keyboard, and keep its state in the address.
// All of the page is there without it. Nothing is loaded, sent or kept.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const cards = all("section.card");
  const table = document.querySelector("table.bounds tbody");
  const rows = table ? all("tr", table) : [];
  const links = all(".contents ol a");
  const contents = document.querySelector(".contents details");
  const state = { at: "", filter: "", sort: "" };

  const readAddress = () => {
    const [at, ...rest] = location.hash.slice(1).split("&");
    const given = new URLSearchParams((at.includes("=") ? [at, ...rest] : rest).join("&"));
    state.at = at.includes("=") ? "" : decodeURIComponent(at);
    state.filter = given.get("filter") || "";
    state.sort = given.get("sort") || "";
  };
  const writeAddress = () => {
    const given = new URLSearchParams();
    if (state.filter) given.set("filter", state.filter);
    if (state.sort) given.set("sort", state.sort);
    const parts = [encodeURIComponent(state.at), given.toString()].filter(Boolean);
    history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname);
  };

  const words = () => state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text) => words().every((word) => text.toLowerCase().includes(word));
  const orders = {
    reach: (row) => -row.dataset.reach,
    room: (row) => -row.dataset.room,
    outcome: (row) => ["violated", "undecided", "no support", "not judged"].indexOf(row.dataset.outcome) * -1 - 1,
  };
  const show = () => {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row.textContent);
      shown += !row.hidden;
    }
    const fitting = new Set(rows.filter((row) => !row.hidden).map((row) => row.querySelector("a").hash));
    for (const card of cards) {
      const anchors = [card, ...all(".form", card)].map((part) => "#" + part.id);
      card.hidden = words().length > 0 && !anchors.some((anchor) => fitting.has(anchor));
    }
    for (const link of all(".contents ol ol a")) link.parentElement.hidden = !fits(link.textContent);
    const key = orders[state.sort];
    const place = (row) => +row.dataset.order;
    const sorted = [...rows].sort((a, b) => (key ? key(a) - key(b) : 0) || place(a) - place(b));
    if (table) table.append(...sorted);
    document.getElementById("shown").textContent = words().length ? `${shown} of ${rows.length} claims` : "";
  };

  const tools = document.getElementById("tools");
  tools.className = "tools";
  tools.innerHTML = `<label>Filter <input id="filter" type="search" autocomplete="off"></label>
<label>Sort <select id="sort"><option value="">as in the paper</option><option value="reach">tightest first</option>
<option value="room">most room first</option><option value="outcome">worst outcome first</option></select></label>
<p><span id="shown" role="status"></span> Keys: <kbd>j</kbd> <kbd>k</kbd> next, previous; <kbd>/</kbd> filter</p>`;
  const filter = document.getElementById("filter");
  const sort = document.getElementById("sort");
  filter.addEventListener("input", () => { state.filter = filter.value; writeAddress(); show(); });
  sort.addEventListener("change", () => { state.sort = sort.value; writeAddress(); show(); });

  const goTo = (element) => {
    if (!element) return;
    for (let fold = element; fold; fold = fold.parentElement) if (fold.tagName === "DETAILS") fold.open = true;
    element.scrollIntoView();
    state.at = element.id;
    for (const link of links) {
      if (link.hash === "#" + element.id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  const step = (by) => {
    const visible = cards.filter((card) => !card.hidden);
    const tops = visible.map((card) => card.getBoundingClientRect().top);
    const now = tops.filter((top) => top < 80).length - 1;
    const target = visible[Math.min(Math.max(now + by, 0), visible.length - 1)];
    goTo(target);
    if (target) { target.tabIndex = -1; target.focus({ preventScroll: true }); writeAddress(); }
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target === filter) return filter.blur();
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") { contents.open = true; filter.focus(); event.preventDefault(); }
  });

  const follow = () => {
    const kept = [state.filter, state.sort];
    readAddress();
    if (!location.hash.includes("=")) [state.filter, state.sort] = kept;
    filter.value = state.filter;
    sort.value = state.sort in orders ? state.sort : "";
    show();
    goTo(document.getElementById(state.at));
    if (state.filter || state.sort) writeAddress();
  };
  for (const text of all("pre.copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copier";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text); // a page from a disk may not have the clipboard
        button.textContent = "Selected: copy it by keyboard";
      }
    });
    text.before(button);
  }
  addEventListener("hashchange", follow);
  if (matchMedia("(max-width: 76rem)").matches)
    for (const link of links) link.addEventListener("click", () => { contents.open = false; });
  addEventListener("beforeprint", () => { for (const fold of all("details")) fold.open = true; });
  readAddress();
  follow();
})();
