// Loaded into a measured process (`--import`): prints the URL of every file of JavaScript that it loads.
import { registerHooks } from 'node:module'

registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) process.stdout.write(`${url}\n`)
    return next(url, context)
  },
})
