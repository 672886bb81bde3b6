// Lists a collection and watches it for as long as the run lasts: each event once, none left out.

import { readFile } from 'node:fs/promises'
import { request as send } from 'node:https'
import { type Connection } from '../cluster/harness/connection.ts'
import { raw } from '../cluster/harness/raw.ts'

export interface WatchedObject {
  readonly kind?: string
  readonly metadata: {
    readonly namespace?: string
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly { readonly uid: string }[]
  }
}

export interface WatchedEvent<Watched extends WatchedObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: Watched
}

/** Resolves when all that exists was heard as ADDED. Where an event would be missed `broken` is told, and it is over. */
export async function watchObjects<Watched extends WatchedObject>(
  to: Connection, path: string, hear: (event: WatchedEvent<Watched>) => void, broken: (why: string) => void,
): Promise<void> {
  const { status, body } = await raw('GET', path, undefined, { to })
  if (status !== 200) throw new Error(`Cannot list ${path}: ${status} ${JSON.stringify(body)}`)
  const { metadata, items } = body as { metadata: { resourceVersion: string }; items: Watched[] }
  for (const object of items) hear({ type: 'ADDED', object })
  const ca = await readFile(to.caFile, 'utf8')
  let version = metadata.resourceVersion
  const watch = (): void => {
    const url = new URL(`${path}?watch=1&allowWatchBookmarks=true&timeoutSeconds=7200&resourceVersion=${version}`, to.server)
    const asked = send(url, { ca, headers: { authorization: `Bearer ${to.token ?? ''}` }, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const lines = text.split('\n')
        text = lines.pop() ?? ''
        for (const line of lines) take(line)
      }).on('close', () => { setTimeout(watch, 50) })
    })
    asked.on('error', () => { setTimeout(watch, 200) }).end()
  }
  const take = (line: string): void => {
    const event = JSON.parse(line) as { type: string; object: Watched }
    if (event.type === 'ERROR') {
      broken(`${path}: ${line}`)
      return
    }
    version = event.object.metadata.resourceVersion
    if (event.type !== 'BOOKMARK') hear(event as WatchedEvent<Watched>)
  }
  watch()
}
