import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'

/** The exec plugins that KubeConfigs start. client-node lets one that hangs run for ever, and its pipes keep the process alive. */
export interface ExecPlugins {
  attach(config: KubeConfig): KubeConfig
  /** Ends those that still run. */
  stop(): void
}

type Start = (command: string, args: readonly string[] | undefined, options: object) => ChildProcessWithoutNullStreams

// A person may have to log in in a browser: plugins that wait for that give up after as long.
const longestMs = 180_000

export function execPlugins(): ExecPlugins {
  const ends = new Set<() => void>()
  const start: Start = (command, args, options) => {
    const child = spawn(command, args ?? [], options)
    const end = (): void => {
      child.kill('SIGKILL')
      // Whom it started in its turn may hold them open.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const timer = setTimeout(end, longestMs)
    ends.add(end)
    child.once('close', () => {
      clearTimeout(timer)
      ends.delete(end)
    })
    return child
  }
  return {
    attach: (config) => {
      const { authenticators } = config as unknown as { readonly authenticators: readonly { execFn?: Start }[] }
      for (const authenticator of authenticators) if (authenticator.execFn !== undefined) authenticator.execFn = start
      return config
    },
    stop: () => { for (const end of ends) end() },
  }
}
