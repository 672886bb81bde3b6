const mebibyte = 1024 * 1024

/** Reads until the text is found, at most 1 MiB; undefined when it is there, else a phrase that says why not. */
export async function bodyContains(body: AsyncIterable<Buffer>, text: string): Promise<string | undefined> {
  const wanted = Buffer.from(text)
  let left = mebibyte
  let window = Buffer.alloc(0)
  for await (const chunk of body) {
    window = Buffer.concat([window, chunk.subarray(0, left)])
    if (window.includes(wanted)) return undefined
    left -= chunk.length
    if (left <= 0) return 'expected text is not in the first 1 MiB of the body'
    // The text may begin in one chunk and end in the next.
    window = window.subarray(Math.max(0, window.length - wanted.length + 1))
  }
  return 'expected text is not in the body'
}
