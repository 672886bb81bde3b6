import { afterEach, describe, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { loadKubeConfig } from '../../src/kubernetes/kube-config.ts'
import { kubeconfigOf } from './misbehaving-server.ts'

const inPod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }

/** A home with a `.kube/config` that leads to https://home, and a root with a ServiceAccount below it. */
async function machine(): Promise<{ readonly home: string; readonly root: string }> {
  const home = await mkdtemp(join(tmpdir(), 'endpoint-registrar-'))
  await place(join(home, '.kube', 'config'), await readFile(await kubeconfigOf('https://home', {}), 'utf8'))
  await place(join(home, 'root/var/run/secrets/kubernetes.io/serviceaccount/token'), 't')
  await place(join(home, 'root/var/run/secrets/kubernetes.io/serviceaccount/namespace'), 'tools')
  return { home, root: join(home, 'root') }
}

async function place(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

afterEach(() => {
  for (const name of Object.keys(inPod)) Reflect.deleteProperty(process.env, name)
})

describe('loadKubeConfig takes', () => {
  test('--kubeconfig before KUBECONFIG, KUBECONFIG before the Pod, the Pod before ~/.kube/config', async () => {
    const { home, root } = await machine()
    const flag = await kubeconfigOf('https://flag', {})
    const variable = await kubeconfigOf('https://variable', {})
    const serverOf = (...args: Parameters<typeof loadKubeConfig>): string | undefined => loadKubeConfig(...args).getCurrentCluster()?.server
    // client-node reads the Pod's variables by itself.
    Object.assign(process.env, inPod)
    const all = { HOME: home, KUBECONFIG: variable, ...inPod }
    expect(serverOf({ kubeconfig: flag }, { env: all, root })).toBe('https://flag')
    expect(serverOf({}, { env: all, root })).toBe('https://variable')
    expect(serverOf({}, { env: { HOME: home, ...inPod }, root })).toBe('https://[fd00::1]:443')
    expect(serverOf({}, { env: { HOME: home }, root })).toBe('https://home')
    expect(serverOf({ context: 'x' }, { env: { HOME: home, ...inPod }, root })).toBe('https://home')
  })

  test('the Pod\'s own namespace', async () => {
    const { home, root } = await machine()
    const config = loadKubeConfig({}, { env: { HOME: home, ...inPod }, root })
    expect(config.getContextObject(config.getCurrentContext())?.namespace).toBe('tools')
  })

  test('the current context of the first of several files, and passes over one that is not there', async () => {
    const first = await kubeconfigOf('https://first', {})
    const second = await place(join(await mkdtemp(join(tmpdir(), 'endpoint-registrar-')), 'k'), JSON.stringify({
      clusters: [{ name: 'd', cluster: { server: 'https://second' } }], users: [{ name: 'v', user: {} }],
      contexts: [{ name: 'y', context: { cluster: 'd', user: 'v' } }], 'current-context': 'y',
    }))
    const env = { KUBECONFIG: ['/nowhere/k', first, second].join(delimiter) }
    expect(loadKubeConfig({}, { env, root: '' }).getCurrentCluster()?.server).toBe('https://first')
    expect(loadKubeConfig({ context: 'y' }, { env, root: '' }).getCurrentCluster()?.server).toBe('https://second')
  })
})

describe('loadKubeConfig says what is missing:', () => {
  test('everything, instead of trying localhost:8080', () => {
    expect(() => loadKubeConfig({}, { env: { HOME: '/nowhere' }, root: '/nowhere' }))
      .toThrow('No cluster is known: no --kubeconfig, no KUBECONFIG, no ~/.kube/config and not in a Pod')
  })

  test('the file, the context, the cluster', async () => {
    expect(() => loadKubeConfig({ kubeconfig: '/nowhere/k' })).toThrow('Kubeconfig does not exist: /nowhere/k')
    const kubeconfig = await kubeconfigOf('https://a', {})
    expect(() => loadKubeConfig({ kubeconfig, context: 'z' })).toThrow('Kubeconfig has no such context: z')
    const bare = await place(join(dirname(kubeconfig), 'bare'), '{ contexts: [{ name: x, context: { cluster: c, user: u } }] }')
    expect(() => loadKubeConfig({ kubeconfig: bare })).toThrow('Kubeconfig has no current-context: name one with --context')
    expect(() => loadKubeConfig({ kubeconfig: bare, context: 'x' })).toThrow('Kubeconfig has no cluster for the context: x')
  })

  test('sense, without quoting lines that hold secrets', async () => {
    const file = await place(join(await mkdtemp(join(tmpdir(), 'endpoint-registrar-')), 'k'), 'users:\n- token: hunter2\n bad: [\n')
    const load = (): unknown => loadKubeConfig({ kubeconfig: file })
    expect(load).toThrow(`Kubeconfig cannot be read: ${file}: `)
    expect(load).not.toThrow(/hunter2/)
    expect(() => loadKubeConfig({ kubeconfig: dirname(file) })).toThrow(`Kubeconfig cannot be read: ${dirname(file)}: EISDIR`)
  })
})
