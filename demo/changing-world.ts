// `run`, for half a minute of a changing world: after each change it is shown what the registrar said and did, and how soon.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Stage, start, startAgain, targetsDieAndDnsFails, theRest } from './changes.ts'
import { liveConfig } from './live-config.ts'
import { showChange } from './show-change.ts'
import { type WatchedRun, watchRun } from './watched-run.ts'

/** `command` is the shipped one; `verb` runs it to its end and shows it. Rejects where something does not happen that is to. */
export async function showChangingWorld(stage: Stage, command: string, verb: (...args: readonly string[]) => Promise<void>): Promise<void> {
  const { folder, config, outside } = stage
  await writeFile(join(folder, config), liveConfig(outside, ['orders-db', 'rates-api']))
  const follow = (): Promise<WatchedRun> => watchRun(command, ['run', '-c', config, '--to', 'dir:manifests', '--probe', '--admin', '127.0.0.1:0'], folder)
  await during(follow, async (run) => {
    await showChange(run, start(stage, run.admin))
    for (const change of targetsDieAndDnsFails(stage)) await showChange(run, change)
    process.stdout.write('\nIt is killed (kill -9), and started again.\n')
    await run.kill()
  })
  await during(follow, async (run) => {
    await showChange(run, startAgain(stage, run.admin))
    for (const change of theRest(stage)) await showChange(run, change)
    process.stdout.write('\n')
    await verb('status', '--admin', run.admin)
    await verb('explain', 'shop/reports-db', '--admin', run.admin)
    await showEnd(run)
  })
}

async function during(begin: () => Promise<WatchedRun>, work: (run: WatchedRun) => Promise<void>): Promise<void> {
  const run = await begin()
  try {
    await work(run)
  } finally {
    await run.end()
  }
}

function showEnd(run: WatchedRun): Promise<void> {
  return showChange({ ...run, exitCode: () => undefined }, {
    what: 'It is told to end (SIGTERM).',
    act: () => run.end(),
    then: 'it ended with exit code 0, and what it wrote goes on serving',
    isSo: () => run.exitCode() === 0,
  })
}
