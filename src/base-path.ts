/** A path without the slashes at its end; by hand, as `/\/+$/` would look at every slash anew. */
export function withoutEndSlashes(path: string): string {
  let end = path.length;
  while (path.charCodeAt(end - 1) === 47) end--;
  return path.slice(0, end);
}
