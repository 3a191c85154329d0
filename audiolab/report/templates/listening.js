"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { clips, trials, lists } = JSON.parse(byId("shown").textContent);
  const test = document.body.dataset.test;
  const place = `listening-test:${test}`;
  const questions = ["naturalness", "similarity"];
  let state = load();

  function fresh() {
    return { listener: "", list: 0, order: [], position: 0, heard: {}, answers: {} };
  }

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(place));
      return kept && kept.order.every((id) => id in trials) ? kept : fresh();
    } catch {
      return fresh();
    }
  }

  function keep() {
    try {
      localStorage.setItem(place, JSON.stringify(state));
    } catch {
      byId("storage").hidden = false;
    }
  }

  function below(limit) {
    return crypto.getRandomValues(new Uint32Array(1))[0] % limit;
  }

  function shuffled(items) {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = below(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
    return items;
  }

  function show(name, focus) {
    for (const section of ["intro", "trial", "end"]) byId(section).hidden = section !== name;
    for (const player of ["sample", "excerpt"]) byId(player).pause();
    if (focus) byId(focus).focus();
    window.scrollTo(0, 0);
  }

  function current() {
    return state.order[state.position];
  }

  function complete(id) {
    const answer = state.answers[id] || {};
    return Boolean(state.heard[id]) && questions.every((question) => answer[question]);
  }

  function showTrial() {
    if (state.position >= state.order.length) return showEnd();
    const id = current();
    const answer = state.answers[id] || {};
    byId("trial-title").textContent = `Sample ${state.position + 1} of ${state.order.length}`;
    byId("progress").value = state.order.filter(complete).length;
    byId("sample").src = clips[trials[id].sample];
    byId("excerpt").src = clips[trials[id].excerpt];
    for (const input of byId("rating").querySelectorAll("input")) {
      input.checked = answer[input.name] === Number(input.value);
    }
    byId("back").disabled = state.position === 0;
    byId("message").textContent = "";
    show("trial", "trial-title");
  }

  function showEnd() {
    byId("text").value = csv();
    byId("rated").textContent = `${state.order.filter(complete).length} of ${state.order.length} samples are rated.`;
    show("end", "end-title");
  }

  function csv() {
    const rated = [...state.order.entries()].filter(([, id]) => complete(id));
    const lines = rated.map(([number, id]) => {
      const ratings = questions.map((question) => state.answers[id][question]);
      return [test, state.listener, state.list, number + 1, id, ...ratings].join(",");
    });
    return ["test,listener,list,position,sample,naturalness,similarity", ...lines, ""].join("\n");
  }

  function problem() {
    const answer = state.answers[current()] || {};
    if (!state.heard[current()]) return "Please listen to the sample to its end first.";
    if (!answer.naturalness) return "Please rate how natural the sample sounds.";
    if (!answer.similarity) return "Please rate the similarity to the target voice.";
    return "";
  }

  byId("start").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!state.listener) {
      const name = byId("listener").value.trim().replace(/[^A-Za-z0-9_-]+/g, "_") || "listener";
      state.listener = `${name}-${below(16 ** 6).toString(16).padStart(6, "0")}`;
      const number = Number.parseInt(byId("number").value, 10); // of the listener; lists come round again
      state.list = number > 0 ? ((number - 1) % lists.length) + 1 : below(lists.length) + 1;
      state.order = shuffled([...lists[state.list - 1]]);
    }
    keep();
    showTrial();
  });

  byId("sample").addEventListener("ended", () => {
    state.heard[current()] = true;
    byId("message").textContent = "";
    keep();
  });

  byId("rating").addEventListener("change", (event) => {
    const answer = (state.answers[current()] ??= {});
    answer[event.target.name] = Number(event.target.value);
    byId("message").textContent = "";
    keep();
  });

  byId("rating").addEventListener("submit", (event) => {
    event.preventDefault();
    const missing = problem();
    byId("message").textContent = missing;
    if (missing) return;
    state.position += 1;
    keep();
    showTrial();
  });

  for (const id of ["back", "review"]) {
    byId(id).addEventListener("click", () => {
      if (id === "back" || state.position >= state.order.length) state.position = Math.max(0, state.position - 1);
      keep();
      showTrial();
    });
  }

  byId("stop").addEventListener("click", showEnd);

  byId("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = `answers_${state.listener}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  byId("erase").addEventListener("click", () => {
    if (!window.confirm("Erase all answers in this browser and start over?")) return;
    state = fresh();
    byId("listener").value = "";
    for (const name of ["listener", "number"]) byId(name).readOnly = false;
    byId("begin").textContent = "Start";
    keep();
    show("intro", "listener");
  });

  keep();
  byId("number").value = location.hash.replace(/[^0-9]/g, ""); // page.html#7 is for listener 7
  if (state.listener) {
    byId("listener").value = state.listener;
    byId("number").value = "";
    for (const name of ["listener", "number"]) byId(name).readOnly = true;
    byId("begin").textContent = "Continue";
  }
})();
