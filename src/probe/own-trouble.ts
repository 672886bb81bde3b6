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
