import { Tensor } from './tensor.js';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Tensors in a value: itself, or those in nested arrays, maps and plain objects, in a fixed order. */
export const tensorsIn = (value: unknown, found: Tensor[] = []): Tensor[] => {
  if (value instanceof Tensor) found.push(value);
  else if (value instanceof Map) for (const part of value.values()) tensorsIn(part, found);
  else if (Array.isArray(value)) for (const part of value) tensorsIn(part, found);
  else if (isRecord(value)) for (const part of Object.values(value)) tensorsIn(part, found);
  return found;
};

/** The same value with other tensors. */
export const mapTensors = <T>(value: T, change: (tensor: Tensor) => Tensor): T => {
  if (value instanceof Tensor) return change(value) as T;
  if (value instanceof Map) {
    return new Map(Array.from(value, ([key, part]) => [key, mapTensors(part, change)])) as T;
  }
  if (Array.isArray(value)) return value.map((part) => mapTensors(part, change)) as T;
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapTensors(part, change)])) as T;
};

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** Tells objects apart in descriptions. */
export const identityOf = (value: object): number => {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identities.set(value, ++identityCount);
  return identityCount;
};

/**
 * One line for each part of a value: path, and for a tensor dtype and shape, for anything else the value, or the identity of what
 * is neither plain nor a tensor.
 */
export const describeParts = (
  value: unknown,
  path: string,
  describeTensor: (tensor: Tensor) => string,
  lines: string[] = [],
): string[] => {
  if (value instanceof Tensor) lines.push(`${path}: ${describeTensor(value)}`);
  else if (value instanceof Map || isRecord(value) || Array.isArray(value)) {
    const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
    lines.push(
      `${path}: ${value instanceof Map ? 'map' : Array.isArray(value) ? 'array' : 'object'} of ${entries.length}`,
    );
    for (const [key, part] of entries) describeParts(part, `${path}.${String(key)}`, describeTensor, lines);
  } else if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    lines.push(`${path}: ${value.constructor?.name ?? 'object'} #${identityOf(value)}`);
  } else {
    lines.push(
      `${path}: ${typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value)}`,
    );
  }
  return lines;
};
