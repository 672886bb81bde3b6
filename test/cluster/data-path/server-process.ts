// An outside server: tells everyone who connects its own name and the client's address. Arguments: name, port.
import { createServer } from 'node:net'

const [name = '', port = ''] = process.argv.slice(2)
const server = createServer((socket) => {
  socket.on('error', () => undefined).end(JSON.stringify({ host: name, from: socket.remoteAddress?.replace('::ffff:', '') }))
})
server.listen(Number(port), '::', () => process.send?.('listening'))
process.on('disconnect', () => { process.exit() })
