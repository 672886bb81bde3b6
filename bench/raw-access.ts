// Undici alone: how the raw programs reach the API server. What they are told is in the environment.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'

const { RAW_SERVER = '', RAW_CA = '', RAW_TOKEN = '' } = process.env

export const connections = 32

const dispatcher = new Agent({ connections, connect: { ca: readFileSync(RAW_CA) } })

export async function send(method: 'GET' | 'POST', path: string, body?: string): Promise<unknown> {
  const answer = await request(`${RAW_SERVER}${path}`, {
    method, dispatcher, body: body ?? null,
    headers: { 'user-agent': 'raw', authorization: `Bearer ${RAW_TOKEN}`, 'content-type': 'application/json' },
  })
  const text = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
  return JSON.parse(text)
}

export function closeAll(): Promise<void> {
  return dispatcher.close()
}
