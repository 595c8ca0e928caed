import type { Fault } from "metered-costs/mock";

/** Where the program finds its mock, and how it tells it what to do. */
export interface StagePlace {
  /** The client's base URL. */
  readonly baseUrl: string;
  /** Undefined where a proxy adds it, as for a page in a browser. */
  readonly apiKey?: string | undefined;
  /** The URL under which the mock is told what to do. */
  readonly control: string;
}

/** The stage, as the program sees it from inside a runtime: it can be told things over HTTP only. */
export class Stage {
  readonly place: StagePlace;

  constructor(place: StagePlace) {
    this.place = place;
  }

  async reset(): Promise<void> {
    await this.#tell("reset");
  }

  async fault(fault: Fault): Promise<void> {
    await this.#tell("fault", fault);
  }

  /** How many requests the mock received, and how many events it keeps. */
  async counts(): Promise<{ readonly requests: number; readonly events: number }> {
    return (await this.#tell("counts")).json();
  }

  /** The golden cases of `test/cases`. */
  async cases(): Promise<readonly GoldenCase[]> {
    return (await this.#tell("cases")).json();
  }

  async #tell(what: string, body: object = {}): Promise<Response> {
    const response = await fetch(`${this.place.control}/${what}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the stage answered ${response.status} to ${what}`);
    return response;
  }
}

/** A golden case as it stands in its file. */
export interface GoldenCase {
  readonly name: string;
  readonly cost: never;
  readonly query: never;
  readonly events: never;
  readonly now?: string;
  readonly expected?: {
    readonly totalQuantity: string | null;
    readonly totalCost: string | null;
    readonly groups: readonly { readonly dimensions: Readonly<Record<string, string>> }[] | null;
    readonly timeSeries: readonly unknown[] | null;
  };
  readonly expectedError?: true;
}
