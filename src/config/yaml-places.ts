import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, visit, type YAMLMap } from 'yaml'

export type Path = readonly PropertyKey[]

type Follow = (node: unknown) => unknown

/**
 * Finds the offset of the key or value at a path, through aliases and merge keys to where it is written;
 * where the path ends early, the offset of the node that lacks the rest.
 */
export function offsetFinder(document: Document.Parsed): (path: Path, on?: 'key' | 'value') => number {
  const follow = follower(document)
  return (path, on = 'value') => {
    let node: unknown = document.contents
    for (const [index, segment] of path.entries()) {
      const { key, value } = childOf(node, segment, follow)
      const isWanted = on === 'key' && index === path.length - 1
      if (key !== undefined && (isWanted || value === null)) return startOf(key)
      if (value === undefined || value === null) break
      node = follow(value)
    }
    return startOf(node)
  }
}

function childOf(node: unknown, segment: PropertyKey, follow: Follow): { readonly key?: unknown; readonly value?: unknown } {
  if (isSeq(node)) return { value: node.items[Number(segment)] }
  return isMap(node) ? findPair(node, String(segment), follow) ?? {} : {}
}

/** The merge keys whose value cannot be merged. */
export function badMerges(document: Document.Parsed): unknown[] {
  const follow = follower(document)
  const keys: unknown[] = []
  visit(document, {
    Pair: (_, pair) => {
      if (isMergePair(pair) && !mergeSources(pair, follow).every(isMap)) keys.push(pair.key)
    },
  })
  return keys
}

/** The pair that gives a key its value: the mapping's own, else the first merged mapping that has it. */
function findPair(map: YAMLMap, key: string, follow: Follow): Pair | undefined {
  const own = map.items.findLast((pair) => isScalar(pair.key) && pair.key.value === key)
  if (own !== undefined) return own
  for (const source of map.items.filter(isMergePair).flatMap((pair) => mergeSources(pair, follow))) {
    const found = isMap(source) ? findPair(source, key, follow) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function isMergePair(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === Scalar.PLAIN
}

function mergeSources(pair: Pair, follow: Follow): unknown[] {
  const source = follow(pair.value)
  return isSeq(source) ? source.items.map(follow) : [source]
}

/** Leads from an alias to what it stands for, and from any other node to itself. */
function follower(document: Document.Parsed): Follow {
  let targets: ReadonlyMap<Alias, Node | undefined> | undefined
  return (node) => {
    if (!isAlias(node)) return node
    targets ??= aliasTargets(document)
    return targets.get(node)
  }
}

/** What each alias stands for: the last anchor of its name before it. One walk, where the library takes one an alias. */
export function aliasTargets(document: Document.Parsed): ReadonlyMap<Alias, Node | undefined> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node | undefined>()
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source))
      else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

/** The offset at which a node begins. */
export function startOf(node: unknown): number {
  const range = isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined
  return range?.[0] ?? 0
}
