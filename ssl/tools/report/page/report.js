// Draws the page's curves with Chart.js, which stands before this script, and
// shows the images of an embedding's points.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const axis = document.getElementById("axis");
  const hidden = new Set();  // numbers of runs
  const charts = [];

  const color = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (value) => String(Number(value.toPrecision(5)));
  const place = (run, step) =>
    axis.value === "step" ? step : step * data.runs[run].epochs_per_step;
  // A panel may have an axis of its own, which its steps are places on.
  const placeIn = (panel, curve, i) =>
    panel.x ? curve.step[i] : place(curve.run, curve.step[i]);

  const stepOf = (item) => item.dataset.step[item.dataIndex];
  const sameStep = (items) => items.every((item) => stepOf(item) === stepOf(items[0]));
  const placeText = (panel, item) => {
    const step = stepOf(item);
    if (panel.x) return `${panel.x} ${step}`;
    return `step ${step}, epoch ${number(step * data.runs[item.dataset.run].epochs_per_step)}`;
  };
  // A tooltip cannot be wider than its chart.
  const ending = (name) => (name.length > 24 ? `…${name.slice(-23)}` : name);

  // Each run's point that is nearest to the pointer: runs log at different
  // steps, so that Chart.js's own modes would show only some of them.
  Chart.Interaction.modes.eachRun = (chart, event, options, useFinal) => {
    const items = [];
    chart.getSortedVisibleDatasetMetas().forEach((meta) => {
      let best = -1, least = Infinity;
      meta.data.forEach((point, i) => {
        const away = Math.abs(point.getProps(["x"], useFinal).x - event.x);
        if (away < least) [best, least] = [i, away];
      });
      if (best >= 0) {
        items.push({ element: meta.data[best], datasetIndex: meta.index, index: best });
      }
    });
    return items;
  };

  // The second four runs are dashed, for whom colours are not enough.
  const dataset = (panel, curve) => ({
    label: data.runs[curve.run].name,
    run: curve.run,
    step: curve.step,
    data: curve.value.map((y, i) => ({ x: placeIn(panel, curve, i), y })),
    borderColor: color(`--run-${curve.run}`),
    backgroundColor: color(`--run-${curve.run}`),
    borderDash: curve.run < 4 ? [] : [6, 3],
    borderWidth: 1.8,
    pointRadius: curve.value.length > 1 ? 0 : 4,
    pointHoverRadius: 4,
    pointHitRadius: 0,
    hidden: hidden.has(curve.run),
  });

  const scale = (title) => ({
    type: "linear",
    title: { display: true, text: title, color: color("--faint") },
    ticks: { color: color("--faint"), maxTicksLimit: 6, maxRotation: 0 },
    grid: { color: color("--line"), borderColor: color("--faint") },
  });

  const draw = (canvas) => {
    const panel = data.charts[Number(canvas.dataset.chart)];
    const datasets = panel.curves.map((curve) => dataset(panel, curve));
    const last = Math.max(...datasets.map((one) => one.data[one.data.length - 1].x));
    const x = { ...scale(panel.x ?? axis.value), min: panel.x ? 1 : 0, max: last };
    x.ticks.includeBounds = false;
    x.grid.display = false;
    const y = scale(panel.unit);
    if (panel.log) y.type = "logarithmic";
    return new Chart(canvas, {
      type: "line",
      data: { datasets },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { mode: "eachRun", intersect: false },
        scales: { x, y },
        plugins: {
          legend: { display: false },
          tooltip: {
            callbacks: {
              // One place for all runs where they logged at the same step.
              title: (items) => (sameStep(items) ? placeText(panel, items[0]) : ""),
              label: (item) => {
                const text = `${number(item.parsed.y)}  ${ending(item.dataset.label)}`;
                return sameStep(item.chart.tooltip.dataPoints ?? [])
                  ? text : `${text}, ${placeText(panel, item)}`;
              },
            },
          },
        },
      },
    });
  };

  const drawAll = () => {
    charts.splice(0).forEach((chart) => chart.destroy());
    document.querySelectorAll("canvas[data-chart]").forEach((canvas) => {
      charts.push(draw(canvas));
    });
    document.documentElement.dataset.drawn = charts.length;
  };

  axis?.addEventListener("change", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.querySelectorAll("button[data-run]").forEach((button) => {
    button.addEventListener("click", () => {
      const run = Number(button.dataset.run);
      const shown = hidden.delete(run);
      if (!shown) hidden.add(run);
      button.setAttribute("aria-pressed", String(shown));
      charts.forEach((chart) => {
        chart.data.datasets.forEach((one) => {
          if (one.run === run) one.hidden = !shown;
        });
        chart.update();
      });
    });
  });
  drawAll();

  // Pixels of the picture within which a point counts as pointed at.
  const REACH = 24, LEAST_THUMBNAIL = 112;

  const element = (parent, name) => {
    const child = document.createElement("div");
    child.className = name;
    parent.append(child);
    return child;
  };

  const nearest = (points, px, py) => {
    let best = -1, least = REACH * REACH;
    points.x.forEach((x, i) => {
      const away = (x - px) ** 2 + (points.y[i] - py) ** 2;
      if (away < least) [best, least] = [i, away];
    });
    return best;
  };

  document.querySelectorAll("figure[data-hover]").forEach((figure) => {
    const points = data.hovers[Number(figure.dataset.hover)];
    const picture = figure.querySelector("img");
    const ring = element(figure, "ring"), card = element(figure, "hover");
    const image = element(card, ""), name = document.createElement("span");
    card.append(name);
    const zoom = Math.max(1, Math.round(LEAST_THUMBNAIL / points.side));
    const side = points.side * zoom;
    Object.assign(image.style, {
      width: `${side}px`,
      height: `${side}px`,
      backgroundImage: `url("${points.sheet}")`,
      backgroundSize: `${side * points.columns}px auto`,
    });
    const hide = () => { card.hidden = ring.hidden = true; };
    const show = (event) => {
      const box = picture.getBoundingClientRect(), frame = figure.getBoundingClientRect();
      const scale = box.width / points.width;
      const i = nearest(points, (event.clientX - box.left) / scale, (event.clientY - box.top) / scale);
      if (i < 0) return hide();
      const x = box.left - frame.left + points.x[i] * scale;
      const y = box.top - frame.top + points.y[i] * scale;
      card.hidden = ring.hidden = false;
      Object.assign(ring.style, { left: `${x}px`, top: `${y}px` });
      const column = i % points.columns, row = Math.floor(i / points.columns);
      image.style.backgroundPosition = `-${column * side}px -${row * side}px`;
      name.textContent = points.name[i];
      // The card stays inside the figure, beside the point.
      const left = x > frame.width / 2 ? x - card.offsetWidth - 14 : x + 14;
      const top = Math.min(Math.max(0, y - side / 2), frame.height - card.offsetHeight);
      Object.assign(card.style, { left: `${Math.max(0, left)}px`, top: `${top}px` });
    };
    hide();
    figure.addEventListener("pointermove", show);
    figure.addEventListener("pointerdown", show);
    figure.addEventListener("pointerleave", hide);
  });
})();
