/* What every page shares: words, elements without HTML strings, marks, themes, lists reached by one Tab. */
"use strict";

(function (tantu) {
  const SVG = "http://www.w3.org/2000/svg";
  const source = document.getElementById("view");
  const view = (tantu.view = JSON.parse(source.textContent));

  for (const layer of view.layers || []) {
    if (layer.type === "points") layer.columns = Object.fromEntries(Object.entries(layer.columns).map(([name, written]) => [name, tantu.column(written)]));
  }

  /** Words of the page; {name} in them is filled from `values`. */
  tantu.say = function (key, values) {
    const text = view.words[key];
    if (text === undefined) throw new Error("no word for " + key);
    return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole)) : text;
  };

  /** An element with attributes and children; a text child is only ever text. */
  tantu.el = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) if (child !== null && child !== undefined) element.append(child);
    return element;
  };

  tantu.svg = function (tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  /** Outline of a mark in a box of 20 by 20, for the list and for the canvas. */
  const OUTLINES = {
    disc: "M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16z",
    diamond: "M10 1L19 10L10 19L1 10z",
    square: "M3 3H17V17H3z",
    triangle: "M10 2L18.5 17H1.5z",
    cross: "M7 2H13V7H18V13H13V18H7V13H2V7H7z",
    ring: "M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16z",
  };
  const SIGNS = { disc: "M6 10.2l2.8 2.8l5.2-6", diamond: "M6.5 10H13.5", square: "M7 7l6 6M13 7l-6 6", ring: "" };
  tantu.OUTLINES = OUTLINES;
  tantu.SIGNS = SIGNS;

  tantu.mark = function (shape, tone) {
    const drawing = tantu.svg("svg", { viewBox: "0 0 20 20", class: "mark tone-" + tone + " shape-" + shape, "aria-hidden": "true", focusable: "false" },
      tantu.svg("path", { class: "outline", d: OUTLINES[shape] }));
    if (SIGNS[shape]) drawing.append(tantu.svg("path", { class: "sign", d: SIGNS[shape] }));
    return drawing;
  };

  const number = new Intl.NumberFormat(view.lang === "zh" ? "zh-CN" : "en");
  const percent = new Intl.NumberFormat(view.lang === "zh" ? "zh-CN" : "en", { style: "percent", maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat(view.lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "long", timeZone: "UTC" });

  /** A value as a reader expects it; null is "not known", -1 a number withheld. */
  tantu.format = function (value, kind) {
    if (value === null || value === undefined || value === "") return tantu.say("value.unknown");
    if (value === -1 && kind === "date") return tantu.say("value.unknown");
    if (value === -1 && kind !== "text") return tantu.say("value.withheld");
    if (kind === "share") return percent.format(value);
    if (kind === "count") return number.format(value);
    if (kind === "yuan") return tantu.say("value.yuan", { yuan: number.format(Math.round(value)) });
    if (kind === "date") return day.format(new Date(value * 864e5));
    return String(value);
  };
  tantu.number = (value) => number.format(value);

  tantu.status = function (text) {
    document.getElementById("status").textContent = text;
  };

  tantu.calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** Rows of buttons reached by one Tab and walked with the arrow keys. */
  tantu.roving = function (container) {
    const buttons = () => [...container.querySelectorAll("button.row")].filter((button) => !button.closest("[hidden]"));
    function allow(chosen) {
      for (const button of container.querySelectorAll("button.row")) button.tabIndex = button === chosen ? 0 : -1;
    }
    container.addEventListener("keydown", (event) => {
      const rows = buttons(), at = rows.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      allow(next);
      next.focus();
    });
    container.addEventListener("focusin", (event) => {
      if (event.target.matches("button.row")) allow(event.target);
    });
    /** After the rows change, Tab enters at the chosen row, else at the first. */
    return { refresh: () => allow(buttons().find((button) => button.hasAttribute("aria-current")) || buttons()[0]), allow };
  };
})(window.tantu);
