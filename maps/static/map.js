/* The drawn map: regions and roads in SVG, pins on one canvas, labels that give way to each other. */
"use strict";

(function (tantu) {
  const { view, el, svg } = tantu;
  const layers = new Map(view.layers.map((layer) => [layer.id, layer]));
  const canvases = [];
  const labels = [];
  let map = null;

  /** Called first by the script that Folium writes. */
  tantu.begin = function (made) {
    map = tantu.map = made;
    const still = tantu.calm();
    if (still) map.options.zoomAnimation = map._zoomAnimated = map.options.inertia = false;
    const box = map.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", tantu.say("map.name", { title: view.title }));
    box.setAttribute("aria-describedby", "map-help");
    for (const [pane, z] of [["land", 190], ["ground", 200], ["roads", 210], ["borders", 220], ["pins", 400], ["names", 450]]) {
      map.createPane(pane).style.zIndex = z;
    }
    map.getPanes().names.style.pointerEvents = "none";
    map.getPanes().names.setAttribute("aria-hidden", "true");
    tantu.fit();
    map.on("zoomend moveend resize", arrange);
    document.addEventListener("tantu:theme", () => canvases.forEach((canvas) => canvas.redraw()));
    new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(box);
  };

  tantu.fit = function (bounds) {
    const [west, south, east, north] = view.bounds;
    const legend = document.getElementById("legend"), inside = getComputedStyle(legend).position === "absolute";
    map.fitBounds(bounds || [[south, west], [north, east]], { animate: false, paddingTopLeft: [16, 16], paddingBottomRight: [16, inside ? legend.offsetHeight + 12 : 16] });
  };

  tantu.layer = (id) => layers.get(id);

  /** Called by the same script for each layer: draws what needs no list; the rest waits for its page. */
  tantu.draw = function (made, id) {
    const layer = layers.get(id);
    if (layer.type === "lines") tantu.lines(layer);
    else if (layer.type === "areas" && !Object.keys(layer.values).length) {
      tantu.borders(layer);
      tantu.names(layer);
    }
  };

  /** Lines of the base. */
  tantu.lines = function (layer) {
    return L.polyline(tantu.rings(layer.shape), { className: "line line-" + layer.style, interactive: false, pane: "roads", smoothFactor: 1 }).addTo(map);
  };

  /** Borders of the base, without data. */
  tantu.borders = function (layer) {
    const shapes = layer.shapes.map((shape) => tantu.rings(shape)).filter((rings) => rings.length);
    const draw = (pane, className) => L.polygon(shapes, { className, interactive: false, pane, smoothFactor: 1 }).addTo(map);
    if (layer.level === "county") draw("land", "border border-land");
    draw(layer.level === "county" ? "borders" : "ground", "border border-" + layer.level);
  };

  /** One polygon with data; `choose` is called when it is clicked. */
  tantu.area = function (rings, choose) {
    const polygon = L.polygon(rings, { className: "area", pane: "ground", smoothFactor: 1, bubblingMouseEvents: false }).addTo(map);
    if (choose) polygon.on("click", choose);
    return polygon;
  };

  /** Patterns of the classes of a choropleth, in the SVG of the ground pane. */
  tantu.patterns = function (host) {
    const drawings = {
      2: ["M3 3h2v2h-2zM11 11h2v2h-2z"], 3: ["M-2 18L18 -2M-2 2L2 -2M14 18L18 14"], 4: ["M0 4H16M0 12H16M4 0V16M12 0V16"],
      5: ["M0 0L16 16M16 0L0 16"],
    };
    const defs = svg("defs", {});
    for (let step = 1; step <= 5; step += 1) {
      const pattern = svg("pattern", { id: host + "-step" + step, width: 16, height: 16, patternUnits: "userSpaceOnUse" },
        svg("rect", { width: 16, height: 16, class: "fill-step" + step }));
      for (const d of drawings[step] || []) pattern.append(svg("path", { d, class: (step === 2 ? "dot" : "stroke") + "-on" + step }));
      defs.append(pattern);
    }
    defs.append(svg("pattern", { id: host + "-none", width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      svg("rect", { width: 8, height: 8, class: "fill-none" }), svg("path", { d: "M0 8L8 0", class: "stroke-none" })));
    return defs;
  };

  /** A label at a place; `rank` says who gives way, `from` and `to` the zooms it is for, `shift` pixels down. */
  tantu.label = function (place, lines, kind, { rank = 0, from = 0, to = 99, shift = 0 } = {}) {
    const box = el("div", { class: "name name-" + kind });
    lines.forEach((line, k) => box.append(el(k ? "small" : "span", {}, line)));
    const label = { box, place, rank, from, to, shift };
    labels.push(label);
    labels.sort((first, second) => second.rank - first.rank);
    return label;
  };
  /** Names of counties and townships as labels of the map. */
  tantu.names = function (layer) {
    const places = tantu.points(layer.x, layer.y), county = layer.level === "county";
    layer.names.forEach((name, k) => {
      if (layer.shapes[k].length) tantu.label(places[k], [name], layer.level, county ? { rank: 2, to: 12 } : { rank: 1, from: 10 });
    });
  };
  tantu.dropLabels = function (dropped) {
    for (const label of dropped) {
      label.box.remove();
      labels.splice(labels.indexOf(label), 1);
    }
  };

  function arrange() {
    const zoom = map.getZoom(), pane = map.getPanes().names, view = map.getPixelBounds(), taken = [];
    for (const label of labels) {
      const at = map.project(label.place).add([0, label.shift]);
      const wanted = zoom >= label.from && zoom < label.to && view.contains(at);
      if (!wanted) { label.box.remove(); continue; }
      if (!label.box.isConnected) pane.append(label.box);
      L.DomUtil.setPosition(label.box, map.latLngToLayerPoint(label.place).add([0, label.shift]));
      const w = label.box.offsetWidth / 2 + 3, h = label.box.offsetHeight / 2 + 1;
      const box = [at.x - w, at.y - h, at.x + w, at.y + h];
      const hit = taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
      if (hit) label.box.remove();
      else taken.push(box);
    }
  }
  tantu.arrange = arrange;

  /**
   * Points on one canvas: typed arrays of places, a class and a "shown" byte each.
   * Drawn again when the map stops; between, the canvas moves and scales with the map.
   */
  tantu.Pins = L.Layer.extend({
    initialize(places, classes, marks) {
      this.places = places;
      this.classes = classes;
      this.marks = marks;
      this.shown = new Uint8Array(classes.length).fill(1);
      this.chosen = -1;
      this.hinted = -1;
      this.from = 0;
      canvases.push(this);
    },
    onAdd() {
      this.canvas = el("canvas", { class: "pins leaflet-zoom-animated", "aria-hidden": "true" });
      this.getPane("pins").append(this.canvas);
      this.redraw();
    },
    getEvents() {
      const events = { moveend: this.redraw, resize: this.redraw, viewreset: this.redraw };
      if (this._map._zoomAnimated) events.zoomanim = this.follow;
      return events;
    },
    follow(event) {
      const scale = this._map.getZoomScale(event.zoom, this.zoom);
      const offset = this._map._latLngBoundsToNewLayerBounds(this.bounds, event.zoom, event.center).min;
      L.DomUtil.setTransform(this.canvas, offset, scale);
    },
    redraw() {
      if (!this.canvas) return;
      this.drawn = [];
      this.canvas.hidden = this._map.getZoom() < this.from;
      if (this.canvas.hidden) return;
      const size = this._map.getSize(), pad = 40, ratio = window.devicePixelRatio || 1;
      const [w, h] = [size.x + 2 * pad, size.y + 2 * pad];
      const corner = this._map.containerPointToLayerPoint([-pad, -pad]);
      L.DomUtil.setTransform(this.canvas, corner, 1);
      this.zoom = this._map.getZoom();
      this.bounds = L.latLngBounds(this._map.layerPointToLatLng(corner), this._map.layerPointToLatLng(corner.add([w, h])));
      this.canvas.width = w * ratio;
      this.canvas.height = h * ratio;
      this.canvas.style.width = w + "px";
      this.canvas.style.height = h + "px";
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      const origin = this._map.getPixelOrigin().add(corner);
      this.draw(pen, { scale: this._map.options.crs.scale(this.zoom), x: origin.x, y: origin.y, w, h });
    },
    radius() {
      const count = this.classes.length, zoom = this._map.getZoom();
      const large = count > 4000 ? 4 : 8, small = count > 20000 ? 1.2 : count > 4000 ? 1.8 : 4;
      return Math.min(large, Math.max(small, small + (zoom - 8) * (large - small) / 5));
    },
    draw(pen, frame) {
      const radius = this.radius(), style = getComputedStyle(document.documentElement);
      const colour = (name) => style.getPropertyValue("--" + name).trim() || "#000";
      const halo = colour("halo");
      this.marks.forEach((mark, group) => {
        const fill = colour(mark.tone), sprite = radius > 2.5 ? this.sprite(mark.shape, fill, halo, radius) : null;
        pen.fillStyle = fill;
        for (let k = 0; k < this.classes.length; k += 1) {
          if (this.classes[k] !== group || !this.shown[k]) continue;
          this.drawn.push(k);
          const x = this.places[2 * k] * frame.scale - frame.x, y = this.places[2 * k + 1] * frame.scale - frame.y;
          if (x < 0 || y < 0 || x > frame.w || y > frame.h) continue;
          if (sprite) pen.drawImage(sprite, x - sprite.half, y - sprite.half, 2 * sprite.half, 2 * sprite.half);
          else pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        }
      });
      for (const [k, name] of [[this.hinted, "ink"], [this.chosen, "chosen"]]) if (k >= 0) this.ring(pen, frame, k, colour(name), halo, radius);
    },
    ring(pen, frame, k, line, halo, radius) {
      const x = this.places[2 * k] * frame.scale - frame.x, y = this.places[2 * k + 1] * frame.scale - frame.y;
      for (const [width, stroke] of [[7, halo], [3.5, line]]) {
        pen.beginPath();
        pen.arc(x, y, Math.max(radius, 6) + 6, 0, 7);
        pen.lineWidth = width;
        pen.strokeStyle = stroke;
        pen.stroke();
      }
    },
    sprite(shape, fill, halo, radius) {
      const ratio = (window.devicePixelRatio || 1) * 2, half = radius + 2, sheet = document.createElement("canvas");
      sheet.width = sheet.height = Math.ceil(2 * half * ratio);
      sheet.half = half;
      const pen = sheet.getContext("2d"), outline = new Path2D(tantu.OUTLINES[shape]);
      pen.scale(ratio, ratio);
      pen.translate(half, half);
      pen.scale(radius / 9, radius / 9);
      pen.translate(-10, -10);
      pen.lineJoin = "round";
      pen.lineWidth = 4;
      pen.strokeStyle = halo;
      pen.stroke(outline);
      pen.fillStyle = shape === "ring" ? halo : fill;
      pen.fill(outline);
      if (shape === "ring") { pen.lineWidth = 3; pen.strokeStyle = fill; pen.stroke(outline); }
      if (tantu.SIGNS[shape] && radius > 5) {
        pen.lineWidth = 2.4;
        pen.lineCap = "round";
        pen.strokeStyle = halo;
        pen.stroke(new Path2D(tantu.SIGNS[shape]));
      }
      return sheet;
    },
    /** Index of the shown point nearest to a click, within a finger's width, or -1. */
    pick(latlng) {
      const at = this._map.latLngToContainerPoint(latlng), origin = this._map.getPixelOrigin();
      const scale = this._map.options.crs.scale(this._map.getZoom()), moved = this._map.layerPointToContainerPoint([0, 0]);
      let best = -1, nearest = 22 * 22;
      for (let k = 0; k < this.classes.length; k += 1) {
        if (!this.shown[k]) continue;
        const dx = this.places[2 * k] * scale - origin.x + moved.x - at.x, dy = this.places[2 * k + 1] * scale - origin.y + moved.y - at.y;
        if (dx * dx + dy * dy < nearest) { nearest = dx * dx + dy * dy; best = k; }
      }
      return best;
    },
  });

  /** Pins of a layer of places: positions, classes by the mark column, drawing order by `marks`. */
  tantu.pins = function (layer, marks, classOf) {
    const places = tantu.points(layer.x, layer.y), flat = new Float64Array(places.length * 2);
    places.forEach(([lat, lon], k) => flat.set(tantu.square(lat, lon), 2 * k));
    const pins = new tantu.Pins(flat, Uint8Array.from(layer.ids, (_, k) => classOf(k)), marks);
    pins.latlngs = places;
    return pins.addTo(map);
  };

  /** Move to a place, into what the card leaves free, and without flying where the reader asked for calm. */
  tantu.goto = function (latlng, zoom) {
    const card = document.getElementById("card"), to = Math.max(map.getZoom(), zoom);
    const covered = getComputedStyle(card).position === "absolute" ? card.offsetLeft + card.offsetWidth : 0;
    const centre = map.unproject(map.project(latlng, to).subtract([covered / 2, 0]), to);
    map.setView(centre, to, { animate: !tantu.calm() });
  };

  /** The legend shows the marks the map draws. */
  for (const swatch of document.querySelectorAll(".swatch")) {
    const { shape, tone } = swatch.dataset;
    if (tantu.OUTLINES[shape]) swatch.append(tantu.mark(shape, tone));
    else if (shape !== "line" && shape !== "circles") {
      const host = svg("svg", { viewBox: "0 0 36 22", class: "class-swatch", "aria-hidden": "true", focusable: "false" });
      host.append(tantu.patterns("legend-" + tone), svg("rect", { width: 36, height: 22, class: "swatch-area", fill: "url(#legend-" + tone + "-" + tone + ")" }));
      swatch.append(host);
    } else swatch.classList.add("swatch-" + shape, "tone-" + tone);
  }

  for (const [id, act] of [["zoom-in", () => map.zoomIn()], ["zoom-out", () => map.zoomOut()], ["zoom-all", () => tantu.fit()]]) {
    document.getElementById(id).addEventListener("click", act);
  }
})(window.tantu);
