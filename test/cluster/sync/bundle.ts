import { execFile } from 'node:child_process'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { withBuildLock } from '../harness/build-lock.ts'

const variable = 'ENDPOINT_REGISTRAR_BUNDLE'
const root = new URL('../../../', import.meta.url)

const shipped = fileURLToPath(new URL('dist/main.js', root))
let made: Promise<string> | undefined

/**
 * The main.js of the command line tool as it is shipped: from the variable where it is set, else `dist/`, which is built
 * first unless it is newer than all that it is made of.
 */
export function bundle(): Promise<string> {
  made ??= process.env[variable] === undefined ? freshBundle() : Promise.resolve(process.env[variable])
  return made
}

/** Every test file asks, in several processes: the first builds, the others wait for it. */
async function freshBundle(): Promise<string> {
  if (await isFresh()) return shipped
  const lockDir = fileURLToPath(new URL('node_modules/.cache/endpoint-registrar', root))
  await mkdir(lockDir, { recursive: true })
  await withBuildLock(lockDir, new AbortController().signal, async () => {
    if (!await isFresh()) await promisify(execFile)(process.execPath, ['build.ts'], { cwd: fileURLToPath(root) })
  })
  return shipped
}

async function isFresh(): Promise<boolean> {
  return await changedAt(shipped) > await sourcesChangedAt()
}

async function sourcesChangedAt(): Promise<number> {
  const sources = await readdir(new URL('src/', root), { recursive: true, withFileTypes: true })
  const files = sources.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`)
  const all = [...files, ...['build.ts', 'package-lock.json'].map((name) => fileURLToPath(new URL(name, root)))]
  return Math.max(...await Promise.all(all.map(changedAt)))
}

/** ms since the epoch; 0 where there is no such file. */
async function changedAt(file: string): Promise<number> {
  return stat(file).then(({ mtimeMs }) => mtimeMs, () => 0)
}
