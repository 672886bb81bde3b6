import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'

const lowest = 16_384
const usualEphemeralStart = 32_768

/**
 * Ports that are free at this moment, all different, TCP and UDP alike as far as the kernel hands them out: below its
 * ephemeral range, since one from within it may be given to any connection or listener before ours is bound. Another
 * caller may still be quicker: try again then.
 */
export async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const end = Math.min(await ephemeralStart(), usualEphemeralStart)
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = end - lowest >= 1000 ? randomInt(lowest, end) : 0
    const bound = await listen(address, port)
    if (bound !== undefined) ports.add(bound)
  }
  return [...ports]
}

/** The port once it was bound and let go again; undefined where it is taken. */
async function listen(address: string, port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    await once(server.listen({ port, host: address, exclusive: true }), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
  const bound = server.address()
  await once(server.close(), 'close')
  return typeof bound === 'object' ? bound?.port : undefined
}

async function ephemeralStart(): Promise<number> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '')
  return Number(/^\d+/.exec(text)?.[0] ?? usualEphemeralStart)
}
