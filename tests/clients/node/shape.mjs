// Shapes as docs/events.json has them: a validator of the few words that schemas there use.
import { readFileSync } from "node:fs";

const paper = JSON.parse(readFileSync(new URL("../../../docs/events.json", import.meta.url)));

const kinds = {
  object: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

/** What is wrong with a value, or undefined. */
function wrong(schema, value, at) {
  if (schema === true) return;
  if (schema === false) return `${at} must not be there`;
  if (schema.$ref) {
    const found = schema.$ref.slice(2).split("/").reduce((part, name) => part[name], paper);
    const reason = wrong(found, value, at);
    if (reason) return reason;
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.some((type) => kinds[type](value))) return `${at} is not ${types}: ${JSON.stringify(value)}`;
  if ("const" in schema && value !== schema.const) return `${at} is not ${schema.const}`;
  if (schema.enum && !schema.enum.includes(value)) return `${at} is none of ${schema.enum}: ${value}`;
  if (schema.pattern && !new RegExp(schema.pattern).test(value)) return `${at} does not match ${schema.pattern}: ${value}`;
  for (const all of schema.allOf ?? []) {
    const reason = wrong(all, value, at);
    if (reason) return reason;
  }
  for (const some of [schema.anyOf, schema.oneOf].filter(Boolean)) {
    const reasons = some.map((one) => wrong(one, value, at));
    if (reasons.every(Boolean)) return reasons.join("; ");
  }
  if (kinds.array(value) && schema.items) {
    return value.map((item, place) => wrong(schema.items, item, `${at}[${place}]`)).find(Boolean);
  }
  if (!kinds.object(value)) return;
  for (const name of schema.required ?? []) if (!(name in value)) return `${at}.${name} is missing`;
  for (const [name, part] of Object.entries(value)) {
    const byPattern = Object.entries(schema.patternProperties ?? {}).find(([pattern]) => new RegExp(pattern).test(name));
    const named = schema.properties?.[name] ?? byPattern?.[1] ?? schema.additionalProperties ?? true;
    const reason = wrong(named, part, `${at}.${name}`);
    if (reason) return reason;
  }
}

export function check(channel, message, value) {
  const known = paper.channels[channel].messages[message];
  if (!known) throw new Error(`${message} of ${channel} is not in docs/events.json`);
  const reason = wrong(known.payload, value, message);
  if (reason) throw new Error(reason);
}

/** The names of what clients say, or what they are told, in a channel. */
export function names(channel, verb) {
  const messages = Object.keys(paper.channels[channel].messages);
  return messages.filter((name) => name.startsWith(`${verb}.`) && !name.endsWith(".answer")).sort();
}
