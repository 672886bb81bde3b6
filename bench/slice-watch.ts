// When an EndpointSlice became what: heard by a watch of our own, as kube-proxy would hear it.
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'undici'
import { type ControlPlane } from '../test/cluster/harness/control-plane.ts'
import { epochMs } from './outside-servers.ts'

export interface SeenSlice {
  readonly name: string
  readonly endpoints: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
}

interface WatchedSlice {
  readonly object: { readonly metadata: { readonly name: string }; readonly endpoints: SeenSlice['endpoints'] | null }
}

/** Tells of every slice of a namespace that is written from now on, and when it was heard (ms since the epoch). */
export async function watchSlices(plane: ControlPlane, namespace: string, heard: (slice: SeenSlice, at: number) => void): Promise<{ readonly stop: () => Promise<void> }> {
  const dispatcher = new Agent({ connect: { ca: await readFile(plane.caFile, 'utf8') }, bodyTimeout: 0, allowH2: false })
  const url = `${plane.server}/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`
  const options = { dispatcher, headers: { authorization: `Bearer ${plane.token ?? ''}`, 'user-agent': 'bench' } }
  const list = await request(`${url}?limit=1`, options)
  const { metadata: { resourceVersion } } = await list.body.json() as { metadata: { resourceVersion: string } }
  const { body } = await request(`${url}?watch=1&resourceVersion=${resourceVersion}`, options)
  let rest = ''
  body.setEncoding('utf8').on('error', () => undefined).on('data', (chunk: string) => {
    const at = epochMs()
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { object: { metadata, endpoints } } = JSON.parse(line) as WatchedSlice
      heard({ name: metadata.name, endpoints: endpoints ?? [] }, at)
    }
  })
  return { stop: () => dispatcher.destroy() }
}
