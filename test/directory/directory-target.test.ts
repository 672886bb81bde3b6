import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, link, lstat, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryTarget } from '../../src/directory/directory-target.ts'
import { manifestsText } from '../../src/directory/manifests-text.ts'
import { writeManifest } from '../../src/directory/write-manifest.ts'
import { type Change } from '../../src/model/changes.ts'
import { pausedAnnotation } from '../../src/model/marks.ts'
import { type Scope, type Target } from '../../src/model/ports.ts'
import { allOf, creates, deletes, endpoints, inDirectory, instance, service, signal, slice, update } from './manifests.ts'

const everything: Scope = { namespaces: ['shop'], everywhere: true }

function targetOf(folder: string): Target {
  return directoryTarget(folder, instance)
}

describe('directoryTarget.read', () => {
  test('reads what was written, with nothing lost', () => inDirectory(async (folder) => {
    await targetOf(folder).write(creates(allOf()), signal)
    const { services, namespaces, unreadable } = await targetOf(folder).read(everything, signal)
    const [first, second, third] = allOf()
    expect(services).toEqual(new Map([['shop/db', { namespace: 'shop', name: 'db', service: first, slices: [second], endpoints: third }]]))
    expect(namespaces).toEqual(new Map([['shop', 'active']]))
    expect(unreadable?.size).toBe(0)
  }))

  test('takes a directory that does not exist for an empty one', () => inDirectory(async (folder) => {
    const { services, namespaces } = await targetOf(join(folder, 'not', 'there')).read(everything, signal)
    expect(services.size).toBe(0)
    expect(namespaces).toEqual(new Map([['shop', 'active']]))
  }))

  test('rejects with TargetUnreachable where the path is a file', () => inDirectory(async (folder) => {
    await writeFile(join(folder, 'out'), '')
    await expect(targetOf(join(folder, 'out')).read(everything, signal))
      .rejects.toMatchObject({ name: 'TargetUnreachable', message: `Cannot read directory ${join(folder, 'out')}: ENOTDIR` })
  }))

  test('looks beyond the given namespaces only when asked to', () => inDirectory(async (folder) => {
    const elsewhere = { ...service(), metadata: { ...service().metadata, namespace: 'store' } }
    await targetOf(folder).write(creates([elsewhere]), signal)
    await targetOf(folder).write(creates(allOf()), signal)
    expect([...(await targetOf(folder).read({ namespaces: ['shop'], everywhere: false }, signal)).services.keys()]).toEqual(['shop/db'])
    expect([...(await targetOf(folder).read(everything, signal)).services.keys()]).toEqual(['shop/db', 'store/db'])
  }))

  test('keeps of what is not declared only what is of the instance', () => inDirectory(async (folder) => {
    await targetOf(folder).write(creates([service('ours')]), signal)
    await write(folder, 'shop/theirs.yaml', manifestsText([service('theirs', {})]))
    await write(folder, 'shop/declared.yaml', manifestsText([service('declared', {})]))
    await write(folder, 'shop/kustomization.yaml', 'resources: []\n')
    const { services } = await targetOf(folder).read({ ...everything, instance, keys: new Set(['shop/declared']) }, signal)
    expect([...services.keys()]).toEqual(['shop/declared', 'shop/ours'])
  }))

  test('presents a foreign file of a service as read', () => inDirectory(async (folder) => {
    await write(folder, 'shop/db.yaml', manifestsText([service('db', {})]))
    const { services } = await targetOf(folder).read(everything, signal)
    expect(services.get('shop/db')).toEqual({ namespace: 'shop', name: 'db', service: service('db', {}), slices: [] })
  }))

  test('says of a file that it cannot take why, and reads the others', () => inDirectory(async (folder) => {
    await targetOf(folder).write(creates(allOf('api')), signal)
    await write(folder, 'shop/db.yaml', 'a: [')
    await mkdir(join(folder, 'shop', 'folder.yaml'))
    const { services } = await targetOf(folder).read(everything, signal)
    expect(services.get('shop/db')?.unreadable).toContain(`${join(folder, 'shop', 'db.yaml')}: Not YAML: `)
    expect(services.get('shop/folder')?.unreadable).toBe(`Not a regular file: ${join(folder, 'shop', 'folder.yaml')}`)
    expect(services.get('shop/api')).toMatchObject({ service: service('api') })
  }))

  test('does not wait on a pipe', () => inDirectory(async (folder) => {
    await mkdir(join(folder, 'shop'))
    execFileSync('mkfifo', [join(folder, 'shop', 'db.yaml')])
    const { services } = await targetOf(folder).read(everything, signal)
    expect(services.get('shop/db')?.unreadable).toMatch(/^Not a regular file: /)
  }))

  test('passes over dot entries, other endings and names that no Service can have', () => inDirectory(async (folder) => {
    await targetOf(folder).write(creates(allOf()), signal)
    const text = manifestsText([service()])
    for (const path of ['shop/.db.yaml', 'shop/.endpoint-registrar-0123456789ab.tmp', 'shop/db.yml', 'shop/DB.yaml', 'shop/README.md', '.git/db.yaml', 'a_b/db.yaml', 'db.yaml']) {
      await write(folder, path, text)
    }
    const { services, namespaces } = await targetOf(folder).read(everything, signal)
    expect([...services.keys()]).toEqual(['shop/db'])
    expect([...namespaces.keys()]).toEqual(['shop'])
  }))

  test('stops when it is aborted', () => inDirectory(async (folder) => {
    await targetOf(folder).write(creates(allOf()), signal)
    await expect(targetOf(folder).read(everything, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  }))
})

describe('directoryTarget and links', () => {
  test('does not follow a link in the place of a file', () => inDirectory(async (folder) => {
    await write(folder, 'elsewhere.yaml', manifestsText(allOf()))
    await mkdir(join(folder, 'out', 'shop'), { recursive: true })
    await symlink(join(folder, 'elsewhere.yaml'), join(folder, 'out', 'shop', 'db.yaml'))
    const target = targetOf(join(folder, 'out'))
    const { services } = await target.read(everything, signal)
    expect(services.get('shop/db')).toMatchObject({ slices: [], unreadable: expect.stringMatching(/^Links are not followed: .*db\.yaml$/) as unknown })
    for (const changes of [creates([service()]), deletes(allOf()), [update(service(), service())]]) {
      expect(await target.write(changes, signal)).toMatchObject({ applied: [], failure: { kind: 'final', message: expect.stringMatching(/^Links are not followed: /) as unknown } })
    }
    expect((await lstat(join(folder, 'out', 'shop', 'db.yaml'))).isSymbolicLink()).toBe(true)
    expect(await readFile(join(folder, 'elsewhere.yaml'), 'utf8')).toBe(manifestsText(allOf()))
  }))

  test('does not follow a link that leads nowhere', () => inDirectory(async (folder) => {
    await mkdir(join(folder, 'shop'))
    await symlink(join(folder, 'nowhere.yaml'), join(folder, 'shop', 'db.yaml'))
    const target = targetOf(folder)
    await target.read(everything, signal)
    expect(await target.write(creates([service()]), signal)).toMatchObject({ applied: [], failure: { kind: 'final' } })
    expect(await readdir(folder)).toEqual(['shop'])
  }))

  test.each([[[]], [['db']]])('does not follow a link in the place of a namespace, with %j behind it', (names) => inDirectory(async (folder) => {
    await mkdir(join(folder, 'elsewhere'))
    for (const name of names) await write(folder, `elsewhere/${name}.yaml`, manifestsText(allOf(name)))
    await mkdir(join(folder, 'out'))
    await symlink(join(folder, 'elsewhere'), join(folder, 'out', 'shop'))
    const target = targetOf(join(folder, 'out'))
    const { services, unreadable } = await target.read(everything, signal)
    expect(services.size).toBe(0)
    expect(unreadable).toEqual(new Map([['shop', `Links are not followed: ${join(folder, 'out', 'shop')}`]]))
    expect(await target.write(creates([service()]), signal)).toMatchObject({ applied: [], failure: { kind: 'final', message: expect.stringMatching(/^Links are not followed: /) as unknown } })
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(names.map((name) => `${name}.yaml`))
    expect((await target.read({ namespaces: [], everywhere: true }, signal)).namespaces.size).toBe(0)
  }))

  test('follows a link that is the directory itself', () => inDirectory(async (folder) => {
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'out'))
    expect(await targetOf(join(folder, 'out')).write(creates(allOf()), signal)).toEqual({ applied: creates(allOf()) })
    expect(await readdir(join(folder, 'real', 'shop'))).toEqual(['db.yaml'])
  }))
})

