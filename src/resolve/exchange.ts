import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { newQuery, type Query, type Question, readReply, type Reply } from './dns-message.ts'
import { type NameServer } from './name-servers.ts'

const dislikesOfEdns = new Set(['FORMERR', 'NOTIMP', 'BADVERS'])

/**
 * One question to one server: UDP, again without EDNS where the server cannot read it, and TCP where the answer was cut.
 * All of it ends when the signal does, as the failure `timeout`; it never rejects and leaves no socket behind.
 */
export async function exchange(server: NameServer, question: Question, signal: AbortSignal): Promise<Reply> {
  const first = await exchangeUdp(server, newQuery(question, true), signal)
  const withEdns = !(first.kind === 'message' && dislikesOfEdns.has(first.message.rcode))
  const reply = withEdns ? first : await exchangeUdp(server, newQuery(question, false), signal)
  return reply.kind === 'truncated' ? exchangeTcp(server, newQuery(question, withEdns), signal) : reply
}

// A socket of its own for each query: a random port, and connected, so that only this server's packets arrive and a closed port is heard of.
async function exchangeUdp(server: NameServer, query: Query, signal: AbortSignal): Promise<Reply> {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4')
  try {
    return await settled(signal, (settle) => {
      const fail = (error: Error): void => { settle(failure(error)) }
      socket.on('error', fail)
      // What does not answer this query may be forged: it is passed over, and the true answer waited for.
      socket.on('message', (bytes) => { settle(readReply(bytes, query)) })
      socket.once('connect', () => { socket.send(query.bytes, (error) => { if (error !== null) fail(error) }) })
      socket.connect(server.port, server.address)
    })
  } finally {
    socket.close()
  }
}

async function exchangeTcp(server: NameServer, query: Query, signal: AbortSignal): Promise<Reply> {
  const socket = connect({ host: server.address, port: server.port })
  try {
    return await settled(signal, (settle) => {
      let received = Buffer.alloc(0)
      socket.on('error', (error) => { settle(failure(error)) })
      socket.on('close', () => { settle({ kind: 'failure', reason: 'connection closed without an answer' }) })
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        const message = firstFrame(received)
        if (message !== undefined) settle(readFramed(message, query))
      })
      socket.write(frame(query.bytes))
    })
  } finally {
    socket.destroy()
  }
}

/** The first thing that work settles with, or `timeout` when the signal comes first. Undefined settles nothing. */
function settled(signal: AbortSignal, work: (settle: (reply: Reply | undefined) => void) => void): Promise<Reply> {
  return new Promise((resolve) => {
    const stop = (): void => { settle({ kind: 'failure', reason: 'timeout' }) }
    const settle = (reply: Reply | undefined): void => {
      if (reply === undefined) return
      signal.removeEventListener('abort', stop)
      resolve(reply)
    }
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    else work(settle)
  })
}

// RFC 1035, 4.2.2: two bytes of length before each message.
function frame(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

function firstFrame(received: Buffer): Buffer | undefined {
  if (received.length < 2) return undefined
  const end = 2 + received.readUInt16BE(0)
  return received.length < end ? undefined : received.subarray(2, end)
}

// A stream has one sender: what is wrong there is not waited out. Nor can it be cut again.
function readFramed(bytes: Buffer, query: Query): Reply {
  const reply = readReply(bytes, query)
  return reply === undefined || reply.kind === 'truncated' ? { kind: 'failure', reason: 'malformed answer' } : reply
}

function failure(error: NodeJS.ErrnoException): Reply {
  return { kind: 'failure', reason: error.code ?? error.message }
}
