// Loaded into a measured process (`--require`): says at its end, on the fourth file descriptor, what it has used.
const { writeSync } = require('node:fs')

process.once('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMiB: maxRSS / 1024 }))
})
