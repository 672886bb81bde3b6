import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

/** Which of telemetry's packages a command line loads. */
function loadedBy(...args: string[]): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const seen = new Set()
    registerHooks({ resolve(name, context, next) { seen.add(name); return next(name, context) } })
    const { runCli } = await import('./src/cli.ts')
    process.stdout.write = () => true
    process.stderr.write = () => true
    await runCli(['node', 'endpoint-registrar', ...${JSON.stringify(args)}], new AbortController().signal)
    delete process.stdout.write
    process.stdout.write(JSON.stringify(['pino', 'pino-pretty', 'prom-client'].filter((name) => seen.has(name))))
    process.exit()`
  return JSON.parse(execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program], { encoding: 'utf8' })) as string[]
}

test.each([
  [['validate', '-c', 'config/fixed-addresses.yaml']], [['plan', '-c', 'config/fixed-addresses.yaml', '--to', 'dir:/nowhere']], [['status', '--admin', '127.0.0.1:1']],
])('%j loads neither the logger nor the metrics', (args) => {
  expect(loadedBy(...args)).toEqual([])
})

test('run loads them', () => {
  // The port is nobody's to listen at, so it ends at once.
  expect(loadedBy('run', '-c', 'config/fixed-addresses.yaml', '--to', 'dir:/nowhere', '--admin', 'nonsense')).toEqual(expect.arrayContaining(['pino', 'prom-client']))
})
