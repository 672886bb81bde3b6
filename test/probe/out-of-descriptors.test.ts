import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

test('a probe without a file descriptor to make it with says nothing about the target', () => {
  const program = `
    import { openSync, closeSync } from 'node:fs'
    import { createServer } from 'node:net'
    import { startProbe } from './src/probe/probes.ts'
    import { promised } from './src/probe/promised.ts'
    import { probeTargets } from './src/probe/probe-targets.ts'
    const probe = promised(startProbe)
    const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const check = { kind: 'tcp', periodSeconds: 1, timeoutSeconds: 2, successThreshold: 1, failureThreshold: 1 }
    const http = { path: '/', scheme: 'HTTP', headers: {}, expectedStatuses: [[200, 200]], verify: true }
    const tcp = { address: '127.0.0.1', port: server.address().port, check }
    const plain = { ...tcp, check: { ...check, kind: 'http', http } }
    const secret = { ...tcp, check: { ...check, kind: 'http', http: { ...http, headers: { authorization: { file: './package.json' } } } } }
    const never = new AbortController().signal
    const taken = []
    const exhaust = () => { try { for (;;) taken.push(openSync('/dev/null')) } catch {} }
    const relieve = () => { for (const file of taken.splice(0)) closeSync(file) }
    exhaust()
    const unloaded = await probe(plain, never)
    relieve()
    const loaded = await probe(plain, never)
    exhaust()
    const outcomes = [await probe(tcp, never), await probe(plain, never), await probe(secret, never)]
    const [health] = (await probeTargets({ pause: () => Promise.resolve() })([{ ...tcp, before: 'ready' }], never)).values()
    relieve()
    const after = await probe(tcp, never)
    console.log(JSON.stringify({ unloaded, loaded: loaded.ok, outcomes, health, isSeenAfter: after.ok }))
    process.exit()`
  const output = execFileSync('/bin/sh', ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, program], { encoding: 'utf8' })
  expect(JSON.parse(output)).toEqual({
    unloaded: { reason: 'HTTP client cannot be loaded' },
    loaded: true,
    outcomes: Array(3).fill({ reason: 'EMFILE' }),
    health: { verdict: 'ready', reason: 'not probed: EMFILE' },
    isSeenAfter: true,
  })
})
