/**
 * A client behind a corporate proxy: undici reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Needs `npm install undici`, since
 * the `fetch` of a runtime takes only dispatchers of its own version of undici.
 */
import { Paygentic, type PaygenticOptions } from "metered-costs";
import { EnvHttpProxyAgent, fetch } from "undici";

export function proxiedPaygentic(options: PaygenticOptions = {}): Paygentic {
  const dispatcher = new EnvHttpProxyAgent();
  return new Paygentic({ ...options, fetch: (url, init) => fetch(url, { ...init, dispatcher }) });
}