describe('directoryTarget.write', () => {
  test('puts all objects of a service into one file', () => inDirectory(async (folder) => {
    const changes = creates(allOf())
    expect(await targetOf(join(folder, 'deep', 'out')).write(changes, signal)).toEqual({ applied: changes })
    expect(await readdir(join(folder, 'deep', 'out', 'shop'))).toEqual(['db.yaml'])
    expect(await readFile(join(folder, 'deep', 'out', 'shop', 'db.yaml'), 'utf8')).toBe(manifestsText(allOf()))
  }))

  test('changes what changed and keeps the rest', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    const moved = slice('db', ['192.0.2.12'])
    const changes = [update(slice(), moved), ...deletes([endpoints()])]
    expect(await target.write(changes, signal)).toEqual({ applied: changes })
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toBe(manifestsText([service(), moved]))
  }))

  test('takes two changes of one object in their order, and a second write after the first', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    const [during, after] = [slice('db', ['192.0.2.11', '192.0.2.12']), slice('db', ['192.0.2.12'])]
    expect((await target.write([update(slice(), during), update(during, after)], signal)).failure).toBeUndefined()
    expect((await target.write([update(after, slice())], signal)).failure).toBeUndefined()
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toBe(manifestsText(allOf()))
  }))

  test('makes a service anew in one write', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    const headless = { ...service(), spec: { ...service().spec, clusterIP: 'None' } }
    expect((await target.write([...deletes(allOf()), ...creates([headless, slice()])], signal)).failure).toBeUndefined()
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toBe(manifestsText([headless, slice()]))
  }))

  test('keeps a mark that a person put into the file', () => inDirectory(async (folder) => {
    const metadata = { ...service().metadata, annotations: { [pausedAnnotation]: 'true' } }
    await write(folder, 'shop/db.yaml', manifestsText([{ ...service(), metadata }, slice()]))
    const target = targetOf(folder)
    await target.read(everything, signal)
    expect((await target.write([update(slice(), slice('db', ['192.0.2.12']))], signal)).failure).toBeUndefined()
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toContain(`${pausedAnnotation}: "true"`)
  }))

  test('removes the file with its last object, and the folder with its last file', () => inDirectory(async (folder) => {
    const target = await targetWith(folder, 'db', 'api')
    expect((await target.write(deletes(allOf()), signal)).failure).toBeUndefined()
    expect(await readdir(join(folder, 'shop'))).toEqual(['api.yaml'])
    expect((await target.write(deletes(allOf('api')), signal)).failure).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
    expect((await target.write(creates(allOf()), signal)).failure).toBeUndefined()
  }))

  test('leaves a folder that holds something else', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    await write(folder, 'shop/README.md', 'mine')
    await target.write(deletes(allOf()), signal)
    expect(await readdir(join(folder, 'shop'))).toEqual(['README.md'])
  }))

  test('writes nothing when there is nothing to change', () => inDirectory(async (folder) => {
    expect(await targetOf(folder).write([], signal)).toEqual({ applied: [] })
    expect(await readdir(folder)).toEqual([])
  }))
})

