/** What a service is told that a pass was ended under: time-out and Ctrl-C are told apart. */
export function whyAborted({ reason }: AbortSignal): string {
  return (reason as { readonly name?: unknown } | undefined)?.name === 'TimeoutError' ? 'Not finished in the time given' : 'Interrupted'
}
