// Passkeys. A form with `data-passkey` is shown where the browser knows passkeys; pressing its button asks the server
// what to sign, the device to sign it, and then sends the form with the answer as any other. Nothing is decided here.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const keys = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function options(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { Accept: "application/json" },
    redirect: "error",
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(`${found.title}. ${found.remedy ?? ""}`);
  return { ...found, challenge: bytes(found.challenge) };
}

async function made(form) {
  const wanted = await options(form);
  const publicKey = { ...wanted, user: { ...wanted.user, id: bytes(wanted.user.id) }, excludeCredentials: keys(wanted.excludeCredentials) };
  const key = await navigator.credentials.create({ publicKey });
  return { key, response: { attestationObject: text(key.response.attestationObject) } };
}

async function used(form) {
  const wanted = await options(form);
  const key = await navigator.credentials.get({ publicKey: { ...wanted, allowCredentials: keys(wanted.allowCredentials) } });
  const { authenticatorData, signature, userHandle } = key.response;
  const response = { authenticatorData: text(authenticatorData), signature: text(signature) };
  return { key, response: userHandle ? { ...response, userHandle: text(userHandle) } : response };
}

async function send(form) {
  const said = form.querySelector("[role=status]");
  said.textContent = form.dataset.wait;
  try {
    const { key, response } = await (form.dataset.passkey === "make" ? made(form) : used(form));
    const clientDataJSON = text(key.response.clientDataJSON);
    form.elements.answer.value = JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response: { ...response, clientDataJSON } });
    form.submit();
  } catch (error) {
    // A DOMException is the browser's: refused, cancelled, timed out. Its own words are in its own language.
    said.textContent = error instanceof DOMException || error instanceof TypeError ? form.dataset.failed : error.message;
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.closest("[hidden]").hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
}
