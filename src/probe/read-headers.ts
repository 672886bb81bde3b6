import { readFile } from 'node:fs/promises'
import { type HeaderValue } from '../model/declared.ts'
import { codeOf } from './within-deadline.ts'

/**
 * The headers with their values as they are now: secrets are rotated while the registrar runs.
 * Returns a phrase where one cannot be had; it names the source and never a value.
 */
export async function readHeaders(
  headers: Readonly<Record<string, HeaderValue>>,
  signal: AbortSignal,
): Promise<Record<string, string> | string> {
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const read = await readValue(value, signal)
    if ('fault' in read) return `header ${name}: ${read.fault}`
    values[name] = read.text
  }
  return values
}

async function readValue(value: HeaderValue, signal: AbortSignal): Promise<{ text: string } | { fault: string }> {
  if (typeof value === 'string') return { text: value }
  if ('env' in value) return readEnv(value.env)
  try {
    return { text: withoutNewline(await readFile(value.file, { encoding: 'utf8', signal })) }
  } catch (error) {
    return { fault: `cannot read ${value.file}: ${codeOf(error)}` }
  }
}

function readEnv(name: string): { text: string } | { fault: string } {
  const text = process.env[name]
  return text === undefined ? { fault: `environment variable ${name} is not set` } : { text: withoutNewline(text) }
}

function withoutNewline(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}
