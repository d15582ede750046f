// Tables that are asked with words of a file: what JavaScript gives every object (`constructor`) is in none of them.
export function table<T extends object>(entries: T): T {
  return Object.setPrototypeOf({ ...entries }, null) as T;
}
