const mostBytes = 32 * 1024 * 1024
const lookEveryMs = 20

/**
 * Lets V8's space for new objects grow to some 32 MiB and no further. With much that lives on, as 10,000 services do, it
 * would grow to 128 MiB, more than all of them take. `node --max-semi-space-size` does the same, but only for who types it.
 * The factor is read at each growth, so it may be set at any time; a V8 that knows it no longer says so and goes on.
 */
export function capYoungSpace(): void {
  const timer = setInterval(() => {
    // Not imported: a short command ends before it is needed.
    const v8 = process.getBuiltinModule('node:v8')
    const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    if ((young?.space_size ?? 0) < mostBytes) return
    v8.setFlagsFromString('--semi-space-growth-factor=1')
    clearInterval(timer)
  }, lookEveryMs)
  timer.unref()
}
