// The other end of the probes, a process of its own: accepts every connection on every loopback address, and says how
// many there were so far when it is asked.
import { type AddressInfo, createServer } from 'node:net'

let connections = 0
const server = createServer((socket) => {
  connections++
  socket.on('error', () => undefined).resume()
})
server.listen(0, '0.0.0.0', 4096, () => { process.send?.({ port: (server.address() as AddressInfo).port }) })
process.on('message', () => { process.send?.({ connections }) })
process.on('disconnect', () => { process.exit() })