describe('directoryTarget.write refuses', () => {
  const theirs = { 'app.kubernetes.io/managed-by': 'Helm' }
  const otherInstance = { ...service().metadata.labels, 'endpoint-registrar.io/instance': 'store-platform' }

  test.each([
    ['of nobody', manifestsText([service('db', {})])],
    ['of another manager', manifestsText([service('db', theirs)])],
    ['of another instance', manifestsText([service('db', otherInstance)])],
    ['that is partly ours', manifestsText([service(), slice('db', ['192.0.2.1'], theirs)])],
    ['that holds another kind as well', `${manifestsText([service()])}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: db, namespace: shop }\n`],
    ['that is not YAML', 'a: ['],
  ])('a file %s', (_, text) => inDirectory(async (folder) => {
    await write(folder, 'shop/db.yaml', text)
    const target = targetOf(folder)
    await target.read(everything, signal)
    for (const changes of [creates([endpoints()]), [update(service(), service())], deletes([service()])]) {
      expect(await target.write(changes, signal)).toMatchObject({ applied: [], failure: { kind: 'final', message: expect.stringContaining('db.yaml') as unknown } })
    }
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toBe(text)
    expect(await readdir(join(folder, 'shop'))).toEqual(['db.yaml'])
  }))

  test.each([
    ['was changed', async (path: string) => { await writeFile(path, manifestsText([service(), slice('db', ['192.0.2.99'])])) }],
    ['is gone', (path: string) => rm(path)],
    ['has a new comment and nothing else', async (path: string) => { await writeFile(path, `${await readFile(path, 'utf8')}# mine\n`) }],
  ])('as stale a file that %s since it was read, until it is read again', (_, change) => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    await change(join(folder, 'shop', 'db.yaml'))
    const before = await fingerprint(folder)
    expect(await target.write([update(slice(), slice('db', ['192.0.2.12']))], signal)).toMatchObject({ applied: [], failure: { kind: 'stale' } })
    expect(await fingerprint(folder)).toBe(before)
    const again = await target.readService('shop', 'db', signal)
    const changes: readonly Change[] = again.service === undefined ? creates(allOf()) : [update(service(), service())]
    expect((await target.write(changes, signal)).failure).toBeUndefined()
  }))

  test('a create where a file has appeared', () => inDirectory(async (folder) => {
    const target = targetOf(folder)
    await target.read(everything, signal)
    await targetOf(folder).write(creates([service()]), signal)
    const before = await fingerprint(folder)
    expect(await target.write(creates(allOf()), signal)).toMatchObject({ applied: [], failure: { kind: 'exists' } })
    expect(await fingerprint(folder)).toBe(before)
  }))

  test.each([
    ['a create of what is there', [...deletes([endpoints()]), ...creates([service()])], 1, 'exists'],
    ['an update of what is not there', [...deletes([endpoints()]), update(endpoints(), endpoints())], 1, 'stale'],
    ['a delete of what is not there', deletes([service('db'), service('db')]), 1, 'stale'],
  ] as const)('%s, and then applies none of the changes', (_, changes, index, kind) => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    expect(await target.write(changes, signal)).toMatchObject({ applied: [], failure: { change: changes[index], kind } })
    expect(await readFile(join(folder, 'shop', 'db.yaml'), 'utf8')).toBe(manifestsText(allOf()))
  }))

  test('for good what the system does not let it write, and names the path', () => inDirectory(async (folder) => {
    await writeFile(join(folder, 'shop'), '')
    expect(await targetOf(folder).write(creates(allOf()), signal))
      .toMatchObject({ applied: [], failure: { kind: 'final', message: `Not a folder: ${join(folder, 'shop')}` } })
    expect(await targetOf(join(folder, 'shop', 'out')).write(creates(allOf()), signal))
      .toMatchObject({ applied: [], failure: { kind: 'final', message: expect.stringContaining(join(folder, 'shop', 'out')) as unknown } })
  }))

  test('for good what it has no right to, and names the path', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    await chmod(folder, 0o755)
    await chmod(join(folder, 'shop'), 0o555)
    const result = await withoutPrivileges(() => target.write([update(slice(), slice('db', ['192.0.2.12']))], signal))
    expect(result).toMatchObject({ applied: [], failure: { kind: 'final', message: expect.stringMatching(/^EACCES: .*shop/) as unknown } })
    await chmod(join(folder, 'shop'), 0o755)
    expect(await readdir(join(folder, 'shop'))).toEqual(['db.yaml'])
  }))

  test('to begin once it is aborted', () => inDirectory(async (folder) => {
    await expect(async () => targetOf(folder).write(creates(allOf()), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(folder)).toEqual([])
  }))
})

