// Says that letters have come since the page was loaded, and rings for hỏa tốc. The page itself is left as it is.
// When nobody watches any more, that is said as loudly: a silent desk is taken for an empty one.
const EVERY = 20_000;

const place = document.querySelector("#news");
if (place) setInterval(() => look(place), EVERY);

async function look(place) {
  const answer = await fetch(place.dataset.address, { headers: { Accept: "application/json", "Axis-By-Itself": "yes" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return warn(answer && answer.status < 500 ? "ended" : "lost");
  const { newest, urgent, idle } = await answer.json();
  warn(idle ? "idle" : "");
  const rings = urgent > Number(place.dataset.urgent);
  if (rings) place.dataset.urgent = urgent; // never lower: of two that come one may be taken before we look
  if (newest <= Number(place.dataset.newest)) return;
  place.dataset.newest = newest;
  show(place, rings);
  tell(place, rings);
  if (rings) new Audio(place.dataset.sound).play().catch(() => {}); // a browser may want a click first
}

function warn(why) {
  const line = document.querySelector("#unwatched");
  if (line.dataset.why === why) return;
  line.dataset.why = why;
  line.hidden = !why;
  const link = document.createElement("a");
  const here = location.pathname + location.search;
  link.href = why === "lost" ? here : `/login?next=${encodeURIComponent(here)}`;
  link.textContent = why ? line.dataset[why] : "";
  line.replaceChildren(link);
}

// Outside the page only what the clerk has allowed, and nothing of the letter: others look at the screen too.
const allow = document.querySelector("#news-allow");
if (allow && "Notification" in window && Notification.permission === "default") {
  allow.parentElement.hidden = false;
  allow.addEventListener("click", async () => {
    await Notification.requestPermission();
    allow.parentElement.hidden = true;
  });
}

function tell(place, rings) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const notice = new Notification(rings ? place.dataset.ring : place.dataset.words, { tag: "axis-news", requireInteraction: rings });
  notice.addEventListener("click", () => {
    focus();
    location.assign(place.dataset.list);
  });
}

function show(place, rings) {
  const link = document.createElement("a");
  link.href = place.dataset.list;
  link.textContent = rings ? place.dataset.ring : place.dataset.words;
  place.replaceChildren(link);
  place.classList.toggle("is-bad", rings);
  place.hidden = false;
  document.title = `● ${document.title.replace(/^● /, "")}`;
}
