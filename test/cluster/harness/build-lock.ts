import { open, rm, stat, utimes } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const beatMs = 1000
const staleMs = 20_000

/**
 * Runs `build` while nobody else on this machine builds in the same folder. The holder keeps the lock file young, so
 * that one who was killed is noticed without trusting process ids, which mean nothing across containers that share a
 * home. Two that take over a stale lock at once both build: twice the work, and the same result, since each binary is
 * renamed into place whole.
 */
export async function withBuildLock(binDir: string, signal: AbortSignal, build: () => Promise<void>): Promise<void> {
  const file = `${binDir}/.lock`
  await acquire(file, signal)
  const beat = setInterval(() => { void utimes(file, new Date(), new Date()).catch(() => undefined) }, beatMs)
  try {
    await build()
  } finally {
    clearInterval(beat)
    await rm(file, { force: true })
  }
}

async function acquire(file: string, signal: AbortSignal): Promise<void> {
  let told = false
  for (;;) {
    if (await create(file)) return
    const age = await ageMs(file)
    if (age !== undefined && age > staleMs) await rm(file, { force: true })
    else if (!told) {
      told = true
      process.stderr.write('another run builds the same binaries: waiting for it\n')
    }
    await sleep(200, undefined, { signal })
  }
}

async function create(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function ageMs(file: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(file)).mtimeMs
  } catch {
    return undefined
  }
}
