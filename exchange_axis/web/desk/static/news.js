// Says that letters have come since the page was loaded, and rings for hỏa tốc. The page itself is left as it is.
const EVERY = 20_000;

const place = document.querySelector("#news");
if (place) setInterval(() => look(place), EVERY);

async function look(place) {
  const answer = await fetch(place.dataset.address, { headers: { Accept: "application/json", "Axis-By-Itself": "yes" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { newest, urgent } = await answer.json();
  if (newest <= Number(place.dataset.newest)) return;
  const rings = urgent > Number(place.dataset.urgent);
  place.dataset.newest = newest;
  place.dataset.urgent = urgent;
  show(place, rings);
  if (rings) new Audio(place.dataset.sound).play().catch(() => {}); // a browser may want a click first
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
