export interface Progress {
  done(text: string): void
  stop(): void
}

/** One line on standard error that counts the time: rewritten on a terminal, else a line a minute. */
export function showProgress(title: string): Progress {
  const started = Date.now()
  const terminal = process.stderr.isTTY
  const show = (text: string): void => {
    process.stderr.write(terminal ? `\r\u001b[K${text}: ${elapsed(started)}` : `${text}: ${elapsed(started)}\n`)
  }
  show(title)
  const timer = setInterval(() => { show(title) }, terminal ? 1000 : 60_000)
  return {
    done: (text) => { show(text); if (terminal) process.stderr.write('\n') },
    stop: () => { clearInterval(timer) },
  }
}

function elapsed(since: number): string {
  const seconds = Math.round((Date.now() - since) / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
