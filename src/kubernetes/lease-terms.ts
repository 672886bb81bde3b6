import { type ElectionClock } from './election-clock.ts'
import { isLeadingAt, type LeaseDurations } from './lease-decision.ts'

/** The terms of one process as the leader, one after the other. */
export interface LeaseTerms {
  /** By the clock alone: it needs no timer to have run. */
  isLeading(): boolean
  /** When the last successful renewal of the present term began; undefined for a standby. */
  renewedAt(): number | undefined
  /** A claim that began then was stored: the present term goes on, or one begins. */
  hold(renewedAt: number): void
  end(): void
}

export interface TermsOptions {
  readonly clock: ElectionClock
  readonly durations: LeaseDurations
  /** Hears of each term, with a signal that ends with it. */
  readonly started: (leading: AbortSignal) => void
  /** Hears that a term began (before `started` does) or ended. */
  readonly changed: () => void
}

interface Term {
  readonly leading: AbortController
  renewedAt: number
}

export function leaseTerms({ clock, durations, started, changed }: TermsOptions): LeaseTerms {
  let term: Term | undefined
  const isLeading = (): boolean => isLeadingAt(term?.renewedAt, clock.now(), durations)

  const end = (): void => {
    if (term === undefined) return
    const { leading } = term
    term = undefined
    leading.abort()
    changed()
  }

  const begin = (renewedAt: number): void => {
    const begun: Term = { leading: new AbortController(), renewedAt }
    term = begun
    void atDeadline(begun, clock, durations).then((isOver) => { if (isOver) end() })
    changed()
    started(begun.leading.signal)
  }

  return {
    isLeading,
    renewedAt: () => term?.renewedAt,
    hold: (renewedAt) => {
      // What was over once stays over: an answer that came after the deadline begins another term.
      if (term !== undefined && isLeading()) term.renewedAt = renewedAt
      else {
        end()
        // It may have come too late even for that.
        if (isLeadingAt(renewedAt, clock.now(), durations)) begin(renewedAt)
      }
    },
    end,
  }
}

/** Resolves with true when the term is over by the clock, whatever its renewal waits for; with false when it ended before. */
async function atDeadline(term: Term, clock: ElectionClock, { renewDeadlineMs }: LeaseDurations): Promise<boolean> {
  const { signal } = term.leading
  while (!signal.aborted) {
    const leftMs = term.renewedAt + renewDeadlineMs - clock.now()
    if (leftMs <= 0) return true
    await clock.wait(leftMs, signal).catch(() => undefined)
  }
  return false
}
