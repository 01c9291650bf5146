/* Signing out, on every page of somebody who is signed in. */
import { at } from "./dom.js";
import { post } from "./http.js";

at("sign-out").addEventListener("click", async () => {
  await post("/api/v1/logout");
  window.location.assign("/");
});
