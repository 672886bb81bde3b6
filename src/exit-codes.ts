/** What the process says when it ends; documented in the README. */
export const exitCodes = {
  done: 0,
  /** `plan` alone. */
  changes: 1,
  usage: 2,
  guarded: 3,
  incomplete: 4,
  unreachable: 5,
  bug: 70,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
