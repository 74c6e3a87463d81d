// Everything here is a convenience: each page reads, accepts and refuses without it.
import { countDown } from "./countdown.js";
import { sendOnce, selectAll, toFaults } from "./forms.js";

countDown(document);
sendOnce(document);
selectAll(document);
toFaults(document);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details.ask[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
