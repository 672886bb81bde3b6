// A small name server on a loopback port, UDP and TCP, that answers by script and misbehaves where told to.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { decode } from 'dns-packet'
import { nodata, nxdomain, addresses, type Behaviour } from './dns-behaviours.ts'

/** One query as it came. */
export interface Asked {
  /** In the letter case it was asked with. */
  readonly name: string
  readonly type: string
  readonly id: number
  readonly over: 'udp' | 'tcp'
  /** The payload that EDNS offers; undefined without EDNS. */
  readonly edns: number | undefined
  readonly fromPort: number
}

export interface DnsServer {
  /** `127.0.0.1:port`, as a config names it. */
  readonly address: string
  readonly port: number
  /** Every query so far, oldest first. */
  readonly queries: readonly Asked[]
  /** Scripts one name and type; the last word counts. What is not scripted is NODATA where the name is known, else NXDOMAIN. */
  answer(name: string, type: 'A' | 'AAAA' | 'CNAME' | 'SRV', behaviour: Behaviour): void
  /** Scripts a well-behaved host: A and AAAA from the addresses given. */
  host(name: string, ips: readonly string[], ttl?: number): void
  /** Takes a name out: NXDOMAIN from now on. */
  forget(name: string): void
  stop(): Promise<void>
}

/** Starts a server on 127.0.0.1; without a port on a free one. */
export async function startDnsServer({ port = 0 }: { readonly port?: number } = {}): Promise<DnsServer> {
  const scripts = new Map<string, Map<string, Behaviour>>()
  const queries: Asked[] = []
  const reply = async (bytes: Buffer, over: Asked['over'], fromPort: number): Promise<readonly Buffer[]> => {
    const asked = readQuery(bytes, over, fromPort)
    queries.push(asked)
    const types = scripts.get(asked.name.toLowerCase())
    return (types?.get(asked.type) ?? (types === undefined ? nxdomain() : nodata()))(asked)
  }
  const script = (name: string, type: string, behaviour: Behaviour): void => {
    const key = name.toLowerCase()
    scripts.set(key, (scripts.get(key) ?? new Map<string, Behaviour>()).set(type, behaviour))
  }
  const { tcp, udp } = await listen(port)
  serveUdp(udp, reply)
  const sockets = serveTcp(tcp, reply)
  const at = udp.address().port
  return {
    address: `127.0.0.1:${at}`, port: at, queries,
    answer: script,
    host: (name, ips, ttl = 60) => {
      const [v4, v6] = [ips.filter((ip) => !ip.includes(':')), ips.filter((ip) => ip.includes(':'))]
      script(name, 'A', v4.length > 0 ? addresses(v4, ttl) : nodata())
      script(name, 'AAAA', v6.length > 0 ? addresses(v6, ttl) : nodata())
    },
    forget: (name) => { scripts.delete(name.toLowerCase()) },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      const closed = Promise.all([once(tcp, 'close'), once(udp, 'close')])
      tcp.close()
      udp.close()
      await closed
    },
  }
}

type Answering = (bytes: Buffer, over: Asked['over'], fromPort: number) => Promise<readonly Buffer[]>

// Another process may have the UDP port that goes with a free TCP port.
async function listen(port: number, attempts = 10): Promise<{ tcp: Server; udp: UdpSocket }> {
  const tcp = createServer()
  await once(tcp.listen(port, '127.0.0.1'), 'listening')
  const udp = createSocket('udp4')
  try {
    udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1')
    await once(udp, 'listening')
    return { tcp, udp }
  } catch (error) {
    tcp.close()
    if (attempts === 0 || port !== 0) throw error
    return listen(port, attempts - 1)
  }
}

function serveUdp(udp: UdpSocket, answering: Answering): void {
  let isOpen = true
  udp.on('close', () => { isOpen = false })
  // The client may be gone by the time its answer is sent.
  udp.on('error', () => undefined)
  udp.on('message', (bytes, from) => {
    void answering(bytes, 'udp', from.port).then((packets) => {
      for (const packet of packets) if (isOpen) udp.send(packet, from.port, from.address)
    })
  })
}

function serveTcp(tcp: Server, answering: Answering): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  tcp.on('connection', (socket) => {
    socket.setNoDelay()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const query = received.subarray(2, end)
        received = received.subarray(end)
        void answering(query, 'tcp', socket.remotePort ?? 0).then((packets) => {
          for (const packet of packets) writeInPieces(socket, Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]))
        })
      }
    })
  })
  return sockets
}

// A stream keeps no message together, not even the two bytes of its length.
function writeInPieces(socket: Socket, bytes: Buffer): void {
  for (const [turn, [start, end]] of [[0, 1], [1, 20], [20, bytes.length]].entries()) {
    setTimeout(() => { if (socket.writable) socket.write(bytes.subarray(start, end)) }, 5 * turn).unref()
  }
}

function readQuery(bytes: Buffer, over: Asked['over'], fromPort: number): Asked {
  const { id = 0, questions: [question] = [], additionals = [] } = decode(bytes)
  if (question === undefined) throw new Error('Query without a question')
  const opt = additionals.find((record) => record.type === 'OPT')
  return { name: question.name, type: question.type, id, over, edns: opt?.udpPayloadSize, fromPort }
}
