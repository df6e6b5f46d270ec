// Warns five minutes before somebody is signed out, and puts it off at the press of a key; of whoever signs out, nothing
// that autosave.js kept stays on the device.
// Without it nothing is lost: what was typed is there again after signing in.
"use strict";

document.querySelector("form[data-forget]")?.addEventListener("submit", (event) => {
  try {
    Object.keys(localStorage)
      .filter((name) => name.startsWith(event.target.dataset.forget))
      .forEach((name) => localStorage.removeItem(name));
  } catch {
    // storage is switched off: nothing was kept
  }
});

(() => {
  const dialog = document.querySelector("dialog.stay");
  if (!dialog) return;

  const WARNING = 5 * 60; // seconds before the end
  const EVERY = 10_000; // milliseconds; a computer that slept looks again when it wakes
  const form = dialog.querySelector("form");
  const words = dialog.querySelector("p");
  let passedOver = 0; // the end that the person was warned of and did not put off

  const until = () => Number(document.cookie.match(/(?:^|; )signed_in_until=(\d+)/)?.[1] ?? 0);
  const seconds = () => Math.floor(Date.now() / 1000);

  const look = () => {
    const end = until();
    const left = end - seconds();
    if (end && left > WARNING) {
      if (dialog.open) dialog.close(); // put off in another window
    } else if (end && left > 0 && !dialog.open && passedOver !== end) {
      words.textContent = dialog.dataset.warning.replace("{minutes}", Math.ceil(left / 60));
      passedOver = end;
      dialog.showModal();
    } else if (left <= 0 && dialog.open) {
      words.textContent = dialog.dataset.over;
      form.remove();
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" });
      if (!response.ok) throw new Error(response.statusText);
      dialog.close();
    } catch {
      words.textContent = dialog.dataset.failed;
    }
  });
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
  look();
})();
