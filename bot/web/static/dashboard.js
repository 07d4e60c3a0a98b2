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

// Values of a chart: under the pointer, and by the arrow keys. The page may be replaced, so events are caught above it.
(() => {
  const show = (chart, place) => {
    const rows = JSON.parse(chart.dataset.readings);
    const row = rows[Math.min(Math.max(place, 0), rows.length - 1)];
    const names = chart.dataset.names.split("|");
    const cursor = chart.querySelector(".cursor");
    cursor.setAttribute("x1", `${row[0]}%`);
    cursor.setAttribute("x2", `${row[0]}%`);
    cursor.setAttribute("visibility", "visible");
    chart.dataset.place = rows.indexOf(row);
    const values = names.map((name, i) => `${name} ${row[i + 2]}`);
    const trades = row.slice(names.length + 2); // texts of the day's buys and sells
    chart.closest("figure").querySelector(".readout").textContent = `${row[1]}: ${[...values, ...trades].join(", ")}`;
  };

  const chartOf = (event) => event.target.closest && event.target.closest("svg.drawn[data-readings]");

  document.addEventListener("pointermove", (event) => {
    const chart = chartOf(event);
    if (!chart) return;
    const box = chart.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width * 100;
    const rows = JSON.parse(chart.dataset.readings);
    let nearest = 0;
    rows.forEach((row, i) => { if (Math.abs(row[0] - share) < Math.abs(rows[nearest][0] - share)) nearest = i; });
    show(chart, nearest);
  });

  document.addEventListener("keydown", (event) => {
    const chart = chartOf(event);
    if (!chart) return;
    const last = JSON.parse(chart.dataset.readings).length - 1;
    const here = Number(chart.dataset.place ?? last);
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(chart, to);
  });
})();
