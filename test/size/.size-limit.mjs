// What a browser downloads: bundled, minified and gzipped. 1 kB is 1,000 bytes.
const program = (name, path, limit, rest) => ({
  name,
  path,
  limit,
  gzip: true,
  modifyEsbuildConfig: (config) => ({ ...config, format: "esm", platform: "browser" }),
  ...rest,
});
const client = "client.js";
const main = "../../dist/browser/index.js";
const summary = "../../dist/browser/summary.js";
const withoutDecimal = { ignore: ["decimal.js"] };

export default [
  program("the client, costs.create and costs.summary called", client, "27 kB"),
  program("the same without decimal.js", client, "14 kB", withoutDecimal),
  program("summarizeCost without decimal.js", summary, "8 kB", {
    import: "{ summarizeCost }",
    ...withoutDecimal,
  }),
  program("an error's class", main, "0.5 kB", { import: "{ ApiError }" }),
  program("isCostsError", main, "0.5 kB", { import: "{ isCostsError }" }),
  program("isCostsError beside the summary", summary, "0.5 kB", { import: "{ isCostsError }" }),
];
