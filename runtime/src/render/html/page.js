"use strict";
// Draws the spans in the element `data`. Whatever comes from there reaches the page through textContent, attributes
// that hold plain text, and numbers: it is never markup, and never a key of an object.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const { spans, services, findings } = data;
  const ROW = 30;
  const HEAD = 36;
  const OVERSCAN = 12;
  const MAX_INDENT = 14;
  const MAX_TAIL = 32;
  // Characters of an error that is never cut: ERROR 500.
  const SHORT = 10;
  const COLOURS = 8;
  const ZOOM_STEP = 1.6;
  const LEAST_STRETCH = 0.4; // percent of the timeline
  const LEAST_VIEW = 100; // nanoseconds
  const length = Math.max(data.length, 1);

  const grid = byId("grid");
  const rows = byId("rows");
  const axis = byId("axis");
  const search = byId("search");

  // ---- The tree: parents and the ends of subtrees, from the depths of spans in walking order.

  const parents = [];
  const ends = new Array(spans.length).fill(spans.length);
  const siblings = []; // [position, of how many], counted below
  {
    const open = [];
    const lists = new Map();
    spans.forEach((span, index) => {
      while (open.length > span.depth) ends[open.pop()] = index;
      const parent = open.length ? open[open.length - 1] : -1;
      parents.push(parent);
      const list = lists.get(parent) ?? [];
      list.push(index);
      lists.set(parent, list);
      siblings.push([list.length, list]);
      open.push(index);
    });
  }
  const hasChildren = (index) => ends[index] > index + 1;

  const evidence = new Set(findings.flatMap((finding) => finding.evidence));
  const errors = spans.flatMap((span, index) => (span.error === null ? [] : [index]));

  const state = {
    from: 0,
    to: length,
    closed: new Set(),
    query: "",
    matches: null, // null: not searching
    kept: null, // matches and their ancestors
    shown: [], // spans with a row, in order
    at: new Map(), // their places in `shown`
    focus: 0,
    selected: -1,
    finding: -1,
  };

  // ---- Text.

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function announce(text) {
    byId("status").textContent = text;
  }

  const plural = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

  // As `glassbox::render::duration_text`.
  function durationText(nanos) {
    const seconds = nanos / 1e9;
    if (seconds >= 9999.5 * 3600) return "> 9999 h";
    if (seconds >= 3600) return `${(seconds / 3600).toFixed(1)} h`;
    if (seconds >= 99.995) return `${seconds.toFixed(0)} s`;
    if (seconds >= 0.9995) return `${seconds.toFixed(2)} s`;
    if (seconds >= 0.00995) return `${(seconds * 1e3).toFixed(0)} ms`;
    if (seconds >= 0.0009995) return `${(seconds * 1e3).toFixed(1)} ms`;
    if (seconds >= 0.0000005) return `${(seconds * 1e6).toFixed(0)} µs`;
    return seconds > 0 ? "< 1 µs" : "0 s";
  }

  // A tick's time, precise enough to tell it from the next.
  function tickText(time, step, end) {
    if (time === 0) return "0 s";
    const [unit, nanos] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3]].find(([, size]) => end >= size) ?? ["ns", 1];
    const decimals = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / nanos) - 1e-9)));
    return `${(time / nanos).toFixed(decimals)} ${unit}`;
  }

  // ---- Which spans have a row.

  function arrange() {
    state.shown = [];
    state.at = new Map();
    for (let index = 0; index < spans.length; ) {
      if (state.kept && !state.kept.has(index)) {
        index = ends[index];
        continue;
      }
      state.at.set(index, state.shown.length);
      state.shown.push(index);
      index = state.closed.has(index) ? ends[index] : index + 1;
    }
    if (!state.at.has(state.focus)) {
      let near = state.focus;
      while (near >= 0 && !state.at.has(near)) near = parents[near];
      state.focus = near >= 0 ? near : (state.shown[0] ?? 0);
    }
    rows.style.height = `${state.shown.length * ROW}px`;
    grid.setAttribute("aria-rowcount", state.shown.length + 1);
    const nothing = byId("nothing");
    nothing.hidden = state.shown.length > 0;
    nothing.textContent = spans.length === 0 ? "This trace has no spans." : "No span matches.";
    draw();
  }

  function reveal(index) {
    for (let above = parents[index]; above >= 0; above = parents[above]) state.closed.delete(above);
  }

  // ---- Rows: only those in sight are in the page.

  const made = new Map();

  function draw() {
    const first = Math.max(0, Math.floor(grid.scrollTop / ROW) - OVERSCAN);
    const last = Math.ceil((grid.scrollTop + grid.clientHeight) / ROW) + OVERSCAN;
    const wanted = state.shown.slice(first, last);
    // The row with the focus stays, or the focus would be lost.
    if (state.at.has(state.focus) && !wanted.includes(state.focus)) {
      if (state.at.get(state.focus) < first) wanted.unshift(state.focus);
      else wanted.push(state.focus);
    }
    const keep = new Set(wanted);
    for (const [index, row] of made) {
      if (keep.has(index)) continue;
      row.remove();
      made.delete(index);
    }
    // What is there already is in order, so that no row moves: a moved row loses the focus.
    let next = rows.firstElementChild;
    for (const index of wanted) {
      let row = made.get(index);
      if (row === undefined) {
        row = createRow(index);
        made.set(index, row);
        rows.insertBefore(row, next);
      } else {
        next = row.nextElementSibling;
      }
      updateRow(row, index);
    }
    drawAxis();
  }

  function createRow(index) {
    const span = spans[index];
    const row = element("div", "row");
    row.dataset.index = index;
    row.setAttribute("role", "row");
    row.setAttribute("aria-level", span.depth + 1);
    row.setAttribute("aria-posinset", siblings[index][0]);
    row.setAttribute("aria-setsize", siblings[index][1].length);
    row.classList.toggle("failed", span.error !== null);
    if (span.service !== null) row.classList.add(`c${span.service % COLOURS}`);

    const name = element("div", "cell name");
    name.setAttribute("role", "gridcell");
    if (span.depth > 0) {
      const indent = element("span", "indent");
      indent.style.width = `calc(${Math.min(span.depth, MAX_INDENT)} * var(--step))`;
      name.append(indent);
    }
    if (span.depth > MAX_INDENT) name.append(element("span", "deep", `⋯ ${span.depth}`));
    const toggle = element("span", hasChildren(index) ? "toggle" : "toggle none");
    toggle.setAttribute("aria-hidden", "true");
    const label = element("span", "label");
    label.title = span.name;
    name.append(toggle, label);
    if (span.error !== null) name.append(element("span", span.error.length > SHORT ? "badge" : "badge short", span.error));
    if (evidence.has(index)) {
      const mark = element("span", "badge evidence", "◆");
      mark.title = "A finding rests on this span";
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", "evidence of a finding");
      name.append(mark);
    }
    const notes = element("span", "notes");
    notes.append(element("span", "", span.notes));
    name.append(element("span", "badge closed"), notes);

    const duration = element("div", "cell duration", span.duration);
    duration.setAttribute("role", "gridcell");
    const timeline = element("div", "cell timeline");
    timeline.setAttribute("role", "gridcell");
    row.append(name, duration, timeline);
    return row;
  }

  function updateRow(row, index) {
    const span = spans[index];
    const place = state.at.get(index);
    row.style.top = `${place * ROW}px`;
    row.setAttribute("aria-rowindex", place + 2);
    row.setAttribute("aria-selected", index === state.selected);
    row.tabIndex = index === state.focus ? 0 : -1;
    if (hasChildren(index)) row.setAttribute("aria-expanded", !state.closed.has(index));
    const lit = state.finding >= 0 && findings[state.finding].evidence.includes(index);
    row.classList.toggle("lit", lit);
    row.classList.toggle("beside", state.matches !== null && !state.matches.has(index));
    const closed = row.querySelector(".closed");
    closed.hidden = !state.closed.has(index);
    closed.textContent = closed.hidden ? "" : `+${ends[index] - index - 1}`;
    drawName(row.querySelector(".label"), span.name);
    drawBar(row.querySelector(".timeline"), span);
  }

  // A match is marked; else a path may lose its middle, but not its end.
  function drawName(label, name) {
    const start = state.query ? name.toLowerCase().indexOf(state.query) : -1;
    // Some letters change their number when they become lower case; then there is nothing to mark.
    if (start >= 0 && name.toLowerCase().length === name.length) {
      const end = start + state.query.length;
      const marked = element("span");
      marked.append(name.slice(0, start), element("mark", "", name.slice(start, end)), name.slice(end));
      label.replaceChildren(marked);
      return;
    }
    const slash = name.lastIndexOf("/", name.lastIndexOf("/") - 1);
    const hasTail = slash > name.indexOf(" /") + 1 && name.includes(" /") && name.length - slash <= MAX_TAIL;
    const parts = hasTail ? [element("span", "", name.slice(0, slash)), element("span", "tail", name.slice(slash))] : [element("span", "", name)];
    label.replaceChildren(...parts);
  }

  const percent = (time) => (100 * (time - state.from)) / (state.to - state.from);

  function drawBar(cell, span) {
    const parts = lines.map((at) => {
      const line = element("span", "line");
      line.style.left = `${at}%`;
      return line;
    });
    const within = span.place.within;
    if (within === undefined) {
      const words = { before: "‹ before the call", after: "after the call ›", unknown: "no times" }[span.place];
      parts.push(element("span", `outside ${span.place === "after" ? "after" : ""}`, words));
    } else {
      // Cut at both sides: browsers do not draw what is a million times wider than the window.
      const left = Math.max(percent(within[0]), -10);
      const right = Math.min(percent(within[1]), 110);
      if (right >= 0 && left <= 100) {
        const bar = element("span", "bar");
        bar.classList.toggle("internal", span.kind === "INTERNAL");
        bar.classList.toggle("failed", span.error !== null);
        // A bar of no width at the very end would stand outside.
        bar.style.left = `min(${left}%, 100% - 3px)`;
        bar.style.width = `${Math.max(right - left, 0)}%`;
        bar.title = `${span.duration}, ${span.starts}`;
        parts.push(bar);
      }
    }
    for (const [from, to] of span.critical) {
      const left = Math.max(percent(from), 0);
      const right = Math.min(percent(to), 100);
      // Less than a dot: zooming in shows it.
      if (right - left < LEAST_STRETCH) continue;
      const stretch = element("span", "critical");
      stretch.style.left = `${left}%`;
      stretch.style.width = `${right - left}%`;
      parts.push(stretch);
    }
    for (const event of span.events) {
      if (event.time === null || event.time < state.from || event.time > state.to) continue;
      const moment = element("span", "moment");
      moment.style.left = `${percent(event.time)}%`;
      moment.title = `${event.name}, ${event.at}`;
      parts.push(moment);
    }
    cell.replaceChildren(...parts);
  }

  // ---- The time axis, and zoom.

  let lines = [];

  function drawAxis() {
    byId("zoom-reset").textContent = `${zoomText()}%`;
    if (data.length === 0) {
      axis.textContent = "Timeline";
      return;
    }
    const extent = state.to - state.from;
    const rough = extent / Math.max(2, Math.floor(axis.clientWidth / 68));
    const size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * size).find((candidate) => candidate >= rough);
    const ticks = [];
    const drawn = [];
    for (let tick = Math.ceil(state.from / step); tick * step <= state.to; tick++) {
      const at = percent(tick * step);
      const label = element("span", at > 93 ? "tick last" : "tick", tickText(tick * step, step, state.to));
      label.style.left = `${at}%`;
      ticks.push(label);
      drawn.push(at);
    }
    if (extent < length) {
      const part = element("span", "window");
      part.style.left = `${(100 * state.from) / length}%`;
      part.style.width = `max(4px, ${(100 * extent) / length}%)`;
      ticks.push(part);
    }
    axis.replaceChildren(...ticks);
    if (drawn.length !== lines.length || drawn.some((at, index) => at !== lines[index])) {
      lines = drawn;
      for (const [index, row] of made) drawBar(row.querySelector(".timeline"), spans[index]);
    }
  }

  function zoomText() {
    const zoom = (100 * length) / (state.to - state.from);
    return zoom < 1e5 ? zoom.toFixed(0) : zoom.toExponential(0).replace("e+", "e");
  }

  function show(from, to) {
    const extent = Math.min(length, Math.max(to - from, Math.min(LEAST_VIEW, length)));
    const middle = (from + to) / 2;
    state.from = Math.max(0, Math.min(middle - extent / 2, length - extent));
    state.to = Math.min(length, state.from + extent);
    draw();
    announce(
      extent === length
        ? "The whole call"
        : `${durationText(state.from)} to ${durationText(state.to)} of ${durationText(length)}`,
    );
  }

  function zoom(factor, around = (state.from + state.to) / 2) {
    show(around - (around - state.from) / factor, around + (state.to - around) / factor);
  }

  function pan(part) {
    const by = (state.to - state.from) * part;
    const moved = Math.max(-state.from, Math.min(by, length - state.to));
    if (moved !== 0) show(state.from + moved, state.to + moved);
  }

  function zoomTo(index) {
    const within = spans[index].place.within;
    if (within === undefined) return;
    const margin = (within[1] - within[0]) * 0.04;
    show(within[0] - margin, within[1] + margin);
  }

  const showAll = () => show(0, length);

  // The time under the pointer.
  function timeAt(x) {
    const box = axis.getBoundingClientRect();
    const part = Math.max(0, Math.min(1, (x - box.left) / Math.max(box.width, 1)));
    return state.from + part * (state.to - state.from);
  }

  grid.addEventListener(
    "wheel",
    (event) => {
      const onAxis = axis.contains(event.target);
      if (event.ctrlKey || event.metaKey || (onAxis && !event.shiftKey && event.deltaX === 0)) {
        event.preventDefault();
        zoom(Math.exp(-Math.max(-1, Math.min(1, event.deltaY / 200))), timeAt(event.clientX));
      } else if (state.to - state.from < length && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
        event.preventDefault();
        pan(Math.max(-0.5, Math.min(0.5, (event.deltaX || event.deltaY) / 500)));
      }
    },
    { passive: false },
  );

  // Dragging across the timeline zooms to what was dragged over. Fingers scroll, except on the axis.
  let drag = null;
  let dragged = false;
  grid.addEventListener("pointerdown", (event) => {
    dragged = false;
    const timeline = event.target.closest(".timeline");
    if (timeline === null || event.button !== 0) return;
    if (event.pointerType === "touch" && timeline !== axis) return;
    drag = { x: event.clientX, brush: null };
  });
  window.addEventListener("pointermove", (event) => {
    if (drag === null || (drag.brush === null && Math.abs(event.clientX - drag.x) < 5)) return;
    if (drag.brush === null) {
      drag.brush = element("div", "brush");
      grid.append(drag.brush);
    }
    event.preventDefault();
    const box = axis.getBoundingClientRect();
    const inside = (x) => Math.max(box.left, Math.min(box.right, x)) - grid.getBoundingClientRect().left - grid.clientLeft;
    const [left, right] = [inside(drag.x), inside(event.clientX)].sort((a, b) => a - b);
    drag.brush.style.left = `${left}px`;
    drag.brush.style.width = `${right - left}px`;
    drag.brush.style.top = `${grid.scrollTop}px`;
    drag.brush.style.height = `${grid.clientHeight}px`;
  });
  const drop = (event) => {
    if (drag === null) return;
    const { x, brush } = drag;
    drag = null;
    if (brush === null) return;
    brush.remove();
    dragged = true;
    if (event.type === "pointerup") {
      const [from, to] = [timeAt(x), timeAt(event.clientX)].sort((a, b) => a - b);
      show(from, to);
    }
  };
  window.addEventListener("pointerup", drop);
  window.addEventListener("pointercancel", drop);
  axis.addEventListener("dblclick", showAll);

  // ---- Focus, opening and closing, selection.

  function scrollTo(index) {
    const top = state.at.get(index) * ROW;
    const room = grid.clientHeight - HEAD;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW > grid.scrollTop + room) grid.scrollTop = top + ROW - room;
  }

  function focusRow(index) {
    if (!state.at.has(index)) return;
    state.focus = index;
    scrollTo(index);
    draw();
    made.get(index).focus({ preventScroll: true });
  }

  function setClosed(index, closed) {
    if (!hasChildren(index)) return;
    if (closed) state.closed.add(index);
    else state.closed.delete(index);
    arrange();
  }

  function select(index) {
    state.selected = index;
    state.focus = index;
    draw();
    drawDetails();
  }

  grid.addEventListener("scroll", draw);

  rows.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row === null || dragged) return;
    const index = Number(row.dataset.index);
    if (event.target.classList.contains("toggle")) {
      state.focus = index;
      setClosed(index, !state.closed.has(index));
    } else {
      select(index);
    }
    focusRow(index);
  });

  rows.addEventListener("dblclick", (event) => {
    const row = event.target.closest(".row");
    if (row !== null && !event.target.classList.contains("toggle")) zoomTo(Number(row.dataset.index));
  });

  rows.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = state.focus;
    const place = state.at.get(index);
    const page = Math.max(1, Math.floor((grid.clientHeight - HEAD) / ROW) - 1);
    const go = (to) => focusRow(state.shown[Math.max(0, Math.min(to, state.shown.length - 1))]);
    const keys = {
      ArrowDown: () => go(place + 1),
      ArrowUp: () => go(place - 1),
      PageDown: () => go(place + page),
      PageUp: () => go(place - page),
      Home: () => go(0),
      End: () => go(state.shown.length - 1),
      ArrowLeft: () => {
        if (hasChildren(index) && !state.closed.has(index)) setClosed(index, true);
        else if (parents[index] >= 0) focusRow(parents[index]);
      },
      ArrowRight: () => {
        if (state.closed.has(index)) setClosed(index, false);
        else if (hasChildren(index)) go(place + 1);
      },
      Enter: () => select(index),
      " ": () => select(index),
      z: () => zoomTo(index),
    };
    const panning = { ArrowLeft: () => pan(-0.25), ArrowRight: () => pan(0.25) };
    const action = (event.shiftKey && panning[event.key]) || keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });

  // ---- What the selected span carries.

  function facts(pairs, className) {
    const list = element("dl", `facts ${className ?? ""}`);
    for (const [term, text, kind] of pairs) {
      if (text === null) continue;
      list.append(element("dt", "", term), element("dd", kind ?? "", text));
    }
    return list;
  }

  function leftOut(number) {
    return number > 0 ? [element("p", "quiet", `… and ${plural(number, "thing")} more that this page has no room for`)] : [];
  }

  function fold(title, group) {
    const fold = element("details");
    fold.append(element("summary", "", title));
    if (group.name) fold.append(element("p", "", group.name));
    fold.append(facts(group.attributes, "pairs"), ...leftOut(group.leftOut));
    return fold;
  }

  function drawDetails() {
    const panel = byId("details");
    panel.scrollTop = 0;
    if (state.selected < 0) {
      panel.replaceChildren(element("h2", "", "Span"), element("p", "quiet", "Select a span to see what it carries."));
      return;
    }
    const span = spans[state.selected];
    const service = span.service === null ? null : services[span.service];
    const parts = [
      element("h2", "selected-name", span.name),
      facts([
        ["Duration", durationWithShare(span)],
        ["Self time", hasChildren(state.selected) ? span.selfTime : null],
        ["Starts", span.starts],
        ["Service", service],
        ["Kind", span.kind.toLowerCase()],
        ["Status", span.error, "failed"],
        ["Message", span.message, "failed"],
      ]),
    ];
    const section = (title, content) => parts.push(element("h3", "", title), content);
    if (span.attributes.length > 0) section("Attributes", facts(span.attributes, "pairs"));
    if (span.events.length > 0) {
      const list = element("div");
      for (const event of span.events) {
        const item = element("div", "event");
        item.append(element("span", "", event.name), element("span", "at", event.at === null ? "" : `  ${event.at}`));
        item.append(facts(event.attributes, "pairs"));
        list.append(item);
      }
      section("Events", list);
    }
    if (span.links.length > 0) {
      const list = element("div");
      for (const link of span.links) {
        const item = element("div", "event");
        item.append(facts([["Trace", link.traceId, "id"], ["Span", link.spanId, "id"]]), facts(link.attributes, "pairs"));
        list.append(item);
      }
      section("Links", list);
    }
    parts.push(...leftOut(span.leftOut));
    section("Ids", facts([["Trace", span.traceId, "id"], ["Span", span.spanId, "id"], ["Parent", span.parentId, "id"]]));
    const resource = data.resources[span.resource];
    const scope = data.scopes[span.scope];
    if (resource.attributes.length + resource.leftOut > 0) parts.push(fold("Resource", resource));
    if (scope.name || scope.attributes.length > 0) parts.push(fold("Instrumentation scope", scope));
    panel.replaceChildren(...parts);
  }

  function durationWithShare(span) {
    const within = span.place.within;
    if (within === undefined || data.length === 0 || span.depth === 0) return span.duration;
    const share = (100 * (within[1] - within[0])) / data.length;
    return `${span.duration}  (${share < 1 ? "under 1" : share.toFixed(0)} % of the call)`;
  }

  // ---- Findings.

  const buttons = new Map(); // of findings that can be marked, by their places

  function drawFindings() {
    const panel = byId("findings");
    const parts = [element("h2", "", findings.length > 1 ? `Findings (${findings.length + data.moreFindings})` : "Findings")];
    if (findings.length === 0) parts.push(element("p", "quiet", "Nothing stands out in this trace."));
    const list = element("ol");
    findings.forEach((finding, index) => {
      // Where there is nothing to mark there is nothing to press.
      const button = element(finding.evidence.length > 0 ? "button" : "div", "finding");
      const head = element("span", "finding-head");
      head.append(element("b", "", finding.title), element("span", "quiet", finding.cost ?? ""));
      const sentence = element("span", "sentence");
      sentence.append(...withCode(finding.sentence));
      button.append(head, sentence);
      if (finding.evidence.length > 0) {
        button.type = "button";
        button.setAttribute("aria-pressed", "false");
        button.addEventListener("click", () => light(state.finding === index ? -1 : index));
        buttons.set(index, button);
      }
      const item = element("li");
      item.append(button);
      list.append(item);
    });
    parts.push(list);
    if (data.moreFindings > 0) parts.push(element("p", "quiet", `… and ${data.moreFindings} more`));
    panel.replaceChildren(...parts);
  }

  // Names stand between backticks.
  function withCode(sentence) {
    const parts = sentence.split("`");
    if (parts.length % 2 === 0) return [sentence];
    return parts.map((part, index) => (index % 2 === 0 ? part : element("code", "", part)));
  }

  // Shows the spans that a finding rests on; -1 for none.
  function light(finding) {
    state.finding = finding;
    grid.classList.toggle("lighting", finding >= 0);
    for (const [index, button] of buttons) button.setAttribute("aria-pressed", index === finding);
    if (finding < 0) {
      draw();
      return;
    }
    const { evidence } = findings[finding];
    if (evidence.some((index) => state.kept !== null && !state.kept.has(index))) find("");
    evidence.forEach(reveal);
    arrange();
    if (evidence.length > 0) {
      scrollTo(evidence[evidence.length - 1]);
      scrollTo(evidence[0]);
    }
    announce(`${plural(evidence.length, "span")} marked`);
  }

  // ---- Search.

  let texts = null; // what is searched, in lower case; made when first needed

  function textOf(span) {
    const service = span.service === null ? "" : services[span.service];
    return [span.name, service, span.error ?? "", ...span.attributes.map(([key, value]) => `${key}=${value}`)].join("\n").toLowerCase();
  }

  function find(query) {
    search.value = query;
    state.query = query.trim().toLowerCase();
    if (state.query === "") {
      state.matches = null;
      state.kept = null;
      byId("found").textContent = "";
      arrange();
      return;
    }
    texts ??= spans.map(textOf);
    state.matches = new Set();
    state.kept = new Set();
    texts.forEach((text, index) => {
      if (!text.includes(state.query)) return;
      state.matches.add(index);
      for (let above = index; above >= 0 && !state.kept.has(above); above = parents[above]) {
        state.kept.add(above);
        if (above !== index) state.closed.delete(above);
      }
      // An ancestor that was a match itself may be closed.
      if (parents[index] >= 0) state.closed.delete(parents[index]);
    });
    byId("found").textContent = `${state.matches.size} of ${plural(spans.length, "span")}`;
    grid.scrollTop = 0;
    arrange();
  }

  search.addEventListener("input", () => find(search.value));
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const first = state.matches === null ? state.shown[0] : state.shown.find((index) => state.matches.has(index));
    if (first !== undefined) focusRow(first);
  });

  // ---- Everything else.

  function nextError() {
    if (errors.length === 0) return;
    const next = errors.find((index) => index > state.selected) ?? errors[0];
    if (state.kept !== null && !state.kept.has(next)) find("");
    reveal(next);
    arrange();
    select(next);
    focusRow(next);
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  function showTheme() {
    byId("theme").textContent = theme() === "dark" ? "Light" : "Dark";
  }
  function switchTheme() {
    document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
    showTheme();
  }
  dark.addEventListener("change", showTheme);

  const help = byId("help");
  const on = (id, action) => byId(id).addEventListener("click", action);
  on("zoom-in", () => zoom(ZOOM_STEP));
  on("zoom-out", () => zoom(1 / ZOOM_STEP));
  on("zoom-reset", showAll);
  on("expand-all", () => {
    state.closed.clear();
    arrange();
  });
  on("collapse-all", () => {
    spans.forEach((_, index) => hasChildren(index) && state.closed.add(index));
    arrange();
  });
  on("theme", switchTheme);
  on("show-help", () => help.showModal());
  on("next-error", nextError);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.key === "Escape") {
      if (state.query !== "" || document.activeElement === search) {
        find("");
        focusRow(state.focus);
      } else {
        light(-1);
      }
      return;
    }
    if (event.target.closest("input")) return;
    const keys = {
      "+": () => zoom(ZOOM_STEP),
      "=": () => zoom(ZOOM_STEP),
      "-": () => zoom(1 / ZOOM_STEP),
      0: showAll,
      "/": () => search.focus(),
      "?": () => help.showModal(),
      e: nextError,
      t: switchTheme,
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });

  const splitter = byId("splitter");
  function setNameWidth(pixels) {
    const total = grid.clientWidth;
    grid.style.setProperty("--name", `${Math.max(0.15, Math.min(0.75, pixels / total)) * 100}%`);
    draw();
  }
  const nameWidth = () => splitter.getBoundingClientRect().left + 3 - grid.getBoundingClientRect().left;
  splitter.addEventListener("pointerdown", (event) => splitter.setPointerCapture(event.pointerId));
  splitter.addEventListener("pointermove", (event) => {
    if (splitter.hasPointerCapture(event.pointerId)) setNameWidth(event.clientX - grid.getBoundingClientRect().left);
  });
  splitter.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setNameWidth(nameWidth() + by);
  });

  byId("next-error").hidden = errors.length === 0;
  byId("next-error").textContent = errors.length === 1 ? "Show the error" : `Next error (${errors.length})`;
  byId("app").hidden = false;
  document.body.classList.add("live");
  showTheme();
  drawFindings();
  drawDetails();
  arrange();
  new ResizeObserver(draw).observe(grid);
})();
