import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'

/** A command that runs in this process. `folder` is the data folder that `--data` or HEARTH_DATA names. */
export type LocalRun = (invocation: Invocation, io: CliIo, folder: string) => Promise<number>

/** By the name in the command table. Each is loaded when it is asked for: a thin client stays thin. */
export const localCommands: Readonly<Record<string, LocalRun>> = {
  up: async (invocation, io) => (await import('./up.ts')).runUp(invocation, io),
  doctor: async (invocation, io) => (await import('./doctor/doctor.ts')).runDoctor(invocation, io),
  'config show': async (invocation, io) => (await import('./config.ts')).showConfig(invocation, io),
  'config check': async (invocation, io) => (await import('./config.ts')).checkConfig(invocation, io),
  'backup verify': async (invocation, io) => (await import('./backup.ts')).verifyBackup(invocation, io),
  'backup restore': async (invocation, io, folder) =>
    (await import('./backup.ts')).restoreBackup(invocation, io, folder),
  'log accept-loss': async (...run) => (await import('./accept-loss.ts')).acceptLoss(...run),
  'key show': async (...run) => (await import('./key.ts')).showKey(...run),
  'key rotate': async (...run) => (await import('./key.ts')).rotateKey(...run),
  'key export-root': async (...run) => (await import('./key.ts')).exportRootKey(...run),
  'key import-root': async (...run) => (await import('./key.ts')).importRootKey(...run),
  broker: async (invocation, io) => (await import('./broker.ts')).runBroker(invocation, io),
  chat: async (invocation, io) => (await import('./chat.ts')).chat(invocation, io),
}
