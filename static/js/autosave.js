// Saves a form while a person goes on typing, and keeps on the device what could not be saved yet.
// The form works without it. Its words come from the data attributes of the form. Where the draft is not there yet
// (data-stored), what is typed is kept on the device alone until the first page is sent.
"use strict";

(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;

  const PAUSE = 3000; // milliseconds without a key; the next save then starts
  const KEPT_FOR = 24 * 60 * 60 * 1000;
  const PREFIX = "pledge:";
  const key = PREFIX + form.dataset.autosave; // person, pledge and step: nobody else's words are shown
  const status = form.querySelector(".saved-state");
  const others = form.querySelector("[data-others]"); // who else has it open
  const isFirst = "stored" in form.dataset; // the keys of forms that became drafts
  const marks = ["csrfmiddlewaretoken", "typed_by"]; // of this page alone, never kept
  let timer;
  let running = false;
  let leaving = false;
  let warned = false; // it was said that this cannot be saved as it is: the next click on a link leaves all the same

  const typed = () => {
    const sent = new URLSearchParams(new FormData(form));
    marks.forEach((name) => sent.delete(name));
    return sent.toString();
  };
  const words = (text) => {
    const values = new URLSearchParams(text);
    ["version", "seen", "form_key"].forEach((name) => values.delete(name));
    return values.toString();
  };
  let saved = typed();

  const keep = (sent) => {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), text: typed(), sent }));
    } catch {
      // no room, or storage is switched off: the form still saves
    }
  };
  const forget = () => {
    try {
      localStorage.removeItem(key);
    } catch {
      // as above
    }
  };

  const say = (text, conflict) => {
    status.textContent = text;
    if (!conflict) return;
    const button = document.createElement("button");
    button.className = "link-button";
    button.textContent = form.querySelector("button[type=submit]").textContent;
    status.append(" ", button);
  };

  const accept = (answer, sent) => {
    form.elements.version.value = answer.version;
    form.elements.seen.value = answer.seen;
    saved = sent;
    const typedBefore = new URLSearchParams(sent);
    for (const name of Object.keys(answer.told)) {
      const box = form.elements[name];
      if (box && box.value === typedBefore.get(name)) box.value = ""; // emptied with the unit in which it was counted
    }
    say([form.dataset.saved, answer.saved, ...Object.values(answer.told)].join(" "));
    if (others.textContent !== answer.others) others.textContent = answer.others;
    if (words(typed()) === words(sent)) {
      saved = typed();
      forget();
    } else {
      later();
    }
  };

  // Returns whether the person may leave: false where somebody else changed the same fields.
  const save = async () => {
    if (running || leaving || typed() === saved) return true;
    if (isFirst) {
      say(form.dataset.kept);
      return true;
    }
    running = true;
    const sent = typed();
    const body = new FormData(form);
    body.set("autosave", "1");
    try {
      const response = await fetch(form.action, { method: "POST", body, redirect: "error" });
      const answer = await response.json();
      if (response.ok) accept(answer, sent);
      else say(answer.conflict || answer.refused, Boolean(answer.conflict));
      return response.ok;
    } catch {
      say(form.dataset.failed);
      later(10 * PAUSE);
      return true; // what was typed is kept on this device
    } finally {
      running = false;
    }
  };

  const later = (pause = PAUSE) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };

  const has = (list, value) => [...list.options].some((option) => option.value === value);

  const restore = () => {
    let kept;
    try {
      Object.keys(localStorage)
        .filter((name) => name.startsWith(PREFIX))
        .filter((name) => Date.now() - JSON.parse(localStorage.getItem(name)).at > KEPT_FOR)
        .forEach((name) => localStorage.removeItem(name));
      kept = JSON.parse(localStorage.getItem(key));
    } catch {
      return;
    }
    if (form.querySelector(".error-summary")) return;
    if ("unsaved" in form.dataset) keep(false); // it came back through signing in, and is stored nowhere yet
    if (!kept || "unsaved" in form.dataset) return;
    const values = new URLSearchParams(kept.text);
    const isStored = isFirst
      ? form.dataset.stored.split(" ").includes(values.get("form_key"))
      : kept.sent && Number(values.get("version")) < Number(form.elements.version.value);
    const isShown = words(kept.text) === words(saved);
    if (isStored || (isShown && !isFirst)) forget(); // a first page may show what is stored nowhere else
    if (isStored || isShown) return;
    for (const field of form.elements) {
      if (!field.name || marks.includes(field.name) || field.type === "submit") continue;
      if (["checkbox", "radio"].includes(field.type)) field.checked = values.getAll(field.name).includes(field.value);
      else if (field.tagName !== "SELECT" || has(field, values.get(field.name))) field.value = values.get(field.name) ?? "";
    }
    say(form.dataset.restored);
    if (!isFirst) later();
  };

  form.addEventListener("input", () => {
    warned = false;
    keep(false);
    later();
  });
  form.addEventListener("submit", () => {
    leaving = true;
    keep(true);
    clearTimeout(timer);
  });
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const leads = link && !link.target && link.pathname !== location.pathname;
    if (!leads || !isPlain || warned || isFirst || typed() === saved) return;
    event.preventDefault(); // the page that the link leads to shows what was typed here
    clearTimeout(timer);
    if (await save()) {
      location.assign(link.href);
      return;
    }
    warned = true;
    status.append(" ", form.dataset.leave);
    status.scrollIntoView({ block: "center" });
  });
  window.addEventListener("pagehide", () => {
    if (leaving || isFirst || typed() === saved) return;
    const body = new FormData(form);
    body.set("autosave", "1");
    navigator.sendBeacon(form.action, body);
  });
  window.addEventListener("online", () => later(0));
  restore();
})();
