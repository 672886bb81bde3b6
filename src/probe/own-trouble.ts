// What this machine lacks or forbids, and so nothing that was learned about the target. ENETUNREACH and EHOSTUNREACH are
// not among them: whether it is the way or the other end, the target cannot be reached.

const exhausted = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN'])
const unable = new Set(['EADDRNOTAVAIL', 'EADDRINUSE', 'ENETDOWN', 'EAFNOSUPPORT', 'EPERM', 'EACCES'])

/** Whether the code of a socket's error says that the attempt could not even be made. */
export function isOwnTrouble(code: string): boolean {
  return exhausted.has(code) || unable.has(code)
}

/** Whether there is just now too little of something for anything, files included. */
export function isExhausted(code: string): boolean {
  return exhausted.has(code)
}

/** A bug as a reason: its kind and its place, and never its message, which can hold what was sent. */
export function reasonOfBug(error: unknown): string {
  if (!(error instanceof Error)) return `a bug: ${typeof error} thrown`
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line))?.trim() ?? 'at an unknown place'
  return `a bug: ${error.name} ${place}`
}
