// The drawing of references: few boxes stand where the server has put them, many are laid out here, by forces.
(() => {
  "use strict";
  const canvas = document.getElementById("canvas");
  if (!canvas) return;
  const said = document.getElementById("canvas-said");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let drawing = null;
  let many = false;

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
        shape: "round-rectangle", width: many ? "data(size)" : "data(width)", height: many ? "data(size)" : 34,
        "background-color": many ? soft : sheet, "border-width": many ? 0 : 1, "border-color": line,
        label: "data(label)", color: ink, "font-size": many ? 11 : 12, "font-weight": many ? 400 : 600,
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
      { selector: ".away", style: { opacity: 0.12 } },
      { selector: "edge.near", style: { "line-color": accent, "target-arrow-color": accent, opacity: 1, width: many ? 1.4 : 1.8 } },
      { selector: "node.near", style: { "min-zoomed-font-size": 0, "z-index": 9 } },
    ];
  }

  function curved() {
    if (many) return;
    drawing.style().selector("edge").style({ "curve-style": "unbundled-bezier", "control-point-distances": (edge) => {
      const from = edge.source().position(), to = edge.target().position();
      const bend = (to.y - from.y) * 0.25;
      return [bend, -bend];
    }, "control-point-weights": [0.3, 0.7] }).update();
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

  async function start() {
    const answer = await fetch(canvas.dataset.elements);
    if (!answer.ok) { said.textContent = "The drawing can't be had; the list below says the same."; return; }
    const { placed, nodes, edges } = await answer.json();
    many = !placed;
    const elements = [
      ...nodes.map((node, place) => ({
        data: { ...node, id: String(place), size: Math.min(8 + 3 * Math.sqrt(node.degree), 46) },
        ...(placed ? { position: { x: node.x, y: node.y } } : {}),
      })),
      ...edges.map(([source, target], place) => ({ data: { id: `e${place}`, source: String(source), target: String(target) } })),
    ];
    drawing = cytoscape({
      container: canvas, elements, style: style(), layout: { name: "preset" }, wheelSensitivity: 0.3,
      minZoom: 0.03, maxZoom: 3, pixelRatio: many ? 1 : "auto", hideEdgesOnViewport: nodes.length > 1000, textureOnViewport: false,
      boxSelectionEnabled: false, autoungrabify: false,
    });
    canvas.drawing = drawing;
    if (!placed) {
      await new Promise((done) => setTimeout(done, 30)); // what is said is drawn first
      const layout = drawing.layout({
        name: "fcose", quality: nodes.length > 800 ? "default" : "proof", animate: false, randomize: true, nodeSeparation: 90,
        idealEdgeLength: 70, nodeRepulsion: 6000, packComponents: false, numIter: nodes.length > 800 ? 900 : 2500, tile: true,
        tilingPaddingVertical: 14, tilingPaddingHorizontal: 14,
      });
      const random = Math.random;
      let seed = 7; // the same graph is always laid out alike
      Math.random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
      try { layout.run(); } finally { Math.random = random; }
    } else curved();
    drawing.fit(undefined, 28);
    if (placed && drawing.zoom() > 1.15) { drawing.zoom(1.15); drawing.center(); }
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
