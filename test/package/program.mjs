// The whole library once, from its installed package. Says as JSON what it saw; the runner judges.
export async function program({ main, summary, mock, server, kontorion }) {
  const { Paygentic, isCostsError, CostsError, InvalidInputError, Decimal } = main;
  const running = await server.startMockServer();
  const paygentic = new Paygentic({ baseUrl: running.url, apiKey: "sk_package" });
  const cost = await paygentic.costs.create(
    main.defineCost({
      type: "metered",
      name: "Tokens",
      unitCost: "0.000000000000000000123456789",
      currency: "USD",
      productId: "prod_1",
      eventType: "llm",
      aggregation: "SUM",
      valueProperty: "$.tokens",
      groupBy: { model: "$.model" },
    }),
  );
  const events = [1, 2, 3].map((tokens) => ({
    type: "llm",
    source: "urn:test",
    subject: "cus_1",
    idempotencyKey: `key-${tokens}`,
    timestamp: `2026-06-0${tokens}T00:00:00Z`,
    data: { tokens, model: "m" },
  }));
  const sent = await paygentic.events.ingestAll(events);
  const query = {
    from: "2026-06-01T00:00:00Z",
    to: "2026-07-01T00:00:00Z",
    groupBy: ["model"],
    window: "DAY",
  };
  const server_ = await paygentic.costs.summary(cost, query);
  const local = summary.summarizeCost(cost, events, query);
  const thrown = (() => {
    try {
      return summary.summarizeCost({ ...cost, unitCost: "many" }, [], query);
    } catch (error) {
      return error;
    }
  })();
  const missing = await paygentic.costs.get("cst_none", { maxRetries: 0 }).catch((error) => error);
  const refused = await paygentic.costs.create({}).catch((error) => error);
  const inMemory = await mock
    .createMockPaygentic()
    .fetch(
      new Request("http://localhost/v0/costs", { headers: { authorization: "Bearer sk_package" } }),
    );
  await running.close();
  const catalog = await server.startMockServer({ mock: mock.createMockKontorion() });
  const versioned = new kontorion.Kontorion({
    baseUrl: `${catalog.url}/v1`,
    apiKey: `sk_test_${"0".repeat(64)}`,
  });
  const created = await versioned.costs.create({ key: "gpu_hour" });
  const { data: versions } = await versioned.costs.versions(created.id);
  const wrongId = await versioned.costs.versions("cst_1").catch((error) => error);
  await catalog.close();
  return {
    accepted: sent.accepted,
    server: String(server_.totalCost),
    local: String(local.totalCost),
    groups: local.groups.length,
    days: server_.timeSeries.length,
    sharedClass: thrown instanceof InvalidInputError && thrown instanceof CostsError,
    sharedBrand: isCostsError(thrown),
    sharedDecimal: local.totalCost instanceof Decimal && summary.Decimal === Decimal,
    missing: missing.code,
    refused: refused.issues?.length > 0,
    inMemory: inMemory.status,
    periods: kontorion.versionTimeline(versions).periods.length,
    kontorionShares: wrongId instanceof InvalidInputError && kontorion.Decimal === Decimal,
  };
}
