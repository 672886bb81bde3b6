import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { cluster } from '../harness/cluster.ts'

/** A way to the API server that can go dead without a word: connections stay open and nothing passes. */
export interface Link extends AsyncDisposable {
  readonly kubeconfig: string
  sever(): void
  mend(): void
}

export async function openLink(): Promise<Link> {
  const { server: url, kubeconfig, dir } = cluster()
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let isDead = false
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy()).on('close', () => { sockets.delete(from); to.destroy() })
      from.on('data', (data) => { if (!isDead) to.write(data) })
    }
  })
  await once(server.listen(0, hostname), 'listening')
  const own = (server.address() as AddressInfo).port
  const file = join(dir, `link-${own}.kubeconfig`)
  await writeFile(file, (await readFile(kubeconfig, 'utf8')).replaceAll(url, `https://${hostname}:${own}`))
  const closeAll = (): void => { for (const socket of sockets) socket.destroy() }
  return {
    kubeconfig: file,
    sever: () => { isDead = true },
    mend: () => {
      isDead = false
      // What was swallowed is missing in the middle of these.
      closeAll()
    },
    [Symbol.asyncDispose]: async () => {
      closeAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
