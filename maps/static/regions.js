/* A map of regions: one service or one year at a time, from county to township to village, table and map as twins. */
"use strict";

(function (tantu) {
  const { view, el, say, mark, format } = tantu;
  const WITHHELD = -1, UNKNOWN = -2;

  /** Called last by the script that Folium writes. */
  tantu.regions = function (map) {
    const levels = view.layers.filter((layer) => layer.type === "areas").map(read);
    const choropleth = view.drawn === "share";
    // A schedule shows every year beside each other; one service is shown at a time.
    const columns = choropleth ? view.tables[0].columns : [
      ...[...view.slices.slice(1), view.slices[0]].map((entry) => ({ key: "homes", slice: entry.id, label: entry.id === "all" ? say("value.total") : entry.id, format: "count" })),
      ...view.tables[0].columns.slice(1),
    ];
    const points = view.layers.find((layer) => layer.type === "points"), homes = view.layers.find((layer) => layer.type === "columnar");
    let slice = 0, path = [], sorted = null, chosen = "", drawn = [], labels = [];

    function read(layer) {
      const codes = layer.codes, places = tantu.points(layer.x, layer.y), parents = tantu.column(layer.parents);
      const values = Object.fromEntries(Object.entries(layer.values).map(([name, measures]) =>
        [name, Object.fromEntries(Object.entries(measures).map(([measure, numbers]) => [measure, tantu.column(numbers)]))]));
      return { level: layer.level, layer, codes, places, parents, values, at: new Map(codes.map((code, k) => [code, k])) };
    }
    const level = () => levels[Math.min(path.length, levels.length - 1)];
    const slot = () => view.slices[slice].id;
    function rows() {
      const here = level(), parent = path[path.length - 1];
      return here.codes.map((_, k) => k).filter((k) => !path.length || here.parents[k] === parent);
    }
    const hasChildren = (code) => path.length + 1 < levels.length && levels[path.length + 1].parents.includes(code);
    function name() {
      if (!path.length) return say("regions.city");
      const above = levels[path.length - 1];
      return above.layer.names[above.at.get(path[path.length - 1])];
    }

    /** A measure of a region; shares and people missed follow from people and reached. */
    function derived(numbers, key) {
      const get = (measure) => (numbers[measure] === UNKNOWN || numbers[measure] === undefined ? null : numbers[measure]);
      if (key !== "share" && key !== "missed") return get(key);
      const people = get("people"), reached = get("reached");
      if (people === null || reached === null) return null;
      if (people === WITHHELD || reached === WITHHELD) return WITHHELD;
      if (key === "missed") return people - reached;
      return people > 0 ? reached / people : null;
    }
    function value(here, k, key, of = slot()) {
      const measures = here.values[of] || {};
      return derived(Object.fromEntries(Object.entries(measures).map(([measure, numbers]) => [measure, numbers[k]])), key);
    }
    function total(key, of = slot()) {
      if (!path.length) return derived(view.totals[of] || {}, key);
      const above = levels[path.length - 1];
      return value(above, above.at.get(path[path.length - 1]), key, of);
    }

    /* ---- controls ---- */
    const controls = document.getElementById("controls");
    let pick = null;
    if (view.control === "choice") {
      const radios = view.slices.map((entry, k) => el("label", { class: "chip", for: "slice-" + entry.id },
        el("input", { type: "radio", name: "slice", id: "slice-" + entry.id, value: String(k), checked: k === 0 }), el("span", {}, entry.label)));
      const note = el("p", { class: "soft norm", id: "norm" });
      controls.append(el("form", { id: "finder" }, el("fieldset", { class: "services" }, el("legend", { class: "vh" }, say("coverage.service")), el("div", { class: "chips" }, radios)), note));
      controls.addEventListener("change", (event) => { slice = Number(event.target.value); refresh(); });
      pick = () => { document.getElementById("slice-" + slot()).checked = true; note.textContent = view.slices[slice].note; };
    } else pick = slider();

    function slider() {
      const last = view.slices.length - 1;
      const output = el("output", { for: "year" });
      const input = el("input", { type: "range", id: "year", min: "0", max: String(last), step: "1", value: "0" });
      const step = (by) => { slice = Math.max(0, Math.min(last, slice + by)); refresh(); };
      let timer = 0;
      const play = el("button", { type: "button", id: "play" });
      function stop() { window.clearInterval(timer); timer = 0; paint(); }
      function paint() { play.textContent = say(timer ? "renovations.pause" : "renovations.play"); }
      play.addEventListener("click", () => {
        if (timer) { stop(); return; }
        if (slice === last) slice = 0;
        timer = window.setInterval(() => { step(1); if (slice === last) stop(); }, 1600);
        step(1);
        paint();
      });
      input.addEventListener("input", () => { stop(); slice = Number(input.value); refresh(); });
      const tools = el("div", { class: "slider-tools" },
        el("button", { type: "button", id: "previous", onclick: () => { stop(); step(-1); } }, say("renovations.previous")), play,
        el("button", { type: "button", id: "next", onclick: () => { stop(); step(1); } }, say("renovations.next")));
      paint();
      controls.append(el("div", { class: "slider" }, el("div", { class: "slider-head" }, el("label", { class: "vh", for: "year" }, say("renovations.pick_year")), output), input,
        el("div", { class: "ticks", "aria-hidden": "true" }, view.slices.map((entry, k) => el("span", {}, k ? entry.id : entry.label))), tools));
      return () => {
        input.value = String(slice);
        input.setAttribute("aria-valuetext", view.slices[slice].label);
        output.textContent = view.slices[slice].label;
      };
    }

    /* ---- table ---- */
    const crumbs = el("ol", { class: "path" }), body = el("tbody"), foot = el("tfoot"), head = el("tr");
    const table = el("table", { class: "regions" }, el("caption", { class: "vh" }, view.tables[0].caption), el("thead", {}, head), body, foot);
    const place = document.getElementById("list-body");
    place.append(el("nav", { "aria-label": say("regions.path") }, crumbs), el("p", { class: "help" }, say("list.keys")), el("div", { class: "scroll" }, table));
    const roving = tantu.roving(body);

    function crumb(text, depth) {
      const last = depth === path.length;
      return el("li", {}, last ? el("span", { "aria-current": "location" }, text) : el("button", { type: "button", onclick: () => go(path.slice(0, depth), true) }, text));
    }
    const now = (field) => (field.slice === slot() ? "now" : null);
    function header(field, at) {
      const order = sorted && sorted.at === at ? (sorted.down ? "descending" : "ascending") : null;
      return el("th", { scope: "col", "aria-sort": order, class: now(field) }, el("button", { type: "button", class: "sort", "data-at": String(at), tabindex: at ? "-1" : "0",
        title: say("regions.sort", { column: field.label }), onclick: () => sortBy(at) }, field.label));
    }
    function sortBy(at) {
      sorted = { at, down: !(sorted && sorted.at === at && sorted.down) };
      refresh();
      headings()[at].focus();
    }
    const headings = () => [...head.querySelectorAll(".sort")];
    head.addEventListener("keydown", (event) => {
      const to = headings().indexOf(document.activeElement) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] || 0);
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft" || !headings()[to]) return;
      event.preventDefault();
      headings()[to].focus();
    });
    function cell(amount, field) {
      const text = format(amount, field.format);
      if (field.format !== "share" || amount === null || amount === WITHHELD) return el("td", { class: now(field) }, text);
      const bar = el("i");
      bar.style.width = Math.round(amount * 100) + "%";
      return el("td", {}, el("span", { class: "meter", "aria-hidden": "true" }, bar), text);
    }
    function fill() {
      const here = level(), listed = rows();
      if (sorted) listed.sort((first, second) => compare(here, first, second));
      crumbs.replaceChildren(...[say("regions.city"), ...path.map((code, depth) => levels[depth].layer.names[levels[depth].at.get(code)])].map(crumb));
      head.replaceChildren(el("th", { scope: "col" }, say("regions.name")), ...columns.map(header));
      body.replaceChildren(...listed.map((k) => {
        const code = here.codes[k], deeper = hasChildren(code);
        const button = el("button", { type: "button", class: "row" + (deeper ? "" : " leaf"), "data-id": code, tabindex: "-1",
          "aria-current": code === chosen ? "true" : null, onclick: () => open(code) }, el("bdi", {}, here.layer.names[k] || say("value.unnamed")));
        for (const event of ["focus", "mouseenter"]) button.addEventListener(event, () => hint(code, true));
        for (const event of ["blur", "mouseleave"]) button.addEventListener(event, () => hint(code, false));
        return el("tr", { class: code === chosen ? "is-current" : null }, el("th", { scope: "row" }, button), columns.map((field) => cell(value(here, k, field.key, field.slice), field)));
      }));
      foot.replaceChildren(el("tr", {}, el("th", { scope: "row" }, say("regions.total")), columns.map((field) => cell(total(field.key, field.slice), field))));
      roving.refresh();
      document.getElementById("count").textContent = tantu.number(listed.length);
    }
    function compare(here, first, second) {
      const [a, b] = [first, second].map((k) => value(here, k, columns[sorted.at].key, columns[sorted.at].slice) ?? UNKNOWN);
      return (a - b) * (sorted.down ? -1 : 1) || first - second;
    }

    /* ---- map ---- */
    document.body.append(tantu.svg("svg", { class: "vh", "aria-hidden": "true", width: 0, height: 0 }, tantu.patterns("map")));
    tantu.borders(levels[0].layer);

    function step(share) {
      return share === null || share === WITHHELD ? "none" : "step" + (1 + view.breaks.filter((edge) => share >= edge).length);
    }
    function paint() {
      const here = level(), listed = rows();
      for (const { polygon } of drawn) polygon.remove();
      tantu.dropLabels(labels);
      const most = Math.max(1, ...listed.map((k) => Math.max(0, ...view.slices.map((entry) => (here.values[entry.id] || { homes: [] }).homes?.[k] || 0))));
      drawn = [];
      labels = [];
      for (const k of listed) {
        const rings = tantu.rings(here.layer.shapes[k]), code = here.codes[k], amount = value(here, k, view.drawn);
        if (rings.length) {
          const polygon = tantu.area(rings, (event) => choosePoint(event) || open(code));
          const outline = polygon.getElement();
          if (choropleth) outline.style.fill = "url(#map-" + step(amount) + ")";
          outline.classList.toggle("is-chosen", code === chosen);
          drawn.push({ code, polygon });
        }
        if (!choropleth && amount > 0 && !(homes && path.length)) {
          const radius = 8 + Math.min(26, map.getSize().x / 25) * Math.sqrt(amount / most);
          drawn.push({ code, polygon: L.circleMarker(here.places[k], { radius, pane: "pins", className: "circle", interactive: false }).addTo(map) });
          labels.push(tantu.label(here.places[k], [tantu.number(amount)], "number", { rank: 1e6 + amount }));
          labels.push(tantu.label(here.places[k], [here.layer.names[k]], "township", { rank: amount, shift: radius + 9 }));
        } else if (rings.length) labels.push(tantu.label(here.places[k], [here.layer.names[k], format(amount, choropleth ? "share" : "count")], here.level + " name-value", { rank: amount || 0 }));
      }
      tantu.arrange();
    }
    function hint(code, on) {
      for (const entry of drawn) if (entry.code === code && entry.polygon.getElement()) entry.polygon.getElement().classList.toggle("is-hinted", on);
    }
    function frame() {
      const bounds = L.latLngBounds([]);
      for (const { polygon } of drawn) if (polygon.getBounds) bounds.extend(polygon.getBounds());
      if (path.length && bounds.isValid()) tantu.fit(bounds);
      else tantu.fit();
    }

    /* ---- moving through the tree ---- */
    function open(code) {
      if (hasChildren(code)) { go([...path, code], false); return; }
      chosen = chosen === code ? "" : code;
      refresh();
      focusRow(code);
    }
    function go(to, back) {
      sorted = null;
      const left = path[to.length];
      path = to;
      chosen = "";
      refresh();
      frame();
      focusRow(back ? left : rows().map((k) => level().codes[k])[0]);
      tantu.status(say("regions.status_down", { region: name(), count: tantu.number(rows().length) }));
    }
    function focusRow(code) {
      const button = [...body.querySelectorAll("button.row")].find((row) => row.dataset.id === code);
      if (!button) return;
      roving.allow(button);
      button.focus({ preventScroll: true });
    }
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !(chosen || path.length)) return;
      event.preventDefault();
      if (chosen) { const code = chosen; chosen = ""; refresh(); focusRow(code); }
      else go(path.slice(0, -1), true);
    });

    /* ---- points: facilities of the service, or homes of the year ---- */
    const spots = points ? facilities(points) : homes ? households(homes) : null;

    function listing(table) {
      const title = el("h3", { class: "places-title" }, table.caption), list = el("ul", { class: "rows", id: "rows" });
      place.append(title, list);
      const walk = tantu.roving(list);
      return { list, title, walk };
    }
    function row(k, id, tone, text, notes) {
      const button = el("button", { type: "button", class: "row", "data-id": id, tabindex: "-1", onclick: () => spots.choose(k) }, mark(tone.shape, tone.tone),
        el("span", { class: "row-main" }, el("bdi", { class: "row-name" }, text), notes.filter(Boolean).map((note) => el("span", { class: "row-note" }, note))));
      for (const event of ["focus", "mouseenter"]) button.addEventListener(event, () => { spots.pins.hinted = k; spots.pins.redraw(); });
      for (const event of ["blur", "mouseleave"]) button.addEventListener(event, () => { spots.pins.hinted = -1; spots.pins.redraw(); });
      return el("li", {}, button);
    }
    function facilities(layer) {
      const pins = tantu.pins(layer, view.marks, () => 0), { list, walk, title } = listing(view.tables[1]), column = layer.columns;
      const inside = (k) => column.service[k] === slot() && (!path.length || column.code[k].startsWith(path[path.length - 1]));
      return {
        pins, ids: layer.ids, place: (k) => pins.latlngs[k],
        refresh() {
          const shown = layer.ids.map((_, k) => k).filter((k) => (pins.shown[k] = inside(k) ? 1 : 0));
          title.textContent = view.tables[1].caption + " · " + tantu.number(shown.length);
          list.replaceChildren(...shown.map((k) => row(k, layer.ids[k], view.marks[0], column.name[k] || say("value.unnamed"), [column.class[k], column.region[k], column.address[k]])));
          walk.refresh();
        },
        choose: (k) => chooseSpot(k, list),
      };
    }
    function households(layer) {
      const read = (written) => (written.bytes ? tantu.bytes(written.bytes) : written.digits ? tantu.digits(written.digits) : []);
      const xs = tantu.fractions(layer.x, layer.extent[0], layer.extent[2]), ys = tantu.fractions(layer.y, layer.extent[1], layer.extent[3]);
      const flat = new Float64Array(2 * layer.count), column = Object.fromEntries(Object.entries(layer.columns).map(([key, written]) => [key, read(written)]));
      for (let k = 0; k < layer.count; k += 1) { flat[2 * k] = xs[k]; flat[2 * k + 1] = ys[k]; }
      const pins = new tantu.Pins(flat, new Uint8Array(layer.count), view.marks).addTo(map);
      pins.from = 9; // below this zoom the counts of the regions speak
      const { list, walk, title } = listing(view.tables[1]), townships = levels[1];
      const latlng = (k) => [(Math.atan(Math.sinh(Math.PI * (1 - 2 * flat[2 * k + 1]))) * 180) / Math.PI, flat[2 * k] * 360 - 180];
      return {
        pins, ids: layer.ids, place: latlng,
        refresh() {
          const shown = [];
          for (let k = 0; k < layer.count; k += 1) {
            const township = column.township[k] - 1, code = township < 0 ? "" : townships.codes[township];
            const inside = !path.length || (code && (path.length === 1 ? townships.parents[township] === path[0] : code === path[1]));
            pins.shown[k] = inside ? 1 : 0;
            pins.classes[k] = column.year[k] === 0 ? 0 : slice === 0 || column.year[k] === slice ? 2 : 1;
            if (inside && path.length >= 2) shown.push(k);
          }
          const listed = layer.ids.length ? shown : [];
          title.hidden = !listed.length;
          title.textContent = view.tables[1].caption + " · " + tantu.number(listed.length);
          list.replaceChildren(...listed.map((k) => row(k, layer.ids[k], view.marks[pins.classes[k]], say("renovations.home") + " " + layer.ids[k],
            [column.year[k] ? view.slices[column.year[k]].label : say("renovations.waiting"), column.cost_yuan[k] ? format(column.cost_yuan[k], "yuan") : ""])));
          walk.refresh();
        },
        choose: (k) => chooseSpot(k, list),
      };
    }
    function chooseSpot(k, list) {
      spots.pins.chosen = k;
      for (const button of list.querySelectorAll("button.row")) {
        if (button.dataset.id === spots.ids[k]) { button.setAttribute("aria-current", "true"); button.scrollIntoView({ block: "nearest" }); }
        else button.removeAttribute("aria-current");
      }
      tantu.goto(spots.place(k), 12);
      spots.pins.redraw();
      tantu.status(say("card.opened", { name: spots.ids[k] }));
    }
    function choosePoint(event) {
      const k = spots && map.getZoom() >= 10 ? spots.pins.pick(event.latlng) : -1;
      if (k >= 0) spots.choose(k);
      return k >= 0;
    }

    /* ---- all together ---- */
    function refresh() {
      pick();
      fill();
      paint();
      if (spots) { spots.pins.chosen = -1; spots.refresh(); spots.pins.redraw(); }
      const state = new URLSearchParams({ show: slot() });
      if (path.length) state.set("region", path.join("."));
      window.history.replaceState(null, "", "#" + state.toString());
      const entry = view.slices[slice], said = Object.fromEntries(view.tables[0].columns.map((field) => [field.key, format(total(field.key), field.format)]));
      tantu.status(choropleth ? say("coverage.status", { service: entry.label, norm: entry.note, region: name(), ...said }) : say("renovations.status", { year: entry.label, region: name(), ...said }));
    }
    tantu.ids = { list: () => [...body.querySelectorAll("button.row")].map((button) => button.dataset.id), drawn: () => [...new Set(drawn.map((entry) => entry.code))] };
    if (spots) tantu.spots = { list: () => [...document.querySelectorAll("#rows button.row")].map((button) => button.dataset.id), drawn: () => spots.pins.drawn.map((k) => spots.ids[k]) };
    const asked = new URLSearchParams(window.location.hash.slice(1));
    slice = Math.max(0, view.slices.findIndex((entry) => entry.id === asked.get("show")));
    const steps = (asked.get("region") || "").split(".").filter(Boolean);
    if (steps.length < levels.length && steps.every((code, depth) => levels[depth].at.has(code))) path = steps;
    refresh();
    if (path.length) frame();
  };
})(window.tantu);
