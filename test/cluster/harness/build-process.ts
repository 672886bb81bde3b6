// Builds the tools named in the first argument. A process of its own, tied to its parent: see startTied.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BinaryName, buildStep, type BuildStep, findBinary } from './binaries.ts'
import { withBuildLock } from './build-lock.ts'
import { answer, parentLife } from './parent-life.ts'
import { showProgress } from './show-progress.ts'

const names = JSON.parse(process.argv[2] ?? '[]') as BinaryName[]
const life = parentLife()

try {
  for (const [index, name] of names.entries()) {
    const step = buildStep(name)
    await mkdir(step.binDir, { recursive: true })
    await withBuildLock(step.binDir, life, () => buildOnce(step, `${name} (${index + 1} of ${names.length})`))
  }
  answer({})
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) })
}
process.exit()

/** Whoever waited for the lock finds that the other has built it. */
async function buildOnce(step: BuildStep, title: string): Promise<void> {
  if (findBinary(step.name) !== undefined) return
  await removeLeftovers(step.binDir)
  const fresh = await mkdtemp(join(step.binDir, '.building-'))
  const progress = showProgress(`building ${title}`)
  try {
    const out = join(fresh, step.name)
    await go(['build', ...step.flags, '-o', out, step.package], step.moduleDir)
    await rename(out, step.file)
    progress.done(`built ${title}`)
  } finally {
    progress.stop()
    await rm(fresh, { recursive: true, force: true })
  }
}

/** We hold the lock, so a folder of this name is of a build that was killed. */
async function removeLeftovers(binDir: string): Promise<void> {
  for (const entry of await readdir(binDir)) {
    if (entry.startsWith('.building-')) await rm(join(binDir, entry), { recursive: true, force: true })
  }
}

/** Go runs compilers of its own: the whole group is ended with us. */
async function go(args: readonly string[], moduleDir: URL): Promise<void> {
  life.throwIfAborted()
  const child = spawn('go', args, { cwd: moduleDir, env: { ...process.env, GOWORK: 'off' }, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4000) })
  const kill = (): void => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL') }
  life.addEventListener('abort', kill, { once: true })
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  life.removeEventListener('abort', kill)
  life.throwIfAborted()
  if (code !== 0) throw new Error(`Cannot build with go ${args.join(' ')}: exit ${code ?? 'by signal'}\n${said}`)
}
