import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Connection } from '../test/cluster/harness/connection.ts'
import { type Run, runNode } from './run-node.ts'

export interface RawPrograms {
  readonly run: (program: 'raw-writer' | 'raw-reader', to: Connection, args: readonly string[]) => Promise<Run>
}

/** The raw programs, bundled as the registrar is and with the same cache of compiled code: they pay for nothing that it does not. */
export async function withRawPrograms<T>(work: (programs: RawPrograms, dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'endpoint-registrar-bench-'))
  try {
    await build({
      entryPoints: ['raw-writer', 'raw-reader'].map((name) => new URL(`${name}.ts`, import.meta.url).pathname),
      outdir: dir, outExtension: { '.js': '.mjs' }, bundle: true, format: 'esm', platform: 'node', target: 'node22', minifySyntax: true, minifyWhitespace: true,
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }, logLevel: 'warning',
    })
    const run: RawPrograms['run'] = async (program, { server, caFile, token = '' }, args) => {
      const result = await runNode([join(dir, `${program}.mjs`), ...args], {
        RAW_SERVER: server, RAW_CA: caFile, RAW_TOKEN: token, NODE_COMPILE_CACHE: join(dir, 'compile-cache'),
      })
      if (result.exitCode !== 0) throw new Error(`${program} ended with ${result.exitCode}`)
      return result
    }
    return await work({ run }, dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
