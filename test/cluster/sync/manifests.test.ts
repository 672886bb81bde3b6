// What is rendered, before tools that nobody here wrote: kubectl apply, kubectl diff, kubeconform.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../harness/binaries.ts'
import { describeCluster, describeClusterWith } from '../harness/describe-cluster.ts'
import { kubectl } from '../harness/kubectl.ts'
import { live, newStage, readyAddresses, service, slicesOf } from './stage.ts'
import { writeSchemas } from './strict-schemas.ts'

let dir: string
beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-manifests-')) })
afterAll(() => rm(dir, { recursive: true, force: true }))

const config = [
  service('db', { labels: { team: 'shop' }, annotations: { note: 'of "ours": yes' }, targets: [{ address: '192.0.2.10' }, { address: '192.0.2.11', ports: { main: 81 } }] }),
  service('unnamed', { ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] }),
  service('headless', { type: 'Headless', ports: [{ name: 'main', port: 8080 }], targets: [{ address: '192.0.2.10' }, { address: '2001:db8::1' }] }),
  service('both', { ipFamilyPolicy: 'PreferDualStack', targets: [{ address: '192.0.2.10' }, { address: '2001:db8::1' }] }),
  service('udp', { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'dns-tcp', port: 53 }] }),
  service('drained', { targets: [{ address: '192.0.2.10' }, { address: '192.0.2.11', drain: true }] }),
]

describeClusterWith(['dualStack'], 'render', () => {
  test('prints what kubectl apply takes, and a later sync gives it owners and nothing else', async () => {
    const { namespace, run, sync } = await newStage()
    const rendered = await run('render', config)
    expect([rendered.code, rendered.stderr]).toEqual([0, ''])
    await kubectl(['apply', '-f', '-'], rendered.stdout)
    expect(await readyAddresses(namespace, 'db')).toEqual(['192.0.2.10', '192.0.2.11'])
    const { code, json } = await sync(config)
    expect(code).toBe(0)
    expect(json.services.flatMap(({ changes }) => changes.map(({ verb, kind, summary }) => ({ verb, kind, summary })))).toEqual(
      json.services.flatMap(({ changes }) => changes.map(({ kind }) => ({ verb: 'update', kind, summary: ['owner added'] }))))
    const { metadata: { uid } } = await live('Service', namespace, 'db')
    const owners = [...await slicesOf(namespace, 'db'), await live('Endpoints', namespace, 'db')].map(({ metadata }) => metadata.ownerReferences?.map((owner) => owner.uid))
    expect(owners).toEqual([[uid], [uid], [uid]])
    expect((await sync(config)).json.services.flatMap(({ changes }) => changes)).toEqual([])
    // GitOps applies the same again and again: the owners stay.
    await kubectl(['apply', '-f', '-'], rendered.stdout)
    expect((await slicesOf(namespace, 'db')).map(({ metadata }) => metadata.ownerReferences?.length)).toEqual([1, 1])
  })

  test('prints what a synced cluster has: kubectl diff finds nothing', async () => {
    const { run, sync } = await newStage()
    await sync(config)
    const rendered = await run('render', config)
    expect(await kubectl(['diff', '-f', '-'], rendered.stdout)).toBe('')
    const changed = await run('render', config.map((each) => ({ ...each, labels: { team: 'store' } })))
    // Exit 1 and a diff: the comparison does see something.
    await expect(kubectl(['diff', '-f', '-'], changed.stdout)).rejects.toThrow('+    team: store')
  })

  test('prints the files of the directory target, which kubectl apply takes too', async () => {
    const { namespace, run } = await newStage()
    const folder = join(dir, 'applied')
    const { code } = await run('sync', config, '--to', `dir:${folder}`)
    expect(code).toBe(0)
    await kubectl(['apply', '--recursive', '-f', folder])
    expect(await readyAddresses(namespace, 'both')).toEqual(['192.0.2.10', '2001:db8::1'])
    const names = config.map(({ name }) => name).sort()
    const files = await Promise.all(names.map((name) => readFile(join(folder, namespace, `${name}.yaml`), 'utf8')))
    const lines = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('#') && line !== '---' && line !== '')
    expect(files.flatMap(lines)).toEqual(lines((await run('render', config)).stdout))
  })
})

describeCluster('render', () => {
  test('passes kubeconform -strict by the schemas of this very API server', async () => {
    const { run } = await newStage()
    const schemas = join(dir, 'schemas')
    await writeSchemas(schemas)
    const conform = async (text: string): Promise<{ readonly code: number; readonly output: string }> => {
      const file = join(dir, 'rendered.yaml')
      await writeFile(file, text)
      const kubeconform = await binary('kubeconform')
      return new Promise((resolve) => {
        execFile(kubeconform, ['-strict', '-summary', '-output', 'text', '-schema-location', `${schemas}/{{ .ResourceKind }}.json`, file], (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : 1, output: stdout + stderr })
        })
      })
    }
    const { stdout } = await run('render', config)
    const objects = stdout.match(/^kind: /gm)?.length ?? 0
    expect(await conform(stdout)).toEqual({ code: 0, output: expect.stringContaining(`Valid: ${objects}, Invalid: 0, Errors: 0, Skipped: 0`) })
    for (const [from, to] of [['metadata:', 'nonsense: 1\nmetadata:'], [' port: 80', ' portt: 80'], [' port: 8080', ' port: "x"']] as const) {
      const broken = stdout.replace(from, to)
      expect(broken === stdout).toBe(false)
      expect(await conform(broken)).toEqual({ code: 1, output: expect.stringMatching(/Invalid: [1-9]/) })
    }
  })
})
