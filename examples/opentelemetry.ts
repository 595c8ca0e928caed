/**
 * One span for each call, with one child for each attempt. The attributes of an attempt are those of OpenTelemetry's
 * conventions for HTTP clients. Needs `npm install @opentelemetry/api` and an SDK that exports the spans.
 */
import { type Context, context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { type AttemptInfo, isCostsError, type RequestOptions } from "metered-costs";

const tracer = trace.getTracer("metered-costs");

/** Runs a call in a span: `traced("costs.get", (options) => paygentic.costs.get(id, options))`. */
export function traced<T>(name: string, call: (options: RequestOptions) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await call({ context: trace.setSpan(context.active(), span) });
    } catch (error) {
      const type = isCostsError(error) ? error.code : "aborted";
      span.setAttribute("error.type", type);
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Records an attempt: `new Paygentic({ onAttempt: recordAttempt })`. */
export function recordAttempt(info: AttemptInfo): void {
  const { attempt, method, url, status, error, duration, operation } = info;
  const { hostname, port, protocol } = new URL(url);
  const end = Date.now();
  const span = tracer.startSpan(
    method,
    {
      kind: SpanKind.CLIENT,
      startTime: end - duration,
      attributes: {
        "http.request.method": method,
        "url.full": url,
        "server.address": hostname,
        "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
        "metered_costs.operation": operation,
        ...(status !== undefined && { "http.response.status_code": status }),
        ...(attempt > 1 && { "http.request.resend_count": attempt - 1 }),
      },
    },
    // A call outside `traced` has no context.
    (info.context as Context | undefined) ?? context.active(),
  );
  if (error !== undefined) {
    const type = status?.toString() ?? (isCostsError(error) ? error.code : "aborted");
    span.setAttribute("error.type", type);
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
  }
  span.end(end);
}
