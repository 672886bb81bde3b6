import { type NoAttempt, type ProbeOutcome, type ProbeTarget } from '../model/observed.ts'

/** What came of one attempt, or why it could not be made. */
export type Outcome = ProbeOutcome | NoAttempt

export type Done = (outcome: Outcome) => void

/**
 * Starts one attempt. Tells once what came of it, within the check's timeout and never before it has returned. What it
 * returns stops it, and nothing is told then. Without a promise and a signal, which cost more than all the rest of an
 * attempt but its connection.
 */
export type StartProbe = (target: ProbeTarget, done: Done) => () => void
