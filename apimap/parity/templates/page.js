"use strict";
// Filters, search, sorting and pages of the case table. Text only ever enters the page as text.
(() => {
  const SIZE = 50;
  const KEYS = ["q", "state", "dtype", "mode", "jit", "direction", "route", "api", "sort", "page"];
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const word = (number) => data.words[number];
  const cases = data.cases.map(unpack);
  const initial = "state";
  let shown = [];
  let view = {};

  function unpack([id, torch, mindspore, direction, route, dtype, mode, jit, state, reason, seconds, repro, used, rows, problems], order) {
    const one = {
      id, repro, rows, problems, seconds, order, state: data.states[state], rank: state,
      torch: word(torch), mindspore: word(mindspore), direction: word(direction), route: word(route),
      dtype: word(dtype), mode: word(mode), jit: String(jit), reason: word(reason),
      used: used === -1 ? null : Number(used === "inf" ? Infinity : used),
    };
    const forward = one.direction === "to_mindspore";
    one.from = forward ? one.torch : one.mindspore;
    one.to = forward ? one.mindspore : one.torch;
    one.text = [id, one.torch, one.mindspore, one.reason, one.state, one.route, ...problems].join("\n").toLowerCase();
    return one;
  }

  function make(tag, options = {}, ...children) {
    const { classes, ...rest } = options;
    const node = document.createElement(tag);
    if (classes) node.className = classes;
    for (const [name, value] of Object.entries(rest)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function symbol(state) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "sym");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(space, "use");
    use.setAttribute("href", `#s-${state}`);
    svg.append(use);
    return svg;
  }

  const badge = (state) => make("span", { classes: `badge ${state}` }, symbol(state), state);

  function api(name) {
    const dot = name.indexOf(".") + 1;
    return [make("small", {}, name.slice(0, dot)), name.slice(dot)];
  }

  function times(share) {
    if (share === null) return "";
    if (share === Infinity) return "∞";
    if (share === 0) return "0×";
    if (share >= 1e6 || share < 1e-4) return `${share.toExponential(1)}×`;
    return `${share >= 100 ? Math.round(share).toLocaleString("en") : Number(share.toPrecision(3))}×`;
  }

  const duration = (s) => (s < 1 ? `${Math.round(1000 * s)} ms` : `${s.toFixed(1)} s`);

  // What differs from the defaults lies in the address, so that a view can be sent to somebody.
  function fromAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const found = {};
    for (const key of KEYS) if (given.get(key)) found[key] = given.get(key);
    return found;
  }

  function toAddress() {
    const parts = new URLSearchParams();
    for (const key of KEYS) if (view[key]) parts.set(key, view[key]);
    clearTimeout(toAddress.timer);
    // Browsers allow few changes of the address a second.
    toAddress.timer = setTimeout(() => history.replaceState(null, "", `#${parts.toString() || "cases"}`), 300);
  }

  function select() {
    const terms = (view.q || "").toLowerCase().split(/\s+/).filter(Boolean);
    const states = new Set((view.state || "").split(",").filter(Boolean));
    const exact = ["dtype", "mode", "jit", "direction", "route"].filter((key) => view[key]);
    shown = cases.filter((one) =>
      (!states.size || states.has(one.state))
      && (!view.api || one.torch === view.api)
      && exact.every((key) => one[key] === view[key])
      && terms.every((term) => one.text.includes(term)));
    const given = view.sort || initial;
    const sign = given.startsWith("-") ? -1 : 1;
    const value = {
      state: (one) => one.rank, api: (one) => one.from, id: (one) => one.id, dtype: (one) => one.dtype,
      mode: (one) => `${one.mode}${one.jit}`, used: (one) => one.used ?? -1, seconds: (one) => one.seconds,
    }[given.replace("-", "")] || ((one) => one.rank);
    const keyed = shown.map((one) => [value(one), one]);
    keyed.sort(([a, x], [b, y]) => (a < b ? -sign : a > b ? sign : x.order - y.order));
    shown = keyed.map(([, one]) => one);
  }

  function row(one) {
    const id = one.id.replace(`${one.direction}-`, "").replace(`-${one.dtype}-${one.mode}-${one.jit === "1" ? "jit" : "eager"}`, "");
    const open = make("button", { type: "button", classes: "open", "aria-expanded": "false" }, id);
    const line = make("tr", {},
      make("td", {}, badge(one.state)),
      make("td", { title: `${one.from} → ${one.to}` }, ...api(one.from)),
      make("td", { classes: "id" }, open),
      make("td", {}, one.dtype),
      make("td", {}, one.jit === "1" ? `${one.mode} jit` : one.mode),
      make("td", { classes: "number" }, times(one.used)),
      make("td", { classes: "number" }, duration(one.seconds)));
    open.addEventListener("click", () => toggle(one, line, open));
    return line;
  }

  function toggle(one, line, open) {
    const isOpen = open.getAttribute("aria-expanded") === "true";
    open.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) line.nextSibling.remove();
    else line.after(make("tr", { classes: "detail" }, make("td", { colspan: "7" }, ...detail(one))));
  }

  function detail(one) {
    const parts = [make("p", {}, `${one.from} → ${one.to}${one.route ? `, ${one.route}` : ""}`)];
    for (const text of [one.reason, ...one.problems]) if (text) parts.push(make("p", { classes: "problem" }, text));
    if (one.rows.length) parts.push(make("div", { classes: "scroll" }, values(one)));
    if (one.repro) {
      const button = make("button", { type: "button", "data-copy": "" }, "Copy");
      parts.push(make("div", { classes: "copy" }, make("code", { tabindex: "0" }, one.repro), button));
    }
    return parts;
  }

  function values(one) {
    const sides = one.direction === "to_mindspore" ? ["torch", "mindspore"] : ["mindspore", "torch"];
    const titles = ["Value", "Verdict", "Max abs", "Max rel", "Error ÷ tolerance", "Allowed", "Out", "At", ...sides, "float64"];
    const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
    const body = one.rows.map(([name, dtype, verdict, abs, rel, used, bound, out, index, actual, expected, reference, mismatch]) => {
      const cells = [
        abs, rel, times(used === "inf" ? Infinity : used), word(bound), out ? `${Number((100 * out).toPrecision(3))}%` : "",
        index ? `[${index.join(", ")}]` : mismatch || "", ...[expected, actual, reference].map(number),
      ];
      const label = dtype >= 0 && word(dtype) ? `${word(name)} · ${word(dtype)}` : word(name);
      return make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, badge(word(verdict))),
        ...cells.map((cell) => make("td", {}, String(cell))));
    });
    return make("table", { classes: "plain" }, make("thead", {}, head), make("tbody", {}, ...body));
  }

  const number = (value) => (typeof value === "number" ? String(Number(value.toPrecision(9))) : value ?? "");

  function draw() {
    select();
    const pages = Math.max(1, Math.ceil(shown.length / SIZE));
    const page = Math.min(Math.max(1, Number(view.page) || 1), pages);
    const start = (page - 1) * SIZE;
    const lines = shown.slice(start, start + SIZE).map(row);
    const none = make("tr", {}, make("td", { colspan: "7", classes: "none-found" }, "No case fits these filters."));
    byId("rows").replaceChildren(...(lines.length ? lines : [none]));
    const [count, all] = [shown.length, cases.length].map((n) => n.toLocaleString("en"));
    byId("count").textContent = count === all ? `${all} cases` : `${count} of ${all} cases`;
    byId("where").textContent = `${page} / ${pages}`;
    byId("prev").disabled = page === 1;
    byId("next").disabled = page === pages;
    controls(page);
  }

  function controls(page) {
    view.page = page > 1 ? String(page) : "";
    const states = (view.state || "").split(",");
    for (const box of document.querySelectorAll("#filters [name=state]")) box.checked = states.includes(box.value);
    for (const key of ["dtype", "mode", "jit", "direction", "route"]) byId(key).value = view[key] || "";
    if (byId("q").value !== (view.q || "")) byId("q").value = view.q || "";
    byId("api").hidden = !view.api;
    byId("api").textContent = view.api ? `${view.api} ✕` : "";
    byId("api").setAttribute("aria-label", `Remove the filter ${view.api || ""}`);
    const given = view.sort || initial;
    for (const head of document.querySelectorAll("[data-sort]")) {
      const isSorted = given.replace("-", "") === head.dataset.sort;
      head.setAttribute("aria-sort", !isSorted ? "none" : given.startsWith("-") ? "descending" : "ascending");
    }
  }

  function change(changes) {
    view = { ...view, page: "", ...changes };
    draw();
    toAddress();
  }

  function listen() {
    byId("q").addEventListener("input", (event) => change({ q: event.target.value }));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("change", (event) => {
      const { id, name, value } = event.target;
      const boxes = document.querySelectorAll("#filters [name=state]:checked");
      if (name === "state") change({ state: [...boxes].map((box) => box.value).join(",") });
      else if (id !== "q") change({ [id]: value });
    });
    byId("reset").addEventListener("click", (event) => { event.preventDefault(); view = {}; change({}); });
    byId("api").addEventListener("click", () => change({ api: "" }));
    byId("prev").addEventListener("click", () => turn(-1));
    byId("next").addEventListener("click", () => turn(1));
    for (const head of document.querySelectorAll("[data-sort]")) sortable(head);
    addEventListener("hashchange", arrive);
    document.addEventListener("click", copy);
    listenToMatrix();
  }

  function turn(by) {
    change({ page: String((Number(view.page) || 1) + by) });
    byId("count").scrollIntoView({ block: "nearest" });
  }

  function sortable(head) {
    const button = make("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    const key = head.dataset.sort;
    const largestFirst = key === "used" || key === "seconds";
    button.addEventListener("click", () => {
      const first = largestFirst ? `-${key}` : key;
      const second = largestFirst ? key : `-${key}`;
      change({ sort: (view.sort || initial) === first ? second : first });
    });
  }

  function arrive() {
    const found = fromAddress();
    if (!Object.keys(found).length) return;
    view = found;
    draw();
    byId("cases").scrollIntoView();
  }

  async function copy(event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  function listenToMatrix() {
    const [find, only] = [byId("matrix-find"), byId("matrix-findings")];
    if (!find) return;
    const narrow = () => {
      const text = find.value.trim().toLowerCase();
      for (const line of document.querySelectorAll(".matrix [data-name]")) {
        line.hidden = !line.dataset.name.includes(text) || (only.checked && !("finding" in line.dataset));
      }
    };
    find.addEventListener("input", narrow);
    only.addEventListener("change", narrow);
  }

  function options() {
    const labels = { jit: { 0: "eager", 1: "jit" }, direction: { to_torch: "to PyTorch", to_mindspore: "to MindSpore" } };
    for (const key of ["dtype", "mode", "jit", "direction", "route"]) {
      const known = [...new Set(cases.map((one) => one[key]))].filter(Boolean).sort();
      for (const value of known) byId(key).append(make("option", { value }, (labels[key] || {})[value] || value));
      byId(key).closest("label").hidden = known.length < 2;
    }
  }

  document.documentElement.classList.add("js");
  options();
  listen();
  draw();
  arrive();
})();
