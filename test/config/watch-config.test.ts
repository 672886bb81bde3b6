import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchConfig } from '../../src/config/watch-config.ts'

const everyMs = 40
let folder: string
let changes: number
let stop: () => void = () => undefined

beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'watch-config-')); changes = 0 })
afterEach(async () => { stop(); await rm(folder, { recursive: true, force: true }) })

async function watch(...sources: readonly string[]): Promise<void> {
  stop = await watchConfig(sources, () => { changes++ }, { everyMs })
  await quiet()
}

const quiet = (): Promise<void> => sleep(8 * everyMs)

/** Until the count is reached, or a while has passed. */
async function changesReach(count: number): Promise<number> {
  for (let tries = 0; tries < 100 && changes < count; tries++) await sleep(everyMs)
  await quiet()
  return changes
}

describe('watchConfig()', () => {
  test('tells of an edited file once, and not of one that is only read', async () => {
    const file = join(folder, 'a.yaml')
    await writeFile(file, 'one')
    await watch(file)
    expect(changes).toBe(0)
    await writeFile(file, 'other')
    expect(await changesReach(1)).toBe(1)
  })

  test('tells of what is edited as soon as it has begun', async () => {
    const file = join(folder, 'a.yaml')
    await writeFile(file, 'one')
    stop = await watchConfig([file], () => { changes++ }, { everyMs })
    await writeFile(file, 'other')
    expect(await changesReach(1)).toBe(1)
  })

  test('tells of a mounted ConfigMap whose ..data link is swapped, as a directory and as a single file', async () => {
    const version = async (name: string, text: string): Promise<void> => {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'a.yaml'), text)
    }
    await version('..v1', 'same')
    await symlink('..v1', join(folder, '..data'))
    await symlink('..data/a.yaml', join(folder, 'a.yaml'))
    await watch(folder, join(folder, 'a.yaml'))
    await version('..v2', 'diff')
    await symlink('..v2', join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    await rm(join(folder, '..v1'), { recursive: true })
    expect(await changesReach(1)).toBe(1)
  })

  test('tells of a file that comes, one that goes, and one that another takes the place of', async () => {
    await writeFile(join(folder, 'a.yaml'), 'one')
    await watch(folder)
    await writeFile(join(folder, 'b.yaml'), 'two')
    expect(await changesReach(1)).toBe(1)
    await writeFile(join(folder, '.new'), 'six')
    await rename(join(folder, '.new'), join(folder, 'b.yaml'))
    expect(await changesReach(2)).toBe(2)
    await rm(join(folder, 'b.yaml'))
    expect(await changesReach(3)).toBe(3)
  })

  test('waits while a file is being written', async () => {
    const file = join(folder, 'a.yaml')
    await writeFile(file, 'one')
    stop = await watchConfig([file], () => { changes++ }, { everyMs: 300 })
    await sleep(600)
    for (let n = 0; n < 60; n++) {
      await appendFile(file, 'more')
      await sleep(20)
    }
    expect(changes).toBe(0)
    expect(await changesReach(1)).toBe(1)
  })

  test('goes on where the whole directory is gone for a while, and after its stop says nothing', async () => {
    await writeFile(join(folder, 'a.yaml'), 'one')
    await watch(folder)
    await rm(folder, { recursive: true })
    expect(await changesReach(1)).toBe(1)
    await mkdir(folder)
    await writeFile(join(folder, 'a.yaml'), 'two')
    expect(await changesReach(2)).toBe(2)
    stop()
    await writeFile(join(folder, 'a.yaml'), 'three')
    await quiet()
    expect(changes).toBe(2)
  })
})
