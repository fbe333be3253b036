"use strict";
// Colours one layer at a time, keeps its name in the address, and zooms to parks.
function showPage(map, parks, parcels, page) {
  const NEAR = 12; // zoom from which the parts of parks are named
  const CLOSEST = 15; // zoom that a click on a small park does not exceed
  const hatch = hatching();
  const labels = new Map();
  let theme = null;
  let chosen = "";

  function hatching() {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = "#bdbdbd";
    for (const x of [-6, 0, 6]) {
      pen.moveTo(x - 1, 7);
      pen.lineTo(x + 7, -1);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function element(tag, text, name) {
    const made = document.createElement(tag);
    made.textContent = text; // never innerHTML: names come from people's files
    if (name) made.className = name;
    return made;
  }

  function colour(number) {
    return number === undefined || number < 0 ? hatch : theme.palette[number];
  }

  function parkOf(layer) {
    return page.parks[layer.feature.properties.n];
  }

  function parkStyle(id) {
    const own = theme.draws === "parks";
    return {
      interactive: own, color: "#22303a", weight: id === chosen ? 3 : 1.2, opacity: 1, fill: true,
      fillColor: own ? colour(theme.parks[id]) : "#ffffff", fillOpacity: own ? 1 : 0.6,
    };
  }

  function parcelStyle(number) {
    const own = theme.draws === "parcels";
    return {
      interactive: own, stroke: near(), color: "#4b575f", weight: 0.5, opacity: own ? 0.8 : 0.35,
      fill: own, fillColor: own ? colour(theme.parcels[number]) : null, fillOpacity: 1,
    };
  }

  function near() {
    return map.getZoom() >= NEAR; // farther out, outlines would drown the colours
  }

  function paintBadge(id, badge) {
    const number = theme.parks[id];
    const filled = theme.draws === "parks" && number !== undefined;
    const text = theme.badges[id];
    badge.textContent = text || "";
    badge.style.background = filled ? theme.palette[number] : "#ffffff";
    badge.style.color = filled && dark(theme.palette[number]) ? "#ffffff" : "#22303a";
  }

  function dark(code) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(code.slice(at, at + 2), 16));
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140;
  }

  function paint() {
    parks.eachLayer((layer) => layer.setStyle(parkStyle(parkOf(layer).i)));
    parcels.eachLayer((layer) => layer.setStyle(parcelStyle(layer.feature.properties.n)));
    for (const [id, label] of labels) {
      paintBadge(id, label.badge);
      label.classList.toggle("small", theme.badges[id] === undefined);
    }
  }

  function each(selector, act) {
    document.querySelectorAll(selector).forEach(act);
  }

  function choose(id) {
    theme = page.themes.find((one) => one.id === id) || page.themes[0];
    if (!theme) return;
    parks.closeTooltip();
    parcels.closeTooltip();
    paint();
    each("[data-theme]", (one) => { one.hidden = one.dataset.theme !== theme.id; });
    each(".switch input", (one) => {
      one.checked = one.value === theme.id;
      one.toggleAttribute("checked", one.checked);
    });
    document.body.dataset.layer = theme.id;
    const count = theme.draws === "parks" ? Object.keys(theme.parks).length
      : theme.parcels.filter((number) => number >= 0).length;
    document.body.dataset.coloured = String(count);
  }

  function remember() {
    const told = new URLSearchParams({ layer: theme.id });
    if (chosen) told.set("park", chosen);
    history.replaceState(null, "", "#" + told);
  }

  function zoom(id) {
    chosen = page.bounds[id] ? id : "";
    if (chosen) map.fitBounds(page.bounds[id], { padding: [40, 40], maxZoom: CLOSEST, animate: false });
    else whole();
    each("tr.chosen", (one) => one.classList.remove("chosen"));
    each("tr[data-park]", (one) => one.classList.toggle("chosen", one.dataset.park === chosen));
    if (theme) paint();
  }

  function whole() {
    const boxes = Object.values(page.bounds);
    if (!boxes.length) {
      const all = parcels.getBounds();
      map.fitBounds(all.isValid() ? all : [[18, 73], [54, 135]], { animate: false });
      return;
    }
    const every = L.latLngBounds(boxes.flat());
    map.fitBounds(every, { paddingTopLeft: [200, 30], paddingBottomRight: [160, 30], animate: false });
  }

  function follow() {
    const told = new URLSearchParams(location.hash.slice(1));
    choose(told.get("layer"));
    zoom(told.get("park") || "");
  }

  function label(id) {
    const box = element("span", "", "label");
    box.badge = element("span", "", "badge");
    box.append(box.badge, element("span", page.names[id], "name"));
    box.classList.toggle("part", !page.tops.includes(id));
    box.classList.toggle("divided", page.divided.includes(id));
    const icon = L.divIcon({ html: box, className: "", iconSize: null });
    const marker = L.marker(page.points[id], { icon: icon, keyboard: false });
    marker.on("click", () => { zoom(id); remember(); });
    marker.bindTooltip(() => parkTip(id), { className: "tip", direction: "top", offset: [0, -12] });
    marker.addTo(map);
    labels.set(id, box);
  }

  function list(heads, values) {
    const made = element("dl", "");
    heads.forEach((head, number) => {
      if (values[number]) made.append(element("dt", head), element("dd", values[number]));
    });
    return made;
  }

  const facts = new Map(page.parks.map((one) => [one.i, one]));

  function parkTip(id) {
    const tip = element("div", "");
    const known = facts.get(id) || { t: page.names[id], v: [] };
    tip.append(element("strong", known.t));
    if (theme.told[id]) tip.append(element("div", theme.told[id]));
    tip.append(list(page.parkHeads, known.v));
    return tip;
  }

  function parcelTip(layer) {
    const tip = element("div", "");
    tip.append(list(page.parcelHeads, page.parcels[layer.feature.properties.n]));
    return tip;
  }

  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(page.attribution);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.on("zoomend", () => {
    const changed = map.getContainer().classList.contains("far") === near();
    map.getContainer().classList.toggle("far", !near());
    if (changed && theme) paint();
  });
  map.getContainer().classList.add("far");
  parks.bindTooltip((layer) => parkTip(parkOf(layer).i), { sticky: true, className: "tip" });
  parcels.bindTooltip(parcelTip, { sticky: true, className: "tip" });
  parks.on("click", (event) => { zoom(parkOf(event.layer).i); remember(); });
  Object.keys(page.points).sort().forEach(label);
  each(".switch input", (one) => one.addEventListener("change", () => { choose(one.value); remember(); }));
  each(".whole", (one) => one.addEventListener("click", () => { zoom(""); remember(); }));
  each("tr[data-park]", (one) => {
    const act = () => { zoom(one.dataset.park); remember(); };
    one.addEventListener("click", act);
    one.addEventListener("keydown", (event) => { if (event.key === "Enter") act(); });
  });
  window.addEventListener("hashchange", follow);
  map.invalidateSize();
  follow();
  document.body.dataset.ready = "yes";
}
