/* Light, dark or high contrast as the reader likes; the system decides until then. Runs before anything is drawn. */
"use strict";

(function () {
  const KEY = "tantu-theme";
  function remember(theme) {
    try { window.localStorage.setItem(KEY, theme); } catch (error) { if (error.name !== "SecurityError") throw error; }
  }
  function remembered() {
    try { return window.localStorage.getItem(KEY) || ""; } catch (error) { if (error.name === "SecurityError") return ""; throw error; }
  }
  function changed() {
    document.dispatchEvent(new CustomEvent("tantu:theme"));
  }
  function dress(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    changed();
  }
  dress(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    if (!choice) return;
    choice.value = remembered();
    choice.addEventListener("change", () => { remember(choice.value); dress(choice.value); });
  });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
    window.matchMedia(query).addEventListener("change", changed);
  }
})();
