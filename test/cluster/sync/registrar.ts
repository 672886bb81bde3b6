import { execFile } from 'node:child_process'
import { type PassOutline, type ServiceOutline } from '../../../src/report/outline.ts'
import { cluster } from '../harness/cluster.ts'
import { bundle } from './bundle.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output of a run with `-o json`. */
  readonly json: PassOutline & { readonly exitCode: number }
  /** What was said of one service. */
  readonly service: (name: string) => ServiceOutline
}

/** Runs the shipped command line as a child process, with `config` on its standard input. It never throws: the code is an answer. */
export async function registrar(args: readonly string[], config = '', kubeconfig?: string): Promise<Ran> {
  const main = await bundle()
  const reach = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args, ...reach], {
      // No kubeconfig but the one that is given, and no colour.
      env: { PATH: process.env['PATH'], HOME: cluster().dir, NO_COLOR: '1', NODE_COMPILE_CACHE: `${cluster().dir}/compile-cache` },
      timeout: 100_000, maxBuffer: 64 * 1024 * 1024,
    }, (error, stdout, stderr) => {
      resolve(ran(error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr))
    })
    child.stdin?.on('error', () => undefined).end(config)
  })
}

function ran(code: number, stdout: string, stderr: string): Ran {
  const read = (): Ran['json'] => {
    try {
      return JSON.parse(stdout) as Ran['json']
    } catch {
      throw new Error(`Not JSON, exit ${code}: ${stdout}\n${stderr}`)
    }
  }
  return {
    code, stdout, stderr,
    get json() { return read() },
    service: (name) => {
      const found = read().services.find((service) => service.name === name)
      if (found === undefined) throw new Error(`Nothing was said of ${name}: ${stdout}`)
      return found
    },
  }
}
