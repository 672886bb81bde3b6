// Claims a number for one network and removes all of it at the end. A process of its own, tied to its parent: see startTied.
import { setTimeout as sleep } from 'node:timers/promises'
import { aborted, answer, parentLife } from '../harness/parent-life.ts'
import { ip } from './ip.ts'
import { type NetworkAnswer, nodeOf, prefixOf } from './network.ts'

const life = parentLife()
let claimed: number | undefined

try {
  claimed = await claim()
  answer({ number: claimed } satisfies NetworkAnswer)
  await aborted(life)
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) } satisfies NetworkAnswer)
} finally {
  if (claimed !== undefined) await clear(claimed)
}
process.exit()

/** Names and addresses of a network are made of its number; the kernel gives the node's name to one run only. */
async function claim(): Promise<number> {
  const routes = await ip('route', 'show', 'table', 'all')
  const first = Math.floor(Math.random() * 250)
  for (let next = 0; next < 250; next++) {
    const number = 1 + (first + next) % 250
    const isUsed = [`10.199.${number}.`, `198.18.${number}.`].some((range) => routes.includes(range))
    if (isUsed || (await namespaces(prefixOf(number))).length > 0) continue
    const error = await ip('netns', 'add', nodeOf(number)).then(() => undefined, String)
    if (error === undefined) return number
    if (!error.includes('File exists')) throw new Error(error)
  }
  throw new Error('Every number for a network is taken')
}

async function namespaces(prefix: string): Promise<readonly string[]> {
  const names = (await ip('netns', 'list')).split('\n').map((line) => line.split(' ')[0] ?? '')
  return names.filter((name) => name.startsWith(prefix))
}

/** Whatever runs in these namespaces was started there by the test. The node goes last: its name is the claim. */
async function clear(number: number): Promise<void> {
  const node = nodeOf(number)
  const others = (await namespaces(prefixOf(number))).filter((name) => name !== node)
  for (const name of [...others, node]) {
    await endAllIn(name)
    await ip('netns', 'delete', name)
  }
}

async function endAllIn(name: string): Promise<void> {
  for (let pids = await pidsIn(name); pids.length > 0; pids = await pidsIn(name)) {
    pids.forEach(kill)
    await sleep(20)
  }
}

async function pidsIn(name: string): Promise<readonly number[]> {
  return (await ip('netns', 'pids', name)).split('\n').filter((line) => line !== '').map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
