// Deadlines count down between two loads of the page. The browser's clock may be wrong: only its progress is used.
const EVERY = 15_000;
const SOON = 7_200;

export function countDown(root) {
  const shown = [...root.querySelectorAll(".countdown[data-due]")];
  if (shown.length === 0) return;
  const begun = performance.now();
  const dues = shown.map((element) => [element, secondsLeft(element)]);
  setInterval(() => {
    const passed = (performance.now() - begun) / 1000;
    for (const [element, left] of dues) show(element, left - passed);
  }, EVERY);
}

function secondsLeft(element) {
  return Number(element.dataset.seconds);
}

function show(element, seconds) {
  const words = seconds < 0 ? element.dataset.late : element.dataset.left;
  element.textContent = words.replace("{span}", span(Math.abs(seconds), element.dataset.brief));
  element.classList.toggle("is-bad", seconds < 0);
  element.classList.toggle("is-warn", seconds >= 0 && seconds < SOON);
}

function span(seconds, brief) {
  const minutes = Math.floor(seconds / 60);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const rest = minutes % 60;
  const parts = [];
  if (days) parts.push(unit(days, "day"));
  if (hours) parts.push(unit(hours, "hour"));
  if (rest && !days) parts.push(unit(rest, "minute"));
  return parts.join(" ") || brief;
}

function unit(value, name) {
  const language = document.documentElement.lang;
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(value);
}