describe('directoryTarget.write and crashes', () => {
  test('replaces the file and never writes into it', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    // A second name of the old file shows what a reader that has it open sees.
    await link(join(folder, 'shop', 'db.yaml'), join(folder, 'held'))
    await target.write([update(slice(), slice('db', ['192.0.2.12']))], signal)
    expect(await readFile(join(folder, 'held'), 'utf8')).toBe(manifestsText(allOf()))
  }))

  test('leaves no half-written file where the rename fails', () => inDirectory(async (folder) => {
    await mkdir(join(folder, 'shop', 'db.yaml'), { recursive: true })
    await expect(writeManifest(folder, 'shop', 'db', 'text')).rejects.toMatchObject({ syscall: 'rename' })
    expect(await readdir(join(folder, 'shop'))).toEqual(['db.yaml'])
  }))

  test('ignores what a killed run left half-written, and clears it away', () => inDirectory(async (folder) => {
    const target = await targetWith(folder)
    const [old, young] = ['.endpoint-registrar-0123456789ab.tmp', '.endpoint-registrar-ba9876543210.tmp']
    await write(folder, `shop/${old}`, 'apiVersion: v1\nkind: Serv')
    await write(folder, `shop/${young}`, 'apiVersion: v1\nkind: Serv')
    await utimes(join(folder, 'shop', old), new Date(0), new Date(0))
    const fresh = targetOf(folder)
    expect([...(await fresh.read(everything, signal)).services.keys()]).toEqual(['shop/db'])
    expect(await readdir(join(folder, 'shop'))).toEqual([old, young, 'db.yaml'])
    await fresh.write([update(slice(), slice('db', ['192.0.2.12']))], signal)
    // Another process may be about to rename the young one.
    expect(await readdir(join(folder, 'shop'))).toEqual([young, 'db.yaml'])
    await target.close()
  }))
})

