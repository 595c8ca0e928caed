/** Loaded before a program of the documentation: what it sends to Paygentic goes to a mock on loopback. */
const { MOCK_URL } = process.env;
const send = globalThis.fetch;
globalThis.fetch = (input, init) =>
  send(
    String(input).replace(/^https:\/\/api\.(?:sandbox\.)?paygentic\.io/, String(MOCK_URL)),
    init,
  );
