// What happens to a config on its way: every version but the last is one that must not be taken.

import { type ConfigFiles } from '../config-folder.ts'
import { type End, type PlatformFault, type PlatformScene } from '../fault.ts'
import { configFiles, type World } from '../world.ts'

/** It is looked at once a second, and has to be the same twice. */
const lookMs = 2500

function configFault(name: string, spoil: (files: ConfigFiles) => ConfigFiles): PlatformFault {
  return {
    name: `config: ${name}`, lane: 'platform', holdMs: [2000, 5000], detectionMs: lookMs, weight: 1,
    begin: async ({ world }: PlatformScene): Promise<End> => {
      const files = configFiles(world.services, world.dns)
      await mountAll(world, spoil(files))
      return () => mountAll(world, configFiles(world.services, world.dns))
    },
  }
}

async function mountAll({ registrars }: World, files: ConfigFiles): Promise<void> {
  await Promise.all(registrars.map(({ config }) => config.mount(files)))
}

const spoilt = (spoil: (text: string) => string) => (files: ConfigFiles): ConfigFiles => ({ ...files, 'b.yaml': spoil(files['b.yaml'] ?? '') })

export const configFaults: readonly PlatformFault[] = [
  configFault('truncated file', spoilt((text) => text.slice(0, text.length * 0.6))),
  configFault('empty file', spoilt(() => '')),
  configFault('both files empty', (files) => Object.fromEntries(Object.keys(files).map((name) => [name, '']))),
  configFault('faulty file', spoilt((text) => text.replace('"targets"', '"tragets"'))),
  configFault('half-written directory', ({ 'a.yaml': first = '' }) => ({ 'a.yaml': first })),
]
