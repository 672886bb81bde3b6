// A directory that is followed: what others do in it is heard soon, what we do is known at once and not heard.

import { describe, expect, jest, test } from '@jest/globals'
import { mkdirSync, rmSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { directoryTarget } from '../../src/directory/directory-target.ts'
import { manifestsText } from '../../src/directory/manifests-text.ts'
import { type Happening } from '../../src/model/happenings.ts'
import { type ManagedObject } from '../../src/model/objects.ts'
import { type Following, type Scope, type Target } from '../../src/model/ports.ts'
import { eventually } from '../cluster/harness/eventually.ts'
import { allOf, creates, deletes, inDirectory, instance, service, signal, slice, update } from './manifests.ts'

const scope: Scope = { namespaces: ['shop'], everywhere: true, instance, keys: new Set(['shop/db', 'shop/web']) }

interface Followed {
  readonly folder: string
  readonly target: Target
  readonly following: Following
  readonly heard: string[]
  readonly told: Happening[]
}

jest.setTimeout(20_000)

/** Follows a directory that has been read once. */
function followed(work: (followed: Followed) => Promise<void>, options: { readonly scope?: Scope; readonly below?: string; readonly before?: (folder: string) => Promise<void> } = {}): () => Promise<void> {
  return () => inDirectory(async (root) => {
    const folder = join(root, options.below ?? '')
    await options.before?.(folder)
    const target = directoryTarget(folder, instance)
    const heard: string[] = []
    const told: Happening[] = []
    const following = target.follow?.(options.scope ?? scope, { heard: (keys) => { heard.push(...keys) }, tell: (happening) => { told.push(happening) } })
    if (following === undefined) throw new Error('Not to be followed')
    try {
      await following.ready(signal)
      await work({ folder, target, following, heard, told })
    } finally {
      await following.stop()
    }
  })
}

async function put(folder: string, path: string, objects: readonly ManagedObject[]): Promise<void> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.tmp`, manifestsText(objects))
  await rename(`${file}.tmp`, file)
}

/** A tenth of a second, on a machine that is not busy. */
function soon(check: () => void): Promise<void> {
  return eventually(async () => { await Promise.resolve(); check() }, 5000)
}

/** Long enough for an echo to come, were there one. */
async function quiet(): Promise<void> {
  await sleep(250)
}

describe('directoryTarget.follow', () => {
  test('knows what read reads', followed(async ({ target, following, heard }) => {
    const read = await target.read(scope, signal)
    expect(following.current().services).toEqual(read.services)
    expect([...following.current().services.keys()]).toEqual(['shop/db', 'store/ours'])
    expect(following.current().namespaces).toEqual(read.namespaces)
    expect(following.currentOf('shop', 'db')).toEqual(read.services.get('shop/db'))
    expect(following.currentOf('shop', 'web')).toEqual({ namespace: 'shop', name: 'web', slices: [] })
    expect([heard, following.heardAt() !== undefined]).toEqual([[], true])
  }, {
    before: async (folder) => {
      const ours = service('ours')
      await put(folder, 'shop/db.yaml', allOf())
      await put(folder, 'shop/theirs.yaml', [service('theirs', {})])
      await put(folder, 'store/ours.yaml', [{ ...ours, metadata: { ...ours.metadata, namespace: 'store' } }])
    },
  }))

  test.each<[string, (folder: string) => Promise<void>, ManagedObject[]]>([
    ['edited', (folder) => put(folder, 'shop/db.yaml', [service(), slice('db', ['192.0.2.99'])]), [service(), slice('db', ['192.0.2.99'])]],
    ['edited in place', (folder) => writeFile(join(folder, 'shop', 'db.yaml'), manifestsText([service()])), [service()]],
    ['deleted', (folder) => rm(join(folder, 'shop', 'db.yaml')), []],
    ['deleted with its folder', (folder) => rm(join(folder, 'shop'), { recursive: true }), []],
    ['deleted with the whole directory', (folder) => rm(folder, { recursive: true }), []],
  ])('hears soon of a manifest that is %s', (_how, edit, expected) => followed(async ({ folder, following, heard }) => {
    await edit(folder)
    await soon(() => { expect(heard).toContain('shop/db') })
    await soon(() => {
      const { service: one, slices, endpoints } = following.currentOf('shop', 'db')
      expect([one, ...slices, endpoints].filter((object) => object !== undefined)).toEqual(expected)
    })
  }, { below: 'out', before: (folder) => put(folder, 'shop/db.yaml', allOf()) })())

  test('hears of what appears, in a folder that appears, in a directory that appears', followed(async ({ folder, following, heard }) => {
    await put(folder, 'shop/db.yaml', allOf())
    await soon(() => { expect(heard).toEqual(['shop/db']) })
    expect(following.currentOf('shop', 'db').service).toEqual(service())
    await put(folder, 'shop/web.yaml', allOf('web'))
    await soon(() => { expect(heard).toEqual(['shop/db', 'shop/web']) })
  }, { below: 'not/there/yet' }))

  test('goes on hearing when folder and directory were made anew', followed(async ({ folder, following, heard }) => {
    await rm(folder, { recursive: true })
    await soon(() => { expect(heard).toEqual(['shop/db']) })
    await put(folder, 'shop/db.yaml', [service()])
    await soon(() => { expect(following.currentOf('shop', 'db').service).toBeDefined() })
    await rm(join(folder, 'shop'), { recursive: true })
    await soon(() => { expect(following.currentOf('shop', 'db').service).toBeUndefined() })
    await put(folder, 'shop/db.yaml', allOf())
    await soon(() => { expect(following.currentOf('shop', 'db').slices).toHaveLength(1) })
    await put(folder, 'shop/db.yaml', [service()])
    await soon(() => { expect(following.currentOf('shop', 'db').slices).toHaveLength(0) })
  }, { below: 'out', before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test.each(['shop', '.'])('goes on hearing when %s was made anew in one go, which may well be under the inode of the old one', async (path) => {
    await followed(async ({ folder, following }) => {
      rmSync(join(folder, path), { recursive: true })
      mkdirSync(join(folder, 'shop'), { recursive: true })
      await soon(() => { expect(following.currentOf('shop', 'db').service).toBeUndefined() })
      await quiet()
      await put(folder, 'shop/db.yaml', allOf())
      await soon(() => { expect(following.currentOf('shop', 'db').service).toBeDefined() })
    }, { below: 'out', before: (folder) => put(folder, 'shop/db.yaml', allOf()) })()
  })

  test('does not hear of files that do not matter, or that say the same', followed(async ({ folder, heard }) => {
    await put(folder, 'shop/theirs.yaml', [service('theirs', {})])
    await put(folder, 'shop/db.yaml', allOf())
    await writeFile(join(folder, 'shop', '.db.yaml.swp'), 'x')
    await writeFile(join(folder, 'README.md'), 'x')
    await quiet()
    expect(heard).toEqual([])
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test('says why a file cannot be read, and hears of it', followed(async ({ folder, following, heard }) => {
    await writeFile(join(folder, 'shop', 'db.yaml'), 'kind: [')
    await soon(() => { expect(heard).toContain('shop/db') })
    expect(following.currentOf('shop', 'db').unreadable).toMatch(/db\.yaml: Not YAML/)
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test('says why a namespace cannot be read', followed(async ({ folder, following, heard }) => {
    await rm(join(folder, 'shop'), { recursive: true })
    await writeFile(join(folder, 'shop'), 'no folder')
    await soon(() => { expect(following.currentOf('shop', 'db').unreadable).toBe(`Not a folder: ${join(folder, 'shop')}`) })
    expect([heard.includes('shop/db'), [...following.current().services.keys()], [...following.current().unreadable?.keys() ?? []]]).toEqual([true, [], ['shop']])
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test('knows our own writes at once, and does not hear of them', followed(async ({ target, following, heard }) => {
    await target.write(creates(allOf()), signal)
    expect(following.currentOf('shop', 'db').slices).toEqual([slice()])
    await target.write([update(slice(), slice('db', ['192.0.2.99']))], signal)
    expect(following.currentOf('shop', 'db').slices).toEqual([slice('db', ['192.0.2.99'])])
    await target.write(deletes([service(), slice('db', ['192.0.2.99']), allOf()[2]]), signal)
    expect(following.current().services.size).toBe(0)
    await quiet()
    await following.refresh(signal)
    expect(heard).toEqual([])
  }))

  test('hears of what somebody else writes right after us', followed(async ({ folder, target, following, heard }) => {
    await target.write(creates(allOf()), signal)
    await put(folder, 'shop/db.yaml', [service()])
    await soon(() => { expect(heard).toEqual(['shop/db']) })
    expect(following.currentOf('shop', 'db').slices).toEqual([])
  }))

  test('refuses a write that was planned before somebody else edited the file, though it was read again since', followed(async ({ folder, target, following, heard }) => {
    await target.write(creates(allOf()), signal)
    const [planned = slice()] = following.currentOf('shop', 'db').slices
    const edited = { ...slice(), metadata: { ...slice().metadata, annotations: { by: 'hand' } } }
    await put(folder, 'shop/db.yaml', [service(), edited, allOf()[2]])
    await soon(() => { expect(heard).toEqual(['shop/db']) })
    const { applied, failure } = await target.write([update(planned, slice('db', ['192.0.2.99']))], signal)
    expect([applied, failure?.kind]).toEqual([[], 'stale'])
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toContain('by: hand')
    expect((await target.write([update(edited, slice('db', ['192.0.2.99']))], signal)).failure).toBeUndefined()
  }))

  test('writes anew what somebody deleted, by a plan of what was heard', followed(async ({ folder, target, following, heard }) => {
    await rm(join(folder, 'shop'), { recursive: true })
    await soon(() => { expect(heard).toEqual(['shop/db']) })
    expect(await target.write(creates(allOf()), signal)).not.toHaveProperty('failure')
    expect(following.currentOf('shop', 'db').slices).toHaveLength(1)
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test('takes what readService reads', followed(async ({ folder, target, following, heard }) => {
    await put(folder, 'shop/db.yaml', allOf())
    await target.readService('shop', 'db', signal)
    expect(following.currentOf('shop', 'db').service).toEqual(service())
    await quiet()
    expect(heard).toEqual([])
  }, { before: async (folder) => { await mkdir(join(folder, 'shop')) } }))

  test('refresh keeps the very objects that have not changed', followed(async ({ following, heard }) => {
    const before = following.currentOf('shop', 'db').service
    await following.refresh(signal)
    expect(following.currentOf('shop', 'db').service).toBe(before)
    expect(heard).toEqual([])
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test('covers other keys and namespaces', followed(async ({ folder, following, heard }) => {
    const elsewhere = { ...service('late'), metadata: { ...service('late', {}).metadata, namespace: 'store' } }
    await put(folder, 'store/late.yaml', [elsewhere])
    await quiet()
    expect([...following.current().services.keys()]).toEqual(['shop/db'])
    following.cover({ ...scope, namespaces: ['store'], keys: new Set(['store/late']) })
    expect(following.currentOf('store', 'late').unreadable).toBe('Service store/late has not been read yet')
    await soon(() => { expect(heard).toContain('store/late') })
    expect(following.currentOf('store', 'late').service).toEqual(elsewhere)
    following.cover({ namespaces: [], everywhere: false, instance, keys: new Set() })
    await following.refresh(signal)
    expect(following.current().services.size).toBe(0)
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))

  test('ready and refresh reject with TargetUnreachable where the path is a file, and it is told once', () => inDirectory(async (root) => {
    const folder = join(root, 'out')
    await writeFile(folder, '')
    const told: Happening[] = []
    const following = directoryTarget(folder, instance).follow?.(scope, { heard: () => undefined, tell: (happening) => { told.push(happening) } })
    await expect(following?.ready(signal)).rejects.toMatchObject({ name: 'TargetUnreachable', message: `Cannot read directory ${folder}: ENOTDIR` })
    await expect(following?.refresh(signal)).rejects.toMatchObject({ name: 'TargetUnreachable' })
    expect(following?.currentOf('shop', 'db').unreadable).toBe('Service shop/db has not been read yet')
    expect(told).toEqual([{ kind: 'trouble', where: `Watch of ${folder}`, message: `Cannot read directory ${folder}: ENOTDIR` }])
    await rm(folder)
    await put(folder, 'shop/db.yaml', allOf())
    await following?.ready(signal)
    expect(following?.currentOf('shop', 'db').service).toEqual(service())
    await following?.stop()
  }))

  test('stop lets nothing more be heard', followed(async ({ folder, following, heard }) => {
    await following.stop()
    await rm(join(folder, 'shop', 'db.yaml'))
    await quiet()
    expect(heard).toEqual([])
    expect(following.currentOf('shop', 'db').service).toBeDefined()
  }, { before: (folder) => put(folder, 'shop/db.yaml', allOf()) }))
})
