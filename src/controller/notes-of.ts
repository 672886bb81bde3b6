import { type Current } from '../model/ports.ts'

/** What of the scope could not be looked at, so that nobody takes silence for absence. */
export function notesOf({ unreadable, unsearched }: Current): readonly string[] {
  return [
    ...[...unreadable ?? []].map(([namespace, why]) => `Namespace ${namespace} could not be read, so what is there is not known: ${why}`),
    ...(unsearched === undefined ? [] : [`Other namespaces could not be searched for what is ours (--namespaces names those to look in): ${unsearched}`]),
  ]
}
