/* A map of places: search, filters that all must hold, a list that is the map in words, a card. */
"use strict";

(function (tantu) {
  const { view, el, say, mark, format } = tantu;

  /** Called last by the script that Folium writes. */
  tantu.places = function (map, id) {
    const layer = tantu.layer(id), column = layer.columns, marks = view.marks;
    const order = new Map(marks.map((entry, k) => [entry.value, k]));
    const pins = tantu.pins(layer, marks, (k) => order.get(column[layer.mark][k]));
    const haystack = layer.ids.map((_, k) => [column.name[k], column.address[k], where(k)].join(" ").toLowerCase());
    const rows = [], items = unpacked(view.lookups.items);
    const usable = layer.ids.map((_, k) => column.yes[k] & view.usable);
    const notes = layer.ids.map(() => el("span", { class: "row-note" })), ways = layer.ids.map(() => el("span", { class: "row-note row-away", hidden: true }));
    let chosen = -1, origin = null;

    /** What the clock decides: open now, and usable only where not closed. */
    function tick() {
      layer.ids.forEach((_, k) => {
        const { open, text } = tantu.opened(column.hours[k]);
        column.yes[k] &= ~(view.open_now | view.usable);
        column.no[k] &= ~view.open_now;
        if (open) column.yes[k] |= view.open_now;
        if (open === false) column.no[k] |= view.open_now;
        if (open !== false) column.yes[k] |= usable[k];
        notes[k].textContent = text;
      });
    }
    tick();

    /** Items of every place, as [rule, value or null, outcome]. */
    function unpacked(flat) {
      const [counts, rules, values, codes] = ["counts", "rules", "values", "codes"].map((name) => tantu.digits(flat[name]));
      let at = 0;
      return counts.map((count) => Array.from({ length: count }, () => {
        const rule = rules[at], code = codes[at], value = code > 2 ? null : values[at] / 10 ** view.lookups.rules[rule][4];
        at += 1;
        return [rule, value, code % 3];
      }));
    }

    function where(k) {
      return view.lookups.regions[column.region[k]] || "";
    }
    function level(k) {
      return marks[order.get(column[layer.mark][k])];
    }
    function fresh(k) {
      if (column.inspected_on[k] < 0) return say("fresh.never");
      const date = format(column.inspected_on[k], "date");
      return say(column.yes[k] & view.fresh ? "fresh.recent" : "fresh.old", { date });
    }

    /* ---- controls ---- */
    const search = el("input", { type: "search", id: "search", autocomplete: "off", placeholder: say("find.search_hint") });
    const county = el("select", { id: "county" }, el("option", { value: "" }, say("find.everywhere")),
      view.lookups.counties.map((name, k) => el("option", { value: String(k) }, name)));
    const boxes = view.filters.map((filter) => el("input", { type: "checkbox", id: "need-" + filter.id, value: String(filter.bit) }));
    const chips = view.filters.map((filter, k) => el("label", { class: "chip", for: "need-" + filter.id }, boxes[k], el("span", {}, filter.label)));
    const reset = el("button", { type: "button", class: "plain", id: "reset" }, say("find.reset"));
    const form = el("form", { id: "finder", role: "search", "aria-label": say("find.title") },
      el("div", { class: "pair" },
        el("div", { class: "field grow" }, el("label", { for: "search" }, say("find.search")), search),
        el("div", { class: "field" }, el("label", { for: "county" }, say("find.county")), county)),
      el("details", { class: "needs", open: window.matchMedia("(min-width: 60rem)").matches },
        el("summary", {}, say("find.needs")), el("fieldset", { class: "chips" }, el("legend", { class: "vh" }, say("find.needs")), chips)),
      el("button", { type: "button", class: "near", id: "near", onclick: near }, say("near.find")), reset);
    document.getElementById("controls").append(form);

    /* ---- list ---- */
    const list = el("ul", { class: "rows", id: "rows" });
    layer.ids.forEach((uid, k) => {
      const tone = level(k);
      const button = el("button", { type: "button", class: "row", "data-id": uid, tabindex: "-1" },
        mark(tone.shape, tone.tone),
        el("span", { class: "row-main" },
          el("bdi", { class: "row-name" }, column.name[k] || say("value.unnamed")),
          el("span", { class: "row-level tone-" + tone.tone }, tone.label),
          el("span", { class: "row-note" }, where(k)), ways[k], notes[k],
          el("span", { class: "row-note" }, fresh(k))));
      button.addEventListener("click", () => choose(k, button));
      for (const name of ["focus", "mouseenter"]) button.addEventListener(name, () => hint(k));
      for (const name of ["blur", "mouseleave"]) button.addEventListener(name, () => hint(-1));
      rows.push(el("li", {}, button));
    });
    list.append(...rows);
    const roving = tantu.roving(list);
    const empty = el("p", { class: "empty", hidden: true }, say("find.none"));
    document.getElementById("list-body").append(el("p", { class: "help", id: "list-help" }, say("list.keys")), list, empty);

    function hint(k) {
      pins.hinted = k;
      pins.redraw();
    }

    /* ---- near me ---- */
    async function near() {
      const found = await tantu.here();
      if (!found) return;
      origin = found.at;
      const distances = pins.latlngs.map((at) => tantu.metres(origin, at));
      layer.ids.forEach((_, k) => { ways[k].textContent = tantu.away(distances[k]); ways[k].hidden = false; });
      list.append(...rows.map((row, k) => [distances[k], row]).sort((a, b) => a[0] - b[0]).map(([, row]) => row));
      apply();
      frame();
      tantu.status(say("near.found", { metres: tantu.number(Math.round(found.accuracy)) }));
    }

    /* ---- filtering ---- */
    function apply(quiet) {
      tick();
      const need = boxes.reduce((bits, box) => (box.checked ? bits | Number(box.value) : bits), 0);
      const words = search.value.trim().toLowerCase();
      let count = 0;
      rows.forEach((row, k) => {
        const keep = (column.yes[k] & need) === need && (county.value === "" || column.county[k] === Number(county.value))
          && (!words || haystack[k].includes(words));
        row.hidden = !keep;
        pins.shown[k] = keep ? 1 : 0;
        count += keep ? 1 : 0;
      });
      empty.hidden = count > 0;
      roving.refresh();
      if (chosen >= 0 && !pins.shown[chosen]) close(false);
      pins.redraw();
      document.getElementById("count").textContent = tantu.number(count);
      tantu.status(say("find.count", { count: tantu.number(count), all: tantu.number(rows.length) }));
      if (!quiet) remember(need, words);
    }
    function remember(need, words) {
      const state = new URLSearchParams();
      if (need) state.set("need", String(need));
      if (words) state.set("q", words);
      if (county.value) state.set("county", county.value);
      if (chosen >= 0) state.set("place", layer.ids[chosen]);
      window.history.replaceState(null, "", "#" + state.toString());
    }
    function frame() {
      let at = pins.latlngs.filter((_, k) => pins.shown[k]);
      if (origin) at = [origin, ...at.sort((a, b) => tantu.metres(origin, a) - tantu.metres(origin, b)).slice(0, 5)];
      if (at.length) tantu.map.fitBounds(at, { animate: false, maxZoom: 14, padding: [30, 30] });
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    search.addEventListener("input", () => apply());
    boxes.forEach((box) => box.addEventListener("change", () => apply()));
    county.addEventListener("change", () => { apply(); if (county.value) frame(); else tantu.fit(); });
    reset.addEventListener("click", () => {
      form.reset();
      apply();
      tantu.fit();
    });

    /* ---- card ---- */
    const card = document.getElementById("card");
    let opener = null;

    function choose(k, from) {
      chosen = k;
      opener = from;
      pins.chosen = k;
      list.querySelectorAll("[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
      const button = rows[k].firstChild;
      button.setAttribute("aria-current", "true");
      roving.allow(button);
      if (!from.matches(".row")) rows[k].scrollIntoView({ block: "nearest" });
      card.replaceChildren(...contents(k));
      card.hidden = false;
      tantu.goto(pins.latlngs[k], 13);
      pins.redraw();
      card.querySelector("h2").focus({ preventScroll: window.matchMedia("(min-width: 60rem)").matches });
      tantu.status(say("card.opened", { name: column.name[k] || say("value.unnamed") }));
      apply(true);
      remember(boxes.reduce((bits, box) => (box.checked ? bits | Number(box.value) : bits), 0), search.value.trim());
    }
    function close(giveBack) {
      if (card.hidden) return;
      card.hidden = true;
      card.replaceChildren();
      pins.chosen = chosen = -1;
      list.querySelectorAll("[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
      pins.redraw();
      if (giveBack && opener) opener.focus();
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !card.hidden) { event.preventDefault(); close(true); }
    });
    tantu.map.on("click", (event) => {
      const k = pins.pick(event.latlng);
      if (k >= 0) choose(k, tantu.map.getContainer());
      else close(false);
    });

    function contents(k) {
      const tone = level(k), inspected = items[k];
      const facts = view.card.map((field) => [field.label, fact(field, k)]).filter(([, text]) => text !== null);
      return [
        el("div", { class: "card-head" },
          el("h2", { tabindex: "-1" }, el("bdi", {}, column.name[k] || say("value.unnamed"))),
          el("button", { type: "button", class: "close", onclick: () => close(true) }, el("span", { class: "vh" }, say("card.close")), el("span", { "aria-hidden": "true" }, "×"))),
        el("p", { class: "badge tone-" + tone.tone }, mark(tone.shape, tone.tone), el("strong", {}, tone.label)),
        el("p", { class: "soft" }, notes[k].textContent), el("p", { class: "soft" }, fresh(k)),
        view.details_at ? el("p", { class: "more" }, el("a", { href: view.details_at + encodeURIComponent(layer.ids[k]) }, say("card.details"))) : null,
        el("ul", { class: "features" }, view.features.map((feature) => {
          const yes = column.yes[k] & feature.bit, no = column.no[k] & feature.bit;
          const state = yes ? "yes" : no ? "no" : "unknown";
          return el("li", { class: "feature " + state }, el("span", { class: "sign", "aria-hidden": "true" }, { yes: "✓", no: "✕", unknown: "?" }[state]),
            el("span", {}, feature.label), el("span", { class: "vh" }, say("feature." + state)));
        })),
        facts.length ? el("dl", { class: "facts" }, facts.map(([label, text]) => [el("dt", {}, label), el("dd", {}, el("bdi", {}, text))])) : null,
        el("h3", {}, say("card.items")),
        inspected.length ? measured(inspected) : el("p", { class: "soft" }, say("card.no_items")),
      ].filter((part) => part !== null);
    }
    function fact(field, k) {
      if (field.format === "date" && column[field.key][k] < 0) return null;
      const value = field.key === "region" ? where(k) : field.key === "category" ? view.lookups.categories[column.category[k]] : column[field.key][k];
      return value ? format(value, field.format) : null;
    }
    function measured(inspected) {
      const head = ["item.what", "item.value", "item.limit", "item.verdict"].map((key) => el("th", { scope: "col" }, say(key)));
      return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("card.items") },
        el("table", { class: "items" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, inspected.map(([rule, value, outcome]) => {
          const [label, clause, unit, limit] = view.lookups.rules[rule], verdict = ["met", "not_met", "unknown"][outcome];
          return el("tr", { class: "verdict-" + verdict },
            el("th", { scope: "row" }, label, clause ? el("small", {}, clause) : null),
            el("td", {}, figure(value, unit)), el("td", {}, limit || ""),
            el("td", {}, el("span", { "aria-hidden": "true" }, { met: "✓ ", not_met: "✕ ", unknown: "? " }[verdict]), say("verdict." + verdict)));
        }))));
    }

    function figure(value, unit) {
      if (value === null) return say("value.unknown");
      return unit === "bool" ? say(value ? "value.yes" : "value.no") : [String(value), unit].join(" ").trim();
    }

    /* ---- start: what the address asks for ---- */
    tantu.ids = { list: () => [...list.querySelectorAll("li:not([hidden]) > button")].map((row) => row.dataset.id), drawn: () => pins.drawn.map((k) => layer.ids[k]) };
    const asked = new URLSearchParams(window.location.hash.slice(1)), bits = Number(asked.get("need") || 0);
    boxes.forEach((box) => { box.checked = (bits & Number(box.value)) !== 0; });
    search.value = asked.get("q") || "";
    if (asked.get("county") && view.lookups.counties[Number(asked.get("county"))] !== undefined) county.value = asked.get("county");
    apply(true);
    tantu.arrange();
    const place = layer.ids.indexOf(asked.get("place"));
    if (place >= 0) choose(place, rows[place].firstChild);
  };
})(window.tantu);
