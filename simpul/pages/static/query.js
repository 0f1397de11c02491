// The query page: sends what is written to /graphql and shows the answer. Nothing runs by itself.
"use strict";

const form = document.getElementById("ask");
const query = document.getElementById("query");
const variables = document.getElementById("variables");
const answer = document.getElementById("answer");
const status = document.getElementById("status");

function readVariables() {
  const text = variables.value.trim();
  if (!text) return null;
  const value = JSON.parse(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new SyntaxError("not an object");
  return value;
}

async function run() {
  let given;
  try {
    given = readVariables();
  } catch {
    status.textContent = form.dataset.badVariables;
    variables.focus();
    return;
  }
  const started = performance.now();
  status.textContent = form.dataset.running;
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "Accept-Language": document.documentElement.lang,
      },
      body: JSON.stringify({ query: query.value, variables: given }),
    });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
    status.textContent = `${response.status} · ${Math.round(performance.now() - started)} ms`;
  } catch {
    status.textContent = form.dataset.unreachable;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
