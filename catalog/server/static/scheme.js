// Light or dark as last chosen, before anything is drawn; else as the system has it.
(() => {
  "use strict";
  let chosen = null;
  try { chosen = localStorage.getItem("catalog-scheme"); } catch { /* nothing may be kept here */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.scheme = chosen;
  document.documentElement.classList.add("scripted");
})();
