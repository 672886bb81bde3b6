/** A map with other values, each made of the first map's when it is read; undefined stands for a missing one. */
export function viewOf<Key, From, To>(map: ReadonlyMap<Key, From>, show: (value: From) => To | undefined): ReadonlyMap<Key, To> {
  const get = (key: Key): To | undefined => {
    const value = map.get(key)
    return value === undefined ? undefined : show(value)
  }
  const shown = (): Map<Key, To> => new Map([...map].flatMap(([key, value]) => {
    const made = show(value)
    return made === undefined ? [] : [[key, made] as const]
  }))
  const view: ReadonlyMap<Key, To> = {
    get,
    has: (key) => get(key) !== undefined,
    get size() { return shown().size },
    entries: () => shown().entries(),
    keys: () => shown().keys(),
    values: () => shown().values(),
    forEach: (act) => { for (const [key, value] of shown()) act(value, key, view) },
    [Symbol.iterator]: () => shown()[Symbol.iterator](),
  }
  return view
}
