// The log: JSON lines for machines, readable ones on a terminal. Transitions, not states.

import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino'
import { type Tell } from '../model/happenings.ts'
import { foldTroubles } from './fold-troubles.ts'
import { type Level, logLine } from './log-line.ts'

export interface LogOptions {
  /** The least that is said. */
  readonly level: Level
  /** Readable, in colours, for a terminal. */
  readonly isPretty: boolean
  /** Takes whole lines; standard error by default. */
  readonly destination?: DestinationStream
  /** ms since the epoch. */
  readonly now?: () => number
}

const standardError = 2
const mostBuffered = 1024 * 1024

/**
 * The sink of what happens that writes the log. A reader that is slow or stuck costs lines and never time: lines wait in
 * memory, at most 1 MiB of them. They are all written when the process ends, by process.exit() too.
 */
export async function openLog({ level, isPretty, destination: given, now = Date.now }: LogOptions): Promise<Tell> {
  const lines = given ?? destination({ dest: standardError, sync: false, maxLength: mostBuffered })
  const logger = pino({
    level, base: null, timestamp: stdTimeFunctions.isoTime, messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
  }, isPretty ? await prettyLines(lines, given === undefined) : lines)
  const fold = foldTroubles(now)
  return (happening) => {
    const repeats = happening.kind === 'trouble' ? fold(happening)?.repeats : 0
    if (repeats === undefined) return
    const line = logLine(happening)
    logger[line.level](repeats === 0 ? line.fields : { ...line.fields, repeats }, line.message)
  }
}

/** Line by line, not as a stream of its own, whose last lines would be lost at the end. */
async function prettyLines(to: DestinationStream, isStandardError: boolean): Promise<DestinationStream> {
  // By its default export: of a CommonJS package the bundle has no other.
  const { default: { prettyFactory } } = await import('pino-pretty')
  const colorize = isStandardError && process.stderr.isTTY && process.stderr.hasColors()
  const pretty = prettyFactory({ colorize, singleLine: true, messageKey: 'message', translateTime: 'SYS:HH:MM:ss.l' })
  return { write: (line) => { to.write(pretty(line)) } }
}
