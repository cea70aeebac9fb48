import { enableCompileCache } from 'node:module'

// The types are stripped once, not at each start.
enableCompileCache()

const { runCli } = await import('./run.ts')
const { processIo } = await import('./io.ts')
process.exitCode = await runCli(process.argv.slice(2), processIo())
