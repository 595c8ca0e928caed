/** The objects that everything inherits from, and the global one. */
const SHARED: readonly (readonly [name: string, object: object])[] = [
  ["globalThis", globalThis],
  ...Object.entries({
    Object,
    Function,
    Array,
    String,
    Number,
    Boolean,
    BigInt,
    Symbol,
    Date,
    RegExp,
    Map,
    Set,
    WeakMap,
    Promise,
    Error,
    TypeError,
    Uint8Array,
    Response,
    Request,
    Headers,
    URL,
    AbortSignal,
  }).flatMap(([name, made]): [string, object][] => [
    [name, made],
    [`${name}.prototype`, made.prototype],
  ]),
  ["JSON", JSON],
  ["Math", Math],
  ["Reflect", Reflect],
];
/** What makes them at a glance: a member more or less. */
const QUICK = SHARED.filter(([name]) => /^(?:Object|Array|String|Function)\.prototype$/.test(name));

const membersOf = (object: object): string =>
  Reflect.ownKeys(object)
    .map((key) => String(key))
    .join();

/** Looks after the shared prototypes: quickly after each case, and at every member now and then. */
export class PrototypeGuard {
  readonly #quick = QUICK.map(([, object]) => Reflect.ownKeys(object).length);
  readonly #members = SHARED.map(([, object]) => membersOf(object));
  readonly #descriptors = SHARED.map(([name, object]) =>
    // A getter of the runtime's may make its value anew; what stands on the prototypes may not change.
    name === "globalThis" ? {} : Object.getOwnPropertyDescriptors(object),
  );

  /** Throws when a prototype that is polluted most often has a member more or less. */
  glance(): void {
    for (const [index, [name, object]] of QUICK.entries()) {
      if (Reflect.ownKeys(object).length !== this.#quick[index]) throw new Error(`${name} changed`);
    }
  }

  /** Throws when anything of them is not what it was. */
  inspect(): void {
    for (const [index, [name, object]] of SHARED.entries()) {
      if (membersOf(object) !== this.#members[index]) throw new Error(`${name} changed`);
      if (name === "globalThis") continue;
      const now: Record<PropertyKey, PropertyDescriptor> = Object.getOwnPropertyDescriptors(object);
      const before = this.#descriptors[index] as Record<PropertyKey, PropertyDescriptor>;
      for (const key of Reflect.ownKeys(now)) {
        const isSame =
          Object.is(now[key]?.value, before[key]?.value) &&
          now[key]?.get === before[key]?.get &&
          now[key]?.set === before[key]?.set;
        if (!isSame && !(name === "RegExp" || String(key) === "stackTraceLimit")) {
          throw new Error(`${name}.${String(key)} changed`);
        }
      }
    }
  }
}
