import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

test('probeTargets() loads axios only for an HTTP check', () => {
  const program = `
    import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context) } })
    const { probeTargets } = await import('./src/probe/probe-targets.ts')
    const check = { kind: 'tcp', periodSeconds: 1, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 1 }
    const http = { path: '/', scheme: 'HTTP', headers: {}, expectedStatuses: [], verify: true }
    const count = () => seen.filter((name) => name === 'axios').length
    const signal = new AbortController().signal
    await probeTargets()([{ address: '127.0.0.1', port: 1, check, before: 'ready' }], signal)
    const before = count()
    await probeTargets()([{ address: '127.0.0.1', port: 1, check: { ...check, kind: 'http', http }, before: 'ready' }], signal)
    console.log(JSON.stringify([before, count() > 0]))`
  expect(JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))).toEqual([0, true])
})
