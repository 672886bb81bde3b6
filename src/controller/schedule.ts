// When to try again. Pure: randomness is an argument.

const firstMs = 500
const mostMs = 5_000

/**
 * How long a service waits after its `failures`-th failure in a row, in ms: 0.5 s, 1, 2, 4 and then 5, up to a quarter of
 * it taken off by `random` (0 to 1), so that many that failed as one do not come back as one. The bound is short on
 * purpose: the world is to be true again within seconds of a fault's end.
 */
export function backOffMs(failures: number, random: number): number {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 10))
  return full * (1 - random / 4)
}
