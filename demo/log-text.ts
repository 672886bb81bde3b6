import { styleText } from 'node:util'

/** A line of the log of `run`. */
export interface LogLine {
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

/** Undefined for what is no line of the log. */
export function readLogLine(text: string): LogLine | undefined {
  return text.startsWith('{') ? JSON.parse(text) as LogLine : undefined
}

/** The fields that tell the story, in this order; what the others say can be had with `status` and `explain`. */
const told = ['service', 'status', 'verb', 'kind', 'host', 'type', 'address', 'addresses', 'reason', 'messages', 'fault', 'services', 'cause'] as const
const longest = 150

/** One line for a person: the message, and the facts that matter here. */
export function logText(line: LogLine): string {
  const facts = told.flatMap((field) => textsOf(line[field])).join(' ')
  const text = facts === '' ? line.message : `${line.message}: ${facts}`
  const short = text.length > longest ? `${text.slice(0, longest - 1)}…` : text
  return line.level === 'info' ? short : styleText('yellow', short)
}

function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  return typeof value === 'string' ? [value] : []
}
