// Hashes a PDF in the browser where its number is typed, so that it need not leave this machine. Without a number the
// form is sent as it is, and the hub reads the number from the first page. Drop the file on the form or choose it.
const form = document.getElementById("hash-form");
const input = form && form.querySelector('input[type="file"]');
const hex = (bytes) => Array.from(new Uint8Array(bytes), (one) => one.toString(16).padStart(2, "0")).join("");
const typed = () => form.querySelector('[name="number-in-hand"]').value.trim();

const look = async (file) => {
  const digest = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const address = new URL("/auditor", location.href);
  address.searchParams.set("file", digest);
  address.searchParams.set("text", typed());
  location.assign(address);
};

if (form && window.crypto && crypto.subtle) {
  form.addEventListener("submit", (event) => {
    if (!input.files.length || !typed()) return;
    event.preventDefault();
    look(input.files[0]);
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
