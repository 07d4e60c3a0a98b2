"use strict";
// Draws the charts in the colours of the page, makes their legends, and keeps their time axes together.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 640px)");
  const touch = matchMedia("(pointer: coarse)");
  const options = {
    responsive: true,
    displaylogo: false,
    displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
    modeBarButtons: [["toImage", "resetScale2d"]],
    showSendToCloud: false,
  };

  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  const read = async (figure) => {
    const data = figure.querySelector("script");
    return {
      plot: figure.querySelector(".plot"),
      legend: figure.querySelector(".legend"),
      ...JSON.parse(data.dataset.encoding ? await unpacked(data.textContent) : data.textContent),
      drawn: false,
    };
  };

  let charts = [];

  const property = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // "--eth" anywhere in a chart stands for the colour of that name in the style sheet.
  const coloured = (value) => {
    if (typeof value === "string") return value.startsWith("--") ? property(value) : value;
    if (Array.isArray(value)) return typeof value[0] === "object" ? value.map(coloured) : value;
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
  };

  const axis = (own) => ({
    gridcolor: "--grid", linecolor: "--rule", zerolinecolor: "--rule", automargin: false, ...own,
    fixedrange: touch.matches || own.fixedrange === true,
    title: { standoff: 8, font: { size: 12, color: "--muted" }, ...own.title },
  });

  const layout = ({ xaxis, yaxis, margin, annotations = [], ...rest }) => ({
    paper_bgcolor: "--paper",
    plot_bgcolor: "--paper",
    font: { family: property("--font"), size: 12, color: "--ink" },
    margin: { l: narrow.matches ? 64 : 70, r: narrow.matches ? 12 : 158, t: 12, b: xaxis.title ? 52 : 32, ...margin },
    showlegend: false,
    uirevision: "kept",
    modebar: { bgcolor: "--paper", color: "--muted", activecolor: "--ink" },
    dragmode: touch.matches ? false : "zoom",
    hoverlabel: { bgcolor: "--paper", bordercolor: "--rule", font: { color: "--ink", size: 12 } },
    annotations: annotations.map((mark) => ({ ...mark, font: { ...mark.font, size: narrow.matches ? 19 : 30 } })),
    ...rest,
    xaxis: axis({ ...xaxis, ...(xaxis.type === "date" && { showgrid: false, tickangle: 0, nticks: narrow.matches ? 5 : 0 }) }),
    yaxis: axis(yaxis),
  });

  // A narrow screen has no room for names at the ends of lines: the legend has them all.
  const traces = (chart) => chart.data.filter((trace) => !(narrow.matches && trace.meta === "label"));

  const draw = (chart) => {
    Plotly.react(chart.plot, coloured(traces(chart)), coloured(layout(chart.layout)), options);
    const isFirst = !chart.drawn;
    chart.drawn = true;
    if (!sharesTime(chart)) return;
    if (isFirst) chart.plot.on("plotly_relayout", (change) => follow(chart, change));
    if (!isSame(days, whole())) show(chart);
  };

  // A coin's chart spans the days of its own trades: only charts of the whole run are zoomed together.
  const sharesTime = ({ layout: own }) => own.xaxis.type === "date" && own.meta !== "own days";

  // Plotly writes a day as 2020-01-31 and a moment as 2020-01-31 12:00; both are UTC.
  const moment = (text) => Date.parse(text.length > 10 ? `${text.replace(" ", "T")}Z` : text);

  // Lowest and highest value of the visible lines between two days.
  const extent = (chart, [first, last]) => {
    let low = Infinity, high = -Infinity;
    const isLog = chart.layout.yaxis.type === "log";
    for (const trace of chart.data) {
      if (!isShown(trace) || trace.meta === "label") continue;
      trace.y.forEach((value, i) => {
        if (value === null || (isLog && value <= 0)) return;
        const at = trace.x ? moment(trace.x[i]) : moment(trace.x0) + i * trace.dx;
        if (!(at >= first && at <= last)) return;
        low = Math.min(low, value);
        high = Math.max(high, value);
      });
    }
    return [low, high];
  };

  // The range of the y axis for the days that are shown, with a margin; null where the chart has a range of its own.
  const fitted = (chart, range) => {
    const own = chart.layout.yaxis;
    if (own.range || own.fixedrange || own.type === "category") return null;
    let [low, high] = extent(chart, range.map(moment));
    if (low > high) return null;
    if (own.rangemode === "tozero") [low, high] = [Math.min(low, 0), Math.max(high, 0)];
    if (own.type === "log") [low, high] = [Math.log10(low), Math.log10(high)];
    const gap = (high - low || Math.abs(high) || 1) * 0.05;
    const ends = [low - gap, high + gap];
    if (own.rangemode === "tozero") return ends.map((end, i) => ([low, high][i] === 0 ? 0 : end));
    return ends;
  };

  const isSame = (range, other) => String(range) === String(other);
  const whole = () => charts.find(sharesTime)?.layout.xaxis.range;
  let days; // the days that the charts of the whole run show

  const show = (chart) => {
    const vertical = isSame(days, whole()) ? null : fitted(chart, days);
    const free = chart.layout.yaxis.range || chart.layout.yaxis.type === "category" ? {} : { "yaxis.autorange": true };
    Plotly.relayout(chart.plot, { "xaxis.range": [...days], ...(vertical ? { "yaxis.range": vertical } : free) });
  };

  const zoomTogether = (range, origin = null) => {
    days = [...range];
    charts.filter((chart) => chart !== origin && chart.drawn && sharesTime(chart)).forEach(show);
    for (const { button, span } of buttons) button.setAttribute("aria-pressed", String(isSame(span, days)));
  };

  // Days that were chosen on one chart, with the mouse, are shown by the others too.
  const follow = (chart, change) => {
    const range = chart.plot.layout.xaxis.range;
    const keys = Object.keys(change);
    if (!keys.some((key) => key.startsWith("xaxis")) || isSame(range, days)) return;
    zoomTogether(range, keys.some((key) => key.startsWith("yaxis")) ? chart : null);
  };

  // Buttons that set the days of every chart over time.
  const buttons = [];
  const back = (count, unit) => {
    const [first, last] = whole();
    const day = new Date(`${last}T00:00:00Z`);
    if (unit === "year") day.setUTCFullYear(day.getUTCFullYear() - count);
    else day.setUTCMonth(day.getUTCMonth() - count);
    const from = day.toISOString().slice(0, 10);
    return [from < first ? first : from, last];
  };
  const addRanges = () => {
    const place = document.querySelector(".ranges");
    if (!place || !whole()) return;
    const [first, last] = whole();
    const spans = [
      ["3 months", back(3)], ["6 months", back(6)], ["This year", [`${last.slice(0, 4)}-01-01`, last]],
      ["1 year", back(1, "year")], ["3 years", back(3, "year")], ["5 years", back(5, "year")], ["All", [first, last]],
    ];
    for (const [name, span] of spans) {
      if (name !== "All" && span[0] <= first) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.setAttribute("aria-pressed", String(name === "All"));
      button.addEventListener("click", () => zoomTogether(span));
      place.append(button);
      buttons.push({ button, span });
    }
  };

  const isShown = (trace) => (trace.visible ?? true) === true;

  const toggle = (chart, trace) => {
    const visible = isShown(trace) ? "legendonly" : true;
    for (const other of chart.data) {
      if (other === trace || (trace.legendgroup && other.legendgroup === trace.legendgroup)) other.visible = visible;
    }
    draw(chart);
  };

  const dashes = { solid: "none", dot: "2 3", dash: "6 3" };

  const signs = {
    circle: "\u25cf", "triangle-up": "\u25b2", "circle-open": "\u25cb", x: "\u2715", "triangle-down": "\u25bc", "square-open": "\u25a1",
    "diamond-open": "\u25c7",
  };

  const sample = ({ line, fillcolor, marker }) => {
    if (marker) return `<b aria-hidden="true" style="color:var(${marker.color})">${signs[marker.symbol]}</b>`;
    const area = fillcolor ? `<rect width="24" height="12" style="fill:var(${fillcolor})"/>` : "";
    const look = `stroke:var(${line.color});stroke-width:2.5;stroke-dasharray:${dashes[line.dash]}`;
    const stroke = line.width ? `<line x2="24" y1="6" y2="6" style="${look}"/>` : "";
    return `<svg width="24" height="12" aria-hidden="true">${area}${stroke}</svg>`;
  };

  // The legend is made of buttons, so that a keyboard reaches it and it wraps on a phone.
  const list = (chart) => {
    const rank = (trace) => trace.legendrank ?? 1000;
    const named = chart.data.filter((trace) => trace.showlegend !== false).sort((a, b) => rank(a) - rank(b));
    if (named.length < 2) return;
    for (const trace of named) {
      const button = document.createElement("button");
      button.type = "button";
      button.innerHTML = `${sample(trace)}<span>${trace.name}</span>`; // names are escaped where they are written
      const tell = () => button.setAttribute("aria-pressed", String(isShown(trace)));
      button.addEventListener("click", () => { toggle(chart, trace); tell(); });
      tell();
      chart.legend.append(button);
    }
  };

  // One chart at a time, so that the page can be scrolled in between.
  const drawFrom = (i) => {
    if (i === charts.length) return;
    if (!isFolded(charts[i])) draw(charts[i]);
    setTimeout(drawFrom, 0, i + 1);
  };

  // A chart in a folded part has no width yet: it is drawn when the part is opened.
  const isFolded = (chart) => chart.plot.closest("details:not([open])") !== null;
  const drawUnfolded = (part) => {
    for (const chart of charts) if (!chart.drawn && part.contains(chart.plot) && !isFolded(chart)) draw(chart);
  };

  const redraw = () => charts.filter((chart) => chart.drawn).forEach(draw);

  const start = async () => {
    const library = document.createElement("script");
    library.textContent = await unpacked(document.getElementById("plotly").textContent);
    document.head.append(library);
    charts = await Promise.all([...document.querySelectorAll("figure.chart")].map(read));
    days = whole();
    charts.forEach(list);
    addRanges();
    drawFrom(0);
    for (const part of document.querySelectorAll("details")) part.addEventListener("toggle", () => drawUnfolded(part));
    dark.addEventListener("change", redraw);
    narrow.addEventListener("change", redraw);
  };

  start().catch(() => { document.getElementById("no-charts").hidden = false; });
})();
