// What a watch could send as one event at most is far below: etcd takes objects of 1.5 MiB.
const longestLine = 16 * 1024 * 1024

/**
 * Takes a stream's bytes as they come and gives the lines that are complete with them; chunks end anywhere, also within
 * a character. A half line at the end of the stream is never given. Throws where a line does not end.
 */
export function lineSplitter(): (bytes: Uint8Array) => readonly string[] {
  let begun: Uint8Array[] = []
  return (bytes) => {
    const lines: string[] = []
    let from = 0
    for (let to = bytes.indexOf(lineFeed); to !== -1; to = bytes.indexOf(lineFeed, from)) {
      lines.push(Buffer.concat([...begun, bytes.subarray(from, to)]).toString('utf8'))
      begun = []
      from = to + 1
    }
    if (from < bytes.length) begun.push(bytes.subarray(from))
    if (lengthOf(begun) > longestLine) throw new Error('A line of the watch has no end')
    return lines.filter((line) => line.trim() !== '')
  }
}

const lineFeed = 10

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}
