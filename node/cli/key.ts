import { resolve } from 'node:path'
import { createVerify } from '../crypto.ts'
import { layoutOf } from '../data-folder/layout.ts'
import { exportRoot, importRoot, rotateKeys, showKeys } from '../key-operations.ts'
import { paintFor, wantsColour } from './io.ts'
import type { CliIo } from './io.ts'
import type { LocalRun } from './local.ts'
import type { Invocation } from './parse.ts'
import { jsonText, recordText } from './print.ts'
import { checked } from './remote.ts'

export const showKey: LocalRun = async (invocation, io, folder) => {
  const report = await showKeys(keysOf(folder), { verify: createVerify() })
  const shown = { ...report, since: new Date(report.since).toISOString() }
  return say(invocation, io, report, recordText(shown, paintFor(wantsColour(io, io.stdout))))
}

export const rotateKey: LocalRun = async (invocation, io, folder) => {
  const { root, revokeEarlier } = invocation.input
  const rootFile = typeof root === 'string' ? resolve(io.cwd, root) : undefined
  const { serial } = await rotateKeys(
    keysOf(folder),
    { rootFile, revokeEarlier: revokeEarlier === true },
    { clock: Date, verify: createVerify() },
  )
  return say(
    invocation,
    io,
    { serial },
    `hot key ${serial} is certified; the next start of the node takes it up${revokeEarlier === true ? ', and no node takes anything under the keys before it any more' : ''}`,
  )
}

export const exportRootKey: LocalRun = async (invocation, io, folder) => {
  const file = fileOf(invocation, io)
  await exportRoot(keysOf(folder), file)
  return say(invocation, io, { file }, `the root key is in ${file} and no longer here: keep it safe, and twice`)
}

export const importRootKey: LocalRun = async (invocation, io, folder) => {
  const file = fileOf(invocation, io)
  await importRoot(keysOf(folder), file)
  return say(invocation, io, { file }, 'the root key is back')
}

const keysOf = (folder: string): string => layoutOf(folder).keys

const fileOf = ({ command, input }: Invocation, io: CliIo): string => {
  if (command !== undefined) checked(command, input)
  return resolve(io.cwd, String(input['file']))
}

const say = ({ common }: Invocation, io: CliIo, result: object, text: string): number => {
  io.stdout.write(`${common.json === true ? jsonText(result, io.stdout) : text}\n`)
  return 0
}
