const find = selector => document.querySelector(selector);
const only = location.pathname.match(/^\/notes\/(\d+)$/)?.[1];  // a page of one note
let session = {}, events;

async function ask(method, path, body) {
  const headers = { "X-CSRF-Token": session.token };
  const answer = await fetch("/api" + path, { method, headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.status === 204 ? null : answer.json();
}

// fetch() does not tell how far an upload is.
function upload(form) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = at => { find("progress").value = at.loaded / at.total; };
    request.onload = () => request.status === 201 ? resolve() : reject(new Error(request.responseText));
    request.onerror = () => reject(new Error("The server does not answer."));
    request.open("POST", "/api/notes");
    request.setRequestHeader("X-CSRF-Token", session.token);
    request.send(new FormData(form));
  });
}

function item(note) {
  const line = document.createElement("li");
  const link = (href, text) => Object.assign(document.createElement("a"), { href, textContent: text });
  const remove = Object.assign(document.createElement("button"), { textContent: "Remove" });
  remove.onclick = () => attempt(() => ask("DELETE", `/notes/${note.id}`));
  line.append(note.text, remove, link(`/notes/${note.id}`, "Open"));  // texts, never markup
  if (note.file) line.append(link(`/api/notes/${note.id}/file`, note.file));
  return line;
}

async function list() {
  const notes = await ask("GET", "/notes");
  find("ul").replaceChildren(...notes.filter(note => !only || note.id === Number(only)).map(item));
}

function show(now) {
  session = now;
  find("#login").hidden = !!session.user;
  find("main").hidden = !session.user;
  events?.close();
  if (!session.user) return;
  events = new EventSource("/api/events");
  events.onmessage = () => attempt(list);
}

async function attempt(action) {
  find("#said").textContent = "";
  await action().catch(error => { find("#said").textContent = error.message; });
}

function onSubmit(selector, action) {
  find(selector).onsubmit = event => {
    event.preventDefault();
    attempt(() => action(event.target)).then(() => find("#said").textContent || event.target.reset());
  };
}

onSubmit("#login", async form =>
  show(await ask("POST", "/session", JSON.stringify(Object.fromEntries(new FormData(form))))));
onSubmit("#write", upload);
find("#logout").onclick = () => attempt(async () => show(await ask("DELETE", "/session")));
attempt(async () => show(await ask("GET", "/session")));
