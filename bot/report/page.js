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

  const charts = [...document.querySelectorAll("figure.chart")].map((figure) => ({
    plot: figure.querySelector(".plot"),
    legend: figure.querySelector(".legend"),
    ...JSON.parse(figure.querySelector("script").textContent),
    drawn: false,
  }));

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
    margin: { l: narrow.matches ? 58 : 70, r: narrow.matches ? 12 : 158, t: 12, b: xaxis.title ? 52 : 32, ...margin },
    showlegend: false,
    uirevision: "kept",
    modebar: { bgcolor: "--paper", color: "--muted", activecolor: "--ink" },
    dragmode: touch.matches ? false : "zoom",
    hoverlabel: { bgcolor: "--paper", bordercolor: "--rule", font: { color: "--ink", size: 12 } },
    annotations: annotations.map((mark) => ({ ...mark, font: { ...mark.font, size: narrow.matches ? 19 : 30 } })),
    ...rest,
    xaxis: axis({ ...xaxis, showgrid: xaxis.type !== "date" }),
    yaxis: axis(yaxis),
  });

  // A narrow screen has no room for names at the ends of lines: the legend has them all.
  const traces = (chart) => chart.data.filter((trace) => !(narrow.matches && trace.meta === "label"));

  const draw = (chart) => {
    Plotly.react(chart.plot, coloured(traces(chart)), coloured(layout(chart.layout)), options);
    if (chart.drawn) return;
    chart.drawn = true;
    if (chart.layout.xaxis.type !== "date") return;
    chart.plot.on("plotly_relayout", () => zoomTogether(chart.plot.layout.xaxis.range));
  };

  const zoomTogether = (range) => {
    for (const { plot, layout: own, drawn } of charts) {
      if (!drawn || own.xaxis.type !== "date" || String(plot.layout.xaxis.range) === String(range)) continue;
      Plotly.relayout(plot, { "xaxis.range": [...range] });
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
    circle: "\u25cf", "circle-open": "\u25cb", x: "\u2715", "triangle-down": "\u25bc", "square-open": "\u25a1",
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
    draw(charts[i]);
    setTimeout(drawFrom, 0, i + 1);
  };

  const redraw = () => charts.forEach(draw);
  charts.forEach(list);
  drawFrom(0);
  dark.addEventListener("change", redraw);
  narrow.addEventListener("change", redraw);
})();
