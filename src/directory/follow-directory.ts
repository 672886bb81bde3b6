import { serviceKey } from '../model/declared.ts'
import { type Following, type Listener, type Scope } from '../model/ports.ts'
import { unlessAborted } from '../model/unless-aborted.ts'
import { knownFiles } from './known-files.ts'
import { type Dirty, type Knowledge, look, nothingDirty, type ServiceName } from './look.ts'
import { readManifest, type ManifestFile } from './read-manifest.ts'
import { watchFolders } from './watch-folders.ts'

export interface FollowedDirectory {
  readonly following: Following
  /** A file that we read ourselves, at the wish of who would be told. */
  read(file: ManifestFile): void
  /** Call it before a write of ours, and what it gives after: reads what came of it. `isOurs` knows what we wrote. */
  beginWriting(service: ServiceName, isOurs: (file: ManifestFile) => boolean): () => Promise<void>
}

interface Course {
  readonly knowledge: Knowledge
  readonly listener: Listener
  readonly stopping: AbortController
  dirty: Dirty
  soonTimer: NodeJS.Timeout | undefined
  laterTimer: NodeJS.Timeout | undefined
  /** Looks come one after the other. */
  looks: Promise<unknown>
  /** Everything was read once, and somebody knows it: from now on there is news. */
  isComplete: boolean
  lookedAt: number | undefined
  trouble: string | undefined
}

// An editor writes a file in several steps.
const debounceMs = 50
const retryMs = 1000
const manifest = /^(.+)\.yaml$/

/** Watches the folder and its namespaces, and reads again what changes; `noted` is told of each file that is read. */
export function followDirectory(folder: string, scope: Scope, listener: Listener, noted: (file: ManifestFile) => void): FollowedDirectory {
  const knowledge: Knowledge = {
    folder, scope, noted, files: knownFiles(),
    watch: watchFolders(folder, (namespace, entry) => { changed(course, namespace, entry) }),
    namespaces: new Map(), faults: new Map(), inFlight: new Set(), touched: new Set(), news: new Set(), unread: new Set(scope.keys), isAttached: false,
  }
  const course: Course = {
    knowledge, listener, stopping: new AbortController(), dirty: nothingDirty(), soonTimer: undefined, laterTimer: undefined, looks: Promise.resolve(),
    isComplete: false, lookedAt: undefined, trouble: undefined,
  }
  soon(course, (dirty) => { dirty.isAll = true })
  return {
    following: followingOf(course),
    read: (read) => {
      if (knowledge.inFlight.has(serviceKey(read.current))) return
      knowledge.touched.add(serviceKey(read.current))
      knowledge.files.put(read, knowledge.scope)
    },
    beginWriting: (service, isOurs) => {
      knowledge.inFlight.add(serviceKey(service))
      return () => endWriting(course, service, isOurs)
    },
  }
}

function followingOf(course: Course): Following {
  const { knowledge, stopping } = course
  const { files, faults, namespaces } = knowledge
  return {
    ready: async (signal) => { if (!course.isComplete) await lookNow(course, signal) },
    refresh: (signal) => lookNow(course, signal),
    current: () => ({ services: files.services, namespaces, unreadable: faults }),
    currentOf: (namespace, name) => {
      const key = serviceKey({ namespace, name })
      const found = files.services.get(key) ?? { namespace, name, slices: [] }
      const unreadable = found.unreadable ?? faults.get(namespace) ?? (knowledge.unread.has(key) ? `Service ${key} has not been read yet` : undefined)
      return unreadable === undefined ? found : { ...found, unreadable }
    },
    cover: (next) => {
      for (const key of next.keys ?? []) if (knowledge.scope.keys?.has(key) === false && !files.services.has(key)) knowledge.unread.add(key)
      knowledge.scope = next
      files.retain(next)
      soon(course, (dirty) => { dirty.isAll = true })
    },
    // The system tells of every change as long as the folder is watched: there is no slower sign of life.
    heardAt: () => course.lookedAt === undefined ? undefined : knowledge.isAttached ? Date.now() : course.lookedAt,
    async stop() {
      stopping.abort()
      clearTimeout(course.soonTimer)
      clearTimeout(course.laterTimer)
      await course.looks
      knowledge.watch.stop()
    },
  }
}

function changed(course: Course, namespace: string | undefined, entry: string | undefined): void {
  const name = manifest.exec(entry ?? '')?.[1]
  // A temporary file, ours or an editor's.
  if (entry !== undefined && name === undefined) return
  soon(course, (dirty) => {
    if (namespace === undefined) dirty.isAll = true
    else if (name === undefined) dirty.namespaces.add(namespace)
    else dirty.files.set(serviceKey({ namespace, name }), { namespace, name })
  })
}

function soon(course: Course, mark: (dirty: Dirty) => void): void {
  mark(course.dirty)
  if (course.stopping.signal.aborted) return
  course.soonTimer ??= setTimeout(() => {
    course.soonTimer = undefined
    // Why it failed is told already.
    enqueue(course, false).catch(() => undefined)
  }, debounceMs)
}

function later(course: Course): void {
  if (course.stopping.signal.aborted) return
  course.laterTimer ??= setTimeout(() => {
    course.laterTimer = undefined
    soon(course, (dirty) => { dirty.isAll = true })
  }, retryMs)
}

async function lookNow(course: Course, signal: AbortSignal): Promise<void> {
  await unlessAborted(enqueue(course, true), signal)
  course.isComplete = true
}

/** Looks come one after the other. */
function enqueue(course: Course, isAll: boolean): Promise<void> {
  const next = course.looks.then(() => lookOnce(course, isAll))
  course.looks = next.catch(() => undefined)
  return next
}

async function lookOnce(course: Course, isAll: boolean): Promise<void> {
  const { knowledge, stopping, listener, dirty } = course
  course.dirty = nothingDirty()
  dirty.isAll ||= isAll
  try {
    await look(knowledge, dirty, stopping.signal)
    course.lookedAt = Date.now()
    course.trouble = undefined
  } catch (error) {
    course.dirty.isAll = true
    later(course)
    const { message } = error as Error
    if (!stopping.signal.aborted && course.trouble !== message) listener.tell({ kind: 'trouble', where: `Watch of ${knowledge.folder}`, message })
    course.trouble = message
    throw error
  } finally {
    tellNews(course)
  }
  // It is waited for.
  if (!knowledge.isAttached) later(course)
}

async function endWriting(course: Course, service: ServiceName, isOurs: (file: ManifestFile) => boolean): Promise<void> {
  const { knowledge } = course
  const { folder, files, inFlight, touched, news, noted } = knowledge
  const key = serviceKey(service)
  const read = await readManifest(folder, service.namespace, service.name, files.file(key))
  inFlight.delete(key)
  touched.add(key)
  const isOurDoing = isOurs(read)
  noted(read)
  if (files.put(read, knowledge.scope) && !isOurDoing) news.add(key)
  tellNews(course)
}

function tellNews({ knowledge: { news }, isComplete, listener, stopping }: Course): void {
  const keys = [...news]
  news.clear()
  if (isComplete && keys.length > 0 && !stopping.signal.aborted) listener.heard(keys)
}
