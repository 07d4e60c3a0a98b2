// Poll the version every few seconds; when it changes, replace the main part of the page with the server's newest.
"use strict";

(() => {
  const EVERY = 3000;
  const body = document.body;
  const status = document.getElementById("status");

  let version = body.dataset.version;

  const show = (text) => { if (status.textContent !== text) status.textContent = text; };

  const folded = () => [...document.querySelectorAll("main details")].map((part) => part.open);

  async function swap() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    const here = document.querySelector("main");
    if (!fresh || !here || here.contains(document.activeElement) && document.activeElement.matches("select, input")) return;
    const open = folded();
    const focused = document.activeElement && document.activeElement.id;
    here.replaceChildren(...fresh.childNodes);
    document.querySelectorAll("main details").forEach((part, i) => { if (i in open) part.open = open[i]; });
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus({ preventScroll: true });
    document.title = page.title;
    body.dataset.version = version = page.body.dataset.version;
    document.getElementById("pulse").replaceWith(page.getElementById("pulse"));
  }

  async function look() {
    try {
      const run = new URLSearchParams({ run: body.dataset.record });
      const answer = await fetch(body.dataset.record ? `/api/version?${run}` : "/api/version");
      const pulse = await answer.json();
      const isNew = pulse.version !== version;
      if (isNew || document.querySelector("main [data-waits]")) {
        await swap();
        if (isNew) show(`Updated. ${pulse.message}.`);
      }
      body.classList.remove("lost");
    } catch {
      body.classList.add("lost");
      show("The dashboard does not answer; this page may be out of date.");
    }
    setTimeout(look, document.hidden ? 5 * EVERY : EVERY);
  }

  setTimeout(look, EVERY);
})();
