import pLimit from 'p-limit'

/** Told after each service: how many are done of how many. */
export type Progress = (done: number, total: number) => void

/** Runs work on services, at most `concurrency` at a time, and tells after each how far it is. */
export function sideBySide(concurrency: number, total: number, progress: Progress): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const limit = pLimit(concurrency)
  let done = 0
  return (work) => limit(async () => {
    const result = await work()
    progress(++done, total)
    return result
  })
}
