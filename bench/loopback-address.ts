/** The same address for the same number: 127.1.0.1 and on. */
export function loopbackAddress(index: number): string {
  return `127.1.${Math.floor(index / 250)}.${1 + index % 250}`
}
