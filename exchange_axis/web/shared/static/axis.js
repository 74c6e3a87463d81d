// Everything here is a convenience: each page reads, accepts and refuses without it.
import { countDown } from "./countdown.js";
import { sendOnce, selectAll, toFaults } from "./forms.js";

countDown(document);
sendOnce(document);
selectAll(document);
toFaults(document);
// On a narrow screen the tabs are one line: the one that is open is brought into sight.
for (const open of document.querySelectorAll(".tabs a[aria-current]")) {
  const line = open.closest("ul");
  line.scrollLeft = open.offsetLeft - line.offsetLeft - (line.clientWidth - open.offsetWidth) / 2;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details.ask[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
