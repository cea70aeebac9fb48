import { errorTable, HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { parseArguments, usage, type ChatArguments } from './arguments.ts'
import { cleanLine } from './clean-text.ts'
import { findNode } from './find-node.ts'
import { interactive } from './interactive.ts'
import { login } from './login.ts'
import { findChannel } from './places.ts'
import { createRemembered, type Remembered } from './remembered.ts'
import { say } from './say.ts'
import { tail } from './tail.ts'
import { readAll, type ChatIo } from './terminal-io.ts'

/** `hearth chat`: returns the exit code of errorTable; a fault is one line `CODE: what to do` on stderr. */
export const runChat = async (argv: readonly string[], io: ChatIo): Promise<number> => {
  try {
    const given = parseArguments(argv, io.env)
    if (given.help) io.stdout.write(usage)
    else await run(io, given, createRemembered(io.env))
    return 0
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
    io.stderr.write(`${error.code}: ${cleanLine(error.message)}\n`)
    return errorTable[error.code].exit
  }
}

const run = async (io: ChatIo, given: ChatArguments, remembered: Remembered): Promise<void> => {
  if (given.logout) return forget(given, remembered)
  const isScript = given.say !== undefined || given.tail
  if (!isScript && !(io.stdin.isTTY === true && io.stdout.isTTY === true))
    throw new HearthError('BAD_REQUEST', 'the chat needs a terminal; for scripts there are --say and --tail')
  const text = given.say === '-' ? await readAll(io) : given.say

  const { signal, release } = stopSignal(io)
  try {
    await using entered = await login(io, given, remembered)
    const { session, node, places, asPerson } = entered
    if (isScript) {
      const all = await places.load(session)
      const channels = given.channel === undefined ? all : [findChannel(all, given.channel)]
      if (text === undefined) return await tail(io, session, { ...given, channels }, signal)
      return await say(io, session, { channel: channels[0]!, text, json: given.json })
    }
    const known = new Map(Object.entries(entered.remembered?.seen ?? {})) as Map<ChannelId, number>
    const { seen, cursor } = await interactive(
      io,
      session,
      { channel: given.channel, seen: known, places, asPerson },
      signal,
    )
    if (entered.remembered !== undefined)
      await remembered.put(node, {
        ...entered.remembered,
        channels: [...places.known],
        seen: Object.fromEntries(seen),
        cursor,
      })
  } finally {
    release()
  }
}

const forget = async (given: ChatArguments, remembered: Remembered): Promise<void> => {
  const { name } = await findNode(given)
  const known = await remembered.find(name, given.user)
  if (known === undefined) throw new HearthError('NOT_FOUND', `no login is remembered for ${name}`)
  await remembered.forget(name, known.user)
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal, or nobody left to read, ends the chat in good order: what was seen is remembered. */
const stopSignal = ({ stdout }: ChatIo): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  for (const name of stopSignals) process.on(name, stop)
  stdout.on('error', stop)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of stopSignals) process.off(name, stop)
    },
  }
}
