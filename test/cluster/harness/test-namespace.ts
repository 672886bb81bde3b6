import { randomBytes } from 'node:crypto'
import { cluster } from './cluster.ts'
import { type Connection } from './connection.ts'
import { raw } from './raw.ts'

const made = new Map<string, Connection>()

/** Creates a namespace of its own for the running test and returns its name. It is deleted after the test. */
export async function testNamespace(to: Connection = cluster()): Promise<string> {
  const name = `test-${randomBytes(5).toString('hex')}`
  const { status, body } = await raw('POST', '/api/v1/namespaces', { metadata: { name } }, { to })
  if (status !== 201) throw new Error(`Cannot create namespace ${name}: ${status} ${JSON.stringify(body)}`)
  made.set(name, to)
  return name
}

/** Deletion is begun, not waited for: the namespace controller empties them while the next test runs. */
export async function removeTestNamespaces(): Promise<void> {
  const names = [...made]
  made.clear()
  await Promise.all(names.map(([name, to]) => raw('DELETE', `/api/v1/namespaces/${name}`, undefined, { to })))
}
