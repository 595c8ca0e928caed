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

export default [
  program("the client with its libraries, costs.create and costs.summary called", client, "48 kB"),
  program("summarizeCost with zod, without decimal.js", summary, "26 kB", {
    import: "{ summarizeCost }",
    ignore: ["decimal.js"],
  }),
  program("an error's class", main, "0.7 kB", { import: "{ ApiError }" }),
  program("isCostsError", main, "0.7 kB", { import: "{ isCostsError }" }),
  program("isCostsError beside the summary", summary, "0.7 kB", { import: "{ isCostsError }" }),
];
