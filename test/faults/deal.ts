import { type Fault } from './fault.ts'
import { newRandom, type Random } from './random.ts'

export interface Dealt<Of extends Fault = Fault> {
  readonly fault: Of
  readonly random: Random
}

/** Of a hundred faults, how many each lane has. */
const shares: Readonly<Record<Fault['lane'], number>> = { service: 80, platform: 8, oneShot: 12 }

/** So many faults, each lane in an order of its own that the seed decides: one deck after the other, shuffled. */
export function deal(faults: readonly Fault[], count: number, seed: number): Readonly<Record<Fault['lane'], Dealt[]>> {
  const random = newRandom(seed)
  const lanes = Object.groupBy(faults, ({ lane }) => lane)
  const present = (Object.keys(shares) as Fault['lane'][]).filter((lane) => (lanes[lane] ?? []).length > 0)
  const total = present.reduce((sum, lane) => sum + shares[lane], 0)
  const dealt = { service: [] as Dealt[], platform: [] as Dealt[], oneShot: [] as Dealt[] }
  for (const lane of present) {
    const wanted = Math.round(count * shares[lane] / total)
    const deck = (lanes[lane] ?? []).flatMap((fault) => Array.from({ length: fault.weight ?? 1 }, () => fault))
    while (dealt[lane].length < wanted) {
      const left = wanted - dealt[lane].length
      dealt[lane].push(...random.shuffled(deck).slice(0, left).map((fault) => ({ fault, random: newRandom(random.between(1, 2 ** 31)) })))
    }
  }
  return dealt
}
