// A form that acts is sent once. The server holds to that too, by the form's token; this only saves the wondering.
export function sendOnce(root) {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      form.setAttribute("aria-busy", "true");
    });
  }
  // Coming back by the browser's button shows the page as it was left: it may be sent again, and the token decides.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });
}

export function selectAll(root) {
  for (const all of root.querySelectorAll("input[data-all]")) {
    const boxes = () => [...document.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`)];
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes()) box.checked = all.checked;
    });
  }
}

export function toFaults(root) {
  root.querySelector("#faults")?.focus();
}
