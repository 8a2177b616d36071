"use strict";
const search = document.querySelector("#search");
const boxes = [...document.querySelectorAll("[data-filter]")];
const articles = [...document.querySelectorAll("article")];
const byAsset = document.querySelector("#by-asset");
const byRule = document.querySelector("#by-rule");
const grouping = document.querySelector("#group");
const parents = new Map(articles.map((article) => [article, article.parentElement]));
const none = document.querySelector("#none");

function groupByRule() {
  byRule.replaceChildren();
  const sections = new Map();
  for (const article of [...articles].sort((a, b) => a.dataset.order - b.dataset.order)) {
    const rule = article.dataset.rule;
    if (!sections.has(rule)) {
      const section = document.createElement("section");
      const header = document.createElement("header");
      const heading = document.createElement("h2");
      heading.textContent = `${rule} ${article.dataset.name}`;
      header.append(heading);
      section.append(header);
      sections.set(rule, section);
      byRule.append(section);
    }
    sections.get(rule).append(article);
  }
}

function groupByAsset() {
  for (const article of articles) parents.get(article).append(article);
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.filter));
  let any = false;
  for (const article of articles) {
    const text = `${article.dataset.asset} ${article.textContent}`.toLowerCase();
    article.hidden = !shown.has(article.dataset.severity) || !words.every((word) => text.includes(word));
    any ||= !article.hidden;
  }
  const narrowed = words.length > 0 || boxes.some((box) => !box.checked);
  for (const section of document.querySelectorAll("section")) {
    const own = [...section.querySelectorAll("article")];
    section.hidden = own.length ? own.every((article) => article.hidden) : narrowed;
  }
  none.hidden = any || !articles.length;
}

function regroup() {
  const rules = grouping.value === "rule";
  if (rules) groupByRule(); else groupByAsset();
  byRule.hidden = !rules;
  byAsset.hidden = rules;
  filter();
}

for (const control of [search, ...boxes]) control.addEventListener("input", filter);
grouping.addEventListener("input", regroup);
for (const button of document.querySelectorAll("[data-search]")) {
  button.addEventListener("click", () => { search.value = button.dataset.search; filter(); search.focus(); });
}
document.querySelector(".controls").hidden = false;
