// A process that stands for election and writes as often as it may: for tests that kill and stop it.
// It prints a JSON line when its leadership changes, and one for each look that found it leading after a long pause.

import { kubernetesClient } from '../../../src/kubernetes/client.ts'
import { type ElectionOptions, forLease, standForElection } from '../../../src/kubernetes/stand-for-election.ts'

type Given = Pick<ElectionOptions, 'namespace' | 'name' | 'identity' | 'durations'> & { readonly kubeconfig: string }

const { kubeconfig, identity, namespace, ...rest } = JSON.parse(process.argv[2] ?? '') as Given
const client = kubernetesClient({ kubeconfig, userAgent: identity, pace: { tries: 1 } })
const print = (line: object): void => { process.stdout.write(`${JSON.stringify(line)}\n`) }

const leadership = standForElection({
  ...rest, namespace, identity, tell: (happening) => { print(happening) },
  client: kubernetesClient({ kubeconfig, userAgent: `lease of ${identity}`, ...forLease }),
})((leading) => {
  print({ started: true })
  leading.addEventListener('abort', () => { print({ ended: true }) })
})

const path = `/api/v1/namespaces/${namespace}/configmaps`
const { signal } = new AbortController()
let seenAt = performance.now()
let writing = 0

/** Always two writes in the air, so that a stop meets some of them on their way. */
function tick(): void {
  const isLeading = leadership.isLeading()
  const pauseMs = performance.now() - seenAt
  seenAt = performance.now()
  if (pauseMs > 1000) print({ pauseMs, isLeading })
  if (writing >= 2) return
  writing += 1
  client.call({ method: 'POST', path, body: { metadata: { generateName: `${identity}-` } }, windowMs: () => leadership.writeWindowMs() }, signal)
    .catch(() => undefined).finally(() => { writing -= 1 })
}

setInterval(tick, 50)
process.once('SIGTERM', () => { void leadership.stop().then(() => process.exit(0)) })
// Whoever started it is gone.
process.stdin.once('end', () => process.exit(1)).resume()
