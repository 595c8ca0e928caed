import type { Finding } from "./finding.ts";
import type { Search } from "./search.ts";

/** The server takes another event type for the cost's: a candidate for each of the first 64 other types. */
export function otherTypeFindings(search: Search): Finding[] {
  const { otherTypes, plan } = search.trail;
  return otherTypes.texts.flatMap((type, at) => {
    const prediction = search.predict({ otherType: at + 1 });
    if (prediction === search.own || !search.comparer.fitsTotalQuantity(prediction.total())) {
      return [];
    }
    const use = { id: "other-type-counted", parameters: { type } } as const;
    const advice = `The server counts events of type ${JSON.stringify(type)} too: look at which types the cost ${JSON.stringify(plan.eventType)} meters there.`;
    const events = search.rowsThatDiffer(prediction.rules);
    return (
      search.findingOf(
        [use],
        advice,
        prediction,
        (evidence) => evidence.chance(otherTypes.texts.length),
        search.pricing,
        events,
      ) ?? []
    );
  });
}
