import type { CostEvent } from "../models.ts";
import { isJsonObject, jsonForm, ownMember } from "../values/json-form.ts";
import { unreadableBecause } from "../values/unserializable-value.ts";
import {
  field,
  nullish,
  optional,
  pickedObject,
  readPart,
  refuse,
  type Schema,
  text,
  time,
} from "./fields.ts";

const SHAPE = {
  type: text,
  data: /* @__PURE__ */ field<object, object>((given, payload) =>
    isJsonObject(given) ? given : refuse(payload, "expected an object", given),
  ),
  source: /* @__PURE__ */ nullish(text),
  subject: /* @__PURE__ */ nullish(text),
  externalSubject: /* @__PURE__ */ nullish(text),
  namespace: /* @__PURE__ */ nullish(text),
  timestamp: /* @__PURE__ */ optional(time),
  idempotencyKey: /* @__PURE__ */ nullish(text),
};
type EventModel = Omit<CostEvent, "timestamp"> & { readonly timestamp?: Date | undefined };

/**
 * A usage event of a log, in its JSON form: own enumerable members, each as `JSON.stringify` would write it; fields that
 * no summary reads are left out. The engine checks events by hand, since there are millions of them; a property test
 * holds both equal.
 */
export const costEvent = /* @__PURE__ */ field<EventModel, CostEvent>((given, payload) => {
  const read: Record<string, unknown> = {};
  let name = "";
  try {
    const event = jsonForm(given, name);
    if (!isJsonObject(event)) return refuse(payload, "expected an object", given);
    for (name of Object.keys(SHAPE)) {
      const value = ownMember(event, name);
      // A Date is read as it is, without the way through its text.
      const isDate = name === "timestamp" && value instanceof Date;
      const form = isDate ? value : jsonForm(value, name);
      if (form !== undefined) read[name] = form;
    }
  } catch (error) {
    const path = name === "" ? [] : [name];
    return refuse(payload, unreadableBecause(error), undefined, ...path);
  }
  return readPart(members as unknown as Schema<EventModel, never>, read, payload);
});
const members = /* @__PURE__ */ pickedObject(SHAPE);
