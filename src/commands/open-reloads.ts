export interface Reloads {
  /** Asks for one: at once, or after the one that is under way. */
  readonly ask: () => void
  /** From now on they are done by this; what was asked for before is done now. */
  readonly begin: (reload: () => Promise<void>) => void
}

/** Reloads, one at a time: however often one is asked for meanwhile, or before they can begin, it is one more. */
export function openReloads(): Reloads {
  let reload: (() => Promise<void>) | undefined
  let isUnderWay = false
  let isAsked = false

  const next = async (): Promise<void> => {
    if (reload === undefined || isUnderWay || !isAsked) return
    isAsked = false
    isUnderWay = true
    await reload()
    isUnderWay = false
    await next()
  }

  return {
    ask() {
      isAsked = true
      void next()
    },
    begin(each) {
      reload = each
      void next()
    },
  }
}
