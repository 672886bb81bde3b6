// A client in the pod: opens a new connection every so many ms and sends what came of each. Arguments: address, port, ms.
import { connect } from 'node:net'
import { type Connected } from './start-client.ts'

const [address = '', port = '', everyMs = ''] = process.argv.slice(2)
let number = 0
setInterval(() => { open(++number) }, Number(everyMs))
process.on('disconnect', () => { process.exit() })

function open(turn: number): void {
  let text = ''
  let error: string | undefined
  const socket = connect({ host: address, port: Number(port), timeout: 10_000 })
  socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  socket.on('timeout', () => socket.destroy(new Error('timeout')))
  socket.on('error', (reason: NodeJS.ErrnoException) => { error = reason.code ?? reason.message })
  socket.on('close', () => { tell(turn, error === undefined && text === '' ? 'closed without a word' : error, text) })
}

function tell(turn: number, error: string | undefined, text: string): void {
  const connected: Connected = error === undefined ? { turn, ...JSON.parse(text) as { host: string; from: string } } : { turn, error }
  process.send?.(connected)
}
