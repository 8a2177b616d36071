"use strict";
const search = document.querySelector("#search");
const boxes = [...document.querySelectorAll("[data-filter]")];
const items = [...document.querySelectorAll(".item")];
const groups = [...document.querySelectorAll("details.group")];
const matches = document.querySelector("#matches");
const openAtStart = new Set(groups.filter((group) => group.open));

// What an item is searched by: its own text, and that of the headings above it.
const texts = new Map(items.map((item) => {
  let text = item.textContent;
  for (let group = item.closest("details.group"); group; group = group.parentElement.closest("details.group")) {
    text += ` ${group.querySelector("summary").textContent}`;
  }
  return [item, text.toLowerCase()];
}));

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.dataset.filter));
  const narrowed = words.length > 0 || off.size > 0;
  let shown = 0;
  for (const item of items) {
    item.hidden = off.has(item.dataset.severity) || !words.every((word) => texts.get(item).includes(word));
    if (!item.hidden) shown += 1;
  }
  for (const group of groups) {
    const own = [...group.querySelectorAll(".item")];
    group.hidden = own.length > 0 ? own.every((item) => item.hidden) : narrowed;
    group.open = words.length > 0 && shown <= 200 ? !group.hidden : openAtStart.has(group);
  }
  matches.textContent = narrowed ? `${shown} of ${items.length} shown` : "";
}

// A link to a place in a closed group opens the group.
function reveal() {
  const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  if (!target) return;
  for (let group = target.closest("details"); group; group = group.parentElement.closest("details")) group.open = true;
  target.scrollIntoView();
}

if (search) {
  for (const control of [search, ...boxes]) control.addEventListener("input", filter);
  for (const button of document.querySelectorAll("[data-search]")) {
    button.addEventListener("click", () => { search.value = button.dataset.search; filter(); search.focus(); });
    button.hidden = false;
  }
  for (const [id, open] of [["#open-all", true], ["#close-all", false]]) {
    document.querySelector(id).addEventListener("click", () => { for (const group of groups) group.open = open; });
  }
  document.querySelector(".controls").hidden = false;
}
addEventListener("hashchange", reveal);
reveal();

// On paper, what is short is open.
const closed = new Set();
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details.paper:not([open])")) { closed.add(part); part.open = true; }
});
addEventListener("afterprint", () => {
  for (const part of closed) part.open = false;
  closed.clear();
});
