// One full resync: reads everything anew, looks at every service, and lets go what is no longer declared.

import { type Loop } from './loop.ts'
import { notesOf } from './notes-of.ts'
import { prune } from './prune.ts'
import { type Resynced } from './resync.ts'
import { refuseByConfig } from './take-config.ts'

// Answers of DNS may take their time; what was not looked at by then holds back what goes in its namespace.
const lookAllWithinMs = 60_000

/** Leaves the rest to the next one where it is outdated. Rejects with TargetUnreachable where nothing could be read, or with the signal's reason. */
export async function resyncOnce(loop: Loop, signal: AbortSignal, outdated: AbortSignal): Promise<Resynced> {
  const { followed, situation, hosts, queue, world } = loop
  await followed.objects.refresh(signal)
  const surroundings = await world.target.surroundings(signal)
  situation.surroundings = surroundings
  refuseByConfig(loop)
  hosts.follow(situation.declared, followed.objects)
  const inTime = AbortSignal.any([signal, outdated, AbortSignal.timeout(lookAllWithinMs)])
  await queue.lookAt(situation.services.keys(), inTime).catch(() => { signal.throwIfAborted() })
  if (outdated.aborted) return 'partly'
  const { notes, isWhole } = await prune(loop)
  tellNews(loop, [...surroundings.notes, ...notesOf(followed.objects.current()), ...notes])
  return isWhole ? 'whole' : 'partly'
}

/** What `sync` prints beside its result. Most of it the next resync finds unchanged, and does not say again. */
function tellNews({ situation, world }: Loop, notes: readonly string[]): void {
  for (const message of notes) if (situation.notes?.includes(message) !== true) world.tell({ kind: 'trouble', where: 'resync', message })
  situation.notes = notes
}