describe('directoryTarget.surroundings', () => {
  test('offers both families, since it cannot know', () => inDirectory(async (folder) => {
    const surroundings = await targetOf(folder).surroundings(signal)
    expect(await surroundings.familiesOf('shop', 'ClusterIP', 'SingleStack')).toEqual(['IPv4', 'IPv6'])
    expect(surroundings).toMatchObject({ ownRanges: new Map(), isMirroring: false })
  }))
})

async function write(folder: string, path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, 'new'), text)
  await rename(join(folder, 'new'), join(folder, path))
}

/** A target that has read its directory, with these services in it. */
async function targetWith(folder: string, ...names: readonly string[]): Promise<Target> {
  for (const name of names.length === 0 ? ['db'] : names) await write(folder, `shop/${name}.yaml`, manifestsText(allOf(name)))
  const target = targetOf(folder)
  await target.read(everything, signal)
  return target
}

async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(entry.parentPath, entry.name)
    hash.update(`${path}\n${entry.isFile() ? await readFile(path, 'utf8') : ''}\n`)
  }
  return hash.digest('hex')
}

/** File modes do not hold root back. */
async function withoutPrivileges<Result>(work: () => Promise<Result>): Promise<Result> {
  const user = process.geteuid?.()
  if (user === 0) process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    if (user === 0) process.seteuid?.(0)
  }
}
