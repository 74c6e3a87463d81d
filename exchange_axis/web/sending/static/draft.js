// The wizard's conveniences: saves what is typed, resumes uploads, searches while one types. Every step works without.
const PIECE = 1 << 20;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const letter = document.querySelector("form[data-autosave]");
const csrf = document.querySelector("input[name=csrf]")?.value ?? "";

function bytes(count) {
  return count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function versions(value) {
  for (const field of document.querySelectorAll("input[name=version]")) field.value = value;
}

if (letter) {
  const state = document.querySelector("#save-state");
  let dirty = false;
  let stopped = false;
  let saving = null;
  const save = () => {
    saving = (saving ?? Promise.resolve()).then(async () => {
      if (!dirty || stopped) return;
      dirty = false;
      try {
        const body = new URLSearchParams(new FormData(letter));
        const answer = await fetch(letter.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" } });
        if (answer.status === 409) {
          stopped = true;
          state.textContent = letter.dataset.conflict;
          return;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        versions((await answer.json()).version);
        state.textContent = letter.dataset.saved;
      } catch {
        dirty = true;
        state.textContent = letter.dataset.failed;
      }
    });
    return saving;
  };
  letter.addEventListener("input", () => { dirty = true; });
  setInterval(save, 3000);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  // Other forms of the page lead away from what was typed: it is saved before they go.
  for (const form of document.querySelectorAll("form")) {
    if (form === letter) continue;
    form.addEventListener("submit", async (event) => {
      if (!dirty || stopped) return;
      event.preventDefault();
      const pressed = event.submitter;
      await save();
      delete form.dataset.sent;
      form.requestSubmit(pressed);
    });
  }
}

const upload = document.querySelector("#upload");
if (upload) {
  const field = upload.querySelector("input[type=file]");
  const state = document.querySelector("#upload-state");
  const post = (url, body) => fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  const tell = (part, whole) => {
    state.textContent = upload.dataset.progress.replace("{part}", bytes(part)).replace("{whole}", bytes(whole));
  };

  async function send(file) {
    const said = new URLSearchParams({ csrf, name: file.name, length: String(file.size) });
    let answer = await post(upload.dataset.uploads, said);
    if (!answer.ok) throw new Error(String(answer.status));
    let place = await answer.json();
    const address = `${upload.dataset.uploads}/${place.id}`;
    for (let pause = 1000; place.offset < file.size; ) {
      tell(place.offset, file.size);
      try {
        const body = new FormData();
        body.append("csrf", csrf);
        body.append("offset", String(place.offset));
        body.append("piece", file.slice(place.offset, place.offset + PIECE), "piece");
        answer = await post(address, body);
        if (answer.status === 409) answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (answer.status >= 400 && answer.status < 500) return false;
        if (!answer.ok) throw new Error(String(answer.status));
        place = await answer.json();
        pause = 1000;
      } catch {
        state.textContent = upload.dataset.waiting;
        await wait(pause);
        pause = Math.min(pause * 2, 30000);
      }
    }
    return true;
  }

  upload.addEventListener("submit", async (event) => {
    const files = [...field.files].filter((file) => file.size);
    if (!files.length) return;
    event.preventDefault();
    upload.setAttribute("aria-busy", "true");
    try {
      for (const file of files) if (!(await send(file))) break;
    } catch {
      state.textContent = upload.dataset.waiting;
      upload.removeAttribute("aria-busy");
      return;
    }
    location.assign(location.pathname);
  });
}

const search = document.querySelector("input[data-search]");
if (search) {
  const found = document.querySelector("#found");
  let timer = 0;
  let newest = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const turn = ++newest;
      if (search.value.trim().length < 2) {
        found.replaceChildren();
        return;
      }
      const answer = await fetch(`${search.dataset.search}?q=${encodeURIComponent(search.value)}`);
      if (!answer.ok || turn !== newest) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      found.replaceChildren(...page.body.childNodes);
    }, 200);
  });
}
