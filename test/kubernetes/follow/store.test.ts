// What each piece of news does to what is known: tables of news in the order in which they come.

import { describe, expect, test } from '@jest/globals'
import { instanceLabel, serviceNameLabel } from '../../../src/model/marks.ts'
import { type CurrentService, type Kind, type ManagedObject } from '../../../src/model/objects.ts'
import { coverInStore } from '../../../src/kubernetes/follow/store-cover.ts'
import { beginReading, beginWriting, type Writing } from '../../../src/kubernetes/follow/store-own.ts'
import { storeSink } from '../../../src/kubernetes/follow/store-sink.ts'
import { type Interest, newStore, type Store } from '../../../src/kubernetes/follow/store.ts'

const ours = { [instanceLabel]: 'test' }
const scope: Interest = { covers: (namespace) => namespace === 'shop', keys: new Set(['shop/db']), instance: 'test' }

/** `Kind/name@version`, with `#uid` where it matters and `:service` for a slice. */
function object(text: string, labels: Readonly<Record<string, string>> = {}): ManagedObject {
  const [, kind = '', name = '', version = '', uid = 'u1', service = 'db'] = /^(\w+)\/([\w-]+)@(\w+)(?:#(\w+))?(?::([\w-]+))?$/.exec(text) ?? []
  const own = kind === 'EndpointSlice' ? { [serviceNameLabel]: service } : {}
  const spec = kind === 'Service' ? { spec: { clusterIP: `10.0.0.${name.length}` } } : {}
  return { kind, metadata: { namespace: 'shop', name, uid: `${name}-${uid}`, resourceVersion: version, labels: { ...own, ...labels } }, ...spec } as unknown as ManagedObject
}

interface Known {
  readonly store: Store
  readonly heard: string[]
  readonly incomplete: string[]
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', text: string, labels?: Readonly<Record<string, string>>): void
  list(kind: Kind, version: string, texts: readonly string[], last?: string): void
  /** `Kind/name@version` of all that is kept, sorted. */
  kept(): readonly string[]
}

function known(interest: Interest = scope): Known {
  const heard: string[] = []
  const incomplete: string[] = []
  const store = newStore(interest, {
    heard: (key) => { heard.push(key) },
    incomplete: ({ namespace, name }) => { incomplete.push(`${namespace}/${name}`) },
  })
  return {
    store, heard, incomplete,
    event: (type, text, labels) => {
      const one = object(text, labels)
      storeSink(store, one.kind, 'shop').take({ type, object: one })
    },
    list: (kind, version, texts, last) => {
      const listing = storeSink(store, kind, 'shop').begin(last)
      // A page each, as where there are many.
      for (const text of texts) listing.page([object(text)], version)
      if (texts.length === 0) listing.page([], version)
      listing.end()
    },
    kept: () => [...store.entries.values()].flatMap(objectsOf).map(nameOf).sort(),
  }
}

function objectsOf({ service, slices, endpoints }: CurrentService): readonly ManagedObject[] {
  return [service, ...slices, endpoints].filter((each) => each !== undefined)
}

function nameOf({ kind, metadata }: ManagedObject): string {
  return `${kind}/${metadata.name}@${metadata.resourceVersion ?? ''}`
}

type News = ['ADDED' | 'MODIFIED' | 'DELETED', string]

describe('storeSink takes events', () => {
  test.each<[string, News[], string[], number]>([
    ['an object that appears', [['ADDED', 'Service/db@5']], ['Service/db@5'], 1],
    ['a newer one', [['ADDED', 'Service/db@5'], ['MODIFIED', 'Service/db@10']], ['Service/db@10'], 2],
    ['an older one not', [['MODIFIED', 'Service/db@10'], ['MODIFIED', 'Service/db@9']], ['Service/db@10'], 1],
    ['the same one not', [['ADDED', 'Service/db@5'], ['MODIFIED', 'Service/db@5']], ['Service/db@5'], 1],
    ['one whose version has no order', [['ADDED', 'Service/db@x'], ['MODIFIED', 'Service/db@y']], ['Service/db@y'], 2],
    ['an end', [['ADDED', 'Service/db@5'], ['DELETED', 'Service/db@6']], [], 2],
    ['the end of this very object, whatever its version', [['ADDED', 'Service/db@5'], ['DELETED', 'Service/db@4']], [], 2],
    ['the late end of one of that name not', [['ADDED', 'Service/db@9#u2'], ['DELETED', 'Service/db@6#u1']], ['Service/db@9'], 1],
    ['an end of what is not known', [['DELETED', 'Service/db@6']], [], 0],
    ['an object that was made anew', [['ADDED', 'Service/db@5#u1'], ['DELETED', 'Service/db@6#u1'], ['ADDED', 'Service/db@7#u2']], ['Service/db@7'], 3],
    ['slices in the order of their names', [['ADDED', 'EndpointSlice/b@1'], ['ADDED', 'EndpointSlice/a@2']], ['EndpointSlice/a@2', 'EndpointSlice/b@1'], 2],
    ['what does not matter not', [['ADDED', 'Service/other@5'], ['ADDED', 'EndpointSlice/x@5:other']], [], 0],
  ])('%s', (_what, news, kept, heard) => {
    const one = known()
    for (const [type, text] of news) one.event(type, text)
    expect(one.kept()).toEqual(kept)
    expect(one.heard).toEqual(Array.from({ length: heard }, () => 'shop/db'))
  })

  test('of a namespace that is not followed not', () => {
    const one = known({ ...scope, covers: () => false })
    one.event('ADDED', 'Service/db@5')
    expect([one.kept(), one.heard, one.store.addresses.ranges.size]).toEqual([[], [], 0])
  })

  test('a slice that changes its service for both', () => {
    const one = known({ ...scope, keys: new Set(['shop/db', 'shop/web']) })
    one.event('ADDED', 'EndpointSlice/s@1:db')
    one.event('MODIFIED', 'EndpointSlice/s@2:web')
    expect(one.heard).toEqual(['shop/db', 'shop/db', 'shop/web'])
    expect([...one.store.entries.keys()]).toEqual(['shop/web'])
  })

  test('what is marked, and lets go of it when its mark goes', () => {
    const one = known()
    one.event('ADDED', 'Service/old@1', ours)
    expect(one.kept()).toEqual(['Service/old@1'])
    one.event('MODIFIED', 'Service/old@2')
    expect([one.kept(), one.heard]).toEqual([[], ['shop/old', 'shop/old']])
  })

  test('the foreign beside the marked', () => {
    const one = known()
    one.event('ADDED', 'EndpointSlice/ours@1:old', ours)
    one.event('ADDED', 'EndpointSlice/theirs@2:old')
    expect(one.kept()).toEqual(['EndpointSlice/ours@1', 'EndpointSlice/theirs@2'])
    one.event('DELETED', 'EndpointSlice/ours@3:old')
    expect([one.kept(), one.incomplete]).toEqual([[], []])
  })

  test('that something foreign was passed over before the marked came: it is not known whole', () => {
    const one = known()
    one.event('ADDED', 'Service/old@1')
    one.event('ADDED', 'EndpointSlice/ours@2:old', ours)
    expect(one.incomplete).toEqual(['shop/old'])
    expect(one.store.entries.get('shop/old')?.unreadable).toBe('Service shop/old has not been read whole yet')
    one.event('MODIFIED', 'EndpointSlice/ours@3:old', ours)
    expect([one.store.entries.get('shop/old')?.unreadable, one.incomplete]).toEqual(['Service shop/old has not been read whole yet', ['shop/old']])
  })

  test('every ClusterIP, of foreign Services too, for as long as they are there', () => {
    const one = known()
    one.event('ADDED', 'Service/db@1')
    one.event('ADDED', 'Service/theirs@2')
    expect(one.store.addresses.ranges).toEqual(new Map([['10.0.0.2', 'ClusterIP of shop/db'], ['10.0.0.6', 'ClusterIP of shop/theirs']]))
    one.event('DELETED', 'Service/db@3')
    one.event('DELETED', 'Service/theirs@4')
    expect(one.store.addresses.ranges.size).toBe(0)
  })

  test('that a Service has no ClusterIP any more', () => {
    const one = known()
    one.event('ADDED', 'Service/db@1')
    storeSink(one.store, 'Service', 'shop').take({ type: 'MODIFIED', object: { ...object('Service/db@2'), spec: { type: 'ExternalName' } } })
    expect(one.store.addresses.ranges.size).toBe(0)
  })

  test('no end of a Service that had the address of another', () => {
    const one = known()
    one.event('ADDED', 'Service/theirs@2')
    one.event('ADDED', 'Service/theirz@3')
    one.event('DELETED', 'Service/theirs@4')
    expect(one.store.addresses.ranges).toEqual(new Map([['10.0.0.6', 'ClusterIP of shop/theirz']]))
  })
})

describe('storeSink takes lists', () => {
  test('what is new, what is newer and what is gone, and hears of no more', () => {
    const one = known()
    one.list('EndpointSlice', '10', ['EndpointSlice/same@1', 'EndpointSlice/edited@2', 'EndpointSlice/gone@3'])
    const same = one.store.entries.get('shop/db')?.slices.find(({ metadata }) => metadata.name === 'same')
    one.heard.length = 0
    one.list('EndpointSlice', '20', ['EndpointSlice/same@1', 'EndpointSlice/edited@12', 'EndpointSlice/new@13'], '10')
    expect(one.kept()).toEqual(['EndpointSlice/edited@12', 'EndpointSlice/new@13', 'EndpointSlice/same@1'])
    expect(one.heard).toHaveLength(3)
    expect(one.store.entries.get('shop/db')?.slices.find(({ metadata }) => metadata.name === 'same')).toBe(same)
    one.heard.length = 0
    one.list('EndpointSlice', '30', ['EndpointSlice/same@1', 'EndpointSlice/edited@12', 'EndpointSlice/new@13'], '20')
    expect(one.heard).toEqual([])
  })

  test('what is left of a Service whose other objects are another list\'s', () => {
    const one = known()
    one.list('Service', '10', ['Service/db@1'])
    one.list('EndpointSlice', '10', ['EndpointSlice/s@2'])
    one.list('Service', '20', [])
    expect(one.kept()).toEqual(['EndpointSlice/s@2'])
  })

  test('an object that was made anew in the same version not for the same', () => {
    const one = known()
    one.list('Service', '10', ['Service/db@7#u1'])
    one.list('Service', '20', ['Service/db@7#u2'])
    expect(one.store.entries.get('shop/db')?.service?.metadata.uid).toBe('db-u2')
  })

  test('that a cluster was put back: what was known of its future counts for nothing', () => {
    const one = known()
    one.list('Service', '100', ['Service/db@90'])
    one.list('Service', '50', ['Service/db@40'], '100')
    expect(one.kept()).toEqual(['Service/db@40'])
    one.event('ADDED', 'Endpoints/db@95')
    one.list('Endpoints', '50', [], '100')
    expect(one.kept()).toEqual(['Service/db@40'])
  })

  test('that a cluster was put back, also where it has written more since than was known', () => {
    const one = known()
    one.list('Service', '100', ['Service/db@90'])
    one.list('Service', '200', ['Service/db@40'], '100')
    expect(one.kept()).toEqual(['Service/db@40'])
  })

  test('ClusterIPs that are no more', () => {
    const one = known()
    one.list('Service', '10', ['Service/db@1', 'Service/theirs@2'])
    expect(one.store.addresses.ranges.size).toBe(2)
    one.list('Service', '20', ['Service/db@1'])
    expect([...one.store.addresses.ranges.keys()]).toEqual(['10.0.0.2'])
    one.list('Service', '30', [])
    expect(one.store.addresses.ranges.size).toBe(0)
  })

  test('no word of one that another has overtaken', () => {
    const one = known()
    const [first, second] = [storeSink(one.store, 'Service', 'shop').begin(undefined), storeSink(one.store, 'Service').begin(undefined)]
    second.page([object('Service/db@5')], '10')
    second.end()
    first.page([], '4')
    first.end()
    expect(one.kept()).toEqual(['Service/db@5'])
  })

  test('what it knows whole', () => {
    const one = known()
    one.list('Service', '10', ['Service/old@1'])
    one.event('ADDED', 'EndpointSlice/ours@2:old', ours)
    one.heard.length = 0
    one.list('Service', '20', ['Service/old@1'])
    expect(one.store.entries.get('shop/old')).toMatchObject({ service: { metadata: { name: 'old' } } })
    expect(one.store.entries.get('shop/old')).not.toHaveProperty('unreadable')
    expect(one.heard).toContain('shop/old')
  })

  test('what matters by an object that came while it was under way, as not known whole', () => {
    const one = known()
    const listing = storeSink(one.store, 'Service', 'shop').begin(undefined)
    listing.page([object('Service/old@1')], '10')
    one.event('ADDED', 'EndpointSlice/ours@2:old', ours)
    listing.end()
    expect([one.incomplete, one.store.entries.get('shop/old')?.unreadable]).toEqual([['shop/old'], expect.any(String)])
  })

  test('of the whole cluster namespace by namespace', () => {
    const one = known({ covers: () => true, keys: new Set(['shop/db', 'store/db']), instance: 'test' })
    const inStore = (text: string): ManagedObject => ({ ...object(text), metadata: { ...object(text).metadata, namespace: 'store' } })
    const list = (version: string, items: readonly ManagedObject[]): void => {
      const listing = storeSink(one.store, 'Service').begin(undefined)
      listing.page(items, version)
      listing.end()
    }
    list('10', [object('Service/db@1'), inStore('Service/db@2')])
    expect([...one.store.entries.keys()]).toEqual(['shop/db', 'store/db'])
    list('20', [inStore('Service/db@2')])
    expect([...one.store.entries.keys()]).toEqual(['store/db'])
  })
})

describe('what we write', () => {
  const begin = (one: Known): Writing => beginWriting(one.store, { namespace: 'shop', name: 'db' })

  test.each<[string, (one: Known, writing: Writing) => void, string[], string[]]>([
    ['is known at once and not heard', (_one, writing) => { writing.written(object('Service/db@5')) }, ['Service/db@5'], []],
    ['is not heard by its echo', (one, writing) => { writing.written(object('Service/db@5')); one.event('ADDED', 'Service/db@5') }, ['Service/db@5'], []],
    ['is not heard by an echo that comes before the answer', (one, writing) => { one.event('ADDED', 'Service/db@5'); writing.written(object('Service/db@5')) }, ['Service/db@5'], []],
    ['is heard where the answer never came', (one) => { one.event('ADDED', 'Service/db@5') }, ['Service/db@5'], ['shop/db']],
    ['does not hide what others write meanwhile', (one, writing) => { one.event('ADDED', 'EndpointSlice/s@4'); writing.written(object('Service/db@5')) },
      ['EndpointSlice/s@4', 'Service/db@5'], ['shop/db']],
    ['does not undo what was heard of it since', (one, writing) => { one.event('MODIFIED', 'Service/db@9'); writing.written(object('Service/db@5')) }, ['Service/db@9'], ['shop/db']],
    ['is gone at once where we deleted it', (one, writing) => {
      one.store.listener.heard('')
      writing.written(object('Service/db@5')); writing.deleted(object('Service/db@5'))
    }, [], ['']],
    ['is not brought back by late news', (one, writing) => {
      writing.written(object('Service/db@5')); writing.deleted(object('Service/db@5'))
      one.event('ADDED', 'Service/db@5'); one.event('MODIFIED', 'Service/db@6'); one.event('DELETED', 'Service/db@7')
    }, [], []],
    ['is heard where it was made anew after that', (one, writing) => {
      writing.written(object('Service/db@5')); writing.deleted(object('Service/db@5')); writing.end()
      one.event('ADDED', 'Service/db@8#u2')
    }, ['Service/db@8'], ['shop/db']],
    ['is not heard to go before the answer', (one, writing) => {
      writing.written(object('Service/db@5')); one.event('DELETED', 'Service/db@6'); writing.deleted(object('Service/db@5'))
    }, [], []],
    ['is left alone where it was made anew before the answer to our delete', (one, writing) => {
      writing.written(object('Service/db@5')); one.event('DELETED', 'Service/db@6'); one.event('ADDED', 'Service/db@7#u2'); writing.deleted(object('Service/db@5'))
    }, ['Service/db@7'], ['shop/db']],
    ['is not brought back where somebody deleted it before the answer', (one, writing) => {
      one.event('ADDED', 'Service/db@5'); one.event('DELETED', 'Service/db@6'); writing.written(object('Service/db@5'))
    }, [], ['shop/db']],
    ['is known where it was made anew before the answer to our create', (one, writing) => {
      one.event('ADDED', 'Service/db@5'); one.event('DELETED', 'Service/db@6'); one.event('ADDED', 'Service/db@7#u2'); writing.written(object('Service/db@5'))
    }, ['Service/db@7'], ['shop/db']],
    ['of another namespace is nobody\'s', (one, writing) => {
      coverInStore(one.store, { ...scope, covers: () => false })
      writing.written(object('Service/db@5'))
    }, [], []],
  ])('%s', (_what, work, kept, heard) => {
    const one = known()
    const writing = begin(one)
    work(one, writing)
    writing.end()
    expect(one.kept()).toEqual(kept)
    expect(one.heard).toEqual(heard)
  })

  test('is not undone by a list that began before', () => {
    const one = known()
    const writing = begin(one)
    const listing = storeSink(one.store, 'EndpointSlice', 'shop').begin('10')
    writing.written(object('EndpointSlice/new@15'))
    writing.written(object('EndpointSlice/edited@16'))
    listing.page([object('EndpointSlice/edited@5')], '12')
    listing.end()
    expect(one.kept()).toEqual(['EndpointSlice/edited@16', 'EndpointSlice/new@15'])
  })

  test('is not brought back by a list that began before we deleted it, but by one after it is', () => {
    const one = known()
    one.list('EndpointSlice', '10', ['EndpointSlice/s@5'])
    const writing = begin(one)
    const listing = storeSink(one.store, 'EndpointSlice', 'shop').begin('10')
    writing.deleted(object('EndpointSlice/s@5'))
    listing.page([object('EndpointSlice/s@5')], '12')
    listing.end()
    writing.end()
    expect([one.kept(), one.heard.length]).toEqual([[], 1])
    // Only a cluster that was put back has it again.
    one.list('EndpointSlice', '8', ['EndpointSlice/s@5'], '12')
    expect(one.kept()).toEqual(['EndpointSlice/s@5'])
  })

  test('has its ClusterIP known, whatever a list says that began before', () => {
    const one = known()
    const writing = begin(one)
    const listing = storeSink(one.store, 'Service', 'shop').begin('10')
    writing.written(object('Service/db@15'))
    listing.page([], '12')
    listing.end()
    expect([...one.store.addresses.ranges.keys()]).toEqual(['10.0.0.2'])
  })

  test('remembers no deletion for longer than its end is heard of', () => {
    const one = known()
    const writing = begin(one)
    writing.written(object('EndpointSlice/s@5'))
    writing.deleted(object('EndpointSlice/s@5'))
    one.event('DELETED', 'EndpointSlice/s@6')
    expect([...one.store.shelves.values()].flatMap(({ deleted }) => [...deleted.keys()])).toEqual([])
  })

  test('remembers no deletion for longer than the next list', () => {
    const one = known()
    one.list('EndpointSlice', '10', ['EndpointSlice/s@5'])
    const writing = begin(one)
    writing.deleted(object('EndpointSlice/s@5'))
    writing.end()
    one.list('EndpointSlice', '20', [])
    expect([...one.store.shelves.values()].flatMap(({ deleted }) => [...deleted.keys()])).toEqual([])
    expect(one.store.inFlight.size).toBe(0)
  })

  test('does not hide the other service that a slice was taken from', () => {
    const one = known({ ...scope, keys: new Set(['shop/db', 'shop/web']) })
    one.event('ADDED', 'EndpointSlice/s@1:web')
    one.heard.length = 0
    const writing = begin(one)
    writing.written(object('EndpointSlice/s@2:db'))
    writing.end()
    expect(one.heard).toEqual(['shop/web'])
  })
})

describe('what we read', () => {
  const db = { namespace: 'shop', name: 'db' }
  const current = (...texts: readonly string[]): CurrentService => texts.map((text) => object(text)).reduce<CurrentService>(
    (entry, one) => one.kind === 'Service' ? { ...entry, service: one } : one.kind === 'Endpoints' ? { ...entry, endpoints: one } : { ...entry, slices: [...entry.slices, one] },
    { ...db, slices: [] })

  test('is known, and what was not found is gone', () => {
    const one = known()
    one.list('EndpointSlice', '10', ['EndpointSlice/gone@1', 'EndpointSlice/stays@2'])
    one.heard.length = 0
    beginReading(one.store, db, true)(current('Service/db@12', 'EndpointSlice/stays@2'))
    expect([one.kept(), one.heard]).toEqual([['EndpointSlice/stays@2', 'Service/db@12'], []])
  })

  test('does not undo what was heard meanwhile', () => {
    const one = known()
    const take = beginReading(one.store, db, true)
    one.event('ADDED', 'Service/db@20')
    one.event('ADDED', 'EndpointSlice/s@21')
    take(current('Service/db@12'))
    expect(one.kept()).toEqual(['EndpointSlice/s@21', 'Service/db@20'])
  })

  test('does not take away what was edited meanwhile', () => {
    const one = known()
    one.event('ADDED', 'EndpointSlice/s@1')
    const take = beginReading(one.store, db, true)
    one.event('MODIFIED', 'EndpointSlice/s@20')
    take(current('Service/db@12'))
    expect(one.kept()).toEqual(['EndpointSlice/s@20', 'Service/db@12'])
  })

  test('does not bring back what went meanwhile', () => {
    const one = known()
    one.list('Service', '10', ['Service/db@3'])
    one.list('EndpointSlice', '10', ['EndpointSlice/s@1', 'EndpointSlice/stays@2'])
    const take = beginReading(one.store, db, true)
    one.event('DELETED', 'EndpointSlice/s@20')
    one.event('DELETED', 'Service/db@21')
    one.event('ADDED', 'Service/db@22#u2')
    take(current('Service/db@3', 'EndpointSlice/s@1', 'EndpointSlice/stays@2'))
    expect(one.kept()).toEqual(['EndpointSlice/stays@2', 'Service/db@22'])
  })

  test('is nothing where it could not be read', () => {
    const one = known()
    one.list('EndpointSlice', '10', ['EndpointSlice/s@1'])
    beginReading(one.store, db, true)({ ...db, slices: [], unreadable: 'forbidden' })
    expect(one.kept()).toEqual(['EndpointSlice/s@1'])
  })

  test('makes whole what was not, and is heard where others asked', () => {
    const one = known()
    one.event('ADDED', 'Service/old@1')
    one.event('ADDED', 'EndpointSlice/ours@2:old', ours)
    one.heard.length = 0
    const read = { namespace: 'shop', name: 'old', service: object('Service/old@1'), slices: [object('EndpointSlice/ours@2:old', ours)] } as unknown as CurrentService
    beginReading(one.store, { namespace: 'shop', name: 'old' }, false)(read)
    expect(one.kept()).toEqual(['EndpointSlice/ours@2', 'Service/old@1'])
    expect([one.store.entries.get('shop/old')?.unreadable, one.store.incomplete.size, one.heard.length > 0]).toEqual([undefined, 0, true])
  })
})

describe('storeSink of the whole cluster', () => {
  test('remembers nothing of namespaces that are gone', () => {
    const one = known({ covers: () => true, keys: new Set(['shop/db']), instance: 'test' })
    const all = storeSink(one.store, 'EndpointSlice')
    const list = (version: string, ...namespaces: readonly string[]): void => {
      const listing = all.begin(undefined)
      listing.page(namespaces.map((namespace) => ({ ...object('EndpointSlice/s@1:other'), metadata: { ...object('EndpointSlice/s@1:other').metadata, namespace } })), version)
      listing.end()
    }
    list('10', 'preview-1', 'preview-2')
    list('20', 'preview-2', 'preview-3')
    expect([...one.store.shelves.values()].map(({ namespace }) => namespace)).toEqual(['preview-2', 'preview-3'])
  })
})

describe('coverInStore', () => {
  test('lets go what does not matter any more', () => {
    const one = known()
    one.event('ADDED', 'Service/db@1')
    one.event('ADDED', 'Service/old@2', ours)
    coverInStore(one.store, { ...scope, keys: new Set() })
    expect(one.kept()).toEqual(['Service/old@2'])
    coverInStore(one.store, { ...scope, covers: () => false })
    expect([one.kept(), one.store.shelves.size, one.store.addresses.ranges.size, one.store.incomplete.size]).toEqual([[], 0, 0, 0])
  })

  test('says what has come to matter and was passed over', () => {
    const one = known()
    one.event('ADDED', 'Service/late@1')
    coverInStore(one.store, { ...scope, keys: new Set(['shop/db', 'shop/late', 'shop/new']) })
    expect(one.incomplete).toEqual(['shop/late'])
    expect([...one.store.entries]).toEqual([['shop/late', { namespace: 'shop', name: 'late', slices: [], unreadable: expect.any(String) }]])
  })

  test('knows that there was something of what it had let go', () => {
    const one = known()
    one.event('ADDED', 'Service/old@1', ours)
    one.event('MODIFIED', 'Service/old@2')
    expect([...one.store.shelves.values()].flatMap(({ objects }) => [...objects.keys()])).toEqual([])
    coverInStore(one.store, { ...scope, keys: new Set(['shop/old']) })
    expect(one.incomplete).toEqual(['shop/old'])
  })
})
