// The drawing of references: few boxes stand where the server has put them, many are laid out here, by forces.
(() => {
  "use strict";
  const canvas = document.getElementById("canvas");
  if (!canvas) return;
  const said = document.getElementById("canvas-said");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let drawing = null;
  let many = false;
  const HUBS = 16; // of many boxes, those with the most lines are named at every distance

  function colour(name) {
    const probe = document.createElement("i"); // tokens are light-dark(): only a style that is in use has one colour
    probe.className = `token-${name}`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function style() {
    const [ink, soft, line, sheet, accent, wash, bad, sunk] =
      ["ink", "soft", "line-strong", "sheet", "accent", "accent-wash", "bad", "sunk"].map(colour);
    return [
      { selector: "node", style: {
        shape: "round-rectangle", width: many ? "data(size)" : "data(width)", height: many ? "data(size)" : 42,
        "background-color": many ? soft : sheet, "border-width": many ? 0 : 1, "border-color": line,
        label: many ? "data(label)" : (node) => `${node.data("kind").replaceAll("_", " ")}\n${node.data("label")}`, "text-wrap": "wrap", "line-height": 1.25, color: ink, "font-size": many ? 11 : 12, "font-weight": many ? 400 : 500,
        "text-valign": many ? "bottom" : "center", "text-margin-y": many ? 3 : 0, "min-zoomed-font-size": many ? 9 : 4,
        "font-family": "system-ui, sans-serif",
      } },
      ...(many ? [{ selector: "node", style: { shape: "ellipse" } }] : []),
      { selector: "node[kind = 'council'], node[kind = 'sub_council'], node[kind = 'agent']", style: many ? { "background-color": accent } : { "background-color": sunk } },
      { selector: "node[kind = 'profile'], node[kind = 'model']", style: many ? { "background-color": line } : {} },
      { selector: "node[?missing]", style: { "border-color": bad, "border-style": "dashed", "border-width": 1.5, color: bad, "background-color": many ? sheet : sheet } },
      { selector: "node[?here], node:selected", style: { "border-color": accent, "border-width": 2.5, "background-color": many ? accent : wash } },
      { selector: "edge", style: {
        width: many ? 0.7 : 1.3, "line-color": line, "curve-style": many ? "haystack" : "bezier", opacity: many ? 0.55 : 1,
        ...(many ? {} : { "target-arrow-shape": "triangle", "target-arrow-color": line, "arrow-scale": 0.8, "source-endpoint": "90deg", "target-endpoint": "270deg" }),
      } },
      ...(many ? [{ selector: "node[?hub]", style: {
        "font-size": 11 / (drawing?.zoom() ?? 1), "min-zoomed-font-size": 0, "font-weight": 600, "z-index": 5, "text-valign": "center", "text-margin-y": 0,
        "text-background-color": sheet, "text-background-opacity": 0.8, "text-background-padding": 2 / (drawing?.zoom() ?? 1),
      } }] : []),
      { selector: ".away", style: { opacity: 0.12 } },
      { selector: "edge.near", style: { "line-color": accent, "target-arrow-color": accent, opacity: 1, width: many ? 1.4 : 1.8 } },
      { selector: "node.near", style: { "min-zoomed-font-size": 0, "z-index": 9 } },
    ];
  }

  function curved() { // level where a line leaves its box and where it arrives, and through the points the layout gave
    if (many) return;
    const bends = (edge) => {
      const from = edge.source(), to = edge.target();
      const start = [from.position().x + from.width() / 2, from.position().y];
      const end = [to.position().x - to.width() / 2, to.position().y];
      const dx = end[0] - start[0], dy = end[1] - start[1], long = Math.hypot(dx, dy) || 1;
      const all = [start, ...edge.data("through"), end];
      const weights = [], distances = [];
      for (let i = 0; i + 1 < all.length; i++) {
        const half = (all[i][0] + all[i + 1][0]) / 2;
        for (const [x, y] of [[half, all[i][1]], [half, all[i + 1][1]]]) {
          const px = x - start[0], py = y - start[1];
          weights.push((px * dx + py * dy) / long ** 2);
          distances.push((py * dx - px * dy) / long);
        }
      }
      return { weights, distances };
    };
    drawing.style().selector("edge").style({
      "curve-style": "unbundled-bezier", "edge-distances": "endpoints",
      "control-point-weights": (edge) => bends(edge).weights, "control-point-distances": (edge) => bends(edge).distances,
    }).update();
  }

  function light(node) {
    drawing.batch(() => {
      drawing.elements().removeClass("near away");
      if (!node) return;
      const near = node.closedNeighborhood();
      drawing.elements().not(near).addClass("away");
      near.addClass("near");
    });
    said.textContent = node ? `${node.data("key")}: ${node.outdegree(false)} used, used by ${node.indegree(false)}` : `${drawing.nodes().length.toLocaleString("en")} entries`;
  }

  // Lets boxes push each other away and lines draw them together, a little at a time: the page stays usable meanwhile.
  async function spread(elements, edges) {
    const nodes = elements.slice(0, elements.length - edges.length).map(({ data }) => ({ size: data.size }));
    const ticks = 220;
    const forces = d3.forceSimulation(nodes).stop().alphaDecay(1 - 0.001 ** (1 / ticks))
      .force("apart", d3.forceManyBody().strength((node) => -30 - 6 * node.size).distanceMax(900).theta(1))
      .force("together", d3.forceLink(edges.map(({ source, target }) => ({ source, target }))).distance(60))
      .force("room", d3.forceCollide((node) => node.size / 2 + 5))
      .force("x", d3.forceX().strength(0.035)).force("y", d3.forceY().strength(0.06));
    for (let done = 0; done < ticks;) {
      const until = performance.now() + 40;
      while (done < ticks && performance.now() < until) { forces.tick(); done++; }
      said.textContent = `Laying out… ${Math.round(100 * done / ticks)} %`;
      await new Promise((next) => setTimeout(next));
    }
    nodes.forEach(({ x, y }, place) => { elements[place].position = { x, y }; });
  }

  async function start() {
    const answer = await fetch(canvas.dataset.elements);
    if (!answer.ok) { said.textContent = "The drawing can't be had; the list below says the same."; return; }
    const { placed, nodes, edges } = await answer.json();
    many = !placed;
    const hubs = new Set([...nodes.keys()].sort((a, b) => nodes[b].degree - nodes[a].degree || a - b).slice(0, HUBS));
    const elements = [
      ...nodes.map((node, place) => ({
        data: { ...node, id: String(place), size: Math.min(7 + 3.5 * Math.sqrt(node.degree), 60), hub: hubs.has(place) },
        ...(placed ? { position: { x: node.x, y: node.y } } : {}),
      })),
      ...edges.map((edge, place) => ({ data: { id: `e${place}`, source: String(edge.source), target: String(edge.target), through: edge.through } })),
    ];
    if (!placed) await spread(elements, edges);
    drawing = cytoscape({
      container: canvas, elements, style: style(), layout: { name: "preset" },
      minZoom: 0.03, maxZoom: 3, pixelRatio: many ? 1 : "auto", hideEdgesOnViewport: nodes.length > 1000,
      boxSelectionEnabled: false, autoungrabify: true,
    });
    canvas.drawing = drawing;
    if (placed) curved();
    else {
      drawing.style(style());
      let redraw = 0;
      drawing.on("zoom", () => { cancelAnimationFrame(redraw); redraw = requestAnimationFrame(() => drawing.style(style())); });
      document.getElementById("legend").hidden = false;
    }
    drawing.fit(undefined, 28);
    if (placed && drawing.zoom() > 1.15) { drawing.zoom(1.15); drawing.center(); }
    if (placed && canvas.clientWidth < 600 && drawing.zoom() < 0.65) { // on a phone a part that can be read, not all of it
      drawing.zoom(0.65);
      drawing.center(drawing.nodes("[?here]").nonempty() ? drawing.nodes("[?here]") : drawing.nodes().first());
    }
    light(null);
    canvas.dataset.ready = "yes";
    drawing.on("mouseover", "node", (event) => light(event.target));
    drawing.on("mouseout", "node", () => light(null));
    drawing.on("tap", "node", (event) => { const { href } = event.target.data(); if (href) location.assign(href); });
    drawing.on("mouseover", "node", () => { canvas.style.cursor = "pointer"; });
    drawing.on("mouseout", "node", () => { canvas.style.cursor = ""; });
  }

  const middle = () => ({ x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 });
  const zoom = (by) => drawing?.zoom({ level: drawing.zoom() * by, renderedPosition: middle() });
  document.querySelector(".canvas-tools").addEventListener("click", (event) => {
    const to = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (to === "in") zoom(1.35); else if (to === "out") zoom(1 / 1.35); else if (to === "fit") drawing?.fit(undefined, 28);
  });

  // Keys: arrows move what is seen; Tab's place among the boxes is taken by n and p, enter opens.
  let chosen = -1;
  canvas.addEventListener("keydown", (event) => {
    if (!drawing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { event.preventDefault(); drawing.panBy({ x: step[0], y: step[1] }); return; }
    if (event.key === "+" || event.key === "=") { zoom(1.35); return; }
    if (event.key === "-") { zoom(1 / 1.35); return; }
    if (event.key === "0") { drawing.fit(undefined, 28); return; }
    if (event.key === "n" || event.key === "p") {
      const nodes = drawing.nodes();
      chosen = (chosen + (event.key === "n" ? 1 : -1) + nodes.length) % nodes.length;
      nodes.unselect();
      nodes[chosen].select();
      light(nodes[chosen]);
      drawing.animate({ center: { eles: nodes[chosen] }, duration: still ? 0 : 120 });
    }
    if (event.key === "Enter" && chosen >= 0) { const { href } = drawing.nodes()[chosen].data(); if (href) location.assign(href); }
    if (event.key === "Escape") { chosen = -1; drawing.nodes().unselect(); light(null); }
  });
  const restyle = () => { if (drawing) { drawing.style(style()); curved(); } };
  document.addEventListener("catalog-scheme", restyle);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
  start();
})();
