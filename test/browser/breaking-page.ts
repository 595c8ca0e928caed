/** Does what a strict policy forbids, and nothing else: what is reported of it would be reported of the library. */
try {
  new Function("return 1")();
} catch {
  document.documentElement.dataset["state"] = "done";
}
